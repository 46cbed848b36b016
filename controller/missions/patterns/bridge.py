"""Bridge: the underside of its deck, both sides, and its piers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.panels import panel, wall, walls_round
from controller.missions.patterns.solids import Obstacles, Prism
from controller.missions.patterns.structure import LayerOptions, layers_round
from controller.missions.patterns.views import View, route_of_views
from controller.missions.route.route import Panel, Route

PARTS = ("sides", "under", "piers")
_LOWEST_UP_DEG = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeOptions:
    """Size of a bridge and how it is flown. Heights are m above home."""

    width_m: float
    """Width of the deck."""
    under_m: float
    """Height of the deck's underside."""
    top_m: float
    """Height of the highest part of the deck: railing, masts."""
    stand_off_m: float = 8.0
    photo_m: float = 5.0
    """Largest distance between photos along and across, and between layers of a pier."""
    gimbal_up_deg: float = 60.0
    """Pitch at which the camera looks at the underside: 30 to 90 degrees above the horizon."""
    min_height_m: float = 3.0
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        if not 0.5 <= self.width_m <= 200.0:
            raise PlanError(f"invalid width of {self.width_m:g} m", hint="use 0.5 to 200 m")
        if not 0.0 < self.under_m < self.top_m <= 1000.0:
            raise PlanError(
                f"invalid deck from {self.under_m:g} to {self.top_m:g} m",
                hint="its top is above its underside",
            )
        if not 0.5 <= self.photo_m <= 200.0:
            raise PlanError(f"invalid distance of photos: {self.photo_m:g} m", hint="use 0.5 to 200 m")
        if not _LOWEST_UP_DEG <= self.gimbal_up_deg <= 90.0:
            raise PlanError(
                f"invalid pitch of {self.gimbal_up_deg:g} degrees for the underside",
                hint=f"a camera that cannot look up by {_LOWEST_UP_DEG:g} degrees does not see it: --parts sides,piers",
            )
        if not self.parts or set(self.parts) - set(PARTS):
            raise PlanError("invalid part of a bridge", hint="use sides, under or piers")

    @property
    def below_m(self) -> float:
        """Height of the flight below the deck."""
        return self.under_m - self.stand_off_m


@dataclass(frozen=True, slots=True)
class _Station:
    """Point of the deck's middle line, the direction to its left, and the number of piers passed."""

    point: MapPoint
    left: MapPoint
    along_m: float

    def aside(self, by_m: float) -> MapPoint:
        """Return a point beside, to the left."""
        return self.point[0] + by_m * self.left[0], self.point[1] + by_m * self.left[1]


