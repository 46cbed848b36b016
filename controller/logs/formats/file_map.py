"""Map a log file into memory, without a copy: a file may be larger than the free memory."""

from __future__ import annotations

import mmap
from pathlib import Path

from controller.errors import UserError


class LogFileError(UserError):
    """A log file that cannot be opened."""


def map_file(path: Path) -> memoryview:
    """The bytes of a file, read-only. Raises LogFileError."""
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LogFileError(f"cannot read the log: {reason}", where=str(path)) from error
