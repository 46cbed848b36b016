"""Several senders on one link: each one's bytes are cut into whole frames before they are mixed.

With one sender its bytes pass through as they are.
"""

from __future__ import annotations

from collections.abc import Hashable

from controller.wire.framer import Framer


class FrameMerger:
    """Keeps a framer for each sender from the moment there are two."""

    def __init__(self) -> None:
        self._only: Hashable | None = None
        self._framers: dict[Hashable, Framer] = {}

    def feed(self, sender: Hashable, data: bytes) -> bytes:
        """What of `data` may go on now: all of it, or the frames it completes."""
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
        """The sender is gone."""
        self._framers.pop(sender, None)
        if self._only == sender:
            self._only = None
