"""A bad radio, on purpose: loss, delay, jitter, a slow line, doubled and overtaken frames, all from one seed.

Each frame meets its own fate, in each direction, whatever chunks it came in; bytes that are no frame are lost. Frames keep
their order unless `reorder` holds one back. Works in virtual time and on real links alike.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from controller.errors import LinkError
from controller.link.base import Link, LinkInfo, ReceiveQueue
from controller.link.url import Impairment
from controller.wire.framer import Framer

# A radio's own buffer: what does not fit behind a slow line is lost.
QUEUE_LIMIT_BYTES = 16 * 1024
SHORTEST_HOLD_S = 0.02


@dataclass(slots=True)
class ImpairmentStats:
    """What became of the frames of one direction."""

    frames: int = 0
    lost: int = 0
    doubled: int = 0
    held_back: int = 0
    overflowed: int = 0


class ImpairedDirection:
    """One direction: frames in, and each out again when its time has come."""

    def __init__(self, impairment: Impairment, name: str) -> None:
        self.stats = ImpairmentStats()
        self._how = impairment
        self._random = Random(f"{impairment.seed}/{name}")
        self._framer = Framer()
        self._due: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._line_free_s = 0.0
        self._last_due_s = 0.0
        self._work = asyncio.Event()

    def push(self, data: bytes, now: float) -> None:
        """Decide over the frames that `data` completes."""
        how, chance, stats = self._how, self._random.random, self.stats
        for frame in self._framer.feed(data):
            stats.frames += 1
            # Every frame draws the same numbers, so that changing one chance leaves the other fates as they were.
            lost, doubled, held_back = chance() < how.loss, chance() < how.dup, chance() < how.reorder
            jitter_s = chance() * how.jitter_ms / 1000
            if lost:
                stats.lost += 1
                continue
            for _ in range(2 if doubled else 1):
                self._schedule(frame.raw, now, jitter_s, held_back)
            stats.doubled += doubled
            stats.held_back += held_back

    def _schedule(self, raw: bytes, now: float, jitter_s: float, held_back: bool) -> None:
        how = self._how
        sent_s = now
        if how.rate_bps:
            sent_s = max(now, self._line_free_s)
            if (sent_s - now) * how.rate_bps / 8 + len(raw) > QUEUE_LIMIT_BYTES:
                self.stats.overflowed += 1
                return
            sent_s = self._line_free_s = sent_s + len(raw) * 8 / how.rate_bps
        due_s = sent_s + how.delay_ms / 1000 + jitter_s
        if held_back:
            due_s += max(how.delay_ms / 1000, 2 * how.jitter_ms / 1000, SHORTEST_HOLD_S)
        else:
            due_s = self._last_due_s = max(due_s, self._last_due_s)
        heapq.heappush(self._due, (due_s, self._count, raw))
        self._count += 1
        self._work.set()

    async def drain(self, sink: Callable[[bytes], Awaitable[None]]) -> None:
        """Hand each frame to `sink` when it is due, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._work.clear()
            if not self._due:
                await self._work.wait()
                continue
            wait_s = self._due[0][0] - loop.time()
            if wait_s > 0:
                # A frame that is due earlier may come meanwhile.
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._work.wait()
                continue
            await sink(heapq.heappop(self._due)[2])


class ImpairedLink(Link):
    """`inner`, made worse in both directions. `inbound` and `outbound` tell what was done."""

    def __init__(self, inner: Link, impairment: Impairment) -> None:
        super().__init__()
        self._inner = inner
        self._impairment = impairment
        self._inbox = ReceiveQueue()
        self._tasks: list[asyncio.Task[None]] = []
        self.inbound = ImpairedDirection(impairment, "in")
        self.outbound = ImpairedDirection(impairment, "out")
        self._error: LinkError | None = None
        inner.watch(self.changed)

    @property
    def info(self) -> LinkInfo:
        return self._inner.info

    async def open(self) -> None:
        await self._inner.open()
        self._tasks = [
            asyncio.create_task(self._pump(), name="impaired link, reading"),
            asyncio.create_task(self.inbound.drain(self._arrive), name="impaired link, inbound"),
            asyncio.create_task(self.outbound.drain(self._send), name="impaired link, outbound"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._inbox.close()
        await self._inner.close()

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while chunk := await self._inner.read():
                self.inbound.push(chunk, loop.time())
        except LinkError as error:
            self._error = error
        self._inbox.close(self._error)

    async def _arrive(self, raw: bytes) -> None:
        self._inbox.put(raw)

    async def _send(self, raw: bytes) -> None:
        # What a link that is down does not take is lost, as on a radio; the reader tells when it is down for good.
        with suppress(LinkError):
            await self._inner.write(raw)

    async def read(self) -> bytes:
        return await self._inbox.get()

    def write_now(self, data: bytes) -> bool:
        if not self._tasks or self._error is not None:
            return False
        self.outbound.push(data, asyncio.get_running_loop().time())
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise self._error or LinkError("the link is closed", where=self.info.url)
