"""Link impairment: simulated loss, delay, jitter, rate limit, duplication and reordering, all from one seed.

The impairment applies to each frame and direction, independent of the chunks; bytes of no frame are dropped. Frames
keep their order unless `reorder` delays one. Works in virtual time and on real links.
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

# Buffer of a radio: frames that do not fit are dropped.
QUEUE_LIMIT_BYTES = 16 * 1024
MIN_REORDER_DELAY_S = 0.02


@dataclass(slots=True)
class ImpairmentStats:
    """Counters of one direction."""

    frames: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    overflowed: int = 0


class ImpairedDirection:
    """One direction of an impaired link: takes frames, and delivers each when it is due."""

    def __init__(self, impairment: Impairment, name: str) -> None:
        self.stats = ImpairmentStats()
        self._impairment = impairment
        self._random = Random(f"{impairment.seed}/{name}")
        self._framer = Framer()
        self._due: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._line_free_s = 0.0
        self._last_due_s = 0.0
        self._work = asyncio.Event()

    def push(self, data: bytes, now: float) -> None:
        """Schedule or drop the frames that `data` completes."""
        impairment, random, stats = self._impairment, self._random.random, self.stats
        for frame in self._framer.feed(data):
            stats.frames += 1
            # Every frame draws the same numbers, so that changing one probability keeps the other decisions.
            lost = random() < impairment.loss
            duplicated = random() < impairment.dup
            reordered = random() < impairment.reorder
            jitter_s = random() * impairment.jitter_ms / 1000
            if lost:
                stats.lost += 1
                continue
            for _ in range(2 if duplicated else 1):
                self._schedule(frame.raw, now, jitter_s, reordered)
            stats.duplicated += duplicated
            stats.reordered += reordered

    def _schedule(self, raw: bytes, now: float, jitter_s: float, reordered: bool) -> None:
        impairment = self._impairment
        sent_s = now
        if impairment.rate_bps:
            sent_s = max(now, self._line_free_s)
            if (sent_s - now) * impairment.rate_bps / 8 + len(raw) > QUEUE_LIMIT_BYTES:
                self.stats.overflowed += 1
                return
            sent_s = self._line_free_s = sent_s + len(raw) * 8 / impairment.rate_bps
        due_s = sent_s + impairment.delay_ms / 1000 + jitter_s
        if reordered:
            due_s += max(impairment.delay_ms / 1000, 2 * impairment.jitter_ms / 1000, MIN_REORDER_DELAY_S)
        else:
            due_s = self._last_due_s = max(due_s, self._last_due_s)
        heapq.heappush(self._due, (due_s, self._count, raw))
        self._count += 1
        self._work.set()

    async def drain(self, sink: Callable[[bytes], Awaitable[None]]) -> None:
        """Pass each frame to `sink` when it is due, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._work.clear()
            if not self._due:
                await self._work.wait()
                continue
            wait_s = self._due[0][0] - loop.time()
            if wait_s > 0:
                # A frame with an earlier due time may arrive in the meantime.
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._work.wait()
                continue
            await sink(heapq.heappop(self._due)[2])


class ImpairedLink(Link):
    """Wraps the link `inner` with an impairment in both directions; `inbound` and `outbound` hold the counters."""

    def __init__(self, inner: Link, impairment: Impairment) -> None:
        super().__init__()
        self._inner = inner
        self._impairment = impairment
        self._received = ReceiveQueue()
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
        self._received.close()
        await self._inner.close()

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while chunk := await self._inner.read():
                self.inbound.push(chunk, loop.time())
        except LinkError as error:
            self._error = error
        self._received.close(self._error)

    async def _arrive(self, raw: bytes) -> None:
        self._received.put(raw)

    async def _send(self, raw: bytes) -> None:
        # Frames sent while the link is down are lost, as on a radio; the reader reports a permanent loss.
        with suppress(LinkError):
            await self._inner.write(raw)

    async def read(self) -> bytes:
        return await self._received.get()

    def write_now(self, data: bytes) -> bool:
        if not self._tasks or self._error is not None:
            return False
        self.outbound.push(data, asyncio.get_running_loop().time())
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise self._error or LinkError("cannot send: the link is closed", where=self.info.url)
