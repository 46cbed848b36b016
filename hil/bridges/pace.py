"""Whether the simulation keeps up with the speed that was asked of it."""

from __future__ import annotations

import math

WINDOW_S = 2.0  # so that it is said within three
PAUSE_S = 0.5  # a step later than that after the last one was waited for, not computed
ENOUGH = 0.9  # of the asked speed


class SpeedMonitor:
    """`step` is told of each step, and gives a line for people the first time that it falls behind."""

    def __init__(self, asked: float) -> None:
        self._asked = asked
        self._last: float | None = None
        self._began = self._began_sim_s = 0.0
        self._said = not math.isfinite(asked)

    def step(self, now: float, simulated_s: float) -> str | None:
        """`now` on the wall, `simulated_s` since power-on, both in seconds."""
        last, self._last = self._last, now
        if self._said:
            return None
        if last is None or now - last > PAUSE_S or simulated_s < self._began_sim_s:
            self._began, self._began_sim_s = now, simulated_s
            return None
        took = now - self._began
        if took < WINDOW_S:
            return None
        achieved = (simulated_s - self._began_sim_s) / took
        self._began, self._began_sim_s = now, simulated_s
        if achieved >= ENOUGH * self._asked:
            return None
        self._said = True
        return (
            f"falls behind: {self._asked:g} times real time was asked, {achieved:.2g} is achieved; time is stretched. "
            "Usually other programs keep this machine busy, or it is too slow for that speed"
        )
