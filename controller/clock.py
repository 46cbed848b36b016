"""The only place that reads a clock.

`now()` is the event loop's own time, so that the same code runs in real and in virtual time; `utc_us()` is what gets
written into logs.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two readings: a monotonic one for intervals and one of the calendar for records."""

    def now(self) -> float:
        """Seconds, monotonic, from an arbitrary start: the running event loop's time."""

    def utc_us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""


class SystemClock:
    """The machine's clocks. `now()` needs a running event loop."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def utc_us(self) -> int:
        return time.time_ns() // 1000


def stopwatch_s() -> float:
    """Seconds of real time from an arbitrary start, for measuring how long something took."""
    return time.perf_counter()


def iso_utc(utc_us: int) -> str:
    """`2026-05-17T09:30:12.250000Z` for microseconds since 1970."""
    return datetime.fromtimestamp(utc_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
