"""Router endpoint of one link: framing, counters, and a bounded send queue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from controller.errors import LinkError
from controller.guard.process import RULES
from controller.link.base import Link
from controller.link.stats import LinkStats, SourceStats
from controller.router.filters import Filter, one_way, passes
from controller.wire.frame import Frame
from controller.wire.framer import Framer

QUEUE_LIMIT_BYTES = 128 * 1024
CHUNK_BYTES = 1024  # several frames share a write; a larger datagram could be fragmented


class LinkEndpoint:
    """Endpoint of a link, created by `Hub.add`. `name` identifies it in logs and messages."""

    def __init__(
        self,
        link: Link,
        *,
        name: str = "",
        filters: Iterable[Filter] = (),
        queue_limit_bytes: int = QUEUE_LIMIT_BYTES,
    ) -> None:
        filters = tuple(filters)
        self.link = link
        self.name = name or link.info.url
        self.stats = LinkStats()
        self.framer = Framer()
        self.filters_in = one_way(filters, "in")
        self.up = True
        self._filters_out = one_way(filters, "out")
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._queue_limit_bytes = queue_limit_bytes
        self._work = asyncio.Event()
        if RULES.described is not None:  # a command gives an account of its links at its end
            RULES.counted.append(self)

    def count_received(self, frames: list[Frame]) -> None:
        """Count received frames."""
        stats = self.stats
        stats.frames_in += len(frames)
        sources = stats.sources
        for frame in frames:
            source = sources.get((frame[3], frame[4]))
            if source is None:
                source = sources[frame[3], frame[4]] = SourceStats()
            seq = frame[2]
            if (source.last_seq + 1) & 0xFF == seq and source.frames:
                source.frames += 1
                source.last_seq = seq
            else:
                source.count(seq)

    def offer(self, frame: Frame) -> bool:
        """Send a frame. Returns False if a filter blocks it. Never waits: a full queue drops its oldest frames."""
        stats = self.stats
        if self._filters_out and not passes(self._filters_out, frame):
            stats.filtered += 1
            return False
        raw: bytes = frame[0]
        if not self._queue and self.link.write_now(raw):
            stats.frames_out += 1
            stats.bytes_out += len(raw)
            return True
        self._queue.append(raw)
        self._queued_bytes += len(raw)
        while self._queued_bytes > self._queue_limit_bytes and len(self._queue) > 1:
            self._queued_bytes -= len(self._queue.popleft())
            stats.dropped_out += 1
        self._work.set()
        return True

    async def drain(self) -> None:
        """Write the queue to the link, until cancelled; the hub runs it beside the reader."""
        stats = self.stats
        while True:
            while not self._queue:
                self._work.clear()
                await self._work.wait()
            chunk = [self._queue.popleft()]
            size = len(chunk[0])
            while self._queue and size + len(self._queue[0]) <= CHUNK_BYTES:
                chunk.append(self._queue.popleft())
                size += len(chunk[-1])
            self._queued_bytes -= size
            try:
                await self.link.write(b"".join(chunk))
            except LinkError:
                stats.dropped_out += len(chunk)
            else:
                stats.frames_out += len(chunk)
                stats.bytes_out += size
