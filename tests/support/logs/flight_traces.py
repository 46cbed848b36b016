"""Motions of whole flights, made by hand, for the judge of crashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.logs.review.trace import ArmedSpan, Attitude, FlightTrace, Report

Array = NDArray[Any]
BEGIN_S = 1_000.0
RATE_HZ = 10.0


def flown(
    *legs: tuple[float, float, float],
    tail_s: float = 8.0,
    kind: Any = "copter",
    roll_deg: dict[float, float] | None = None,
    ended: bool = True,
    wanted: bool = True,
    reports: tuple[Report, ...] = (),
    rate_hz: float = RATE_HZ,
) -> FlightTrace:
    """A flight of legs (seconds, climb m/s, speed m/s), armed from its begin to its end, then `tail_s` disarmed.

    `roll_deg` has the roll from a time after the begin on; the controller wants 0.
    """
    times = np.arange(0.0, sum(leg[0] for leg in legs) + (tail_s if ended else 0.0), 1 / rate_hz)
    climb, speed = np.zeros(len(times)), np.zeros(len(times))
    at_s = 0.0
    for seconds, leg_climb, leg_speed in legs:
        rows = (times >= at_s) & (times < at_s + seconds)
        climb[rows], speed[rows] = leg_climb, leg_speed
        at_s += seconds
    roll = np.zeros(len(times))
    for from_s, degrees in sorted((roll_deg or {}).items()):
        roll[times >= from_s] = np.radians(degrees)
    clock = BEGIN_S + times
    attitude = Attitude(clock, roll, np.zeros(len(times)))
    return FlightTrace(
        kind=kind,
        armed=(ArmedSpan(BEGIN_S, BEGIN_S + at_s, ended),),
        height_s=clock,
        height_m=500.0 + np.cumsum(climb) / rate_hz,
        velocity_s=clock,
        vel_ned=np.stack([speed, np.zeros(len(times)), -climb], 1),
        attitude=attitude,
        wanted=replace(attitude, roll_rad=np.zeros(len(times))) if wanted else None,
        reports=tuple(replace(report, at_s=BEGIN_S + report.at_s) for report in reports),
    )
