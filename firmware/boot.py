"""A board's first file: puts the slot that is to run in front of the path. `/main.py` then runs `firmware.main`.

Kept so small because it is the one file an update does not replace; it uses the update role that came with the box.
"""

import sys


def prepare(folder: str = "/") -> str:
    """The slot chosen, "" for the firmware the box came with."""
    from firmware.core.disk import Disk
    from firmware.roles.update import choose_slot, take_inbox

    disk = Disk(folder)
    take_inbox(disk, "unix" if sys.platform == "linux" else sys.platform)
    slot = choose_slot(disk)
    if slot:
        # What chose the slot must not shadow what it chose.
        for name in [name for name in sys.modules if name.split(".")[0] == "firmware"]:
            del sys.modules[name]
        sys.path.insert(0, folder.rstrip("/") + "/" + slot)
    return slot
