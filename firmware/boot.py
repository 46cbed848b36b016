# mypy: disable-error-code="attr-defined, import-not-found, no-untyped-call"
"""A board's first file: takes an update that lies in the inbox, puts the slot that is to run in front of the path, and runs it.

On a board `/main.py` (a copy of `start.py`) calls `start`; on a computer it is `micropython -m firmware.boot --config FILE`. Before
anything of a slot is imported the watchdog runs: firmware that hangs, then or later, ends in a restart, and its trial is over.

Kept so small because it is what an update does not replace; it uses the update role that came with the box.
"""

import sys

from firmware.core.compat import Any

WATCHDOG_MS = 8000
# Compiling source takes a small board seconds; the watchdog is fed between these.
PARTS = ("config", "core.ed25519", "mavlite.table", "roles.bridge", "box", "main")


def home_of(platform: str) -> str:
    """Where a board's own files are: a Pyboard's root holds nothing but its file systems."""
    return "/flash" if platform == "pyboard" else "/"


def prepare(folder: str, config: str = "config.json") -> str:
    """The slot chosen, "" for the firmware the box came with."""
    from firmware.core.disk import Disk
    from firmware.roles.update import choose_slot, take_inbox

    disk = Disk(folder)
    take_inbox(disk, "unix" if sys.platform == "linux" else sys.platform, config)
    slot = choose_slot(disk)
    if slot:
        # What chose the slot must not shadow what it chose.
        for name in [name for name in sys.modules if name.split(".")[0] == "firmware"]:
            del sys.modules[name]
        sys.path.insert(0, folder.rstrip("/") + "/" + slot)
    return slot


def start(folder: str = "", config: str = "config.json") -> None:
    """Until the power goes, or a command says reboot."""
    platform = str(sys.platform)
    folder = folder or home_of(platform)
    watchdog: Any = None
    if prepare(folder, config) and platform != "linux":
        import machine

        watchdog = machine.WDT(timeout=WATCHDOG_MS)
    for part in PARTS:
        if watchdog:
            watchdog.feed()
        try:
            __import__("firmware." + part)
        except ImportError:
            if part == "main":
                raise  # the others a newer firmware may have cut in another way
    sys.modules["firmware.main"].run(folder, config)


def _main(arguments: list[str]) -> None:
    if len(arguments) != 2 or arguments[0] != "--config":
        print("usage: micropython -m firmware.boot --config FILE")
        sys.exit(2)
    folder, slash, name = arguments[1].rpartition("/")
    start(folder or slash or ".", name)


if __name__ == "__main__":
    try:
        _main(sys.argv[1:])
    except KeyboardInterrupt:
        pass
