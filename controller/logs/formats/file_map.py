"""Map a log file into memory, without a copy: a file may be larger than the free memory."""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

from controller.errors import UserError

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h


class LogFileError(UserError):
    """A log file that cannot be opened."""


def give_back_large_blocks() -> None:
    """Have the allocator return blocks of a megabyte and more to the system as soon as they are free (glibc alone).

    By default glibc keeps blocks of up to 32 MB, and the memory of a process that handles large arrays grows by half.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, 1 << 20)


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
