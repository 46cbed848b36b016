"""Data that `landline bundle install` put beside this installation: maps, terrain, parameter documentation, firmware.

The environment is the folder `venv` of the installed bundle; its data folders are beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

DATA_FOLDERS = ("maps", "terrain", "metadata", "firmware")
VENV = "venv"
# Files that every bundle has: a folder of another program beside an environment is none.
_MARKS = ("SHA256SUMS", "bundle.json")


def bundle_folder(prefix: str | None = None) -> Path | None:
    """Return the folder of the bundle that this Python environment was installed from, None for another."""
    environment = Path(sys.prefix if prefix is None else prefix)
    folder = environment.parent
    is_one = environment.name == VENV and all((folder / name).is_file() for name in _MARKS)
    return folder if is_one else None


def bundled(kind: str, prefix: str | None = None) -> tuple[Path, ...]:
    """Return the folder of one kind of data, of DATA_FOLDERS, that came with the bundle; nothing without one."""
    folder = bundle_folder(prefix)
    return (folder / kind,) if folder is not None and (folder / kind).is_dir() else ()


def bundled_files(kind: str, prefix: str | None = None) -> list[Path]:
    """Return the files of one kind of data that came with the bundle, sorted."""
    return sorted(path for place in bundled(kind, prefix) for path in place.rglob("*") if path.is_file())
