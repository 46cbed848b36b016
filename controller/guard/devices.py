"""Serial ports and pseudo-terminals, with the standard library alone: the broker of a sealed run loads this file too.

The constants are those of asm-generic/ioctls.h and asm-generic/termbits.h; `struct termios2` sets any baud rate, which
the module termios cannot.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import tty
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

TCGETS2, TCSETS2, BOTHER, TERMIOS2 = 0x802C542A, 0x402C542B, 0o10000, struct.Struct("4IB19s2I")


def serial(path: str, baud: int) -> tuple[Any, str, ExitStack]:
    """Open a serial port for this process alone: raw, 8N1. Return its file, its path, what to close. Raises OSError."""
    port = os.fdopen(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), "r+b", buffering=0)
    try:
        fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        old = TERMIOS2.unpack(fcntl.ioctl(port, TCGETS2, bytes(TERMIOS2.size)))
        mode = BOTHER | termios.CS8 | termios.CREAD | termios.CLOCAL | old[2] & termios.HUPCL
        keys = bytes(termios.VMIN) + b"\1"
        fcntl.ioctl(port, TCSETS2, TERMIOS2.pack(0, 0, mode, 0, 0, keys, baud, baud))
        fcntl.ioctl(port, termios.TIOCEXCL)
        fcntl.ioctl(port, termios.TCFLSH, termios.TCIOFLUSH)
    except OSError:
        port.close()
        raise
    return port, path, ExitStack()


def pty(path: str, _: int = 0) -> tuple[Any, str, ExitStack]:
    """Make a pseudo-terminal, with a link to it at `path` if there is one. Return as `serial` does. Raises OSError."""
    master, slave = os.openpty()
    closing = ExitStack()
    # The other end stays open here too: a client that leaves does not end the terminal.
    closing.callback(os.close, slave)
    end = os.fdopen(master, "r+b", buffering=0)
    try:
        tty.setraw(slave)
        os.set_blocking(master, False)
        if path:
            _link(Path(path), os.ttyname(slave), closing)
    except OSError:
        end.close()
        closing.close()
        raise
    return end, path or os.ttyname(slave), closing


def _link(link: Path, device: str, closing: ExitStack) -> None:
    if link.is_symlink() and (not link.exists() or link.resolve().is_relative_to("/dev")):
        link.unlink()  # left by a killed run
    link.symlink_to(device)

    def remove() -> None:
        with suppress(OSError):
            link.unlink()

    closing.callback(remove)
