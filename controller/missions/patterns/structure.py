"""Structures: layers of photos round a footprint, rows or columns along a wall, and circles round a place."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg, between
from controller.missions.patterns.panels import wall as wall_panel
from controller.missions.patterns.panels import walls_round
from controller.missions.patterns.solids import Obstacles, Prism, ring_around
from controller.missions.patterns.views import View, route_of_views
from controller.missions.route.route import Panel, Place, Route, Stop

_MOST_PHOTOS = 20_000
_HALF_WALL_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOptions:
    """Layers of photos on an upright surface."""

    stand_off_m: float
    """Distance of the camera from the surface, m; nothing is flown nearer."""
    bottom_m: float
    """Height of the lowest layer, m above home."""
    top_m: float
    """Top of the structure, m above home."""
    layer_m: float
    """Largest distance between layers, m."""
    photo_m: float
    """Largest distance between the photos of a layer, m."""
    pitches_deg: tuple[float, ...] = (0.0,)
    """Pitch of the camera in each layer from the bottom up, or one for all; -90 is down."""
    top_first: bool = False
    min_height_m: float = 3.0
    """Lowest height of the flight, m above home."""

    def __post_init__(self) -> None:
        for name in ("bottom_m", "top_m", "layer_m", "photo_m"):
            if not math.isfinite(getattr(self, name)):
                raise PlanError(f"invalid pattern: {name} is no number")
        if self.layer_m < 0.2 or self.photo_m < 0.2:
            raise PlanError("invalid pattern: photos less than 0.2 m apart", hint="use larger distances")
        if self.top_m < self.bottom_m:
            raise PlanError(
                f"invalid pattern: the top at {self.top_m:g} m is below the lowest layer at {self.bottom_m:g} m"
            )
        if any(not -90.0 <= one <= 90.0 for one in self.pitches_deg):
            raise PlanError("invalid pitch of the camera", hint="use -90 (down) to 90 (up)")

    def layers(self) -> list[tuple[float, float]]:
        """Return height and pitch of each layer in flight order."""
        count = max(1, math.ceil((self.top_m - self.bottom_m) / self.layer_m - 1e-9) + 1)
        if self.top_m == self.bottom_m:
            count = 1
        pitches = self.pitches_deg * count if len(self.pitches_deg) == 1 else self.pitches_deg
        if len(pitches) != count:
            raise PlanError(
                f"invalid pitches: {len(pitches)} for {count} layers", hint="give one, or one for each layer"
            )
        step_m = (self.top_m - self.bottom_m) / max(count - 1, 1)
        found = [(self.bottom_m + index * step_m, pitches[index]) for index in range(count)]
        return found[::-1] if self.top_first else found


def structure(
    footprint: Sequence[Position],
    options: LayerOptions,
    *,
    asset: str = "",
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the layers of photos round a footprint, latitude and longitude in degrees.

    Each photo looks at the nearest point of the footprint. Corners are rounded, so that no leg cuts the stand-off.
    Raises PlanError, and SafetyRefused where it cannot be flown.
    """
    if len(footprint) < 3:
        raise PlanError(f"invalid footprint: {len(footprint)} corners", hint="draw 3 corners or more")
    on_earth = LocalMap.around(footprint)
    solid = Prism(tuple(on_earth.all_to_map(footprint)), 0.0, options.top_m)
    views = layers_round(solid, options, asset=asset)
    area_m2 = solid.polygon.exterior.length * (options.top_m - options.bottom_m)
    return route_of_views(
        "structure",
        views,
        Obstacles((solid,), options.stand_off_m, options.min_height_m),
        on_earth,
        start=start,
        keep_out=keep_out,
        passes=len(options.layers()),
        area_m2=area_m2,
        panels=walls_round(on_earth, asset, solid.footprint, (options.bottom_m, options.top_m)),
    )


