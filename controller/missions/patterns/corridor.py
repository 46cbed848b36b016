"""Corridor along a line: one or several passes side by side, flown there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.passes import Pass, PassOptions, near_first, route_of
from controller.missions.route.route import Route

MAX_PASSES = 1_000


def corridor(
    line: Sequence[Position], options: PassOptions, *, width_m: float, start: Position | None = None
) -> Route:
    """Return the passes along a line, points as latitude and longitude in degrees, that cover `width_m` around it.

    It begins at the end nearest to `start`. Raises PlanError for a line without a length or too many passes.
    """
    import shapely

    if len(line) < 2:
        raise PlanError(f"invalid corridor: {len(line)} points", hint="a line needs 2 or more")
    if not 0.0 <= width_m < 1e5:
        raise PlanError(f"invalid corridor: a width of {width_m:g} m", hint="use 0 to 100000 m")
    on_earth = LocalMap.around(line)
    points = [key for key, _ in groupby(on_earth.all_to_map(line))]
    middle = shapely.LineString(points) if len(points) > 1 else shapely.LineString()
    if middle.length < 1.0:
        raise PlanError("invalid corridor: its line is shorter than 1 m", hint="move its points")
    count = max(1, math.ceil(width_m / options.spacing_m - 1e-9))
    if count > MAX_PASSES:
        raise PlanError(f"cannot plan the corridor: it needs {count} passes", hint="use a larger spacing")
    rows = []
    for index in range(count):
        aside_m = (index - (count - 1) / 2.0) * options.spacing_m
        beside = middle if aside_m == 0.0 else middle.offset_curve(-aside_m, join_style="mitre")
        parts = [part for part in getattr(beside, "geoms", [beside]) if part.length > 0.0]
        rows.append([Pass(tuple((float(x), float(y)) for x, y in part.coords)) for part in parts])
    rows = near_first([row for row in rows if row], on_earth.to_map(start) if start else None)
    area = middle.buffer(width_m / 2.0, cap_style="flat")
    passes = [one for row in rows for one in row]
    route = route_of("corridor", passes, on_earth, options, area_m2=float(area.area))
    return replace(route, outline=on_earth.rings(area))
