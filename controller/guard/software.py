"""What ran: versions, and SHA-256 hashes of Python, of Landline's own files and of each installed distribution.

The hash of a distribution is that of its RECORD, the list of its files with their hashes that its installer wrote. It
says what was installed; whether the files still match their list is another check.
"""

from __future__ import annotations

import os
import platform
import sys
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from controller import __version__

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("landline", "controller", "hil", "firmware")
_LEFT_OUT = frozenset(("__pycache__", "node_modules"))
_PAGE_SOURCE = _ROOT / "controller" / "web" / "ui"  # in a checkout only; what runs is the built page
_GUARDS = ("broker.py", "witness.py")


def software(*, since_ns: int | None = None) -> dict[str, Any]:
    """Return versions and hashes as they are now. A file that cannot be read has the hash "".

    `since_ns` is when the run began (ns since 1970): files of Landline that changed later are listed by name.
    """
    files = own_files()
    guard = Path(__file__).parent
    return {
        "landline": __version__,
        "landline_files": len(files),
        "landline_sha256": tree_hash(files),
        "changed_during_run": [] if since_ns is None else _changed(files, since_ns),
        "guard": {name: _hash(guard / name) for name in _GUARDS if (guard / name).is_file()},
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "files": {path.name: _hash(path) for path in _python_files()},
        },
        "distributions": distributions(),
        "system": {"name": platform.system(), "release": platform.release(), "machine": platform.machine()},
    }


def own_files() -> dict[str, Path]:
    """Return Landline's own files that can run or be served, by their path from the root, in order."""
    found = {}
    for package in _PACKAGES:
        for folder, inner, files in os.walk(_ROOT / package):
            inner[:] = [
                name for name in inner if name not in _LEFT_OUT and Path(folder) / name != _PAGE_SOURCE
            ]
            for name in files:
                path = Path(folder) / name
                found[path.relative_to(_ROOT).as_posix()] = path
    return dict(sorted(found.items()))


def tree_hash(files: dict[str, Path]) -> str:
    """Return one SHA-256 over files: over a line "hash, two spaces, path" for each, as sha256sum writes them."""
    whole = sha256()
    for name, path in files.items():
        whole.update(f"{_hash(path)}  {name}\n".encode())
    return whole.hexdigest()


def distributions() -> dict[str, dict[str, str]]:
    """Return each installed distribution with its version and the SHA-256 of its RECORD ("" where it has none)."""
    found: dict[str, dict[str, str]] = {}
    for folder in sys.path:
        for path in sorted(Path(folder).glob("*.dist-info")) if folder else ():
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            found.setdefault(name, {"version": version, "record_sha256": _hash(path / "RECORD")})
    return dict(sorted(found.items()))


def _python_files() -> list[Path]:
    """Return the interpreter's program, and its library where that is a file of its own."""
    found = [Path(sys.executable).resolve()]
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return found
    libraries = {word for word in maps.split() if Path(word).name.startswith("libpython")}
    return found + [Path(library) for library in sorted(libraries)]


def _changed(files: dict[str, Path], since_ns: int) -> list[str]:
    found = []
    for name, path in files.items():
        try:
            if path.stat().st_mtime_ns > since_ns:
                found.append(name)
        except OSError:
            found.append(name)
    return found


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
