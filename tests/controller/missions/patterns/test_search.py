"""Searches have the legs and turns of the IAMSAR manual, and see all of what they are to search."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import shapely

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.search import expanding_square, rows_search, sector
from controller.missions.route.route import Route

DATUM: Position = (47.0, 8.0)
TRACK = PassOptions(height_m=60.0, spacing_m=40.0, trigger_m=20.0)


def _points(route: Route) -> list[MapPoint]:
    return LocalMap(DATUM).all_to_map([stop.position for stop in route.stops])


def _legs(route: Route) -> tuple[list[float], list[float]]:
    points = _points(route)
    courses = [math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360.0 for a, b in pairwise(points)]
    return [math.dist(a, b) for a, b in pairwise(points)], courses


@pytest.mark.parametrize("heading_deg", [0.0, 215.0])
def test_an_expanding_square_grows_by_a_track_spacing_every_second_leg(heading_deg: float) -> None:
    lengths, courses = _legs(expanding_square(DATUM, TRACK, radius_m=200.0, heading_deg=heading_deg))
    assert lengths[:-1] == pytest.approx([40.0 * (1 + leg // 2) for leg in range(len(lengths) - 1)], rel=1e-6)
    assert courses[0] == pytest.approx(heading_deg, abs=1e-3)
    turns = [(after - before) % 360.0 for before, after in pairwise(courses)]
    assert turns == pytest.approx([90.0] * len(turns), abs=1e-3)


@pytest.mark.parametrize("radius_m", [10.0, 59.0, 61.0, 200.0, 555.0])
def test_an_expanding_square_sees_all_within_its_radius_and_hardly_more(radius_m: float) -> None:
    made = expanding_square(DATUM, TRACK, radius_m=radius_m)
    seen = shapely.LineString(_points(made)).buffer(20.0 + 1e-6, join_style="mitre", cap_style="square")
    assert seen.contains(shapely.box(-radius_m, -radius_m, radius_m, radius_m).buffer(-1e-3))
    assert made.area_m2 == pytest.approx(seen.area, rel=1e-3)
    assert seen.bounds[2] < max(radius_m, 60.0) + 40.0


def test_a_sector_search_passes_the_datum_three_times_with_turns_of_120_degrees() -> None:
    made = sector(DATUM, TRACK, radius_m=300.0, heading_deg=30.0)
    lengths, courses = _legs(made)
    assert lengths == pytest.approx([300.0] * 9, rel=1e-6)
    assert courses[0] == pytest.approx(30.0, abs=1e-3)
    over = [point for point in _points(made)[1:] if math.hypot(*point) < 0.01]
    assert len(over) == 3
    turns = [(after - before) % 360.0 for before, after in pairwise(courses)]
    assert sorted({round(turn) % 360 for turn in turns}) == [0, 120]


def test_a_second_sector_search_lies_between_the_legs_of_the_first() -> None:
    made = sector(DATUM, TRACK, radius_m=300.0, twice=True)
    ends = [point for point in _points(made) if math.hypot(*point) > 1.0]
    around = sorted(round(math.degrees(math.atan2(*point))) % 360 for point in ends)
    assert around == list(range(0, 360, 30))


@pytest.mark.parametrize(("creeping", "course"), [(True, 0.0), (False, 90.0)])
def test_a_creeping_line_crosses_the_longer_side_of_the_area(creeping: bool, course: float) -> None:
    area = ((47.0, 8.0), (47.001, 8.0), (47.001, 8.004), (47.0, 8.004))
    _, courses = _legs(rows_search(area, TRACK, creeping=creeping))
    assert math.sin(math.radians(courses[0] - course)) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("radius_m", [0.0, math.nan, 1e6])
def test_a_search_without_a_radius_is_refused(radius_m: float) -> None:
    with pytest.raises(PlanError, match="a radius of"):
        expanding_square(DATUM, TRACK, radius_m=radius_m)
    with pytest.raises(PlanError, match="a radius of"):
        sector(DATUM, TRACK, radius_m=radius_m)


def test_a_search_of_too_many_legs_is_refused() -> None:
    with pytest.raises(PlanError, match="legs"):
        expanding_square(DATUM, TRACK, radius_m=90_000.0)
