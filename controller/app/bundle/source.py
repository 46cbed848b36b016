"""Files of a bundle, a folder or a zip file, read as they are and never unpacked to where they say.

A path is relative, with forward slashes, without `..`, drive or control character, and names a plain file: a symbolic
link, a device, a path given twice or two paths that differ in case only make the whole bundle invalid.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from controller.errors import UserError, VerificationFailed

_WINDOWS_NAMES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10)),
}
_CHUNK = 1 << 20
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BundleFiles(Protocol):
    """The files of a bundle; `names` has their paths, sorted."""

    names: tuple[str, ...]
    where: str

    def open(self, name: str) -> IO[bytes]:
        """Open one of `names` for reading."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder
        self.names = _checked(self._listed(), self.where)

    def _listed(self) -> Iterator[str]:
        for root, folders, files in os.walk(self._folder):
            for name in folders + files:
                path = Path(root) / name
                mode = path.lstat().st_mode
                relative = path.relative_to(self._folder).as_posix()
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    raise VerificationFailed(
                        f"invalid bundle: {relative} is not a plain file", where=self.where
                    )
                if stat.S_ISREG(mode):
                    yield relative

    def open(self, name: str) -> IO[bytes]:
        # A link put here after the listing is not followed where the system can refuse it.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self._folder / name, flags), "rb")


class _Zip:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.where = str(path)
        self._archive = archive
        self.names = _checked(self._listed(), self.where)

    def _listed(self) -> Iterator[str]:
        for entry in self._archive.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            is_plain = not kind or stat.S_ISREG(kind) or stat.S_ISDIR(kind)
            if entry.flag_bits & 1 or not is_plain or entry.compress_type not in _COMPRESSIONS:
                raise VerificationFailed(
                    f"invalid bundle: {entry.filename!r} is not a plain file", where=self.where
                )
            # zipfile cuts a name at a NUL and turns the system's separator to a slash: judge the name that was written.
            if entry.orig_filename != entry.filename:
                raise VerificationFailed(f"invalid bundle: path {entry.orig_filename!r}", where=self.where)
            if not entry.is_dir():
                yield entry.filename
            elif not is_safe(entry.filename.removesuffix("/")):
                raise VerificationFailed(f"invalid bundle: path {entry.filename!r}", where=self.where)

    def open(self, name: str) -> IO[bytes]:
        try:
            return self._archive.open(name)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise VerificationFailed(f"invalid bundle: {name}: {error}", where=self.where) from error


def is_safe(name: str) -> bool:
    """Return whether a path stays below the folder that it is written to, on every system."""
    parts = name.split("/")
    return (
        bool(name)
        and name.isprintable()
        and not set(name) & set('\\:*?"<>|')
        and all(part not in ("", ".", "..") and part == part.rstrip(". ") for part in parts)
        and not any(part.split(".")[0].lower() in _WINDOWS_NAMES for part in parts)
        and str(PurePosixPath(name)) == name
    )


def _checked(names: Iterator[str], where: str) -> tuple[str, ...]:
    listed = list(names)
    for name in listed:
        if not is_safe(name):
            raise VerificationFailed(f"invalid bundle: path {name!r} could leave its folder", where=where)
    folded = sorted(name.casefold() for name in listed)
    for one, next_one in itertools.pairwise(folded):
        if one == next_one:
            raise VerificationFailed(f"invalid bundle: path {one!r} is there twice", where=where)
    return tuple(sorted(listed))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BundleFiles]:
    """Open a bundle: a folder or a zip file. Raises UserError, and VerificationFailed for an unsafe path in it."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        reason = getattr(error, "strerror", None) or "neither a folder nor a zip file"
        raise UserError(f"cannot open the bundle: {reason}", where=str(path)) from error
    with archive:
        yield _Zip(path, archive)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file in pieces. Raises VerificationFailed for a damaged entry of a zip file."""
    try:
        while data := file.read(_CHUNK):
            yield data
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise VerificationFailed(f"invalid bundle: {error}") from error
