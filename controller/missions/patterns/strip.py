"""Strip: both sides of a power line, its towers and the spans between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from controller.missions.assets.asset import Asset, span_of
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.panels import panel, wall
from controller.missions.patterns.solids import Obstacles, Prism, SpacePoint
from controller.missions.patterns.views import View, route_of_views
from controller.missions.route.route import MOST_PANELS, Panel, Route

#: A line that turns by more than this at a tower is flown in two parts.
_SHARPEST_COS = 0.4
_TOWER_LOOK = 0.85
"""The camera looks at this share of a tower's height: arms, insulators and fittings."""
_HEAD = 0.7
"""From this share of its height on a tower has arms, insulators and fittings."""
_LEAST_DROP_M = 1.0
_LEVEL = "the ground is taken as level at the height of home"


@dataclass(frozen=True, slots=True, kw_only=True)
class StripOptions:
    """How a power line is flown."""

    stand_off_m: float
    """Distance from the outermost conductors, m."""
    half_width_m: float = 6.0
    """From the line's middle to its outermost conductor, m."""
    tower_m: float = 30.0
    """Height of the towers that have none of their own, m above their foot."""
    height_m: float | None = None
    """Height of the flight, m above home; None: that of each tower."""
    sag: float = 0.03
    """Sag of the conductors in the middle of a span, as a share of its length; 0 for straight ones."""
    span_photos: int = 1
    """Photos of each span, from each side."""
    trigger_m: float = 0.0
    """Distance of photos along the spans, m; 0: `span_photos` instead, taken standing."""
    sides: Literal["both", "left", "right"] = "both"
    """Sides to fly, seen along the line."""
    min_height_m: float = 5.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.half_width_m <= 100.0 or not 2.0 <= self.tower_m <= 1000.0:
            raise PlanError(
                "invalid power line", hint="half its width is 0.5 to 100 m, its towers are 2 to 1000 m high"
            )
        if not 0.0 <= self.sag <= 0.2:
            raise PlanError(f"invalid sag of {self.sag:g}", hint="use 0 to 0.2 of a span's length")
        if not 0 <= self.span_photos <= 100:
            raise PlanError(f"invalid number of photos for a span: {self.span_photos}", hint="use 0 to 100")
        if self.trigger_m != 0.0 and not 0.5 <= self.trigger_m <= 1000.0:
            raise PlanError(f"invalid distance of photos: {self.trigger_m:g} m", hint="use 0.5 to 1000 m")


