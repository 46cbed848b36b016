"""At intervals: what was written is forced to the disk, then covered by the chain. A disk that stalls holds up nobody.

Every `sync_s` seconds in which something was written each file gets a block, every `sign_s` seconds the chain a signed head; a
timer sees to it where nothing more is written. In a real flight a thread of its own waits for the disk. A simulated one
(`durable` False) waits for nothing and is covered at once, so that one seed makes the same record always.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from controller.clock import Clock
from controller.logs.record.append_file import AppendFile
from controller.logs.record.chain import ChainWriter

# How much a power cut may cost, and how much of the record may be unsigned.
SYNC_S = 1.0
SIGN_S = 10.0
_TICK_S = 1e-6


class Checkpointer:
    """`wrote` and `whole` are told of what is on its way to the disk, then `turn`; `trouble` of a disk that takes no chain.

    After trouble it is tried again at the next turn: blocks wait, none is left out.
    """

    def __init__(
        self,
        chain: ChainWriter,
        files: Sequence[AppendFile],
        *,
        clock: Clock,
        trouble: Callable[[OSError], None],
        durable: bool = True,
        sync_s: float = SYNC_S,
        sign_s: float = SIGN_S,
    ) -> None:
        self.add_bytes = chain.add_bytes
        self._chain = chain
        self._files = files
        self._clock = clock
        self._trouble = trouble
        self._sync_s, self._sign_every_s = sync_s, sign_s
        self._seal_s = self._sign_s = 0.0
        self._queued, self._unsigned = 0, False
        self._closing = False
        self._durable = durable
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record") if durable else None
        self._job: Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def add_file(self, name: str, data: bytes) -> None:
        """A whole file was written: it is covered and signed now, not at some later turn."""
        self._chain.add_file(name, data)
        self._seal_s = self._sign_s = 0.0

    def tick(self, now: float) -> None:
        """Something was written: see to it that it is covered in time."""
        if self._closing:
            return  # what is written while the record ends is covered by its end
        if now >= self._seal_s:
            self._seal(now)
        else:
            self._arm(self._seal_s, now)

    def close(self, utc_us: int) -> None:
        """Cover the rest under the final head, and wait for the disk. Raises OSError: then the record ends without one."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            self._thread.shutdown()
        self._collect()
        try:
            self._put(self._chain.queue_blocks(utc_us), utc_us, sign=False)
            self._chain.close(utc_us)
        except OSError:
            self._chain.close_unsigned()
            raise

    def _seal(self, now: float) -> None:
        self._seal_s = now + self._sync_s
        self._collect()
        if self._job is None:
            self._cover(now)
        # What is left to be signed, or to be heard of the disk.
        if self._job is not None or self._unsigned:
            self._arm(self._seal_s, now)

    def _cover(self, now: float) -> None:
        utc_us = self._clock.utc_us()
        queued = self._chain.queue_blocks(utc_us)
        new, self._queued = queued > self._queued, queued
        sign = (new or self._unsigned) and now >= self._sign_s - self._sync_s / 2
        if sign:
            self._sign_s = now + self._sign_every_s
        self._unsigned = (new or self._unsigned) and not sign
        if new or sign:
            self._job = self._begin(lambda: self._put(queued, utc_us, sign=sign))
            self._collect()

    def _begin(self, job: Callable[[], None]) -> Future[None]:
        if self._thread is not None:
            return self._thread.submit(job)
        done: Future[None] = Future()
        try:
            job()
        except OSError as error:
            done.set_exception(error)
        else:
            done.set_result(None)
        return done

    def _put(self, queued: int, utc_us: int, *, sign: bool) -> None:
        """In this order: a block is only told of when the bytes that it covers are on the disk."""
        if self._durable:
            for file in self._files:
                file.sync()
        self._chain.write_queued(queued, utc_us, sign=sign)

    def _collect(self) -> None:
        """What became of the job, where it is done. While a disk stalls there is one, and what is written waits for the next."""
        if self._job is None or not self._job.done():
            return
        error, self._job = self._job.exception(), None
        if isinstance(error, OSError):
            self._unsigned, self._sign_s = True, 0.0
            self._trouble(error)
        elif error is not None:
            raise error

    def _arm(self, at_s: float, now: float) -> None:
        if self._timer is not None:
            return
        try:
            loop: Any = asyncio.get_running_loop()
        except RuntimeError:
            return  # nobody's clock goes on by itself: the next turn comes with the next write
        self._timer = loop.call_later(max(0.0, at_s - now), self._ring)

    def _ring(self) -> None:
        self._timer = None
        # The loop may ring a tick early, and the timer be of a turn that has come with a write.
        self.tick(self._clock.now() + _TICK_S)
