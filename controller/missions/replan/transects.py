"""Surveys and corridors of QGroundControl, planned from their parameters: the lines lie where its planner puts them.

The rules are those of SurveyComplexItem and CorridorScanComplexItem. The lines of a survey are a spacing apart from the
border of a square of 1000 m more to each side around the polygon's box, and each goes from the first to the last
crossing with the outline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.missions.errors import PlanError
from controller.missions.patterns.corridor import MAX_PASSES, beside, middle_line
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.order import near_first, there_and_back
from controller.missions.patterns.passes import PassOptions, route_of
from controller.missions.patterns.rows import MAX_LINES
from controller.missions.replan.parameters import CorridorParameters, SurveyParameters, Transects
from controller.missions.route.route import Route

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A smaller spacing is taken for none: one line in the middle.
_LEAST_SURVEY_M = 0.3
_LEAST_CORRIDOR_M = 0.5
_BESIDE_M = 2000.0
# A line that only touches a corner has two crossings nearly in one place.
_TOUCH_M = 1e-3
_LEAST_AREA_M2 = 1.0


def survey_route(survey: SurveyParameters) -> Route:
    """Return the route of a survey. Raises PlanError for one without lines, or with too many."""
    on_earth = LocalMap(survey.corners[0])
    corners = on_earth.all_to_map(survey.corners)
    angle_deg = survey.angle_deg
    angle_deg += -180.0 if angle_deg > 90.0 else 180.0 if angle_deg < -90.0 else 0.0
    spacing_m = survey.transects.camera.spacing_m
    passes: list[Pass] = []
    for angle in (angle_deg, angle_deg + 90.0) if survey.transects.refly else (angle_deg,):
        lines = [[one] for one in _lines(corners, math.radians(angle), spacing_m)]
        if survey.entry in (2, 3):
            lines = [[one.reversed()] for (one,) in lines]
        if survey.entry in (1, 3):
            lines.reverse()
        if passes:
            rows = near_first(lines, passes[-1].points[-1], alternate=survey.alternate)
        else:
            rows = there_and_back([*lines[::2], *reversed(lines[1::2])] if survey.alternate else lines)
        passes += [one for row in rows for one in row]
    return _route("survey", passes, on_earth, survey.transects)


def corridor_route(corridor: CorridorParameters) -> Route:
    """Return the route of a corridor. Raises PlanError for a line without a length, or too many passes."""
    on_earth = LocalMap.around(corridor.line)
    middle = middle_line(on_earth, corridor.line)
    spacing_m = corridor.transects.camera.spacing_m
    if spacing_m < _LEAST_CORRIDOR_M:
        spacing_m = 1e5
    count = max(1, math.ceil(corridor.width_m / spacing_m))
    if count > MAX_PASSES:
        raise PlanError(f"cannot plan the corridor: it needs {count} passes")
    first_m = 0.0 if count == 1 else (corridor.width_m - spacing_m) / 2.0
    rows = [beside(middle, first_m - index * spacing_m) for index in range(count)]
    rows = [row for row in rows if row]
    if corridor.entry in (1, 3):
        rows.reverse()
    if corridor.entry in (2, 3):
        rows = [[one.reversed() for one in reversed(row)] for row in rows]
    passes = [one for row in there_and_back(rows) for one in row]
    return _route("corridor", passes, on_earth, corridor.transects)


def _lines(corners: Sequence[MapPoint], angle_rad: float, spacing_m: float) -> list[Pass]:
    """Return the lines of a survey from west to east, turned clockwise by the angle, all in one direction."""
    import numpy as np

    outline = np.asarray([*corners, corners[0]])
    x, y = outline.T
    if abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) < 2.0 * _LEAST_AREA_M2:
        raise PlanError("cannot plan the survey: its area is less than 1 square metre")
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle = (low + high) / 2.0
    along = np.array([math.sin(angle_rad), math.cos(angle_rad)])
    across = np.array([math.cos(angle_rad), -math.sin(angle_rad)])
    on_axes = np.column_stack([(outline - middle) @ across, (outline - middle) @ along])
    half_m = (float((high - low).max()) + _BESIDE_M) / 2.0
    found: list[tuple[float, float, float]] = []
    if spacing_m >= _LEAST_SURVEY_M:
        first = math.ceil((on_axes[:, 0].min() + half_m) / spacing_m)
        last = math.floor((on_axes[:, 0].max() + half_m) / spacing_m)
        if last - first >= MAX_LINES:
            raise PlanError(f"cannot plan the survey: it needs {last - first + 1} lines of {spacing_m:g} m")
        found = [
            cut
            for index in range(first, last + 1)
            if (cut := _crossed(on_axes, index * spacing_m - half_m)) is not None
        ]
    if len(found) < 2:
        found = [cut] if (cut := _crossed(on_axes, 0.0)) is not None else []
    if not found:
        raise PlanError("cannot plan the survey: no line crosses it")
    forward = found[0][2] > found[0][1]
    lines = []
    for x_m, one_m, two_m in found:
        ends = (one_m, two_m) if (two_m > one_m) == forward else (two_m, one_m)
        begin, end = (middle + x_m * across + y_m * along for y_m in ends)
        lines.append(Pass(((float(begin[0]), float(begin[1])), (float(end[0]), float(end[1])))))
    return lines


def _crossed(outline: NDArray[Any], x_m: float) -> tuple[float, float, float] | None:
    """Return a line and where it crosses the outline first and last, in the order of the outline's sides."""
    import numpy as np

    before, after = outline[:-1], outline[1:]
    hit = (np.minimum(before[:, 0], after[:, 0]) <= x_m) & (x_m <= np.maximum(before[:, 0], after[:, 0]))
    hit &= before[:, 0] != after[:, 0]
    one, two = before[hit], after[hit]
    ys_m = one[:, 1] + (two[:, 1] - one[:, 1]) * (x_m - one[:, 0]) / (two[:, 0] - one[:, 0])
    if len(ys_m) < 2 or ys_m.max() - ys_m.min() < _TOUCH_M:
        return None
    first, second = sorted((int(ys_m.argmin()), int(ys_m.argmax())))
    return x_m, float(ys_m[first]), float(ys_m[second])


def _route(pattern: str, passes: Sequence[Pass], on_earth: LocalMap, transects: Transects) -> Route:
    camera = transects.camera
    if camera.above is None:
        raise PlanError(
            f"cannot plan the {pattern}: its heights follow ground that the file does not hold",
            hint=f"use landline mission plan {pattern} --terrain",
        )
    options = PassOptions(
        height_m=camera.distance_m,
        spacing_m=max(camera.spacing_m, 0.1),
        trigger_m=camera.trigger_m,
        overshoot_m=transects.turnaround_m,
        hover=transects.hover and camera.trigger_m > 0.0,
    )
    route = route_of(pattern, passes, on_earth, options, area_m2=0.0)
    if transects.in_turnaround and not options.hover:
        on = tuple(replace(stop, trigger_m=camera.trigger_m) for stop in route.stops[:-1])
        route = route.with_stops((*on, route.stops[-1]))
    return replace(route, above=camera.above)
