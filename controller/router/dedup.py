"""Duplicate filter: detects copies of a frame from redundant links, router loops, or echoes of our own frames.

A frame is identified by its bytes, including the sequence number. Only a copy from another endpoint counts as a
duplicate; repeats on one link are handled by the protocol services. The memory covers between one and two windows.
"""

from __future__ import annotations

from typing import Generic, TypeVar

E = TypeVar("E")
WINDOW_S = 2.0


class FrameDedup(Generic[E]):
    """Remembers the frames of the last `window_s` seconds and the endpoint that delivered each first."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._recent: dict[bytes, E] = {}
        self._older: dict[bytes, E] = {}
        self._next_expiry_s = 0.0

    def expire(self, now: float) -> None:
        """Drop frames older than the window. Call it once per batch of frames."""
        if now >= self._next_expiry_s:
            self._older = self._recent if now < self._next_expiry_s + self._window_s else {}
            self._recent = {}
            self._next_expiry_s = now + self._window_s

    def first_endpoint(self, raw: bytes, endpoint: E) -> E:
        """Return the endpoint that delivered this frame first; a new frame is stored with `endpoint`."""
        first = self._recent.get(raw)
        if first is not None:
            return first
        first = self._older.get(raw)
        if first is not None:
            return first
        self._recent[raw] = endpoint
        return endpoint
