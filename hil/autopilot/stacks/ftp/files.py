"""Files of an emulated autopilot by path, and their folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Protocol

EISDIR, EINVAL, EROFS = 21, 22, 30
CRC_READ_BYTES = 64  # AP_Filesystem::crc32 reads pieces of this size


class OpenFile(Protocol):
    """An open file."""

    @property
    def size(self) -> int:
        """Size that the opening reports."""

    def read(self, offset: int, count: int) -> bytes | None:
        """Return at most `count` bytes from `offset` on; None for a read that the file does not allow."""


class Bytes:
    """An open file whose bytes are known."""

    def __init__(self, data: bytes, announced: int | None = None) -> None:
        """Make a file; `announced` is the size that the opening reports, by default that of the bytes."""
        self._data = data
        self.size = len(data) if announced is None else announced

    def read(self, offset: int, count: int) -> bytes:
        """Return at most `count` bytes from `offset` on."""
        return self._data[offset : offset + count]


def whole(file: OpenFile) -> bytes:
    """Return all bytes of a file, read as for its checksum."""
    data = bytearray()
    while piece := file.read(len(data), CRC_READ_BYTES):
        data += piece
    return bytes(data)


Content = bytes | Bytes | Callable[[], bytes]
# Name within its folder, with what may follow a question mark -> the open file; None where there is none.
Opener = Callable[[str], OpenFile | None]


class FileTree:
    """Files by path; folders follow from the paths.

    `generated` are folders whose files are opened by a function and not listed. `skipped` entries lead each folder
    (PX4: . and ..).
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        *,
        skipped: int = 0,
        empty: tuple[str, ...] = (),
        generated: Mapping[str, Opener] | None = None,
    ) -> None:
        self._files = {_plain(path): data for path, data in files.items()}
        self._generated = {_plain(path): opener for path, opener in (generated or {}).items()}
        self._skipped = skipped
        self._folders = {str(parent) for path in self._files for parent in PurePosixPath(path).parents} | {
            _plain(folder) for folder in empty
        }

    def open(self, path: str) -> OpenFile | None:
        """Open a file; None where there is none."""
        where = PurePosixPath(_plain(path))
        if (opener := self._generated.get(str(where.parent))) is not None:
            return opener(where.name)
        data = self._files.get(str(where))
        if data is None or isinstance(data, Bytes):
            return data
        return Bytes(data if isinstance(data, bytes) else data())

    def is_folder(self, path: str) -> bool:
        """Return whether there is such a folder."""
        return _plain(path) in self._folders

    def entries(self, folder: str) -> list[bytes] | None:
        """Return the raw entries of a folder, None where there is none."""
        where = _plain(folder)
        if where not in self._folders:
            return None
        inside = [f for f in sorted(self._folders) if f != where and str(PurePosixPath(f).parent) == where]
        found = [b"S\0"] * self._skipped + [b"D" + PurePosixPath(f).name.encode() + b"\0" for f in inside]
        for path in self._files:
            opened = self.open(path) if str(PurePosixPath(path).parent) == where else None
            if opened is not None:
                found.append(f"F{PurePosixPath(path).name}\t{opened.size}\0".encode())
        return found


def _plain(path: str) -> str:
    return str(PurePosixPath("/", path.strip("/")))
