"""Gusts of the fault schedule, 1-cosine: between two steps of theirs the steady wind is one, so the compiled loop knows none of it.

The shape is that of MIL-F-8785C, 3.7.2.3 (discrete gust), over time instead of way, since a multirotor may stand in it: it rises
over RAMP_S, or half of a shorter gust's time, and falls so before its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from hil.faults.schedule import Fault, Kind
from hil.sensors.suite import STEP_S

Vector3 = tuple[float, float, float]
RAMP_S = 1.0
HOLD_STEPS = 20  # over which a rising or falling gust is held


def _bounds(fault: Fault) -> tuple[int, float, float]:
    """The steps at which it begins and ends, and how many it rises over."""
    begin, end_s = round(fault.start_s / STEP_S), fault.start_s + fault.duration_s
    end = math.inf if math.isinf(end_s) else round(end_s / STEP_S)
    return begin, end, min(round(RAMP_S / STEP_S), 0.5 * (end - begin))


def gust_edges(schedule: Iterable[Fault], after_step: int, until_step: int) -> list[int]:
    """The steps at which a gust changes, above `after_step` and below `until_step`, in order."""
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
        # The steps of its fall, counted from its beginning as those of its rise are.
        falls = begin + max(0, int(end - ramp - begin) // HOLD_STEPS) * HOLD_STEPS
        steps.update((*range(falls, last, HOLD_STEPS), last))
    return sorted(step for step in steps if after_step < step < until_step)


def gust_share(fault: Fault, step: int) -> float:
    """How much of its strength a gust has in this step, 0 to 1."""
    begin, end, ramp = _bounds(fault)
    if not begin <= step < end:
        return 0.0
    gone = (step - begin) // HOLD_STEPS * HOLD_STEPS
    return 0.5 * (1.0 - math.cos(math.pi * min(gone, end - begin - gone, ramp) / max(ramp, 1.0)))


def wind_in_gusts(wind_ned: Vector3, schedule: Iterable[Fault], step: int) -> Vector3:
    """The steady wind with the gusts of this step on it, m/s NED: along it, or to the north in a calm."""
    more = sum(fault.amount * gust_share(fault, step) for fault in schedule if fault.kind is Kind.GUST)
    north, east, down = wind_ned
    size = math.hypot(north, east)
    if size == 0.0:
        return more, east, down
    return north + more * north / size, east + more * east / size, down
