"""Searches for a lost person or object: expanding square, sector, creeping line and parallel track.

The patterns are those of the International Aeronautical and Maritime Search and Rescue Manual (IAMSAR, Doc 9731,
volume II, chapter 5): SS, VS, CS and PS. All turns of the first two are to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.passes import PassOptions, route_of
from controller.missions.patterns.survey import survey
from controller.missions.route.route import Route

_MOST_LEGS = 4_000
_TURN_DEG = 120.0
# The second sector search lies between the legs of the first.
_SECOND_DEG = 30.0


def expanding_square(
    datum: Position,
    options: PassOptions,
    *,
    radius_m: float,
    heading_deg: float = 0.0,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the expanding square search around a datum, latitude and longitude in degrees.

    Two legs of one track spacing, two of two, and so on, until a square of `radius_m` to each side is covered.
    `start` is home. Raises PlanError for a radius that cannot be flown.
    """
    _check_radius(radius_m)
    spacing_m = options.spacing_m
    rounds = max(1, math.ceil(radius_m / spacing_m - 0.5 - 1e-9))
    if 4 * rounds > _MOST_LEGS:
        raise PlanError(f"cannot plan the search: it needs {4 * rounds} legs", hint="use a larger spacing")
    points: list[MapPoint] = [(0.0, 0.0)]
    for leg in range(1, 4 * rounds + 2):
        # The last leg closes the square.
        length_m = spacing_m * min((leg + 1) // 2, 2 * rounds)
        points.append(_ahead(points[-1], heading_deg + 90.0 * (leg - 1), length_m))
    side_m = (2 * rounds + 1) * spacing_m
    return _route(
        "expanding square search", datum, points, options, area_m2=side_m**2, start=start, keep_out=keep_out
    )


def sector(
    datum: Position,
    options: PassOptions,
    *,
    radius_m: float,
    heading_deg: float = 0.0,
    twice: bool = False,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the sector search of a circle around a datum, latitude and longitude in degrees.

    Nine legs of `radius_m` with turns of 120 degrees, three times over the datum; with `twice` nine more, turned by 30
    degrees. `start` is home. Raises PlanError for a radius that cannot be flown.
    """
    _check_radius(radius_m)
    points: list[MapPoint] = [(0.0, 0.0)]
    for first_deg in (heading_deg, heading_deg + _SECOND_DEG) if twice else (heading_deg,):
        course_deg = first_deg
        for _ in range(3):
            out = _ahead((0.0, 0.0), course_deg, radius_m)
            across = _ahead(out, course_deg + _TURN_DEG, radius_m)
            points += [out, across, (0.0, 0.0)]
            # The way back to the datum goes on to the other side.
            course_deg += 2.0 * _TURN_DEG
    return _route(
        "sector search", datum, points, options, area_m2=math.pi * radius_m**2, start=start, keep_out=keep_out
    )


def rows_search(
    corners: Sequence[Position],
    options: PassOptions,
    *,
    creeping: bool,
    along_deg: float | None = None,
    holes: Sequence[Sequence[Position]] = (),
    start: Position | None = None,
    keep_out: KeepOut | None = None,
) -> Route:
    """Return the creeping line search or, if not `creeping`, the parallel track search of a polygon.

    `along_deg` is the direction of the search, from north, clockwise; None: along the polygon's longer side. A
    creeping line's legs lie across it, those of a parallel track along it. Corners are latitude and longitude in
    degrees, `start` is home. Raises PlanError as `survey` does.
    """
    along = _long_side_deg(corners) if along_deg is None else along_deg
    route = survey(
        corners,
        replace(options, margin_along_m=0.0, margin_aside_m=0.0),
        angle_deg=along + 90.0 if creeping else along,
        holes=holes,
        start=start,
        keep_out=keep_out,
    )
    return replace(route, pattern="creeping line search" if creeping else "parallel track search")


def _check_radius(radius_m: float) -> None:
    if not 1.0 <= radius_m <= 1e5:
        raise PlanError(f"invalid search: a radius of {radius_m:g} m", hint="use 1 to 100000 m")


def _ahead(point: MapPoint, course_deg: float, length_m: float) -> MapPoint:
    course = math.radians(course_deg)
    return point[0] + length_m * math.sin(course), point[1] + length_m * math.cos(course)


def _route(
    pattern: str,
    datum: Position,
    points: Sequence[MapPoint],
    options: PassOptions,
    *,
    area_m2: float,
    start: Position | None,
    keep_out: KeepOut | None,
) -> Route:
    on_earth = LocalMap(datum)
    home = on_earth.to_map(start) if start else None
    obstacles = None if keep_out is None else keep_out.on(on_earth, home)
    passes = [Pass(tuple(points))]
    if obstacles is not None:
        passes = obstacles.cut_rows([passes])[0]
    return route_of(pattern, passes, on_earth, options, area_m2=area_m2, obstacles=obstacles, home=home)


def _long_side_deg(corners: Sequence[Position]) -> float:
    """Return the direction of the longer side of the smallest rectangle around a polygon."""
    import shapely

    if len(corners) < 3:
        return 0.0  # the survey says what is wrong with it
    box = shapely.MultiPoint(LocalMap.around(corners).all_to_map(corners)).minimum_rotated_rectangle
    if box.geom_type != "Polygon":
        return 0.0
    corner = list(box.exterior.coords)
    begin, end = max(((corner[0], corner[1]), (corner[1], corner[2])), key=lambda side: math.dist(*side))
    return bearing_deg(begin, end) % 180.0
