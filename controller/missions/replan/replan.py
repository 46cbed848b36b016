"""Patterns of a plan, planned again from their parameters, and compared with the items that they hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.plan import ComplexItem, Plan, PlanItem
from controller.missions.replan.landing import landing_items
from controller.missions.replan.parameters import (
    CorridorParameters,
    LandingParameters,
    StructureParameters,
    SurveyParameters,
    parameters_of,
)
from controller.missions.replan.structure import structure_route
from controller.missions.replan.transects import corridor_route, survey_route
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.route import Route
from controller.wire.enums import MAV_AUTOPILOT

if TYPE_CHECKING:
    from shapely import LineString

#: The same lines: spacing, length and number of them within this.
SPACING_SHARE = 0.01
LENGTH_SHARE = 0.03
COUNT = 1
_HEIGHT_M = 0.5
_ROUNDING_M = 0.5
_MET_M = 0.1
# The section lies a little aside and askew, so that it meets no end of a line and lies along none.
_ASIDE_SHARE, _ASKEW = 0.0037, math.radians(0.7)


def replanned(plan: Plan) -> Plan:
    """Return the plan with all patterns as items planned from their parameters. Raises PlanError.

    A jump to an item behind a pattern of another number of items is refused: its target would be another one.
    """
    style = ItemStyle(autopilot="px4" if plan.firmware_type == MAV_AUTOPILOT.PX4 else "ardupilot")
    items = list(plan.items)
    for pattern in reversed(plan.complex_items):
        items[pattern.at : pattern.at + len(pattern.items)] = items_of_pattern(pattern, plan.path, style)
    if any(item.command == CMD.DO_JUMP for item in items):
        raise PlanError(
            "cannot plan the patterns again: the plan has jumps, whose item numbers would change",
            where=plan.path,
            hint="remove the jumps",
        )
    return plan.with_items(tuple(replace(item, jump_id=None) for item in items))


def items_of_pattern(pattern: ComplexItem, file: str, style: ItemStyle) -> tuple[PlanItem, ...]:
    """Return the items of a pattern from its parameters. Raises PlanError with its place in the file."""
    parameters = parameters_of(pattern, file)
    if isinstance(parameters, LandingParameters):
        return landing_items(parameters)
    try:
        return items_of(_route_of(parameters), style)
    except PlanError as error:
        raise PlanError(error.what, where=f"{file}: {pattern.origin}", hint=error.hint) from None


def differences(plan: Plan) -> Iterator[Finding]:
    """Yield a warning for each pattern whose items are not those of its parameters, a note where that is unknown."""
    for pattern in plan.complex_items:
        if not pattern.items:
            continue
        number = pattern.at + 1
        try:
            found = _differences(pattern, plan.path)
        except PlanError as error:
            yield Finding(Severity.NOTE, number, f"the {pattern.kind} is flown as stored", error.what)
            continue
        if found:
            why = "landline mission convert --replan plans it from its parameters"
            what = f"the items of the {pattern.kind} are not those of its parameters: {', '.join(found)}"
            yield Finding(Severity.WARNING, number, what, why)


def _route_of(parameters: SurveyParameters | CorridorParameters | StructureParameters) -> Route:
    if isinstance(parameters, SurveyParameters):
        return survey_route(parameters)
    if isinstance(parameters, CorridorParameters):
        return corridor_route(parameters)
    return structure_route(parameters)


def _differences(pattern: ComplexItem, file: str) -> list[str]:
    parameters = parameters_of(pattern, file)
    if not isinstance(parameters, SurveyParameters | CorridorParameters):
        raise PlanError("Landline compares surveys and corridors only")
    route = _route_of(parameters)
    stored = [item for item in pattern.items if item.command == CMD.NAV_WAYPOINT and item.has_position]
    flown = [(item.lat_deg, item.lon_deg) for item in stored]
    if len(flown) < 2:
        return ["they have no line"]
    heights_m = {round(item.alt_m, 1) for item in stored}
    found = compare(parameters, [stop.position for stop in route.stops], flown)
    height_m = parameters.transects.camera.distance_m
    if max(abs(one - height_m) for one in heights_m) > _HEIGHT_M:
        found.append(f"{min(heights_m):g} to {max(heights_m):g} m high instead of {height_m:g} m")
    return found


def compare(
    parameters: SurveyParameters | CorridorParameters, planned: list[Position], flown: list[Position]
) -> list[str]:
    """Return how two tracks of one pattern differ: length, number and spacing of the lines."""
    on_earth = LocalMap.around(planned)
    section = _section(parameters, on_earth)
    ours, theirs = _Track(on_earth, planned, section), _Track(on_earth, flown, section)
    found = []
    if abs(theirs.length_m - ours.length_m) > max(LENGTH_SHARE * ours.length_m, _ROUNDING_M):
        found.append(f"{theirs.length_m:.0f} m long instead of {ours.length_m:.0f} m")
    if abs(theirs.count - ours.count) > COUNT:
        found.append(f"{theirs.count} lines instead of {ours.count}")
    elif (
        ours.spacing_m
        and theirs.spacing_m
        and abs(theirs.spacing_m - ours.spacing_m) > max(SPACING_SHARE * ours.spacing_m, _MET_M)
    ):
        found.append(f"lines {theirs.spacing_m:.2f} m apart instead of {ours.spacing_m:.2f} m")
    return found


class _Track:
    """Length of a track, m, and the lines that a section across it meets: their number, and their distance, m."""

    def __init__(self, on_earth: LocalMap, places: list[Position], section: LineString) -> None:
        import shapely

        points = on_earth.all_to_map(places)
        self.length_m = sum(math.dist(one, two) for one, two in pairwise(points))
        legs = [shapely.LineString(leg) for leg in pairwise(points) if leg[0] != leg[1]]
        met = [leg.intersection(section) for leg in legs if leg.crosses(section)]
        along = sorted({round(section.project(point), 2) for point in met if point.geom_type == "Point"})
        at_m = [one for before, one in pairwise([-math.inf, *along]) if one - before > 0.05]
        self.count = len(at_m)
        self.spacing_m = median(two - one for one, two in pairwise(at_m)) if len(at_m) > 1 else 0.0


def _section(parameters: SurveyParameters | CorridorParameters, on_earth: LocalMap) -> LineString:
    """Return a line across the lines of a pattern: through the middle of a survey, or of a corridor's longest leg."""
    import shapely

    if isinstance(parameters, SurveyParameters):
        box = shapely.MultiPoint(on_earth.all_to_map(parameters.corners)).envelope
        (x, y), half_m = box.centroid.coords[0], box.length
        across = math.radians(parameters.angle_deg + 90.0)
        x, y = x + _ASIDE_SHARE * half_m, y + _ASIDE_SHARE * half_m
    else:
        begin, end = max(pairwise(on_earth.all_to_map(parameters.line)), key=lambda leg: math.dist(*leg))
        x, y = (begin[0] + end[0]) / 2.0, (begin[1] + end[1]) / 2.0
        half_m = parameters.width_m / 2.0 + 2.0 * parameters.transects.camera.spacing_m
        across = math.atan2(end[0] - begin[0], end[1] - begin[1]) + math.pi / 2.0
    across += _ASKEW
    east, north = half_m * math.sin(across), half_m * math.cos(across)
    return shapely.LineString([(x - east, y - north), (x + east, y + north)])
