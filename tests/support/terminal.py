"""A `landline` command on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.cli import COMMAND, ROOT, environment


class Terminal:
    """The command on a pseudo-terminal of 100 by 30."""

    def __init__(self, home: Path, *arguments: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env={**environment(home), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read_until(self, text: str, within_s: float = 60.0) -> None:
        """Read the screen until `text` is on it."""
        drawn, ends = "", time.monotonic() + within_s
        while text not in drawn:
            assert select.select([self._master], [], [], max(0.0, ends - time.monotonic()))[0], (
                f"no {text!r} in {drawn[-3000:]}"
            )
            data = os.read(self._master, 65536).decode("utf-8", "replace")
            drawn = (drawn + re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data))[-20_000:]

    def hang_up(self) -> None:
        os.close(self._master)
        self.process.send_signal(signal.SIGHUP)


@contextlib.contextmanager
def terminal(home: Path, *arguments: str) -> Iterator[Terminal]:
    """A command on a terminal, ended in any case."""
    made = Terminal(home, *arguments)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.wait()
