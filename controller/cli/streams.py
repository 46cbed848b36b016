"""Standard output and standard error. Either may fail while a command must go on, because it is flying an aircraft.

A stream that fails is closed: later output to it is dropped.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

# The reader is gone (pipe, terminal, pipe on Windows). Other errors, such as a full disk, lose wanted output.
_READER_GONE = (errno.EPIPE, errno.EIO, errno.EINVAL)

_closed: set[TextIO] = set()
_failed: set[TextIO] = set()


def write(text: str, stream: TextIO) -> None:
    """Write and flush. Never raises OSError."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _close(stream, error)


def is_open(stream: TextIO) -> bool:
    """Whether output to the stream is still written."""
    return stream not in _closed


def close() -> bool:
    """Flush both streams; return False when wanted output was lost.

    Done here, because a failing flush at Python's own exit would change the exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        write("", stream)
    return not _failed


def _close(stream: TextIO, error: OSError) -> None:
    _closed.add(stream)
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if error.errno not in _READER_GONE:
        _failed.add(stream)
        name = "standard output" if stream is sys.stdout else "standard error"
        write(
            f"landline: cannot write to {name}: {error.strerror} (your input); the remaining output is lost\n",
            sys.stderr,
        )
