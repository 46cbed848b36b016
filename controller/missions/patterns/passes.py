"""Passes of a pattern: lines to fly with the camera on, their order, and the mission items that fly them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.plan import PlanItem


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


@dataclass(frozen=True, slots=True)
class Pattern:
    """Planned pattern: its items, and figures for the operator."""

    items: tuple[PlanItem, ...]
    passes: int
    photos: int
    area_m2: float
    """Area that the pattern is to cover, square metres."""
    length_m: float
    """Length of the flown path from the first to the last item, m."""


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


def pattern_of(
    passes: Sequence[Pass], on_earth: LocalMap, options: PassOptions, *, area_m2: float
) -> Pattern:
    """Return the items and figures of passes in flight order. Raises PlanError for too many of them."""
    items: list[PlanItem] = []
    for one in passes:
        items += _items(one, on_earth, options)
        if len(items) > MAX_ITEMS:
            raise PlanError(
                f"cannot plan the pattern: more than {MAX_ITEMS} items", hint="use a larger line spacing"
            )
    flown = [point for one in passes for point in _flown(one, options)]
    return Pattern(
        items=tuple(items),
        passes=len(passes),
        photos=sum(_photos(one, options) for one in passes),
        area_m2=area_m2,
        length_m=sum(math.dist(one, two) for one, two in pairwise(flown)),
    )


def _flown(one: Pass, options: PassOptions) -> list[MapPoint]:
    if not options.overshoot_m:
        return list(one.points)
    before, after = one.extended(options.overshoot_m)
    return [before, *one.points, after]


def _photos(one: Pass, options: PassOptions) -> int:
    return math.floor(one.length_m / options.trigger_m + 1e-9) + 1 if options.trigger_m else 0


def _items(one: Pass, on_earth: LocalMap, options: PassOptions) -> Iterator[PlanItem]:
    before, after = one.extended(options.overshoot_m)
    if options.overshoot_m:
        yield _waypoint(before, on_earth, options.height_m)
    yield _waypoint(one.points[0], on_earth, options.height_m)
    if options.trigger_m:
        yield _camera(options.trigger_m)
    for point in one.points[1:]:
        yield _waypoint(point, on_earth, options.height_m)
    if options.trigger_m:
        yield _camera(0.0)
    if options.overshoot_m:
        yield _waypoint(after, on_earth, options.height_m)


def _waypoint(point: MapPoint, on_earth: LocalMap, height_m: float) -> PlanItem:
    lat_deg, lon_deg = on_earth.to_earth(point)
    return PlanItem(
        command=int(CMD.NAV_WAYPOINT),
        frame=int(FRAME.GLOBAL_RELATIVE_ALT),
        param4=math.nan,
        lat_deg=round(lat_deg, 7),
        lon_deg=round(lon_deg, 7),
        alt_m=height_m,
    )


def _camera(distance_m: float) -> PlanItem:
    """Return the command that takes a photo now and after each distance; 0 ends it."""
    return PlanItem(
        command=int(CMD.DO_SET_CAM_TRIGG_DIST),
        frame=int(FRAME.MISSION),
        param1=round(distance_m, 2),
        param3=1.0 if distance_m else 0.0,
    )


def _before(point: MapPoint, towards: MapPoint, by_m: float) -> MapPoint:
    length_m = math.dist(point, towards)
    if length_m == 0.0:
        return point
    share = by_m / length_m
    return point[0] - (towards[0] - point[0]) * share, point[1] - (towards[1] - point[1]) * share
