"""Energy of a planned flight, from an aircraft's power at each airspeed: simulated, or measured on past flights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from controller.missions.estimate import FlightEstimate, FlightLeg, FlightSpeeds
from controller.missions.geodesic import distance_m

# A leg with less way than this for its time is vertical flight.
_VERTICAL_M_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFigures:
    """Electric power of an aircraft in steady flight, and what its battery holds.

    `level_w` are airspeeds, m/s, each with its power, W, ascending; a power between them is interpolated, and beyond
    them that of the nearest. `source` says where the figures are from.
    """

    source: str
    level_w: tuple[tuple[float, float], ...]
    climb_w: float
    """At a vertical climb with the speed of `FlightSpeeds`, W."""
    sink_w: float
    """At a vertical descent, W."""
    capacity_wh: float | None = None
    """Energy of the full battery, Wh; None: not known."""

    def level_at_w(self, air_m_s: float) -> float:
        """Return the power in level flight at an airspeed, W."""
        speeds, powers = zip(*self.level_w, strict=True)
        return float(np.interp(air_m_s, speeds, powers))


@dataclass(frozen=True, slots=True)
class Wind:
    """Motion of the air over ground, m/s."""

    north_m_s: float = 0.0
    east_m_s: float = 0.0

    @property
    def speed_m_s(self) -> float:
        """Its speed, m/s."""
        return math.hypot(self.north_m_s, self.east_m_s)


CALM = Wind()


def energy_wh(
    flown: FlightEstimate, figures: PowerFigures, wind: Wind = CALM, pace: FlightSpeeds | None = None
) -> float:
    """Return the energy of a flight, Wh, that was estimated with the speeds `pace`.

    The aircraft holds its speed over ground, so that wind changes its airspeed and power, not its time. A climb on
    the way costs what it costs more than hovering.
    """
    pace = pace or FlightSpeeds()
    hover_w = figures.level_at_w(wind.speed_m_s)
    joules = sum(_leg_j(leg, figures, wind, pace, hover_w) for leg in flown.legs)
    waiting_s = max(flown.duration_s - sum(leg.duration_s for leg in flown.legs), 0.0)
    return (joules + waiting_s * hover_w) / 3600.0


def _leg_j(leg: FlightLeg, figures: PowerFigures, wind: Wind, pace: FlightSpeeds, hover_w: float) -> float:
    """Return the energy of a leg, J: level at its mean speed, and the climb or descent."""
    rise_m = leg.to_alt_m - leg.from_alt_m
    climb_s = min(max(rise_m, 0.0) / pace.climb_m_s, leg.duration_s)
    sink_s = 0.0
    if rise_m < 0.0:
        slow_m = min(pace.land_slow_below_m, -rise_m) if leg.lands else 0.0
        sink_s = min((-rise_m - slow_m) / pace.sink_m_s + slow_m / pace.land_m_s, leg.duration_s)
    vertical_s = climb_s + sink_s
    vertical_j = climb_s * (figures.climb_w - hover_w) + sink_s * (figures.sink_w - hover_w)
    # A landing is flown after the way, a climb during it: what of the time is left for the way.
    across_s = leg.duration_s - vertical_s if leg.lands else leg.duration_s
    if leg.distance_m < _VERTICAL_M_S * max(across_s, 1.0):
        return vertical_j + leg.duration_s * hover_w
    level_w = _level_w(leg, leg.distance_m / across_s, figures, wind)
    return vertical_j + across_s * level_w + (leg.duration_s - across_s) * hover_w


def _level_w(leg: FlightLeg, ground_m_s: float, figures: PowerFigures, wind: Wind) -> float:
    """Return the mean power on the way of a leg, W, part by part of its path."""
    if wind.speed_m_s == 0.0 or len(leg.path) < 2:
        return figures.level_at_w(ground_m_s)
    total_m = total = 0.0
    for begin, end in pairwise(leg.path):
        along_m = distance_m(*begin, *end)
        if along_m == 0.0:
            continue
        east = (end[1] - begin[1]) * math.cos(math.radians(begin[0]))
        course = math.atan2(east, end[0] - begin[0])
        air_m_s = math.hypot(
            ground_m_s * math.cos(course) - wind.north_m_s, ground_m_s * math.sin(course) - wind.east_m_s
        )
        total_m += along_m
        total += along_m * figures.level_at_w(air_m_s)
    return total / total_m if total_m else figures.level_at_w(ground_m_s)
