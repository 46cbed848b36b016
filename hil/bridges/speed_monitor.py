"""Monitor of the simulation speed, which reports once when it stays below the requested one."""

from __future__ import annotations

import math

WINDOW_S = 2.0  # measuring time, so that a report comes within three seconds
PAUSE_S = 0.5  # a longer gap between steps is waiting, not computing
ENOUGH = 0.9  # of the requested speed


class SpeedMonitor:
    """Compares the achieved with the requested speed; call `step` at each step."""

    def __init__(self, requested: float) -> None:
        self._requested = requested
        self._last: float | None = None
        self._began = self._began_sim_s = 0.0
        self._reported = not math.isfinite(requested)

    def step(self, now: float, simulated_s: float) -> str | None:
        """Return a line the first time the simulation falls behind, else None.

        `now` is the real time, `simulated_s` the simulated time since power-on, s.
        """
        last, self._last = self._last, now
        if self._reported:
            return None
        if last is None or now - last > PAUSE_S or simulated_s < self._began_sim_s:
            self._began, self._began_sim_s = now, simulated_s
            return None
        took = now - self._began
        if took < WINDOW_S:
            return None
        achieved = (simulated_s - self._began_sim_s) / took
        self._began, self._began_sim_s = now, simulated_s
        if achieved >= ENOUGH * self._requested:
            return None
        self._reported = True
        return (
            f"simulation falls behind: speed {self._requested:g} requested, {achieved:.2g} achieved;"
            " simulated time runs slower."
            " Usually other programs keep this machine busy, or it is too slow for that speed"
        )
