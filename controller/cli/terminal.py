"""Single key presses from the terminal, on Unix and on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from controller.app.gcs.line_entry import PASTE

PASTE_MODE_ON, PASTE_MODE_OFF = "\x1b[?2004h", "\x1b[?2004l"

_POLL_S = 0.05
_CHUNK_BYTES = 4096
# A slow ssh connection delivers two or three keys at once; more than this were not typed.
_MAX_KEYS_AT_ONCE = 3
_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
# Arrow keys, function keys, replies of the terminal; Alt with a key is Escape followed by the key.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])")


class KeyDecoder:
    """Decodes terminal input into keys that were pressed; special keys and Alt combinations are dropped.

    Pasted text is one element that begins with `PASTE`, so that it is never taken for keys.
    """

    def __init__(self) -> None:
        self._pasting = False

    def feed(self, data: bytes) -> list[str]:
        """Return the keys and pasted texts in one chunk of input; keys in lower case, a single Escape is a key."""
        found: list[str] = []
        rest = data.decode("utf-8", "replace")
        while rest:
            text, edge, rest = rest.partition(_PASTE_END if self._pasting else _PASTE_START)
            if not self._pasting:
                keys = _SEQUENCE.sub("", text).lower()
                found += keys if len(keys) <= _MAX_KEYS_AT_ONCE else [PASTE + keys]
            elif text:
                found.append(PASTE + text)
            if edge:
                self._pasting = not self._pasting
        return found


@asynccontextmanager
async def keys(press: Callable[[str], None]) -> AsyncIterator[bool]:
    """Call `press` with each key for the block; yields whether standard input is a keyboard."""
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
    before, decoder = termios.tcgetattr(keyboard), KeyDecoder()

    def read() -> None:
        # Not through sys.stdin: its buffer would hold keys back until the next one.
        try:
            data = os.read(keyboard, _CHUNK_BYTES)
        except OSError:
            data = b""
        if not data:
            loop.remove_reader(keyboard)  # the terminal is gone
        for key in decoder.feed(data):
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

        while msvcrt.kbhit():  # type: ignore[attr-defined]
            msvcrt.getwch()  # type: ignore[attr-defined]  # typed before the question that it would answer
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
