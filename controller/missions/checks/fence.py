"""Checks that the plan stays within its own geofence: positions, the legs between them (arcs, splines and circles
too), and home.

With several inclusion areas, PX4 requires the aircraft to be in one of them, ArduPilot in all of them (unless
FENCE_OPTIONS says otherwise). Outside of all areas is an error, outside of some a warning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from controller.geo import LocalPlane, distance_to_segment, inside_polygon
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD
from controller.missions.estimate import FlightEstimate
from controller.missions.fence import Fence, FenceCircle, FencePolygon
from controller.missions.plan import Home, Plan

_WHY = "the aircraft would breach the geofence and abort the mission"
Point = tuple[float, float]
Segment = tuple[Point, Point]


def findings(plan: Plan, flown: FlightEstimate, home: Home | None) -> Iterator[Finding]:
    """Yield the findings, each position and leg at most once. No findings without a fence."""
    fence = plan.fence
    if not (fence.polygons or fence.circles):
        return
    flat = _Flat(fence)
    reported: set[int] = set()
    outside = False
    if home is not None:
        found = list(_position_findings(fence, flat, flat.xy(home.lat_deg, home.lon_deg), 0, "home is"))
        outside = bool(found)
        yield from found
    yield from _return_points(plan, flat)
    for index, leg in enumerate(flown.legs):
        item = plan.items[leg.number - 1]
        if item.command != CMD.NAV_RETURN_TO_LAUNCH and not item.has_position:
            continue
        if item.command == CMD.NAV_RETURN_TO_LAUNCH and home is None:
            continue
        path = [flat.xy(*point) for point in leg.path]
        goal = flat.xy(item.lat_deg, item.lon_deg) if item.has_position else path[-1]
        found = list(_position_findings(fence, flat, goal, leg.number, "the position is"))
        now_outside = bool(found)
        # The leg from or to a position outside is not reported again, and without home the first leg has no start.
        if not (found or outside) and (index or home):
            found = list(_leg_findings(fence, flat, path, leg.number))
        if found and leg.number not in reported:
            reported.add(leg.number)
            yield from found
        outside = now_outside


def _return_points(plan: Plan, flat: _Flat) -> Iterator[Finding]:
    """Yield warnings of rally points, and of the fence's return point, outside of the fence."""
    points = [(f"rally point {number} is", point) for number, point in enumerate(plan.rally, start=1)]
    if plan.fence.breach_return:
        points.append(("the return point is", plan.fence.breach_return))
    for what, point in points:
        for finding in _position_findings(plan.fence, flat, flat.xy(point.lat_deg, point.lon_deg), 0, what):
            yield replace(
                finding, severity=Severity.WARNING, why="the aircraft would breach the geofence there"
            )


class _Flat:
    """Flat projection: metres east and north of the fence's first point. Error below 0.1 % over a few kilometres."""

    def __init__(self, fence: Fence) -> None:
        first = fence.polygons[0].corners[0] if fence.polygons else fence.circles[0].center
        self._plane = LocalPlane(first.lat_deg, first.lon_deg)

    def xy(self, lat_deg: float, lon_deg: float) -> Point:
        north_m, east_m = self._plane.north_east_m(lat_deg, lon_deg)
        return east_m, north_m

    def corners(self, polygon: FencePolygon) -> list[Point]:
        return [self.xy(corner.lat_deg, corner.lon_deg) for corner in polygon.corners]

    def centre(self, circle: FenceCircle) -> Point:
        return self.xy(circle.center.lat_deg, circle.center.lon_deg)


def _position_findings(fence: Fence, flat: _Flat, point: Point, number: int, what: str) -> Iterator[Finding]:
    inside = [inside_polygon(flat.corners(area), point) for area in fence.polygons if area.inclusion]
    inside += [
        math.dist(flat.centre(area), point) <= area.radius_m for area in fence.circles if area.inclusion
    ]
    barred = [inside_polygon(flat.corners(area), point) for area in fence.polygons if not area.inclusion]
    barred += [
        math.dist(flat.centre(area), point) < area.radius_m for area in fence.circles if not area.inclusion
    ]
    if any(barred):
        yield Finding(Severity.ERROR, number, f"{what} in an exclusion area of the geofence", _WHY)
    elif inside and not any(inside):
        yield Finding(Severity.ERROR, number, f"{what} outside of the plan's geofence", _WHY)
    elif not all(inside):
        why = "ArduPilot requires all inclusion areas unless FENCE_OPTIONS says otherwise; PX4 requires one"
        yield Finding(Severity.WARNING, number, f"{what} outside of one inclusion area of the geofence", why)


def _leg_findings(fence: Fence, flat: _Flat, path: list[Point], number: int) -> Iterator[Finding]:
    """Yield the findings of a leg whose two ends are inside the fence."""
    legs = list(pairwise(path))
    crossed = [area for area in fence.polygons if any(_crosses(flat.corners(area), leg) for leg in legs)]
    through = [
        area
        for area in fence.circles
        if not area.inclusion
        and any(distance_to_segment(flat.centre(area), leg) < area.radius_m for leg in legs)
    ]
    beyond = [
        area
        for area in fence.circles
        if area.inclusion and any(math.dist(flat.centre(area), point) > area.radius_m for point in path)
    ]
    within = [area for area in fence.polygons if area.inclusion] + [
        area for area in fence.circles if area.inclusion
    ]
    if through or any(not area.inclusion for area in crossed):
        yield Finding(Severity.ERROR, number, "the leg to it crosses an exclusion area of the geofence", _WHY)
    elif (crossed or beyond) and len(within) == 1:
        yield Finding(Severity.ERROR, number, "the leg to it leaves the plan's geofence", _WHY)
    elif crossed or beyond:
        yield Finding(
            Severity.WARNING,
            number,
            "the leg to it leaves one inclusion area of the geofence",
            "check the route",
        )


def _crosses(corners: list[Point], leg: Segment) -> bool:
    return any(_intersect(leg, edge) for edge in pairwise([*corners, corners[0]]))


def _intersect(first: Segment, second: Segment) -> bool:
    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = first, second
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
