"""The clock of a record: UTC that goes on evenly while the computer's clock is set."""

from __future__ import annotations

from controller.clock import Clock

STEP_US = 1_000_000  # a time server corrects smaller differences slowly, or nothing notices them


class SteadyClock(Clock):
    """A clock without the steps of another. `steps_us` are the steps that were left out, in microseconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_us = 0
        self._last: tuple[int, float] | None = None
        self.steps_us: list[int] = []

    def now(self) -> float:
        return self._clock.now()

    def utc_us(self) -> int:
        utc_us, now = self._clock.utc_us(), self._clock.now()
        if self._last is not None:
            step_us = (utc_us - self._last[0]) - round((now - self._last[1]) * 1e6)
            if abs(step_us) > STEP_US:
                self._ahead_us += step_us
                self.steps_us.append(step_us)
        self._last = utc_us, now
        return utc_us - self._ahead_us
