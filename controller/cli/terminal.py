"""Single keys from the terminal without waiting for them, on Unix and on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

ESCAPE = "\x1b"
PASTES_MARKED, PASTES_UNMARKED = "\x1b[?2004h", "\x1b[?2004l"

_POLL_S = 0.05
_CHUNK_BYTES = 4096
# A slow ssh brings two or three keys at once; more than this was not typed.
_TYPED_AT_ONCE = 3
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
# Arrows, function keys, answers of the terminal; Alt with a key is a key with Escape in front.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])")


class Keystrokes:
    """What a terminal sends, taken apart into keys that a person pressed: special keys, Alt and pastes are none."""

    def __init__(self) -> None:
        self._pasting = False

    def feed(self, data: bytes) -> list[str]:
        """The keys in what was read at once, in lower case; a lone Escape is one."""
        typed, rest = "", data.decode("utf-8", "replace")
        while rest:
            edge = _PASTE_ENDS if self._pasting else _PASTE_BEGINS
            before, found, rest = rest.partition(edge)
            typed += "" if self._pasting else before
            if found:
                self._pasting = not self._pasting
        keys = [key.lower() for key in _SEQUENCE.sub("", typed)]
        return keys if len(keys) <= _TYPED_AT_ONCE else []


@asynccontextmanager
async def keys(press: Callable[[str], None]) -> AsyncIterator[bool]:
    """Call `press` with each key while the block lasts; yields whether there is a keyboard at all."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield False
    elif sys.platform == "win32":
        async with _windows(press):
            yield True
    else:
        async with _unix(press):
            yield True


@asynccontextmanager
async def _unix(press: Callable[[str], None]) -> AsyncIterator[None]:
    import termios
    import tty

    loop, keyboard = asyncio.get_running_loop(), sys.stdin.fileno()
    before, strokes = termios.tcgetattr(keyboard), Keystrokes()

    def read() -> None:
        # Not through sys.stdin: what that reads ahead, it would keep until the next key.
        try:
            data = os.read(keyboard, _CHUNK_BYTES)
        except OSError:
            data = b""
        if not data:
            loop.remove_reader(keyboard)  # the terminal is gone
        for key in strokes.feed(data):
            press(key)

    tty.setcbreak(keyboard)
    loop.add_reader(keyboard, read)
    try:
        yield
    finally:
        loop.remove_reader(keyboard)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@asynccontextmanager
async def _windows(press: Callable[[str], None]) -> AsyncIterator[None]:
    async def poll() -> None:
        import msvcrt

        while True:
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                key = msvcrt.getwch()  # type: ignore[attr-defined]
                if key in "\x00\xe0":
                    msvcrt.getwch()  # type: ignore[attr-defined]  # the second half of a special key
                else:
                    press(key.lower())
            await asyncio.sleep(_POLL_S)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(poll())
        try:
            yield
        finally:
            task.cancel()
