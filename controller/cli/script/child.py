"""The process of an operator's script: its start, and its end by itself, by a signal, or after the link is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

LINK = "LANDLINE_LINK"
# Where the link is lost: for the script to end by itself, then after it was told to end.
ALONE_S, TOLD_S = 10.0, 5.0


class Child:
    """A script that runs; `ended` is done when it has ended."""

    def __init__(self, script: Path, words: Sequence[str], link: str, output: IO[str] | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(script), *words], env={**os.environ, LINK: link}, stdout=output
        )
        self.ended = asyncio.ensure_future(asyncio.to_thread(self._process.wait))

    @property
    def exit_code(self) -> int:
        """Exit code of the ended script, 128 and the number of the signal that ended it."""
        code = self._process.poll()
        assert code is not None
        return code if code >= 0 else 128 - code

    def interrupt(self) -> None:
        """Pass Ctrl-C on, where the terminal has not done so itself."""
        if not terminal_interrupts():
            self._process.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        """Tell it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    async def end(self) -> None:
        """Wait until it ends by itself; after some seconds tell it to end, then end it."""
        for within_s, then in ((ALONE_S, self.terminate), (TOLD_S, self.kill)):
            if (await asyncio.wait({self.ended}, timeout=within_s))[0]:
                return
            then()
        await asyncio.wait({self.ended})


def terminal_interrupts() -> bool:
    """Return whether Ctrl-C in the terminal reaches the processes that this one started, too."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
