"""Views: photos from points in space, and the route that flies from one to the next without touching what they show."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.solids import Obstacles, SpacePoint
from controller.missions.route.route import Panel, Route, Stop

_HOLD_S = 1.0
"""The aircraft stops at each point between views: one flown through would be cut short, towards the structure."""


@dataclass(frozen=True, slots=True)
class View:
    """One photo: where from, m east, north and up, where to, and of what.

    `heading_deg` is from north, clockwise; `pitch_deg` is 0 for level, -90 for down.
    """

    at: SpacePoint
    heading_deg: float
    pitch_deg: float
    asset: str = ""
    trigger_m: float = 0.0
    """Distance of photos on the way to the next view, m; 0 for the one photo."""
    photo: bool = True
    """False for the end of such a way."""

    @classmethod
    def towards(cls, at: SpacePoint, target: SpacePoint, asset: str = "") -> View:
        """Return the view from a point to another."""
        return cls(at, bearing_deg(at, target), elevation_deg(at, target), asset)


def elevation_deg(at: SpacePoint, target: SpacePoint) -> float:
    """Return the angle above the horizon, degrees."""
    return math.degrees(math.atan2(target[2] - at[2], math.dist(at[:2], target[:2])))


def route_of_views(
    pattern: str,
    views: Sequence[View],
    obstacles: Obstacles,
    on_earth: LocalMap,
    *,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
    passes: int = 0,
    area_m2: float = 0.0,
    remarks: tuple[str, ...] = (),
    panels: tuple[Panel, ...] = (),
) -> Route:
    """Return the route through views in their order. It begins and ends beside everything and above it.

    `start` is the place of take-off, latitude and longitude in degrees. From home, and above everything, the route goes
    around keep-outs. Raises SafetyRefused where a view or the way to it is nearer than the stand-off, lower than the
    lowest height or in a keep-out, and PlanError for too many views.
    """
    if not views:
        raise PlanError(f"cannot plan the {pattern}: there is nothing to see")
    if len(views) > MAX_ITEMS:
        raise PlanError(
            f"cannot plan the {pattern}: {len(views)} photos", hint="use larger distances between them"
        )
    home = on_earth.to_map(start) if start else None
    closed = None if keep_out is None else keep_out.on(on_earth, home)
    obstacles = replace(obstacles, closed=closed)
    _require_clear_start(pattern, home, obstacles)
    for view in views:
        if not obstacles.clear(view.at):
            raise _refusal(pattern, view, obstacles)
    first, last = _ways_out(views[0], obstacles), _ways_out(views[-1], obstacles)
    way_in, way_out = (
        next((way for way in ways if obstacles.clear(view.at, *way)), None)
        for view, ways in ((views[0], first), (views[-1], last))
    )
    if way_in is None or way_out is None:
        raise _refusal(pattern, views[0 if way_in is None else -1], obstacles)
    into, out = _to_ring(way_in, obstacles), _to_ring(way_out, obstacles)
    home = home or into[-1][:2]
    into, out = [*into, *_to_home(into[-1], home, obstacles)], [*out, *_to_home(out[-1], home, obstacles)]
    stops = [_between(one, on_earth) for one in reversed(into)]
    for index, view in enumerate(views):
        if index:
            between = _way(views[index - 1], view, obstacles)
            # Photos in flight are of a straight leg: a way round would not be one.
            if between is None or (between and views[index - 1].trigger_m):
                raise _refusal(pattern, view, obstacles)
            stops += [_between(one, on_earth) for one in between]
        stops.append(_photo(view, on_earth))
    stops += [_between(one, on_earth) for one in out]
    return Route(
        pattern=pattern,
        stops=tuple(stops),
        passes=passes,
        area_m2=area_m2,
        remarks=remarks,
        panels=panels,
        keep_out=() if closed is None else closed.outlines(on_earth),
        way_out=lambda stop: _way_out(pattern, stop, obstacles, on_earth, home),
    )


def _to_home(point: SpacePoint, home: MapPoint, obstacles: Obstacles) -> list[SpacePoint]:
    """Return the points round the keep-outs on the way from a place above everything to home."""
    way = [] if obstacles.closed is None else obstacles.closed.way(point[:2], home)
    return [(*one, point[2]) for one in way]


def _way_out(
    pattern: str, stop: Stop, obstacles: Obstacles, on_earth: LocalMap, home: MapPoint
) -> tuple[Stop, ...]:
    """Return the way from a stop to a place beside and above everything, and towards home. Raises SafetyRefused."""
    at = (*on_earth.to_map(stop.position), stop.height_m)
    heading_deg = stop.heading_deg
    if heading_deg is None and stop.look_at is not None:
        heading_deg = bearing_deg(at, (*on_earth.to_map((stop.look_at.lat_deg, stop.look_at.lon_deg)), 0.0))
    view = View(at, heading_deg or 0.0, 0.0, stop.asset)
    way = next((one for one in _ways_out(view, obstacles) if obstacles.clear(at, *one)), None)
    if way is None:
        raise _refusal(pattern, view, obstacles)
    out = _to_ring(way, obstacles)
    return tuple(_between(one, on_earth) for one in (*out, *_to_home(out[-1], home, obstacles)))


def _require_clear_start(pattern: str, start: MapPoint | None, obstacles: Obstacles) -> None:
    if start is None:
        return
    column = ((*start, 0.0), (*start, obstacles.over_m))
    if obstacles.nearest_m(*column) < obstacles.stand_off_m - 0.1:
        raise SafetyRefused(
            f"cannot plan the {pattern}: home is nearer than {obstacles.stand_off_m:g} m to it",
            where="--home",
            hint="take off further away",
        )


def _way(begin: View, end: View, obstacles: Obstacles) -> list[SpacePoint] | None:
    """Return the points between two views: none, around, or out, over everything and back; None for no clear way."""
    if obstacles.clear(begin.at, end.at):
        return []
    around = [way for way in _around(begin.at, end.at, obstacles) if obstacles.clear(begin.at, *way, end.at)]
    over: list[list[SpacePoint]] = []
    for out in _ways_out(begin, obstacles):
        if obstacles.clear(begin.at, *out):
            back = next(
                (way for way in _ways_out(end, obstacles) if obstacles.clear(end.at, *way)),
                None,
            )
            if back is not None and (across := _across(out[-1], back[-1], obstacles)) is not None:
                over.append([*out, *across, *reversed(back)])
            break
    ways = around + over
    if not ways:
        return None
    return _shortened(
        begin.at, min(ways, key=lambda way: _length_m(begin.at, *way, end.at)), end.at, obstacles
    )


def _across(begin: SpacePoint, end: SpacePoint, obstacles: Obstacles) -> list[SpacePoint] | None:
    """Return the points between two places above everything, round the keep-outs; None for no clear way."""
    if obstacles.closed is None:
        return [] if obstacles.clear(begin, end) else None
    try:
        between = obstacles.closed.way(begin[:2], end[:2])
    except SafetyRefused:
        return None
    high_m = max(begin[2], end[2])
    way = [(*one, high_m) for one in between]
    return way if obstacles.clear(begin, *way, end) else None


def _shortened(
    begin: SpacePoint, way: Sequence[SpacePoint], end: SpacePoint, obstacles: Obstacles
) -> list[SpacePoint]:
    """Return a way without the points that can be passed by."""
    points, kept, at = [begin, *way, end], [], 0
    while at < len(points) - 1:
        following = range(len(points) - 1, at, -1)
        at = next((one for one in following if obstacles.clear(points[at], points[one])), at + 1)
        kept.append(points[at])
    return kept[:-1]


def _length_m(*points: SpacePoint) -> float:
    return sum(math.dist(one, two) for one, two in itertools.pairwise(points))


def _around(begin: SpacePoint, end: SpacePoint, obstacles: Obstacles) -> Iterator[list[SpacePoint]]:
    """Return both ways along the ring, at the height of the begin, then of the end."""
    import shapely

    ring = obstacles.ring
    from_m, to_m = (ring.project(shapely.Point(one[:2])) for one in (begin, end))
    corners = [(ring.project(shapely.Point(one)), one) for one in ring.coords[:-1]]
    first, last = ((*ring.interpolate(at_m).coords[0],) for at_m in (from_m, to_m))
    for forward in (True, False):
        sign = 1.0 if forward else -1.0
        whole_m = ring.length

        def past_m(at_m: float, sign: float = sign, whole_m: float = whole_m) -> float:
            return float((sign * (at_m - from_m)) % whole_m)

        between = sorted((past_m(at_m), one) for at_m, one in corners if 0.0 < past_m(at_m) < past_m(to_m))
        flat = [first, *(one for _, one in between), last]
        yield [*((x, y, begin[2]) for x, y in flat), (*last, end[2])]


def _ways_out(view: View, obstacles: Obstacles) -> list[list[SpacePoint]]:
    """Return ways from a view to the height over everything: straight up, or back from the surface and up."""
    east, north, up_m = view.at
    over_m = max(obstacles.over_m, up_m)
    away = math.radians(view.heading_deg + 180.0)
    ways: list[list[SpacePoint]] = [[(east, north, over_m)]]
    for by_m in (obstacles.stand_off_m, 3.0 * obstacles.stand_off_m, 10.0 * obstacles.stand_off_m):
        back = (east + by_m * math.sin(away), north + by_m * math.cos(away))
        ways.append([(*back, up_m), (*back, over_m)])
    beside = _on_ring((east, north), obstacles)
    ways.append([(*beside, up_m), (*beside, over_m)])
    return ways


def _on_ring(point: MapPoint, obstacles: Obstacles) -> MapPoint:
    import shapely

    ring = obstacles.ring
    x, y = ring.interpolate(ring.project(shapely.Point(point))).coords[0]
    return float(x), float(y)


def _to_ring(way: Sequence[SpacePoint], obstacles: Obstacles) -> list[SpacePoint]:
    """Return a way out, led on to a place beside everything: one can take off below it."""
    import shapely

    east, north, up_m = way[-1]
    if not shapely.Polygon(obstacles.ring).contains(shapely.Point(east, north)):
        return list(way)
    return [*way, (*_on_ring((east, north), obstacles), up_m)]


def _between(point: SpacePoint, on_earth: LocalMap) -> Stop:
    lat_deg, lon_deg = on_earth.to_earth(point[:2])
    return Stop(lat_deg=lat_deg, lon_deg=lon_deg, height_m=point[2], hold_s=_HOLD_S)


def _photo(view: View, on_earth: LocalMap) -> Stop:
    lat_deg, lon_deg = on_earth.to_earth(view.at[:2])
    return Stop(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        height_m=view.at[2],
        photo=view.photo and not view.trigger_m,
        trigger_m=view.trigger_m,
        hold_s=_HOLD_S,
        heading_deg=view.heading_deg % 360.0,
        pitch_deg=view.pitch_deg,
        asset=view.asset,
    )


def _refusal(pattern: str, view: View, obstacles: Obstacles) -> SafetyRefused:
    of = f" of {view.asset}" if view.asset else ""
    if obstacles.is_closed(view.at):
        return SafetyRefused(
            f"cannot plan the {pattern}: the photo{of} at {view.at[2]:.1f} m is inside a keep-out or its buffer",
            hint="use a smaller --keep-out-buffer-m, or plan its other parts alone",
        )
    keep_out = "" if obstacles.closed is None else " or passes a keep-out"
    if view.at[2] < obstacles.min_height_m - 1e-6:
        return SafetyRefused(
            f"cannot plan the {pattern}: the photo{of} is {view.at[2]:.1f} m above home, "
            f"lower than {obstacles.min_height_m:g} m",
            hint="raise the lowest layer, or lower --min-height-m",
        )
    return SafetyRefused(
        f"cannot plan the {pattern}: the photo{of} at {view.at[2]:.1f} m, or the way to it, "
        f"is nearer than {obstacles.stand_off_m:g} m to what is inspected{keep_out}",
        hint="change the stand-off, or plan its parts alone",
    )
