"""Gusts of the fault schedule: between two edges of theirs the steady wind is one, so the compiled loop knows none of it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hil.faults.schedule import Fault, Kind
from hil.sensors.suite import STEP_S

Vector3 = tuple[float, float, float]


def gust_edges(schedule: Iterable[Fault], after_step: int, until_step: int) -> list[int]:
    """The steps at which a gust begins or ends, above `after_step` and below `until_step`, in order."""
    times = [t for f in schedule if f.kind is Kind.GUST for t in (f.start_s, f.start_s + f.duration_s)]
    steps = {round(t / STEP_S) for t in times if math.isfinite(t)}
    return sorted(step for step in steps if after_step < step < until_step)


def wind_in_gusts(wind_ned: Vector3, schedule: Iterable[Fault], step: int) -> Vector3:
    """The steady wind with the gusts of this step on it, m/s NED: along it, or to the north in a calm."""
    more = 0.0
    for fault in schedule:
        if fault.kind is not Kind.GUST or step < round(fault.start_s / STEP_S):
            continue
        end_s = fault.start_s + fault.duration_s
        if math.isinf(end_s) or step < round(end_s / STEP_S):
            more += fault.amount
    north, east, down = wind_ned
    size = math.hypot(north, east)
    if size == 0.0:
        return more, east, down
    return north + more * north / size, east + more * east / size, down