def layers_round(solid: Prism, options: LayerOptions, *, asset: str = "") -> list[View]:
    """Return the views of the layers round a solid, each layer closed, one after another."""
    import shapely
    from shapely.ops import nearest_points

    ring = ring_around(solid.polygon, options.stand_off_m)
    places = _divided([*ring, ring[0]], options.photo_m)[:-1]
    _require_few(len(places) * len(options.layers()))
    headings = []
    for place in places:
        on_wall = nearest_points(solid.polygon, shapely.Point(place))[0]
        headings.append(bearing_deg((*place, 0.0), (on_wall.x, on_wall.y, 0.0)))
    views = []
    for up_m, pitch_deg in options.layers():
        views += [
            View((*place, up_m), heading, pitch_deg, asset)
            for place, heading in zip(places, headings, strict=True)
        ]
    return views


def facade(
    wall: Sequence[Position],
    options: LayerOptions,
    *,
    from_left: bool = False,
    columns: bool = False,
    asset: str = "",
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return rows, or columns, of photos along a wall, a line of two points; the camera is square to it.

    The wall is flown on the right of its line, or `from_left`. Raises PlanError, and SafetyRefused.
    """
    if len(wall) != 2:
        raise PlanError(f"invalid wall: {len(wall)} points", hint="draw each wall as a line of 2 points")
    on_earth = LocalMap.around(wall)
    begin, end = on_earth.all_to_map(wall)
    length_m = math.dist(begin, end)
    if length_m < 0.5:
        raise PlanError("invalid wall: it is shorter than 0.5 m", hint="move its points")
    along = ((end[0] - begin[0]) / length_m, (end[1] - begin[1]) / length_m)
    side = -1.0 if from_left else 1.0
    out = (along[1] * side, -along[0] * side)
    distance_m = options.stand_off_m + _HALF_WALL_M
    places = [
        (x + out[0] * distance_m, y + out[1] * distance_m) for x, y in _divided([begin, end], options.photo_m)
    ]
    heading = bearing_deg((*out, 0.0), (0.0, 0.0, 0.0))
    layers = options.layers()
    _require_few(len(places) * len(layers))
    views = []
    for row, (up_m, pitch_deg) in enumerate(layers if not columns else []):
        ordered = places[::-1] if row % 2 else places
        views += [View((*place, up_m), heading, pitch_deg, asset) for place in ordered]
    for column, place in enumerate(places if columns else []):
        stacked = layers[::-1] if column % 2 else layers
        views += [View((*place, up_m), heading, pitch_deg, asset) for up_m, pitch_deg in stacked]
    half = (out[0] * _HALF_WALL_M, out[1] * _HALF_WALL_M)
    corners = (
        (begin[0] + half[0], begin[1] + half[1]),
        (end[0] + half[0], end[1] + half[1]),
        (end[0] - half[0], end[1] - half[1]),
        (begin[0] - half[0], begin[1] - half[1]),
    )
    solid = Prism(corners, 0.0, options.top_m)
    return route_of_views(
        "facade",
        views,
        Obstacles((solid,), options.stand_off_m, options.min_height_m),
        on_earth,
        start=start,
        keep_out=keep_out,
        passes=len(places) if columns else len(layers),
        area_m2=length_m * (options.top_m - options.bottom_m),
        panels=(
            wall_panel(
                on_earth,
                asset or "wall",
                *((end, begin) if from_left else (begin, end)),
                (options.bottom_m, options.top_m),
            ),
        ),
        remarks=("the ground behind the wall is not known: fly in front of it only",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitOptions:
    """Circles round a place."""

    radius_m: float
    heights_m: tuple[float, ...]
    """Height of each circle, m above home, in flight order."""
    look_at_m: float
    """Height of the place that the camera looks at, m above home."""
    photos: int = 16
    """Photos of each circle."""
    stand_off_m: float = 5.0
    """Distance to keep from what stands in the middle, which may be as wide as the circles leave it, m."""
    min_height_m: float = 3.0
    width_m: float | None = None
    """Width of what stands in the middle, m; with it the photos are to show that object, up to `object_m`."""
    object_m: float | None = None
    """Its height, m above home; None: that of the place looked at, or else of the highest circle."""

    def __post_init__(self) -> None:
        if not 2.0 <= self.radius_m <= 10_000.0:
            raise PlanError(f"invalid radius of {self.radius_m:g} m", hint="use 2 to 10000 m")
        if not 3 <= self.photos <= 1000:
            raise PlanError(f"invalid orbit of {self.photos} photos", hint="use 3 to 1000")
        if not self.heights_m or not all(0.0 < one < 10_000.0 for one in self.heights_m):
            raise PlanError("invalid height of an orbit", hint="use heights above 0 m")
        if self.nearest_m < self.stand_off_m + 0.2:
            raise PlanError(
                f"invalid orbit: its straight legs come as near as {self.nearest_m:.1f} m to its middle, "
                f"the stand-off is {self.stand_off_m:g} m",
                hint="use a larger radius or more photos",
            )
        if self.width_m is None:
            if self.object_m is not None:
                raise PlanError("invalid object: a height without a width", hint="give both")
            return
        widest_m = 2.0 * (self.nearest_m - self.stand_off_m)
        if not 0.2 <= self.width_m <= widest_m:
            raise PlanError(
                f"invalid object of {self.width_m:g} m width: the stand-off leaves room for {widest_m:.1f} m",
                hint="use a larger radius, or a smaller stand-off",
            )
        if not 0.2 <= self.high_m <= max(self.heights_m):
            raise PlanError(
                f"invalid object of {self.high_m:g} m height",
                hint="use more than 0, and not more than the highest circle",
            )

    @property
    def nearest_m(self) -> float:
        """Least distance of a leg from the axis, m."""
        return self.radius_m * math.cos(math.pi / self.photos)

    @property
    def high_m(self) -> float:
        """Height of what stands in the middle, m above home."""
        return self.object_m if self.object_m is not None else self.look_at_m or max(self.heights_m)


def orbit(
    centre: Position,
    options: OrbitOptions,
    *,
    asset: str = "",
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return circles round a place, latitude and longitude in degrees; nose and camera look at it all the time.

    Raises PlanError, and SafetyRefused where it cannot be flown.
    """
    import shapely

    on_earth = LocalMap(centre)
    inside_m = options.nearest_m - options.stand_off_m
    outline = shapely.Point(0.0, 0.0).buffer(inside_m, quad_segs=8).exterior.coords[:-1]
    solid = Prism(tuple((float(x), float(y)) for x, y in outline), 0.0, max(options.heights_m))
    target = (0.0, 0.0, options.look_at_m)
    views = []
    for up_m in options.heights_m:
        for index in range(options.photos):
            angle = 2.0 * math.pi * index / options.photos
            at = (options.radius_m * math.sin(angle), options.radius_m * math.cos(angle), up_m)
            views.append(View.towards(at, target, asset))
    route = route_of_views(
        "orbit",
        views,
        Obstacles((solid,), options.stand_off_m, options.min_height_m),
        on_earth,
        start=start,
        keep_out=keep_out,
        passes=len(options.heights_m),
        panels=_object_panels(on_earth, asset, options),
    )
    place = Place(*centre, options.look_at_m)
    return replace(route, stops=tuple(_looking_at(place, one) for one in route.stops))


def _object_panels(on_earth: LocalMap, asset: str, options: OrbitOptions) -> tuple[Panel, ...]:
    """Return eight walls round what stands in the middle, where its width is known."""
    import shapely

    if options.width_m is None:
        return ()
    octagon = shapely.Point(0.0, 0.0).buffer(options.width_m / 2.0, quad_segs=2).exterior.coords[:-1]
    return walls_round(on_earth, asset, [(float(x), float(y)) for x, y in octagon], (0.0, options.high_m))


def _looking_at(place: Place, stop: Stop) -> Stop:
    return replace(stop, look_at=place, heading_deg=None, pitch_deg=None) if stop.photo else stop


def _divided(line: Sequence[MapPoint], most_m: float) -> list[MapPoint]:
    """Return the points of a line and points between them, none further apart than `most_m`."""
    found = [line[0]]
    for begin, end in itertools.pairwise(line):
        parts = max(1, math.ceil(math.dist(begin, end) / most_m - 1e-9))
        _require_few(parts)
        for index in range(1, parts + 1):
            found.append(between(begin, end, index / parts))
    return found


def _require_few(photos: int) -> None:
    if photos > _MOST_PHOTOS:
        raise PlanError(
            f"cannot plan it: more than {_MOST_PHOTOS} photos", hint="use larger distances between them"
        )
