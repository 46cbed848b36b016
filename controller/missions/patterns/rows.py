"""Rows of a polygon: parallel lines that cover it, and the parts of each that are flown with the camera on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.missions.errors import PlanError
from controller.missions.patterns.one_pass import Pass

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

#: More lines than this are a spacing in a wrong unit.
MAX_LINES = 10_000
# A shorter pass is not flown: it would cover a corner that other photos see.
_SHORTEST_M = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What one line covers: `spacing_m` to the next line, and margins for places that several photos must see.

    A line begins `along_m` before the polygon and ends as much behind it; the first line is up to `aside_m` beside it.
    """

    spacing_m: float
    along_m: float = 0.0
    aside_m: float = 0.0

    @property
    def half_m(self) -> float:
        """Distance to both sides of a line at which a place of the polygon makes the line necessary, m."""
        return self.spacing_m / 2.0 + self.aside_m


def turned(area: BaseGeometry, angle_rad: float) -> BaseGeometry:
    """Return the area on axes of the lines: x to the right of their direction, y along it, m."""
    from shapely.affinity import affine_transform

    sine, cosine = math.sin(angle_rad), math.cos(angle_rad)
    return affine_transform(area, [cosine, -sine, sine, cosine, 0.0, 0.0])


def row_pass(x_m: float, from_m: float, to_m: float, angle_rad: float) -> Pass:
    """Return the pass at `x_m` of the lines' axes as points of the map."""
    sine, cosine = math.sin(angle_rad), math.cos(angle_rad)
    begin, end = ((sine * y_m + cosine * x_m, cosine * y_m - sine * x_m) for y_m in (from_m, to_m))
    return Pass((begin, end))


def rows_of(area: Polygon, angle_rad: float, strip: Strip) -> list[list[Pass]]:
    """Return the passes of each line, the lines from left to right of their direction, the passes along it.

    A pass is so long that its strip covers the polygon at slanted borders too. Raises PlanError for too many lines.
    """
    on_axes = turned(area, angle_rad)
    left_m, _, right_m, _ = on_axes.bounds
    width_m = right_m - left_m + 2.0 * strip.aside_m
    count = max(1, math.ceil(width_m / strip.spacing_m - 1e-9))
    if count > MAX_LINES:
        raise PlanError(
            f"cannot plan the survey: it needs {count} lines of {strip.spacing_m:g} m",
            hint="use a larger spacing",
        )
    first_m = (left_m + right_m - (count - 1) * strip.spacing_m) / 2.0
    xs_m = [first_m + index * strip.spacing_m for index in range(count)]
    rows = []
    for x_m, parts in _parts(on_axes, xs_m, strip.half_m):
        row = [
            row_pass(x_m, begin_m, end_m, angle_rad)
            for begin_m, end_m in _spans(parts, strip.along_m)
            if end_m - begin_m >= _SHORTEST_M
        ]
        if row:
            rows.append(row)
    if not rows:
        raise PlanError("cannot plan the survey: no line crosses it", hint="use a smaller spacing")
    return rows


def _parts(area: BaseGeometry, xs_m: Sequence[float], half_m: float) -> Iterator[tuple[float, BaseGeometry]]:
    """Return for each line the part of the area within `half_m` of it.

    The area is halved again and again, so that the time grows with its corners, not with corners times lines.
    """
    import shapely

    if area.is_empty:
        return
    if len(xs_m) == 1:
        yield xs_m[0], area
        return
    _, low_m, _, high_m = area.bounds
    middle = len(xs_m) // 2
    for half in (xs_m[:middle], xs_m[middle:]):
        window = shapely.box(half[0] - half_m, low_m - 1.0, half[-1] + half_m, high_m + 1.0)
        cut = shapely.intersection(area, window)
        if cut.geom_type == "GeometryCollection":  # with lines and points where a corner touches the window
            cut = shapely.MultiPolygon(_polygons(cut))
        yield from _parts(cut, half, half_m)


def _polygons(cut: BaseGeometry) -> list[Polygon]:
    """Return the parts with a surface."""
    parts = getattr(cut, "geoms", [cut])
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _spans(cut: BaseGeometry, along_m: float) -> list[tuple[float, float]]:
    """Return from where to where along the line the parts of a strip reach; parts beside each other are one."""
    spans: list[tuple[float, float]] = []
    for low_m, high_m in sorted((part.bounds[1], part.bounds[3]) for part in _polygons(cut)):
        begin_m, end_m = low_m - along_m, high_m + along_m
        if spans and begin_m <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end_m))
        else:
            spans.append((begin_m, end_m))
    return spans
