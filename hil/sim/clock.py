"""Virtual time: an event loop that jumps to the next deadline whenever every task is idle.

Nothing sleeps: a flight of ten minutes takes only its computing time. No real clock and no real I/O are involved, so
two runs with one seed are identical. A finite `speed` limits virtual time to a multiple of real time, for watching.

Do not use real sockets and ports on this loop: the timing of their events depends on the machine.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# A virtual run starts at a fixed date; otherwise no two runs would write the same log.
EPOCH_UTC_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z

STUCK_S = 5.0  # of real time


class _JumpingSelector(selectors.DefaultSelector):
    """Selector that advances the loop's virtual time instead of waiting."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            # No timer is set, so every task waits for another. Only another thread or a signal can wake the loop.
            events = super().select(STUCK_S)
            if not events:
                raise RuntimeError("virtual time is stuck: every task waits for another, and no timer is set")
            return events
        if timeout <= 0:
            return super().select(0)
        self.loop.jump(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Asyncio event loop in virtual time; `speed` is a multiple of real time, infinite for no limit."""

    def __init__(self, *, speed: float = math.inf) -> None:
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self
        self.speed = speed
        self._now = 0.0
        self._started_real_s: float | None = None

    def time(self) -> float:
        """Return virtual seconds since the loop was created."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Advance virtual time; at a finite speed, wait for the corresponding real time first."""
        target = self._now + seconds
        if math.isfinite(self.speed):
            if self._started_real_s is None:
                self._started_real_s = time.monotonic() - self._now / self.speed
            wait_s = self._started_real_s + target / self.speed - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
        self._now = target


class VirtualClock:
    """`Clock` of a virtual loop, whose time 0 is `epoch_utc_us`, in microseconds UTC."""

    def __init__(self, epoch_utc_us: int = EPOCH_UTC_US) -> None:
        self._epoch_utc_us = epoch_utc_us

    def now(self) -> float:
        """Return the loop's time, s."""
        return asyncio.get_running_loop().time()

    def utc_us(self) -> int:
        """Return the virtual date, microseconds UTC."""
        return self._epoch_utc_us + round(self.now() * 1e6)


def run_virtual(main: Coroutine[Any, Any, T], *, speed: float = math.inf) -> T:
    """Run a coroutine like `asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(speed=speed)) as runner:
        return runner.run(main)
