"""Course of a leg over ground: straight, along an arc, along a spline, or a circle around its end.

Arcs are those of NAV_ARC_WAYPOINT (MAVLink, common.xml), splines ArduCopter's cubic Hermite curves, whose tangents
follow the neighbouring waypoints (SplineCurve, AC_WPNav).
"""

from __future__ import annotations

import math
from typing import TypeAlias

from controller.geo import METRES_PER_DEGREE, LocalPlane
from controller.missions.commands import CMD
from controller.missions.plan import PlanItem

Position: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""
Metres: TypeAlias = tuple[float, float]
"""North and east in metres."""

_STEP_DEG = 5.0
_SPLINE_STEPS = 24
#: A larger arc or more circles are not drawn: they add nothing to the places flown over.
_MAX_ARC_DEG = 36_000.0


def course(
    item: PlanItem, start: Position, goal: Position, *, before: Position | None, after: PlanItem | None
) -> tuple[Position, ...]:
    """Return the points of the leg to `item`, without `start` and with `goal`.

    `before` is the position before `start` if a spline ends at `start`, else None; `after` the next item with a
    position.
    """
    if item.command == CMD.NAV_ARC_WAYPOINT:
        return (*_on_earth(_arc(_plane(start, goal), item.param1), start), goal)
    if item.command == CMD.NAV_SPLINE_WAYPOINT:
        return (*_on_earth(_spline(start, goal, before, after), start), goal)
    return (goal,)


def circle(center: Position, radius_m: float) -> tuple[Position, ...]:
    """Return the points of a circle."""
    steps = range(0, 361, int(2 * _STEP_DEG))
    angles = (math.radians(angle_deg) for angle_deg in steps)
    return _on_earth(tuple((radius_m * math.cos(one), radius_m * math.sin(one)) for one in angles), center)


def _arc(chord: Metres, angle_deg: float) -> tuple[Metres, ...]:
    """Return the points between the ends of an arc, whose course turns by `angle_deg`, positive clockwise."""
    if not math.isfinite(angle_deg) or abs(angle_deg) > _MAX_ARC_DEG:
        return ()
    half, length_m = math.radians(angle_deg) / 2.0, math.hypot(*chord)
    if length_m == 0.0 or abs(math.sin(half)) < 1e-3:
        return ()
    radius_m = length_m / (2.0 * math.sin(half))  # negative if the arc goes the long way around
    heading = math.atan2(chord[1], chord[0]) - half
    count = math.ceil(abs(angle_deg) / _STEP_DEG)
    points = []
    for step in range(1, count):
        turned = 2.0 * half * step / count
        side_m = 2.0 * radius_m * math.sin(turned / 2.0)
        points.append((side_m * math.cos(heading + turned / 2.0), side_m * math.sin(heading + turned / 2.0)))
    return tuple(points)


def _spline(
    start: Position, goal: Position, before: Position | None, after: PlanItem | None
) -> tuple[Metres, ...]:
    to_goal = _plane(start, goal)
    leaving = to_goal
    if (
        before is not None
    ):  # the tangent at a point between two spline legs is parallel to the line of its neighbours
        back = _plane(start, before)
        leaving = (to_goal[0] - back[0], to_goal[1] - back[1])
    arriving = to_goal
    if after is not None and after.has_position:
        beyond = _plane(start, (after.lat_deg, after.lon_deg))
        from_start = after.command == CMD.NAV_SPLINE_WAYPOINT
        arriving = beyond if from_start else (beyond[0] - to_goal[0], beyond[1] - to_goal[1])
    tangents_m, longest_m = math.hypot(*leaving) + math.hypot(*arriving), 4.0 * math.hypot(*to_goal)
    scale = min(1.0, longest_m / tangents_m) if tangents_m else 1.0
    points = []
    for step in range(1, _SPLINE_STEPS):
        t = step / _SPLINE_STEPS
        at_goal, along, into = t * t * (3.0 - 2.0 * t), t * (1.0 - t) ** 2 * scale, t * t * (t - 1.0) * scale
        points.append(
            tuple(
                at_goal * g + along * p + into * q for g, p, q in zip(to_goal, leaving, arriving, strict=True)
            )
        )
    return tuple((north, east) for north, east in points)


def _plane(origin: Position, place: Position) -> Metres:
    north, east = LocalPlane(*origin).north_east_m(*place)
    return float(north), float(east)


def _on_earth(points: tuple[Metres, ...], origin: Position) -> tuple[Position, ...]:
    lat_deg, lon_deg = origin
    metres_east = METRES_PER_DEGREE * max(math.cos(math.radians(lat_deg)), 1e-9)
    return tuple(
        (lat_deg + north / METRES_PER_DEGREE, lon_deg + east / metres_east) for north, east in points
    )
