"""Append-only files for the flight record: a full or read-only disk loses records but never stops the flight."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

# Interval between attempts to write after a disk error.
RETRY_S = 1.0


class AtomicAppender:
    """A new file to which each record is appended whole or not at all.

    After a write error the file is truncated to the end of the last whole record.
    """

    def __init__(self, path: Path) -> None:
        """Create the file. Raises FileExistsError if it exists (an existing record is never overwritten), OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o644)
        self._torn = False
        self.written_bytes = 0

    def append(self, record: bytes | bytearray) -> None:
        """Append one record.

        Raises OSError. The file then ends with the record before, or is truncated there at the next append.
        """
        if self._torn:
            os.ftruncate(self._file, self.written_bytes)
            self._torn = False
        done = os.write(self._file, record)
        if done < len(record):  # a disk that fills up writes a part of the record first
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
        """Flush the file to the disk, with `metadata` also its size and times. Raises OSError."""
        (os.fsync if metadata else getattr(os, "fdatasync", os.fsync))(self._file)

    @property
    def removed(self) -> bool:
        """Whether the file was deleted while it is open: what is written to it is lost."""
        return os.fstat(self._file).st_nlink == 0

    def close(self) -> None:
        """Close the file without a flush."""
        os.close(self._file)


class AppendFile:
    """An append-only file that reports disk errors through a callback and retries once a second.

    Bytes go to the operating system at once, without a buffer in this process, so they survive the end of the
    process. The file always ends with a whole record, with one exception: a process killed during a write leaves a
    part of a record (Linux stops writing at the end of a page), which readers skip.
    `on_error` is called once when writing begins to fail (with the reason) and once when it works again (with None).
    """

    def __init__(self, path: Path, *, on_error: Callable[[str | None], None]) -> None:
        self.path = path
        self._on_error = on_error
        self._digest = sha256()
        self._file: AtomicAppender | None = None
        self._failing = False
        self._retry_s = 0.0
        self._closed = False

    @property
    def written_bytes(self) -> int:
        """Length of the file in bytes."""
        return self._file.written_bytes if self._file is not None else 0

    @property
    def failing(self) -> bool:
        """Whether the last record could not be written."""
        return self._failing

    @property
    def removed(self) -> bool:
        """Whether the file was deleted while it is open."""
        return self._file is not None and not self._closed and self._file.removed

    def start_again(self) -> None:
        """Begin a new file, with its folder, at the next record, because the file before was deleted."""
        if self._file is not None:
            self._file.close()
        self._file, self._digest, self._retry_s = None, sha256(), 0.0

    def create(self) -> None:
        """Create the file now. Raises FileExistsError; other errors are reported with the first record."""
        try:
            self._open()
        except FileExistsError:
            raise
        except OSError:
            pass

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's content, in hexadecimal."""
        return self._digest.hexdigest()

    def append(self, record: bytes | bytearray, now: float) -> bool:
        """Write one record at monotonic time `now` (s). Return False if the record is lost. Never raises OSError."""
        if self._failing and now < self._retry_s:
            return False
        try:
            self._write(record)
        except OSError as error:
            self._retry_s = now + RETRY_S
            if not self._failing:
                self._failing = True
                self._on_error(error.strerror or str(error))
            return False
        self._digest.update(record)
        if self._failing:
            self._failing = False
            self._on_error(None)
        return True

    def _open(self) -> AtomicAppender:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = AtomicAppender(self.path)
        return self._file

    def _write(self, record: bytes | bytearray) -> None:
        if self._closed:
            raise OSError(0, "record is closed")
        self._open().append(record)

    def sync(self) -> None:
        """Flush everything appended to the disk. Raises OSError."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Flush the file to the disk and close it. A second call does nothing."""
        if self._file is None or self._closed:
            self._closed = True
            return
        self._closed = True
        try:
            self._file.sync(metadata=True)
        except OSError as error:
            self._on_error(error.strerror or str(error))
        finally:
            self._file.close()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then rename. Raises OSError."""
    temporary = path.with_name(path.name + ".new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
