"""Survey of a polygon: parallel lines that cover it, flown there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.passes import Pass, PassOptions, near_first, route_of
from controller.missions.route.route import Route

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

#: More lines than this are a spacing in a wrong unit.
MAX_LINES = 10_000
# A shorter pass is not flown: it would cover a corner that other photos see.
_SHORTEST_M = 0.5


def survey(
    corners: Sequence[Position],
    options: PassOptions,
    *,
    angle_deg: float = 0.0,
    crosshatch: bool = False,
    holes: Sequence[Sequence[Position]] = (),
    start: Position | None = None,
) -> Route:
    """Return the survey of a polygon, corners as latitude and longitude in degrees.

    The lines run in the direction `angle_deg` from north, clockwise; with `crosshatch` the polygon is flown again at
    90 degrees. It begins at the corner nearest to `start`. Raises PlanError for a polygon without an area, one that
    crosses itself, or too many lines.
    """
    if len(corners) < 3:
        raise PlanError(f"invalid survey: {len(corners)} corners", hint="a polygon needs 3 or more")
    on_earth = LocalMap.around(corners)
    area = _area(on_earth, corners, holes)
    begin = on_earth.to_map(start) if start else None
    passes: list[Pass] = []
    for angle in (angle_deg, angle_deg + 90.0) if crosshatch else (angle_deg,):
        rows = near_first(_rows(area, math.radians(angle), options.spacing_m), begin)
        passes += [one for row in rows for one in row]
        begin = passes[-1].points[-1]
    route = route_of("survey", passes, on_earth, options, area_m2=float(area.area))
    return replace(route, outline=(tuple(corners), *(tuple(hole) for hole in holes)))


def _area(on_earth: LocalMap, corners: Sequence[Position], holes: Sequence[Sequence[Position]]) -> Polygon:
    from shapely import Polygon
    from shapely.validation import explain_validity

    area = Polygon(on_earth.all_to_map(corners), [on_earth.all_to_map(hole) for hole in holes])
    if not area.is_valid:
        reason = explain_validity(area).partition("[")[0].lower()
        what = "its outline crosses itself" if "self-intersection" in reason else reason
        raise PlanError(f"invalid survey: {what}", hint="move its corners")
    if area.area < 1.0:
        raise PlanError("invalid survey: its area is less than 1 square metre", hint="move its corners")
    return area


def _rows(area: Polygon, angle_rad: float, spacing_m: float) -> list[list[Pass]]:
    """Return the passes of each line, the lines from left to right of their direction, the passes along it.

    A pass is so long that its strip, half a spacing to both sides, covers the polygon at slanted borders too.
    """
    import shapely

    along = (math.sin(angle_rad), math.cos(angle_rad))
    across = (math.cos(angle_rad), -math.sin(angle_rad))
    outline = list(area.exterior.coords)
    from_m, to_m = _extent(outline, across)
    low_m, high_m = (value for value in _extent(outline, along))
    count = max(1, math.ceil((to_m - from_m) / spacing_m - 1e-9))
    if count > MAX_LINES:
        raise PlanError(
            f"cannot plan the survey: it needs {count} lines of {spacing_m:g} m", hint="use a larger spacing"
        )
    first_m = from_m + (to_m - from_m - (count - 1) * spacing_m) / 2.0

    def at(along_m: float, across_m: float) -> MapPoint:
        return (
            along[0] * along_m + across[0] * across_m,
            along[1] * along_m + across[1] * across_m,
        )

    asides_m = [first_m + index * spacing_m for index in range(count)]
    rows = []
    for aside_m in asides_m:
        low, high = aside_m - spacing_m / 2.0, aside_m + spacing_m / 2.0
        strip = shapely.Polygon([at(low_m, low), at(high_m, low), at(high_m, high), at(low_m, high)])
        row = [
            Pass((at(begin_m, aside_m), at(end_m, aside_m)))
            for begin_m, end_m in _spans(strip.intersection(area), along)
            if end_m - begin_m >= _SHORTEST_M
        ]
        if row:
            rows.append(row)
    if not rows:
        raise PlanError("cannot plan the survey: no line crosses it", hint="use a smaller spacing")
    return rows


def _spans(cut: BaseGeometry, along: MapPoint) -> list[tuple[float, float]]:
    """Return from where to where along the line the parts of a strip reach; parts beside each other are one."""
    parts = [
        part for part in getattr(cut, "geoms", [cut]) if part.geom_type == "Polygon" and not part.is_empty
    ]
    spans: list[tuple[float, float]] = []
    for begin_m, end_m in sorted(_extent(list(part.exterior.coords), along) for part in parts):
        if spans and begin_m <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end_m))
        else:
            spans.append((begin_m, end_m))
    return spans


def _extent(points: Sequence[MapPoint], direction: MapPoint) -> tuple[float, float]:
    values = [_dot(point, direction) for point in points]
    return min(values), max(values)


def _dot(point: Sequence[float], direction: MapPoint) -> float:
    return point[0] * direction[0] + point[1] * direction[1]
