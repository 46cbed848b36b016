"""Clocks. No other module reads the time.

`now()` is the event loop's time, so that the same code runs in real and in virtual time; `utc_us()` is the time of
logs.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Clock interface: monotonic time for intervals, and UTC for logs."""

    def now(self) -> float:
        """Return the running event loop's time: monotonic seconds from an arbitrary start."""

    def utc_us(self) -> int:
        """Return microseconds since 1970-01-01 UTC."""


class SystemClock:
    """Clock of the operating system. `now()` needs a running event loop."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def utc_us(self) -> int:
        return time.time_ns() // 1000


def asleep_s() -> float:
    """Return for how many seconds this computer has slept since it started; 0 where the system does not tell.

    `now()` stands still meanwhile on Linux, so that nothing else shows it.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def stopwatch_s() -> float:
    """Return real time in seconds from an arbitrary start, for measuring durations."""
    return time.perf_counter()


def iso_utc(utc_us: int) -> str:
    """Format microseconds since 1970 as `2026-05-17T09:30:12.250000Z`."""
    return datetime.fromtimestamp(utc_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
