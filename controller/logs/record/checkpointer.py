"""Periodic checkpoints of a record: flush the files to the disk, cover them in the chain, sign a head.

Each `sync_s` seconds with new data every file gets a block, each `sign_s` seconds the chain gets a signed head; a
timer does it when no further write comes. In a real flight a thread waits for the disk, so a stalled disk delays no
frame. A simulated flight (`durable` False) does not wait and is covered at once, so one seed always makes the same
record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from controller.clock import Clock
from controller.logs.record.append_file import AppendFile
from controller.logs.record.chain import ChainWriter

# The most that a power cut may lose, and the most that may be unsigned.
SYNC_S = 1.0
SIGN_S = 10.0
_TICK_S = 1e-6


class Checkpointer:
    """Scheduler of a chain's checkpoints.

    `add_bytes` and `add_file` register data, `tick` starts a checkpoint when one is due.

    `on_error` gets the error of a disk that does not take the chain; the next tick tries again. Blocks stay queued
    until they are written.
    """

    def __init__(
        self,
        chain: ChainWriter,
        files: Sequence[AppendFile],
        *,
        clock: Clock,
        on_error: Callable[[OSError], None],
        durable: bool = True,
        sync_s: float = SYNC_S,
        sign_s: float = SIGN_S,
    ) -> None:
        self.add_bytes = chain.add_bytes
        self._chain = chain
        self._files = files
        self._clock = clock
        self._on_error = on_error
        self._sync_period_s, self._sign_period_s = sync_s, sign_s
        self._next_sync_s = self._next_sign_s = 0.0
        self._queued, self._unsigned = 0, False
        self._closing = False
        self._durable = durable
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record") if durable else None
        self._job: Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def add_file(self, name: str, data: bytes) -> None:
        """Register a whole file; it is covered and signed at the next tick."""
        self._chain.add_file(name, data)
        self._next_sync_s = self._next_sign_s = 0.0

    def tick(self, now: float) -> None:
        """Start a checkpoint if one is due at monotonic time `now` (s), else make sure that the timer runs."""
        if self._closing:
            return  # `close` covers data that is written while the record ends
        if now >= self._next_sync_s:
            self._checkpoint(now)
        else:
            self._start_timer(self._next_sync_s, now)

    def close(self, utc_us: int) -> None:
        """Cover the remaining data under the final head and wait for the disk.

        Raises OSError; the record then ends without a final head.
        """
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            self._thread.shutdown()
        self._collect()
        try:
            self._write(self._chain.queue_blocks(utc_us), utc_us, sign=False)
            self._chain.close(utc_us)
        except OSError:
            self._chain.close_unsigned()
            raise

    def abandon(self) -> None:
        """End without a final head, because the files were deleted."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            self._thread.shutdown()
        self._chain.close_unsigned()

    def _checkpoint(self, now: float) -> None:
        self._next_sync_s = now + self._sync_period_s
        self._collect()
        if self._job is None:
            self._start_job(now)
        # Come back to sign the remaining lines, or to collect the result of the running job.
        if self._job is not None or self._unsigned:
            self._start_timer(self._next_sync_s, now)

    def _start_job(self, now: float) -> None:
        utc_us = self._clock.utc_us()
        queued = self._chain.queue_blocks(utc_us)
        new, self._queued = queued > self._queued, queued
        sign = (new or self._unsigned) and now >= self._next_sign_s - self._sync_period_s / 2
        if sign:
            self._next_sign_s = now + self._sign_period_s
        self._unsigned = (new or self._unsigned) and not sign
        if new or sign:
            self._job = self._run(lambda: self._write(queued, utc_us, sign=sign))
            self._collect()

    def _run(self, job: Callable[[], None]) -> Future[None]:
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

    def _write(self, queued: int, utc_us: int, *, sign: bool) -> None:
        """Flush the files, then write the chain lines: a block may only be written after the bytes it covers."""
        if self._durable:
            for file in self._files:
                file.sync()
        self._chain.write_queued(queued, utc_us, sign=sign)

    def _collect(self) -> None:
        """Take the result of a finished job.

        A stalled disk keeps one job running; new data waits for the next one.
        """
        if self._job is None or not self._job.done():
            return
        error, self._job = self._job.exception(), None
        if isinstance(error, OSError):
            self._unsigned, self._next_sign_s = True, 0.0
            self._on_error(error)
        elif error is not None:
            raise error

    def _start_timer(self, at_s: float, now: float) -> None:
        if self._timer is not None:
            return
        try:
            loop: Any = asyncio.get_running_loop()
        except RuntimeError:
            return  # without a running loop the next tick comes with the next write
        self._timer = loop.call_later(max(0.0, at_s - now), self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        # The loop may fire a clock tick early; a write may also have done this timer's checkpoint already.
        self.tick(self._clock.now() + _TICK_S)