def strip(
    assets: Sequence[Asset],
    options: StripOptions,
    *,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the flight along both sides of a line of towers, in their order, back on the other side.

    The camera looks at the line, square to it. Each photo has the name of its tower or span. The ground is taken as
    level at home's height. Raises PlanError, and SafetyRefused where it cannot be flown.
    """
    if len(assets) < 2:
        alone = f"{assets[0].title} alone has no span" if assets else "there is no tower"
        raise PlanError(
            f"cannot plan the strip: {alone}",
            hint="name its neighbours too, such as --assets 14-16, or plan one tower with "
            "landline mission plan orbit LAT,LON",
        )
    on_earth = LocalMap.around([one.position for one in assets])
    line = on_earth.all_to_map([one.position for one in assets])
    for (one, two), (begin, end) in zip(pairwise(assets), pairwise(line), strict=True):
        if math.dist(begin, end) < 1.0:
            raise PlanError(f"cannot plan the strip: {one.title} and {two.title} are at one place")
    obstacles = Obstacles(_solids(assets, line, options), options.stand_off_m, options.min_height_m)
    names = [span_of(one, two) for one, two in pairwise(assets)]
    views: list[View] = []
    if options.sides in ("both", "right"):
        views += _side(assets, line, names, options, 1.0)
    if options.sides in ("both", "left"):
        back = options.sides == "both"
        views += (
            _side(assets[::-1], line[::-1], names[::-1], options, 1.0)
            if back
            else _side(assets, line, names, options, -1.0)
        )
    length_m = sum(math.dist(begin, end) for begin, end in pairwise(line))
    panels = _panels(assets, line, options, on_earth)
    return route_of_views(
        "strip",
        views,
        obstacles,
        on_earth,
        start=start,
        keep_out=keep_out,
        passes=2 if options.sides == "both" else 1,
        area_m2=2.0 * length_m * options.half_width_m,
        panels=panels,
        remarks=(_LEVEL,) if panels else (_LEVEL, "so long a line has no coverage: plan its parts alone"),
    )


def _panels(
    assets: Sequence[Asset], line: Sequence[MapPoint], options: StripOptions, on_earth: LocalMap
) -> tuple[Panel, ...]:
    """Return what each flown side is to show: the heads of the towers, and the spans from their sag to their tops.

    Nothing for a line of more panels than a plan's file holds.
    """
    found = []
    for side in ("right", "left") if options.sides == "both" else (options.sides,):
        # Its left edge first, as it is seen.
        turn = 1 if side == "right" else -1
        for index, (asset, foot) in enumerate(zip(assets, line, strict=True)):
            before, after = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
            length_m, half_m = math.dist(before, after), turn * options.half_width_m / 2.0
            east, north = ((two - one) / length_m * half_m for one, two in zip(before, after, strict=True))
            left, right = (foot[0] - east, foot[1] - north), (foot[0] + east, foot[1] + north)
            top_m = _top_m(asset, options)
            found.append(wall(on_earth, f"{asset.title} {side}", left, right, (_HEAD * top_m, top_m)))
        for pair, feet in zip(pairwise(assets), pairwise(line), strict=True):
            ends = [(*foot, _top_m(one, options)) for one, foot in zip(pair, feet, strict=True)][::turn]
            drop_m = max(options.sag * math.dist(*feet), _LEAST_DROP_M)
            corner, along = ((east, north, up_m - drop_m) for east, north, up_m in ends)
            found.append(panel(on_earth, f"{span_of(*pair)} {side}", corner, along, ends[0]))
    return tuple(found) if len(found) <= MOST_PANELS else ()


def _top_m(asset: Asset, options: StripOptions) -> float:
    return options.tower_m if asset.height_m is None else asset.height_m


def _solids(assets: Sequence[Asset], line: Sequence[MapPoint], options: StripOptions) -> tuple[Prism, ...]:
    """Return a wall for each span, from the ground to the higher tower: as wide as the line, and round at its towers,
    whose arms turn with the line.
    """
    import shapely

    solids = []
    for (one, two), leg in zip(pairwise(assets), pairwise(line), strict=True):
        wall = shapely.LineString(leg).buffer(options.half_width_m)
        corners = tuple((float(x), float(y)) for x, y in wall.exterior.coords[:-1])
        solids.append(Prism(corners, 0.0, max(_top_m(one, options), _top_m(two, options))))
    return tuple(solids)


def _side(
    assets: Sequence[Asset],
    line: Sequence[MapPoint],
    spans: Sequence[str],
    options: StripOptions,
    side: float,
) -> list[View]:
    """Return the views from the right (`side` 1) or the left (-1) of a line flown in this order."""
    away_m = options.half_width_m + options.stand_off_m
    views: list[View] = []
    for index, (asset, foot) in enumerate(zip(assets, line, strict=True)):
        out = _outwards(line, index, side)
        top_m = _top_m(asset, options)
        up_m = top_m if options.height_m is None else options.height_m
        at = (foot[0] + away_m * out[0], foot[1] + away_m * out[1], up_m)
        views.append(View.towards(at, (*foot, _TOWER_LOOK * top_m), asset.title))
        if index + 1 == len(assets):
            break
        following = assets[index + 1]
        following_top_m = _top_m(following, options)
        next_out, next_foot = _outwards(line, index + 1, side), line[index + 1]
        next_up_m = following_top_m if options.height_m is None else options.height_m
        next_at = (next_foot[0] + away_m * next_out[0], next_foot[1] + away_m * next_out[1], next_up_m)
        wire = _Wire((*foot, top_m), (*next_foot, following_top_m), options.sag)
        views += _span_views(at, next_at, wire, options, spans[index])
    return views


@dataclass(frozen=True, slots=True)
class _Wire:
    """Conductors between the tops of two towers: a parabola that hangs by `sag` of their distance."""

    begin: SpacePoint
    end: SpacePoint
    sag: float

    def at(self, share: float) -> SpacePoint:
        east, north, up_m = _between(self.begin, self.end, share)
        depth_m = 4.0 * share * (1.0 - share) * self.sag * math.dist(self.begin[:2], self.end[:2])
        return east, north, max(up_m - depth_m, 0.0)


def _span_views(
    begin: SpacePoint, end: SpacePoint, wire: _Wire, options: StripOptions, name: str
) -> list[View]:
    if options.trigger_m:
        middle = View.towards(_between(begin, end, 0.5), wire.at(0.5), name)
        square = _square_to(begin, end, wire.at(0.5))
        return [
            View(begin, square, middle.pitch_deg, name, options.trigger_m),
            View(end, square, middle.pitch_deg, name, photo=False),
        ]
    shares = [(index + 1) / (options.span_photos + 1) for index in range(options.span_photos)]
    return [View.towards(_between(begin, end, one), wire.at(one), name) for one in shares]


def _square_to(begin: SpacePoint, end: SpacePoint, wire: SpacePoint) -> float:
    """Return the heading square to a leg, on the side of the wire."""
    along = (end[0] - begin[0], end[1] - begin[1])
    to_wire = (wire[0] - begin[0], wire[1] - begin[1])
    left = along[0] * to_wire[1] - along[1] * to_wire[0] > 0.0
    return (bearing_deg(begin, end) + (-90.0 if left else 90.0)) % 360.0


def _between(begin: SpacePoint, end: SpacePoint, share: float) -> SpacePoint:
    east, north, up_m = (one + share * (two - one) for one, two in zip(begin, end, strict=True))
    return east, north, up_m


def _outwards(line: Sequence[MapPoint], index: int, side: float) -> MapPoint:
    """Return the vector from a tower to the line beside it that is 1 away from both spans."""
    normals = []
    for begin, end in pairwise(line[max(index - 1, 0) : index + 2]):
        length_m = math.dist(begin, end)
        normals.append((side * (end[1] - begin[1]) / length_m, -side * (end[0] - begin[0]) / length_m))
    east, north = (sum(values) / len(normals) for values in zip(*normals, strict=True))
    cosine_2 = east * east + north * north
    if cosine_2 < _SHARPEST_COS**2:
        raise PlanError(
            f"cannot plan the strip: the line turns back at tower {index + 1} of it",
            hint="plan its parts alone, with --assets",
        )
    return east / cosine_2, north / cosine_2
