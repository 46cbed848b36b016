"""Merges the bytes of several senders on one link by whole frames. The bytes of a single sender pass unchanged."""

from __future__ import annotations

from collections.abc import Hashable

from controller.wire.framer import Framer


class FrameMerger:
    """Keeps a framer for each sender as soon as there are two."""

    def __init__(self) -> None:
        self._only: Hashable | None = None
        self._framers: dict[Hashable, Framer] = {}

    def feed(self, sender: Hashable, data: bytes) -> bytes:
        """Return the bytes to pass on: all of `data` from a single sender, else the frames it completes."""
        if not self._framers:
            if self._only is None:
                self._only = sender
            if self._only == sender:
                return data
            self._framers[self._only] = Framer()
        framer = self._framers.get(sender)
        if framer is None:
            framer = self._framers[sender] = Framer()
        return b"".join(frame.raw for frame in framer.feed(data))

    def forget(self, sender: Hashable) -> None:
        """Remove a sender that has disconnected."""
        self._framers.pop(sender, None)
        if self._only == sender:
            self._only = None
