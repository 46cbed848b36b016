# mypy: disable-error-code="attr-defined, import-not-found, no-untyped-call"
"""Boot loader: installs an update from the inbox, chooses the firmware slot and runs it.

On a board, `/main.py` (a copy of `start.py`) calls `start`; on a computer, run `micropython -m firmware.boot --config
FILE`. The watchdog is started before a slot's firmware is imported: firmware that hangs causes a restart, which ends
its trial.

An update never replaces this file, so it is small; it uses the update role of the factory firmware.
"""

import sys

from firmware.core.compat import Any

WATCHDOG_MS = 8000
# Compiling source takes seconds on a small board; the watchdog is fed before each of these imports.
PARTS = ("config", "core.ed25519", "mavlite.table", "roles.bridge", "box", "main")


def home_of(platform: str) -> str:
    """Return the folder of a board's files; the root of a Pyboard holds only mount points."""
    return "/flash" if platform == "pyboard" else "/"


def prepare(folder: str, config: str = "config.json") -> str:
    """Install an update from the inbox and choose the slot to run: "a", "b", or "" for the factory firmware."""
    from firmware.core.disk import Disk
    from firmware.roles.update import choose_slot, take_inbox

    disk = Disk(folder)
    take_inbox(disk, "unix" if sys.platform == "linux" else sys.platform, config)
    slot = choose_slot(disk)
    if slot:
        # The modules loaded so far belong to the factory firmware and must not shadow the slot's.
        for name in [name for name in sys.modules if name.split(".")[0] == "firmware"]:
            del sys.modules[name]
        sys.path.insert(0, folder.rstrip("/") + "/" + slot)
    return slot


def start(folder: str = "", config: str = "config.json") -> None:
    """Run the firmware until power-off or a reboot command."""
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
                raise  # newer firmware may have split the other modules differently
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
