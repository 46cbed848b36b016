"""Speeds over terrain: an aircraft that climbs and sinks slowly flies slower where its way is steep."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.missions.route.profile import Floats
from controller.missions.route.route import Stop

_SPEED_STEP_M_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the aircraft flies, climbs and sinks, m/s; the defaults are ArduCopter's (WPNAV_SPEED, _UP, _DN).

    `slowest_m_s`: over steep ground it flies slower, to this speed, before it flies higher than asked.
    """

    along_m_s: float = 10.0
    climb_m_s: float = 2.5
    sink_m_s: float = 1.5
    slowest_m_s: float = 3.0


def slowed(stops: list[Stop], distances_m: Floats, pace: Pace) -> list[Stop]:
    """Return the stops with the speed of each leg that the aircraft can climb and sink at, in whole steps."""
    rises_m = np.diff([stop.height_m for stop in stops])
    runs_m = np.diff(distances_m)
    with np.errstate(divide="ignore", invalid="ignore"):
        possible = np.where(rises_m > 0.0, pace.climb_m_s, pace.sink_m_s) * runs_m / np.abs(rises_m)
    possible[(rises_m == 0.0) | (runs_m == 0.0)] = np.inf
    asked, flown, result = pace.along_m_s, None, []
    for stop, most in zip(stops, [*possible.tolist(), np.inf], strict=True):
        asked = stop.speed_m_s or asked
        speed = (
            asked
            if most >= asked
            else max(np.floor(most / _SPEED_STEP_M_S) * _SPEED_STEP_M_S, _SPEED_STEP_M_S)
        )
        changed = speed != flown and not (flown is None and speed == asked)
        result.append(replace(stop, speed_m_s=float(speed)) if changed else stop)
        flown = speed if changed else flown
    return result


def too_steep(
    wanted_m: Floats, profile_m: Floats, stops: list[Stop], pace: Pace, asked_m_s: float
) -> list[str]:
    """Return what to say of ground that is steeper than the aircraft climbs or sinks at its speed.

    `asked_m_s` is the lowest speed that was asked for.
    """
    remarks = []
    speeds = [stop.speed_m_s for stop in stops if stop.speed_m_s is not None]
    if min(speeds, default=asked_m_s) < asked_m_s:
        remarks.append(
            f"over steep ground the speed is {min(speeds):g} m/s and more: the aircraft climbs {pace.climb_m_s:g} and "
            f"sinks {pace.sink_m_s:g} m/s"
        )
    higher_m = profile_m - wanted_m
    if float(higher_m.max()) >= 1.0:
        share = 100.0 * float(np.mean(higher_m >= 1.0))
        remarks.append(
            f"{share:.2g} % of the route is up to {higher_m.max():.0f} m higher than asked: "
            "the ground there is too steep"
        )
    return remarks
