"""An append-only file that fails softly: a full or read-only disk costs records, never the flight."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

# How often a disk that failed is tried again.
RETRY_S = 1.0


class AppendFile:
    """Bytes go to the system at once (no buffer of ours), so they outlive our own death.

    A record is written whole or, after an error, taken back, so that the file always ends with a whole record. `trouble`
    is told once when writing begins to fail (with the reason) and once when it works again (with None).
    """

    def __init__(self, path: Path, *, trouble: Callable[[str | None], None]) -> None:
        self.path = path
        self.written_bytes = 0
        self._trouble = trouble
        self._digest = sha256()
        self._file = -1
        self._failing = False
        self._try_again_s = 0.0
        self._closed = False

    @property
    def sha256(self) -> str:
        """Of everything in the file."""
        return self._digest.hexdigest()

    def append(self, record: bytes, now: float) -> bool:
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
        self.written_bytes += len(record)
        self._digest.update(record)
        if self._failing:
            self._failing = False
            self._trouble(None)
        return True

    def _write(self, record: bytes) -> None:
        if self._closed:
            raise OSError(0, "the record is closed")
        if self._file < 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # O_EXCL: never into somebody else's record.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._file = os.open(self.path, flags, 0o644)
        done = os.write(self._file, record)
        if done == len(record):
            return
        try:
            while done < len(record):  # a disk that fills up takes part of it first
                done += os.write(self._file, record[done:])
        except OSError:
            os.ftruncate(self._file, self.written_bytes)
            raise

    def sync(self) -> None:
        """Wait until everything appended is on the disk. Raises OSError."""
        if self._file >= 0:
            getattr(os, "fdatasync", os.fsync)(self._file)

    def close(self) -> None:
        """Have the system put it on the disk and give the file back."""
        self._closed = True
        if self._file < 0:
            return
        try:
            os.fsync(self._file)
        except OSError as error:
            self._trouble(error.strerror or str(error))
        finally:
            os.close(self._file)
            self._file = -1


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
