"""Flight estimate of a plan from its items: distance, duration, legs, jumps, speeds and waits.

Simple model: legs along their course (lines, arcs, splines), each with constant acceleration, and with the jerk of the
autopilot at an end where the aircraft stops; the climb or descent rate determines the duration if it takes longer than
the horizontal distance; no wind. For ArduCopter's own test missions, including splines, the estimated duration is
within 20 % of the flown one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.flight_order import FlightOrder, flight_order
from controller.missions.geodesic import distance_m
from controller.missions.path import Position, circle, course
from controller.missions.plan import Home, Plan, PlanItem
from controller.wire.enums import MAV_TYPE

#: MAV_TYPE of all VTOL aircraft.
VTOL_TYPES = frozenset(int(kind) for kind in MAV_TYPE if kind.name.startswith("VTOL_"))
#: MAV_TYPE of aircraft with wings: fixed-wing and VTOL.
WINGED_TYPES = frozenset({int(MAV_TYPE.FIXED_WING)}) | VTOL_TYPES


@dataclass(frozen=True, slots=True)
class FlightSpeeds:
    """Speeds, acceleration and jerk of the estimate; the defaults are ArduCopter's (WPNAV_SPEED, _ACCEL, _JERK,
    _SPEED_UP, _SPEED_DN, LAND_SPEED). With an acceleration of 0 the speed is constant, a good approximation for fixed
    wings.
    """

    along_m_s: float = 10.0
    accel_m_s2: float = 2.5
    jerk_m_s3: float = 1.0
    climb_m_s: float = 2.5
    sink_m_s: float = 1.5
    land_m_s: float = 0.5
    land_slow_below_m: float = 10.0
    turn_radius_m: float = 10.0


@dataclass(frozen=True, slots=True)
class FlightLeg:
    """Leg between two positions. `number` is the item at its end; altitudes are in metres above home.

    `path` are the positions flown over, latitude and longitude in degrees: start, course, end, and a circle around
    the end. `distance_m` counts each turn of the circle.
    """

    number: int
    distance_m: float
    from_alt_m: float
    to_alt_m: float
    duration_s: float
    path: tuple[Position, ...] = ()
    lands: bool = False
    """Whether the leg ends on the ground: a way over a valley is lower than home, too."""


@dataclass(frozen=True, slots=True)
class FlightEstimate:
    """Estimated flight. `distance_m` is horizontal; `max_alt_m` is above home; `farthest_m` is the distance from home.

    If `order.endless` is set, the mission repeats forever, and the values are those of one round.
    """

    distance_m: float
    duration_s: float
    max_alt_m: float
    farthest_m: float
    legs: tuple[FlightLeg, ...]
    order: FlightOrder
    home: Home | None = None
    """Home that the heights are above; None where the flight starts at the first position."""


@dataclass(frozen=True, slots=True)
class _At:
    """Position of the aircraft in the estimate."""

    lat_deg: float
    lon_deg: float
    alt_m: float


def estimate(plan: Plan, *, home: Home | None = None, pace: FlightSpeeds | None = None) -> FlightEstimate:
    """Estimate the flight of a plan from `home` (default: the plan's home, or its first position)."""
    home = home or plan.home
    pace = pace or _pace_of(plan)
    order = flight_order(plan)
    start = _start(plan, home)
    if start is None:
        waits_s = sum(_wait_s(plan.items[number - 1]) for number in order.numbers)
        return FlightEstimate(0.0, waits_s, 0.0, 0.0, (), order, home)
    at, legs, waits_s, farthest_m, max_alt_m = start, [], 0.0, 0.0, 0.0
    before: Position | None = None  # where the last leg began, if it was a spline
    flown = [plan.items[number - 1] for number in order.numbers]
    next_places = _next_places(flown)
    stood = True
    for number, item, after in zip(order.numbers, flown, next_places, strict=True):
        pace = _changed(pace, item)
        goal = _goal(item, at, start, home)
        circling_m = _circling_m(item, pace)
        waits_s += _wait_s(item) + circling_m / pace.along_m_s
        if goal is not None:
            here = (at.lat_deg, at.lon_deg)
            points = course(item, here, (goal.lat_deg, goal.lon_deg), before=before, after=after)
            way_m = sum(distance_m(*one, *two) for one, two in pairwise((here, *points)))
            stops = _stops(item, after)
            seconds = _leg_s(way_m, at.alt_m, goal.alt_m, pace, lands=_lands(item), stops=(stood, stops))
            stood = stops
            path = (here, *points, *_circle(item, goal, pace))
            lands = _lands(item)
            legs.append(FlightLeg(number, way_m + circling_m, at.alt_m, goal.alt_m, seconds, path, lands))
            before = here if item.command == CMD.NAV_SPLINE_WAYPOINT else None
            at = goal
            max_alt_m = max(max_alt_m, at.alt_m)
            farthest_m = max(
                farthest_m, *(distance_m(start.lat_deg, start.lon_deg, *point) for point in path[1:])
            )
    return FlightEstimate(
        distance_m=sum(leg.distance_m for leg in legs),
        duration_s=sum(leg.duration_s for leg in legs) + waits_s,
        max_alt_m=max_alt_m,
        farthest_m=farthest_m,
        legs=tuple(legs),
        order=order,
        home=home,
    )


def _next_places(items: Sequence[PlanItem]) -> list[PlanItem | None]:
    """Return for each item the next destination after it, None for the last one."""
    found: list[PlanItem | None] = []
    after: PlanItem | None = None
    for item in reversed(items):
        found.append(after)
        if item.command in commands.DESTINATIONS:
            after = item
    return found[::-1]


def alt_above_home_m(item: PlanItem, home: Home | None) -> float:
    """Return the item's altitude above home.

    Assumes terrain at the altitude of home; and sea level at the altitude of home if that is unknown.
    """
    if item.frame in commands.AMSL_FRAMES and home and home.alt_known:
        return item.alt_m - home.alt_amsl_m
    return item.alt_m


def _pace_of(plan: Plan) -> FlightSpeeds:
    winged = plan.vehicle_type in WINGED_TYPES
    speed_m_s = plan.cruise_speed_m_s if winged else plan.hover_speed_m_s
    pace = replace(FlightSpeeds(), along_m_s=speed_m_s) if speed_m_s else FlightSpeeds()
    return replace(pace, accel_m_s2=0.0) if winged else pace


def _start(plan: Plan, home: Home | None) -> _At | None:
    if home:
        return _At(home.lat_deg, home.lon_deg, 0.0)
    first = next(
        (item for item in plan.items if item.has_position and item.command in commands.DESTINATIONS), None
    )
    return _At(first.lat_deg, first.lon_deg, 0.0) if first else None


def _goal(item: PlanItem, at: _At, start: _At, home: Home | None) -> _At | None:
    """Return the destination of the item, or None. Altitude 0 keeps the current altitude, except for landings."""
    if item.command == CMD.NAV_RETURN_TO_LAUNCH:
        return replace(start, alt_m=0.0)
    if item.command not in commands.DESTINATIONS or item.frame not in commands.GLOBAL_FRAMES:
        return None
    # ArduPilot takes off vertically and ignores the item's position; PX4 flies to it during the climb.
    position = _At(item.lat_deg, item.lon_deg, 0.0) if item.has_position else at
    if _lands(item):
        return replace(position, alt_m=0.0)
    alt_m = alt_above_home_m(item, home)
    return replace(position, alt_m=at.alt_m if item.alt_m == 0.0 else alt_m)


def _lands(item: PlanItem) -> bool:
    return item.command in commands.LANDINGS or item.command == CMD.NAV_RETURN_TO_LAUNCH


def _stops(item: PlanItem, after: PlanItem | None) -> bool:
    """Whether the aircraft comes to rest at an item: it waits there, or what comes next begins from a stop."""
    passes = (CMD.NAV_WAYPOINT, CMD.NAV_SPLINE_WAYPOINT)
    return item.command not in passes or _wait_s(item) > 0.0 or after is None or _lands(after)


def _leg_s(
    way_m: float,
    from_alt_m: float,
    to_alt_m: float,
    pace: FlightSpeeds,
    *,
    lands: bool,
    stops: tuple[bool, bool],
) -> float:
    along_s = _along_s(way_m, pace)
    if pace.accel_m_s2 and any(stops):
        along_s += (0.5 if not all(stops) else 1.0) * max(_rest_to_rest_s(way_m, pace) - along_s, 0.0)
    if lands:  # first horizontally, then down, the last metres slowly
        slow_m = min(pace.land_slow_below_m, max(from_alt_m - to_alt_m, 0.0))
        fast_m = max(from_alt_m - to_alt_m - slow_m, 0.0)
        return along_s + fast_m / pace.sink_m_s + slow_m / pace.land_m_s
    rise_m = to_alt_m - from_alt_m
    return max(along_s, rise_m / pace.climb_m_s if rise_m > 0 else -rise_m / pace.sink_m_s)


def _along_s(way_m: float, pace: FlightSpeeds) -> float:
    """Return the duration from rest to rest: trapezoidal speed profile, triangular on a short leg."""
    if pace.accel_m_s2 == 0.0:
        return way_m / pace.along_m_s
    ramp_m = pace.along_m_s**2 / pace.accel_m_s2
    if way_m < ramp_m:
        return 2.0 * math.sqrt(way_m / pace.accel_m_s2)
    return way_m / pace.along_m_s + pace.along_m_s / pace.accel_m_s2


def _rest_to_rest_s(way_m: float, pace: FlightSpeeds) -> float:
    """Return the duration from rest to rest with limited jerk: of full speed, full acceleration, or of neither."""
    speed, acc, jerk = pace.along_m_s, pace.accel_m_s2, pace.jerk_m_s3
    if way_m >= speed * (speed / acc + acc / jerk):
        return way_m / speed + speed / acc + acc / jerk
    peak = 0.5 * acc * (math.sqrt((acc / jerk) ** 2 + 4.0 * way_m / acc) - acc / jerk)
    return 2.0 * (peak / acc + acc / jerk) if peak >= acc * acc / jerk else (32.0 * way_m / jerk) ** (1 / 3)


def _changed(pace: FlightSpeeds, item: PlanItem) -> FlightSpeeds:
    """Apply DO_CHANGE_SPEED: parameter 1 is the type (0 air, 1 ground, 2 climb, 3 descent), 2 the speed in m/s."""
    if item.command != CMD.DO_CHANGE_SPEED or not 0.0 < item.param2 < 1000.0:
        return pace
    if item.param1 in (0.0, 1.0):
        return replace(pace, along_m_s=item.param2)
    if item.param1 == 2.0:
        return replace(pace, climb_m_s=item.param2)
    return replace(pace, sink_m_s=item.param2) if item.param1 == 3.0 else pace


def _wait_s(item: PlanItem) -> float:
    """Return the waiting time at the item, in seconds."""
    waits = (CMD.NAV_WAYPOINT, CMD.NAV_LOITER_TIME, CMD.NAV_DELAY)
    if item.command in waits and 0.0 < item.param1 < 1e6:
        return item.param1
    return 0.0


def _circle(item: PlanItem, goal: _At, pace: FlightSpeeds) -> tuple[Position, ...]:
    return circle((goal.lat_deg, goal.lon_deg), _radius_m(item, pace)) if _circling_m(item, pace) else ()


def _radius_m(item: PlanItem, pace: FlightSpeeds) -> float:
    return min(abs(item.param3) or pace.turn_radius_m, 10_000.0)


def _circling_m(item: PlanItem, pace: FlightSpeeds) -> float:
    if item.command != CMD.NAV_LOITER_TURNS or not 0.0 < item.param1 < 1000.0:
        return 0.0
    return 0.0 if math.isnan(item.param3) else item.param1 * math.tau * _radius_m(item, pace)
