"""Survey of a polygon: parallel lines that cover it, flown there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from controller.missions.errors import PlanError
from controller.missions.estimate import FlightSpeeds
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut, Obstacles
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.order import between_m, shortest
from controller.missions.patterns.passes import PassOptions, margin_remarks, route_of
from controller.missions.patterns.rows import Strip, rows_of
from controller.missions.route.route import Route

if TYPE_CHECKING:
    from shapely import Polygon

Entry: TypeAlias = Literal["nearest", "nw", "ne", "sw", "se"]
"""Corner at which a survey begins: that nearest to home, or one of the box around the polygon."""
ENTRIES: tuple[Entry, ...] = ("nearest", "nw", "ne", "sw", "se")

# Directions that are tried for the best one, beside those of the polygon's long sides.
_STEP_DEG = 10
_MOST_SIDES = 12
_MOST_CORNERS = 500


def survey(
    corners: Sequence[Position],
    options: PassOptions,
    *,
    angle_deg: float | None = 0.0,
    crosshatch: bool = False,
    alternate: bool = False,
    holes: Sequence[Sequence[Position]] = (),
    entry: Entry = "nearest",
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the survey of a polygon, corners as latitude and longitude in degrees.

    The lines run in the direction `angle_deg` from north, clockwise; None chooses the direction of the shortest flight.
    With `crosshatch` the polygon is flown again at 90 degrees, with `alternate` every second line first and the others
    on the way back. `start` is home. Raises PlanError for a polygon without an area, one that crosses itself, or too
    many lines; SafetyRefused where a keep-out leaves nothing to fly, no way, or holds home.
    """
    if len(corners) < 3:
        raise PlanError(f"invalid survey: {len(corners)} corners", hint="a polygon needs 3 or more")
    on_earth = LocalMap.around(corners)
    area = _area(on_earth, corners, holes)
    home = on_earth.to_map(start) if start else None
    obstacles = None if keep_out is None else keep_out.on(on_earth, home)
    begin = home if entry == "nearest" else _corner(area, entry)
    strip = Strip(spacing_m=options.spacing_m, along_m=options.margin_along_m, aside_m=options.margin_aside_m)
    if angle_deg is None:
        angle_deg = _best_angle_deg(area, strip, options)
    passes: list[Pass] = []
    for angle in (angle_deg, angle_deg + 90.0) if crosshatch else (angle_deg,):
        rows = rows_of(area, math.radians(angle), strip)
        if obstacles is not None:
            rows = obstacles.cut_rows(rows)
        passes += shortest(rows, begin, alternate=alternate)
        begin = passes[-1].points[-1]
    route = route_of(
        "survey",
        passes,
        on_earth,
        options,
        area_m2=float(area.area),
        outline=(tuple(corners), *(tuple(hole) for hole in holes)),
        obstacles=obstacles,
        home=home,
    )
    remarks = [] if obstacles is None else _unseen(area, passes, obstacles, strip)
    return route.with_stops(route.stops, *margin_remarks(options), *remarks)


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


def _corner(area: Polygon, entry: Entry) -> MapPoint:
    west_m, south_m, east_m, north_m = area.bounds
    return (west_m if entry.endswith("w") else east_m), (south_m if entry.startswith("s") else north_m)


def _unseen(area: Polygon, passes: Sequence[Pass], obstacles: Obstacles, strip: Strip) -> list[str]:
    """Return a remark about the part of the area that no pass covers because of keep-outs."""
    import shapely

    covered = shapely.union_all(
        [
            shapely.LineString(one.points).buffer(strip.spacing_m / 2.0 + 0.01, cap_style="flat")
            for one in passes
        ]
    )
    rest_m2 = float(area.difference(covered).difference(obstacles.closed).area)
    inside_m2 = float(area.intersection(obstacles.closed).area)
    remarks = ["the way back of a failsafe is straight: it may pass over a keep-out"]
    if inside_m2 + rest_m2 >= 1.0:
        remarks.append(
            f"not surveyed because of keep-outs: {inside_m2:.0f} m2 inside of them and {rest_m2:.0f} m2 beside them"
        )
    return remarks


def _best_angle_deg(area: Polygon, strip: Strip, options: PassOptions) -> float:
    """Return the direction of the lines with the shortest flight, by the times of the estimate of a flight."""
    rough = area.simplify(strip.spacing_m / 4.0)
    area = rough if rough.is_valid and rough.geom_type == "Polygon" and not rough.is_empty else area
    if len(area.exterior.coords) > _MOST_CORNERS:
        # Each direction would take seconds; the best one of so ragged an outline is that of its hull.
        area = area.convex_hull
    angles = {float(angle) for angle in range(0, 180, _STEP_DEG)} | set(_side_angles_deg(area))
    return min(sorted(angles), key=lambda angle: _duration_s(area, angle, strip, options))


def _side_angles_deg(area: Polygon) -> list[float]:
    """Return the directions of the longest sides around the area: the best lines are mostly along one of them."""
    corners = list(area.convex_hull.exterior.coords)
    sides = sorted(pairwise(corners), key=lambda side: -math.dist(*side))
    return [round(bearing_deg(one, two) % 180.0, 3) for one, two in sides[:_MOST_SIDES]]


def _duration_s(area: Polygon, angle_deg: float, strip: Strip, options: PassOptions) -> float:
    """Return the time of a survey, s: its length at full speed, and for each leg once to gain and to lose the speed."""
    pace = FlightSpeeds()
    speed_m_s = options.speed_m_s or pace.along_m_s
    try:
        passes = shortest(rows_of(area, math.radians(angle_deg), strip), None)
    except PlanError:  # too many lines in this direction
        return math.inf
    length_m = sum(one.length_m + 2.0 * options.overshoot_m for one in passes) + between_m(passes)
    legs = len(passes) * (4 if options.overshoot_m else 2)
    return length_m / speed_m_s + legs * speed_m_s / pace.accel_m_s2
