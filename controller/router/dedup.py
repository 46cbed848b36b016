"""The same frame seen twice: over two links to one aircraft, in a loop of routers, or our own coming back.

A frame is its bytes, sequence number included. Only a copy from *another* endpoint counts: what one link repeats is that
link's business, and the machines live with it. Memory reaches back between one and two windows.
"""

from __future__ import annotations

from typing import Generic, TypeVar

E = TypeVar("E")
WINDOW_S = 2.0


class FrameDedup(Generic[E]):
    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._recent: dict[bytes, E] = {}
        self._older: dict[bytes, E] = {}
        self._turn_s = 0.0

    def turn(self, now: float) -> None:
        """Forget what is older than the window. Call it once a batch."""
        if now >= self._turn_s:
            self._older = self._recent if now < self._turn_s + self._window_s else {}
            self._recent = {}
            self._turn_s = now + self._window_s

    def first(self, raw: bytes, endpoint: E) -> E:
        """The endpoint that brought this frame first; remembers `endpoint` when that is the one."""
        seen = self._recent.get(raw)
        if seen is not None:
            return seen
        seen = self._older.get(raw)
        if seen is not None:
            return seen
        self._recent[raw] = endpoint
        return endpoint
