"""Single keys from the terminal without waiting for them, on Unix and on Windows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_POLL_S = 0.05


@asynccontextmanager
async def keys(press: Callable[[str], None]) -> AsyncIterator[bool]:
    """Call `press` with each key while the block lasts; yields whether there is a keyboard at all."""
    if not sys.stdin.isatty():
        yield False
        return
    if sys.platform == "win32":
        async with _windows(press):
            yield True
        return
    import termios
    import tty

    loop, keyboard = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    loop.add_reader(keyboard, lambda: press(sys.stdin.read(1)))
    try:
        yield True
    finally:
        loop.remove_reader(keyboard)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@asynccontextmanager
async def _windows(press: Callable[[str], None]) -> AsyncIterator[None]:
    async def poll() -> None:
        import msvcrt

        while True:
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                press(msvcrt.getwch())  # type: ignore[attr-defined]
            await asyncio.sleep(_POLL_S)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(poll())
        try:
            yield
        finally:
            task.cancel()
