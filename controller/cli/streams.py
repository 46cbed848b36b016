"""Standard output and standard error, either of which may fail under a command that must go on: an aircraft hangs on it.

A stream that fails is let go: what is written to it afterwards goes nowhere.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

# Whoever read it has enough or is gone: a pipe, a terminal, a pipe on Windows. Anything else is a loss: a full disk.
_NOBODY = (errno.EPIPE, errno.EIO, errno.EINVAL)

_let_go: set[TextIO] = set()
_lost: set[TextIO] = set()


def write(text: str, stream: TextIO) -> None:
    """Write and flush. Never raises OSError."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _fails(stream, error)


def taken(stream: TextIO) -> bool:
    """Whether anybody takes what is written."""
    return stream not in _let_go


def close() -> bool:
    """Hand over the last words, which at Python's own exit would change the exit code where nobody takes them; whether all of
    what was written, and wanted, arrived."""
    for stream in (sys.stdout, sys.stderr):
        write("", stream)
    return not _lost


def _fails(stream: TextIO, error: OSError) -> None:
    _let_go.add(stream)
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if error.errno not in _NOBODY:
        _lost.add(stream)
        name = "standard output" if stream is sys.stdout else "standard error"
        write(f"landline: {name}: {error.strerror} (your input); the rest of it is lost\n", sys.stderr)
