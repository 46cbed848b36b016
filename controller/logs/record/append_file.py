"""An append-only file that fails softly: a full or read-only disk costs records, never the flight."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

# How often a disk that failed is tried again.
RETRY_S = 1.0


class AtomicAppender:
    """A new file to which records are appended whole or not at all: what a disk took of one before it failed is taken back."""

    def __init__(self, path: Path) -> None:
        """Raises FileExistsError where the file is there already: never into somebody else's record. Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o644)
        self._torn = False
        self.written_bytes = 0

    def append(self, record: bytes | bytearray) -> None:
        """Raises OSError; then the file ends where it ended before, at the latest once the disk works again."""
        if self._torn:
            os.ftruncate(self._file, self.written_bytes)
            self._torn = False
        done = os.write(self._file, record)
        if done < len(record):  # a disk that fills up takes part of it first
            self._torn = True
            try:
                while done < len(record):
                    done += os.write(self._file, record[done:])
            except OSError:
                os.ftruncate(self._file, self.written_bytes)
                self._torn = False
                raise
            self._torn = False
        self.written_bytes += len(record)

    def sync(self, *, metadata: bool = False) -> None:
        """Wait until everything appended is on the disk. Raises OSError."""
        (os.fsync if metadata else getattr(os, "fdatasync", os.fsync))(self._file)

    def close(self) -> None:
        os.close(self._file)


class AppendFile:
    """Bytes go to the system at once (no buffer of ours), so they outlive our own death.

    A record is written whole or, after an error, taken back, so that the file always ends with a whole record; unless this
    process is killed in the middle of one (Linux then stops writing at the end of a page): the next reader steps over that.
    `trouble` is told once when writing begins to fail (with the reason) and once when it works again (with None).
    """

    def __init__(self, path: Path, *, trouble: Callable[[str | None], None]) -> None:
        self.path = path
        self._trouble = trouble
        self._digest = sha256()
        self._file: AtomicAppender | None = None
        self._failing = False
        self._try_again_s = 0.0
        self._closed = False

    @property
    def written_bytes(self) -> int:
        """How long the file is."""
        return self._file.written_bytes if self._file is not None else 0

    def claim(self) -> None:
        """Make the file now, for nobody else. Raises FileExistsError; other trouble is left to the first record."""
        try:
            self._open()
        except FileExistsError:
            raise
        except OSError:
            pass

    @property
    def sha256(self) -> str:
        """Of everything in the file."""
        return self._digest.hexdigest()

    def append(self, record: bytes | bytearray, now: float) -> bool:
        """Write one record; False when it is lost. Never raises OSError."""
        if self._failing and now < self._try_again_s:
            return False
        try:
            self._write(record)
        except OSError as error:
            self._try_again_s = now + RETRY_S
            if not self._failing:
                self._failing = True
                self._trouble(error.strerror or str(error))
            return False
        self._digest.update(record)
        if self._failing:
            self._failing = False
            self._trouble(None)
        return True

    def _open(self) -> AtomicAppender:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = AtomicAppender(self.path)
        return self._file

    def _write(self, record: bytes | bytearray) -> None:
        if self._closed:
            raise OSError(0, "the record is closed")
        self._open().append(record)

    def sync(self) -> None:
        """Wait until everything appended is on the disk. Raises OSError."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Have the system put it on the disk and give the file back."""
        if self._file is None or self._closed:
            self._closed = True
            return
        self._closed = True
        try:
            self._file.sync(metadata=True)
        except OSError as error:
            self._trouble(error.strerror or str(error))
        finally:
            self._file.close()


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it. Raises OSError."""
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
