"""Corridor along a line: one or several passes side by side, flown there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.order import near_first
from controller.missions.patterns.passes import PassOptions, margin_remarks, route_of
from controller.missions.route.route import Route

if TYPE_CHECKING:
    from shapely import LineString
    from shapely.geometry.base import BaseGeometry

MAX_PASSES = 1_000


def corridor(
    line: Sequence[Position],
    options: PassOptions,
    *,
    width_m: float,
    aside_m: float = 0.0,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the passes along a line, points as latitude and longitude in degrees, that cover `width_m` around it.

    The middle of the corridor lies `aside_m` to the right of the line, where its sides are not alike. It begins at the
    end nearest to `start`, which is home. Raises PlanError for a line without a length or too many passes;
    SafetyRefused where a keep-out leaves nothing to fly, no way, or holds home.
    """
    if len(line) < 2:
        raise PlanError(f"invalid corridor: {len(line)} points", hint="a line needs 2 or more")
    if not 0.0 <= width_m < 1e5:
        raise PlanError(f"invalid corridor: a width of {width_m:g} m", hint="use 0 to 100000 m")
    on_earth = LocalMap.around(line)
    middle = middle_line(on_earth, line)
    home = on_earth.to_map(start) if start else None
    obstacles = None if keep_out is None else keep_out.on(on_earth, home)
    across_m = width_m + 2.0 * options.margin_aside_m
    count = max(1, math.ceil(across_m / options.spacing_m - 1e-9))
    if count > MAX_PASSES:
        raise PlanError(f"cannot plan the corridor: it needs {count} passes", hint="use a larger spacing")
    asides_m = [aside_m + (index - (count - 1) / 2.0) * options.spacing_m for index in range(count)]
    rows = [[one.longer(options.margin_along_m) for one in beside(middle, right_m)] for right_m in asides_m]
    rows = [row for row in rows if row]
    if obstacles is not None:
        rows = obstacles.cut_rows(rows)
    passes = [one for row in near_first(rows, home) for one in row]
    area = _area(middle, width_m / 2.0 - aside_m, width_m / 2.0 + aside_m)
    route = route_of(
        "corridor",
        passes,
        on_earth,
        options,
        area_m2=float(area.area),
        outline=on_earth.rings(area),
        obstacles=obstacles,
        home=home,
    )
    return route.with_stops(route.stops, *margin_remarks(options))


def _area(middle: LineString, left_m: float, right_m: float) -> BaseGeometry:
    """Return what lies up to so far to the left and to the right of a line."""
    if left_m == right_m:
        return middle.buffer(left_m, cap_style="flat")
    sides = (middle.buffer(width_m, single_sided=True) for width_m in (left_m, -right_m) if width_m)
    return next(sides).union(next(sides, None) or middle)


def middle_line(on_earth: LocalMap, line: Sequence[Position]) -> LineString:
    """Return a line on the map. Raises PlanError for one shorter than 1 m."""
    import shapely

    points = [key for key, _ in groupby(on_earth.all_to_map(line))]
    middle = shapely.LineString(points) if len(points) > 1 else shapely.LineString()
    if middle.length < 1.0:
        raise PlanError("invalid corridor: its line is shorter than 1 m", hint="move its points")
    return middle


def beside(middle: LineString, aside_m: float) -> list[Pass]:
    """Return the passes `aside_m` to the right of a line; several where its bends leave no room for one."""
    line = middle if aside_m == 0.0 else middle.offset_curve(-aside_m, join_style="mitre")
    parts = [part for part in getattr(line, "geoms", [line]) if part.length > 0.0]
    return [Pass(tuple((float(x), float(y)) for x, y in part.coords)) for part in parts]