def bridge(
    line: Sequence[Position],
    piers: Sequence[Sequence[Position]],
    options: BridgeOptions,
    *,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the flight along the middle line of a deck, and round the footprints of its piers.

    Photos of the underside that a pier leaves no room for are left out, and said. Raises SafetyRefused where the
    clearance below the deck, or a pier, does not allow the flight, and PlanError.
    """
    import shapely

    if len(line) < 2:
        raise PlanError(f"invalid bridge: {len(line)} points", hint="draw the middle of its deck as a line")
    on_earth = LocalMap.around(line)
    middle = on_earth.all_to_map(line)
    if any(math.dist(begin, end) < 0.5 for begin, end in pairwise(middle)):
        raise PlanError("invalid bridge: two points of its line are at one place")
    deck_outline = shapely.LineString(middle).buffer(
        options.width_m / 2.0, cap_style="flat", join_style="mitre"
    )
    deck = Prism(
        tuple((float(x), float(y)) for x, y in deck_outline.exterior.coords[:-1]),
        options.under_m,
        options.top_m,
    )
    solids = [Prism(tuple(on_earth.all_to_map(one)), 0.0, options.under_m) for one in piers]
    for one in solids:
        assert one.polygon.is_valid
    obstacles = Obstacles((deck, *solids), options.stand_off_m, options.min_height_m)
    stations = list(_stations(middle, options.photo_m))
    views: list[View] = []
    remarks = ["the ground is taken as level at the height of home"]
    if "sides" in options.parts:
        views += _sides(stations, options)
    if set(options.parts) & {"under", "piers"} and (options.below_m < options.min_height_m):
        raise SafetyRefused(
            f"cannot plan the bridge: {options.stand_off_m:g} m below its deck is {options.below_m:.1f} m above home, "
            f"lower than {options.min_height_m:g} m",
            hint="plan --parts sides, or a smaller stand-off",
        )
    if "under" in options.parts:
        found = _under(stations, solids, middle, options)
        kept = [one for one in found if obstacles.clear(one.at)]
        if not kept:
            raise SafetyRefused("cannot plan the bridge: its piers leave no room below the deck")
        if len(kept) < len(found):
            remarks.append(
                f"{len(found) - len(kept)} photos of the underside are left out: a pier is too near"
            )
        remarks.append(
            "below the deck the sky is hidden: fly there with positioning that needs no satellites"
        )
        views += kept
    if "piers" in options.parts:
        views += _piers(solids, obstacles, options)
    return route_of_views(
        "bridge",
        views,
        obstacles,
        on_earth,
        start=start,
        keep_out=keep_out,
        passes=2 + len(solids),
        area_m2=float(deck_outline.area) if "under" in options.parts else 0.0,
        remarks=tuple(remarks),
        panels=tuple(_panels(on_earth, middle, solids, options)),
    )


def _stations(middle: Sequence[MapPoint], apart_m: float) -> Iterator[_Station]:
    """Return places along the line, both ends of each straight part among them."""
    passed_m = 0.0
    for begin, end in pairwise(middle):
        length_m = math.dist(begin, end)
        along = ((end[0] - begin[0]) / length_m, (end[1] - begin[1]) / length_m)
        parts = max(1, math.ceil(length_m / apart_m - 1e-9))
        if parts > 10_000:
            raise PlanError("cannot plan the bridge: too many photos", hint="use larger distances")
        for index in range(parts + 1):
            by_m = length_m * index / parts
            point = (begin[0] + by_m * along[0], begin[1] + by_m * along[1])
            yield _Station(point, (-along[1], along[0]), passed_m + by_m)
        passed_m += length_m


def _sides(stations: Sequence[_Station], options: BridgeOptions) -> list[View]:
    """Return a row along the right side, and one back along the left."""
    away_m = options.width_m / 2.0 + options.stand_off_m
    up_m = max((options.under_m + options.top_m) / 2.0, options.min_height_m)
    views = []
    for name, side, ordered in (("right side", -1.0, stations), ("left side", 1.0, stations[::-1])):
        for one in ordered:
            at = (*one.aside(side * away_m), up_m)
            views.append(View(at, bearing_deg(at, (*one.point, up_m)), 0.0, f"{name} {one.along_m:.0f} m"))
    return views


def _under(
    stations: Sequence[_Station], piers: Sequence[Prism], middle: Sequence[MapPoint], options: BridgeOptions
) -> list[View]:
    """Return rows below the deck, span by span; the camera looks up to the left of the line."""
    import shapely

    line = shapely.LineString(middle)
    at_piers = sorted(float(line.project(one.polygon.centroid)) for one in piers)
    rows = max(1, math.ceil(options.width_m / options.photo_m - 1e-9))
    asides = [options.width_m * ((row + 0.5) / rows - 0.5) for row in range(rows)]
    behind_m = options.stand_off_m / math.tan(math.radians(options.gimbal_up_deg))
    views = []
    spans: dict[int, list[_Station]] = {}
    for station in stations:
        spans.setdefault(sum(one < station.along_m for one in at_piers), []).append(station)
    for span in spans.values():
        for row, aside_m in enumerate(asides):
            for one in span[::-1] if row % 2 else span:
                at = (*one.aside(aside_m - behind_m), options.below_m)
                heading = math.degrees(math.atan2(*one.left)) % 360.0
                views.append(View(at, heading, options.gimbal_up_deg, f"underside {one.along_m:.0f} m"))
    return views


def _piers(piers: Sequence[Prism], obstacles: Obstacles, options: BridgeOptions) -> list[View]:
    views = []
    layers = LayerOptions(
        stand_off_m=options.stand_off_m,
        bottom_m=options.min_height_m,
        top_m=options.below_m,
        layer_m=options.photo_m,
        photo_m=options.photo_m,
        min_height_m=options.min_height_m,
    )
    for number, one in enumerate(piers, start=1):
        found = layers_round(one, layers, asset=f"pier {number}")
        if not all(obstacles.clear(view.at) for view in found):
            raise SafetyRefused(
                f"cannot plan the bridge: pier {number} is nearer than two stand-offs to another part",
                hint="use a smaller stand-off, or --parts sides,under",
            )
        views += found
    return views


def _panels(
    on_earth: LocalMap, middle: Sequence[MapPoint], piers: Sequence[Prism], options: BridgeOptions
) -> Iterator[Panel]:
    half_m = options.width_m / 2.0
    for number, (begin, end) in enumerate(pairwise(middle), start=1):
        first, last = _stations((begin, end), 1e6)
        left, right = [(first.aside(aside_m), last.aside(aside_m)) for aside_m in (half_m, -half_m)]
        heights_m = (options.under_m, options.top_m)
        if "sides" in options.parts:
            yield wall(on_earth, f"right side {number}", *right, heights_m)
            yield wall(on_earth, f"left side {number}", *left[::-1], heights_m)
        if "under" in options.parts:
            up_m = options.under_m
            yield panel(
                on_earth, f"underside {number}", (*left[0], up_m), (*left[1], up_m), (*right[0], up_m)
            )
    for number, one in enumerate(piers if "piers" in options.parts else (), start=1):
        yield from walls_round(
            on_earth, f"pier {number}", one.footprint, (options.min_height_m, options.below_m)
        )
