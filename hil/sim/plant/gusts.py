"""Gusts of the fault schedule with a 1-cosine shape.

The shape is that of MIL-F-8785C, 3.7.2.3 (discrete gust), but over time instead of distance, as a multirotor may
hover in it: the gust rises over RAMP_S, or half of its time if that is shorter, and falls likewise before its end. A
gust is constant over HOLD_STEPS, so the compiled loop needs only a steady wind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from hil.faults.schedule import Fault, Kind
from hil.sensors.suite import STEP_S

Vector3 = tuple[float, float, float]
RAMP_S = 1.0
HOLD_STEPS = 20  # over which a rising or falling gust is constant


def _bounds(fault: Fault) -> tuple[int, float, float]:
    """Return the first step, the end step and the number of rising steps of a gust."""
    begin, end_s = round(fault.start_s / STEP_S), fault.start_s + fault.duration_s
    end = math.inf if math.isinf(end_s) else round(end_s / STEP_S)
    return begin, end, min(round(RAMP_S / STEP_S), 0.5 * (end - begin))


def gust_edges(schedule: Iterable[Fault], after_step: int, until_step: int) -> list[int]:
    """Return the steps at which a gust changes, above `after_step` and below `until_step`, in order."""
    steps: set[int] = set()
    for fault in schedule:
        if fault.kind is not Kind.GUST:
            continue
        begin, end, ramp = _bounds(fault)
        if math.isinf(end):
            steps.update(range(begin, begin + int(ramp) + HOLD_STEPS, HOLD_STEPS))
            continue
        last = int(end)
        steps.update(range(begin, min(begin + int(ramp) + HOLD_STEPS, last), HOLD_STEPS))
        # Steps of its fall, counted from the start of the gust like those of its rise.
        falls = begin + max(0, int(end - ramp - begin) // HOLD_STEPS) * HOLD_STEPS
        steps.update((*range(falls, last, HOLD_STEPS), last))
    return sorted(step for step in steps if after_step < step < until_step)


def gust_share(fault: Fault, step: int) -> float:
    """Return the share of a gust's amplitude at this step, 0 to 1."""
    begin, end, ramp = _bounds(fault)
    if not begin <= step < end:
        return 0.0
    elapsed = (step - begin) // HOLD_STEPS * HOLD_STEPS
    return 0.5 * (1.0 - math.cos(math.pi * min(elapsed, end - begin - elapsed, ramp) / max(ramp, 1.0)))


def wind_in_gusts(wind_ned: Vector3, schedule: Iterable[Fault], step: int) -> Vector3:
    """Return steady wind plus gusts at this step, m/s NED; gusts blow along the wind, or to the north in calm air."""
    gust = sum(fault.amount * gust_share(fault, step) for fault in schedule if fault.kind is Kind.GUST)
    north, east, down = wind_ned
    size = math.hypot(north, east)
    if size == 0.0:
        return gust, east, down
    return north + gust * north / size, east + gust * east / size, down
