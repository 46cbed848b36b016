"""Does the plan stay within its own fence? Places, the straight ways between them, and home.

Autopilots differ where there are several areas to stay in: PX4 is content with one of them, ArduPilot wants all (unless told
otherwise by FENCE_OPTIONS). Outside of all is an error, outside of some a warning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from controller.geo import LocalPlane
from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD
from controller.missions.fence import Fence, FenceCircle, FencePolygon
from controller.missions.flight_order import FlightOrder
from controller.missions.plan import Home, Plan

_WHY = "the aircraft would breach its fence and give up the mission"
Point = tuple[float, float]
Segment = tuple[Point, Point]


def findings(plan: Plan, order: FlightOrder, home: Home | None) -> Iterator[Finding]:
    """Each place and each way at most once; nothing where the plan has no fence."""
    fence = plan.fence
    if not (fence.polygons or fence.circles):
        return
    flat = _Flat(fence)
    told: set[int] = set()
    here = flat.xy(home.lat_deg, home.lon_deg) if home else None
    astray = False
    if here is not None:
        wrong = list(_at(fence, flat, here, 0, "home is"))
        astray = bool(wrong)
        yield from wrong
    for number in order.numbers:
        item = plan.items[number - 1]
        there = None
        if item.command == CMD.NAV_RETURN_TO_LAUNCH and home:
            there = flat.xy(home.lat_deg, home.lon_deg)
        elif item.command in commands.DESTINATIONS and item.has_position:
            there = flat.xy(item.lat_deg, item.lon_deg)
        if there is None:
            continue
        wrong = list(_at(fence, flat, there, number, "the place is"))
        now_astray = bool(wrong)
        # The way back from a place that was told is no news.
        if not (wrong or astray) and here is not None:
            wrong = list(_between(fence, flat, (here, there), number))
        if wrong and number not in told:
            told.add(number)
            yield from wrong
        here, astray = there, now_astray


class _Flat:
    """Metres east and north of the fence's first point: right to a thousandth over the kilometres a fence spans."""

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


def _at(fence: Fence, flat: _Flat, place: Point, number: int, what: str) -> Iterator[Finding]:
    inside = [_inside(flat.corners(area), place) for area in fence.polygons if area.inclusion]
    inside += [
        math.dist(flat.centre(area), place) <= area.radius_m for area in fence.circles if area.inclusion
    ]
    barred = [_inside(flat.corners(area), place) for area in fence.polygons if not area.inclusion]
    barred += [
        math.dist(flat.centre(area), place) < area.radius_m for area in fence.circles if not area.inclusion
    ]
    if any(barred):
        yield Finding(Severity.ERROR, number, f"{what} in an area that the fence excludes", _WHY)
    elif inside and not any(inside):
        yield Finding(Severity.ERROR, number, f"{what} outside of the plan's own fence", _WHY)
    elif not all(inside):
        why = "ArduPilot wants to be within all of them unless FENCE_OPTIONS says otherwise; PX4 within one"
        yield Finding(Severity.WARNING, number, f"{what} outside of one of the fence's areas", why)


def _between(fence: Fence, flat: _Flat, way: Segment, number: int) -> Iterator[Finding]:
    """For a way whose two ends are where they may be."""
    crossed = [area for area in fence.polygons if _crosses(flat.corners(area), way)]
    through = [
        area for area in fence.circles if not area.inclusion and _off(flat.centre(area), way) < area.radius_m
    ]
    within = [area for area in fence.polygons if area.inclusion] + [
        area for area in fence.circles if area.inclusion
    ]
    if through or any(not area.inclusion for area in crossed):
        yield Finding(
            Severity.ERROR, number, "the way there goes through an area that the fence excludes", _WHY
        )
    elif crossed and len(within) == 1:
        yield Finding(Severity.ERROR, number, "the way there leaves the plan's own fence", _WHY)
    elif crossed:
        yield Finding(
            Severity.WARNING, number, "the way there leaves one of the fence's areas", "is it meant to?"
        )


def _inside(corners: list[Point], place: Point) -> bool:
    """By how often a line to the east crosses the border."""
    x, y = place
    within = False
    for (x1, y1), (x2, y2) in pairwise([*corners, corners[0]]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
    return within


def _crosses(corners: list[Point], way: Segment) -> bool:
    return any(_meet(way, edge) for edge in pairwise([*corners, corners[0]]))


def _meet(one: Segment, other: Segment) -> bool:
    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def _off(place: Point, way: Segment) -> float:
    """Metres from a place to a way."""
    (x1, y1), (x2, y2) = way
    length = math.dist(*way) ** 2
    share = ((place[0] - x1) * (x2 - x1) + (place[1] - y1) * (y2 - y1)) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.dist(place, (x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
