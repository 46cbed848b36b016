"""Passes of a pattern: lines to fly with the camera on, their order, and the route that flies them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.route.route import Route, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOptions:
    """How the passes of a pattern are flown."""

    height_m: float
    """Height above home, m."""
    spacing_m: float
    """Distance between neighbouring passes, m."""
    trigger_m: float = 0.0
    """Distance between photos, m; 0 for no photos."""
    overshoot_m: float = 0.0
    """Straight flight before and after each pass, m: the aircraft turns outside."""
    camera: Camera | None = None
    """Camera that the distances are for; the route carries it."""

    def __post_init__(self) -> None:
        for name in ("height_m", "spacing_m", "trigger_m", "overshoot_m"):
            if not math.isfinite(getattr(self, name)):
                raise PlanError(f"invalid pattern: {name} is no number")
        if self.height_m <= 0.0:
            raise PlanError(f"invalid pattern: a height of {self.height_m:g} m", hint="use one above 0")
        if self.spacing_m < 0.1:
            raise PlanError(f"invalid pattern: lines {self.spacing_m:g} m apart", hint="use 0.1 m or more")
        if self.trigger_m < 0.0 or self.overshoot_m < 0.0:
            raise PlanError("invalid pattern: a negative distance", hint="use 0 or more")


@dataclass(frozen=True, slots=True)
class Pass:
    """Line to be flown with the camera on: its points in flight order, m east and north."""

    points: tuple[MapPoint, ...]

    @property
    def length_m(self) -> float:
        """Length of the line, m."""
        return sum(math.dist(one, two) for one, two in pairwise(self.points))

    def reversed(self) -> Pass:
        """Return the line flown the other way."""
        return replace(self, points=self.points[::-1])

    def extended(self, by_m: float) -> tuple[MapPoint, MapPoint]:
        """Return the points `by_m` before the begin and after the end of the line."""
        return _before(self.points[0], self.points[1], by_m), _before(self.points[-1], self.points[-2], by_m)


def near_first(passes: Sequence[Sequence[Pass]], start: MapPoint | None) -> list[list[Pass]]:
    """Return the rows of passes in the order whose begin is nearest to `start`, there and back in turn.

    A row holds the passes on one line, in the direction of the line.
    """
    ways = [
        _there_and_back(rows, backwards=backwards)
        for rows in (list(passes), list(reversed(passes)))
        for backwards in (False, True)
    ]
    if start is None:
        return ways[0]
    return min(ways, key=lambda rows: math.dist(rows[0][0].points[0], start))


def _there_and_back(rows: Sequence[Sequence[Pass]], *, backwards: bool) -> list[list[Pass]]:
    turned = []
    for row in rows:
        turned.append([one.reversed() for one in reversed(row)] if backwards else list(row))
        backwards = not backwards
    return turned


def route_of(
    pattern: str, passes: Sequence[Pass], on_earth: LocalMap, options: PassOptions, *, area_m2: float
) -> Route:
    """Return the route that flies passes in this order: the camera is on along each, and off between them."""
    stops: list[Stop] = []
    for one in passes:
        before, after = one.extended(options.overshoot_m)
        outside = options.overshoot_m > 0.0
        points = [(before, 0.0)] if outside else []
        points += [(point, options.trigger_m) for point in one.points[:-1]]
        points += [(one.points[-1], 0.0), *([(after, 0.0)] if outside else [])]
        stops += [_stop(on_earth.to_earth(point), options.height_m, trigger_m) for point, trigger_m in points]
        if len(stops) > MAX_ITEMS:
            raise PlanError(
                f"cannot plan the {pattern}: more than {MAX_ITEMS} items", hint="use a larger line spacing"
            )
    return Route(
        pattern=pattern,
        stops=tuple(stops),
        camera=options.camera,
        area_m2=area_m2,
        passes=len(passes),
    )


def _stop(place: Position, height_m: float, trigger_m: float) -> Stop:
    return Stop(lat_deg=place[0], lon_deg=place[1], height_m=height_m, trigger_m=trigger_m)


def _before(point: MapPoint, towards: MapPoint, by_m: float) -> MapPoint:
    length_m = math.dist(point, towards)
    if length_m == 0.0:
        return point
    share = by_m / length_m
    return point[0] - (towards[0] - point[0]) * share, point[1] - (towards[1] - point[1]) * share
