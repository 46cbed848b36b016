"""Virtual time: an event loop that jumps to the next deadline whenever every task is idle.

Nothing sleeps. A flight of ten minutes takes as long as its work takes, and because no real clock and no real I/O are
involved, two runs with one seed are the same run. `speed` slows the jumps down to a stated multiple of real
time, for people who want to watch.

Real sockets and ports do not belong on this loop: their events come at the mercy of the machine.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# A virtual run has its own calendar, or no two of them would write the same log.
EPOCH_UTC_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z

STUCK_S = 5.0  # of real time


class _JumpingSelector(selectors.DefaultSelector):
    """A selector whose waiting moves the loop's clock instead of the world's."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            # Every task waits for something that no timer will bring. Only another thread or a signal could wake us.
            events = super().select(STUCK_S)
            if not events:
                raise RuntimeError(
                    "virtual time stands still: every task waits for another, and no timer is set"
                )
            return events
        if timeout <= 0:
            return super().select(0)
        self.loop.jump(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time; `speed` is a multiple of real time, infinite for as fast as the work goes."""

    def __init__(self, *, speed: float = math.inf) -> None:
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self
        self.speed = speed
        self._now = 0.0
        self._started_real_s: float | None = None

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let virtual time pass; at a finite speed, let the matching real time pass first."""
        target = self._now + seconds
        if math.isfinite(self.speed):
            if self._started_real_s is None:
                self._started_real_s = time.monotonic() - self._now / self.speed
            behind = self._started_real_s + target / self.speed - time.monotonic()
            if behind > 0:
                time.sleep(behind)
        self._now = target


class VirtualClock:
    """The `Clock` of a virtual loop: its calendar starts at `epoch_utc_us` when the loop's time is 0."""

    def __init__(self, epoch_utc_us: int = EPOCH_UTC_US) -> None:
        self._epoch_utc_us = epoch_utc_us

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def utc_us(self) -> int:
        return self._epoch_utc_us + round(self.now() * 1e6)


def run_virtual(main: Coroutine[Any, Any, T], *, speed: float = math.inf) -> T:
    """Like `asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(speed=speed)) as runner:
        return runner.run(main)
