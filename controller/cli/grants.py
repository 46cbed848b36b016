"""Where a sealed run may write: Landline's own folders, and what the command line or the policy file names.

A file is written beside itself first and then renamed, so that its folder is granted. A folder from which programs
start, such as the home folder itself, is never granted.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from controller.errors import SafetyRefused

# Below the home folder: what starts programs, or opens this machine to others.
_STARTERS = (
    ".config",
    ".ssh",
    ".gnupg",
    ".dbus-1",
    ".local/bin",
    ".local/lib",
    ".local/share/applications",
    ".local/share/autostart",
    ".local/share/dbus-1",
    ".local/share/systemd",
    "bin",
)
_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/opt", "/proc", "/run/systemd", "/run/user", "/sbin", "/sys"),
    *("/usr", "/var/spool"),
)
_SHARED_MEMORY = Path("/dev/shm")  # an ordinary folder among the devices


class Grants:
    """Files and folders for Landlock: `paths` exist. A folder made for a run that is not sealed then is removed."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._made: list[Path] = []

    def holds(self, path: Path) -> bool:
        """Return whether a sealed run could change this file, or a link on the way to it."""
        return any(path.absolute().is_relative_to(one) for one in self.paths) or any(
            path.resolve().is_relative_to(one.resolve()) for one in self.paths
        )

    def refuse_change_of(self, path: Path) -> None:
        """Refuse a policy file, or a device of an endpoint, that the run could exchange. Raises SafetyRefused."""
        if self.holds(path):
            raise SafetyRefused(
                f"cannot seal the run: it could change {path}, which says what it may use",
                hint="name a path in a folder that the run does not write to",
            )

    def own(self, folders: Iterable[Path]) -> None:
        """Grant Landline's own folders; they are made, and stay. Raises OSError, SafetyRefused."""
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._add(folder)

    def folder(self, named: Path) -> None:
        """Grant a folder, and make it. Raises OSError, SafetyRefused."""
        self._make(named)
        self._add(named)

    def file(self, named: Path) -> None:
        """Grant a file that is to be written. Raises OSError, SafetyRefused."""
        self._make(named.absolute().parent)
        self._add(named.absolute().parent)

    def _make(self, folder: Path) -> None:
        missing = [one for one in (folder.absolute(), *folder.absolute().parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._made.append(one)

    def _add(self, folder: Path) -> None:
        if starts_programs(folder):
            raise SafetyRefused(
                f"cannot seal the run: programs start from {folder}, where the run writes",
                hint="name a folder that holds nothing else",
            )
        place = folder.absolute()
        for held in self.paths:
            if place.is_relative_to(held):
                if not place.resolve().is_relative_to(held.resolve()):
                    raise SafetyRefused(
                        f"cannot seal the run: {folder} is or holds a link out of {held}, which a run may have made",
                        hint=f"name {place.resolve()} itself, or put a folder in the place of the link",
                    )
                return  # granted with it
        self.paths.append(place)

    def clean(self) -> None:
        """Remove the folders that were made and are empty, where the run was not sealed. Never raises OSError.

        A sealed run may write in such a folder, but not remove it from the folder above: an empty one stays.
        """
        for one in reversed(self._made):
            with suppress(OSError):
                one.rmdir()


def starts_programs(folder: Path) -> bool:
    """Return whether a folder is or holds the home folder, Landline's code, or a place from which programs start."""
    place, home = folder.resolve(), Path.home().resolve()
    code = Path(__file__).resolve().parents[2]
    kept = [home / name for name in _STARTERS] + [Path(name) for name in _SYSTEM]
    kept += [code / name for name in ("controller", "firmware", "hil", "landline")]
    kept += [Path(sys.prefix), Path(sys.base_prefix)]
    kept += [Path(name) for name in os.get_exec_path() if Path(name).is_absolute()]
    kept = [one.resolve() for one in kept]
    if place.is_relative_to(_SHARED_MEMORY):
        kept.remove(Path("/dev").resolve())
    return home.is_relative_to(place) or any(
        one.is_relative_to(place) or place.is_relative_to(one) for one in kept
    )


def remove_old(folder: Path) -> None:
    """Remove the temporary folders of runs that were killed."""
    for old in folder.glob("*") if folder.is_dir() else ():
        if old.is_symlink():
            old.unlink(missing_ok=True)
        elif not Path("/proc", old.name).exists():
            shutil.rmtree(old, ignore_errors=True)
