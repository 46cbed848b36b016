"""Options of a survey: direction, entry, order, stops for photos; and polygons at the edges of the map."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import pytest
import shapely

from controller.missions.errors import PlanError
from controller.missions.geodesic import distance_m
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import Entry, survey
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route

CENTER: Position = (47.0, 8.0)
MAP = LocalMap(CENTER)
LINES = PassOptions(height_m=50.0, spacing_m=25.0, trigger_m=15.0)


def _places(*metres: tuple[float, float]) -> list[Position]:
    return [MAP.to_earth(point) for point in metres]


LONG = _places((-400, -50), (400, -50), (400, 50), (-400, 50))
# Two towers on a base: between them nothing is to be seen.
TOWERS = _places((-300, 0), (300, 0), (300, 400), (200, 400), (200, 60), (-200, 60), (-200, 400), (-300, 400))


def _duration_s(route: Route) -> float:
    stops = [stop.position for stop in route.stops]
    return sum(distance_m(*one, *two) / 10.0 + 4.0 for one, two in pairwise(stops))


def _transit_m(route: Route) -> float:
    """Return the length of the ways without photos, m."""
    return sum(
        distance_m(*one.position, *two.position) for one, two in pairwise(route.stops) if not one.trigger_m
    )


@pytest.mark.parametrize("turn_deg", [0, 25, 90, 140])
def test_the_best_direction_of_a_long_field_is_along_it(turn_deg: int) -> None:
    turn = math.radians(turn_deg)
    field = _places(
        *(
            (x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn))
            for x, y in ((-50, -400), (50, -400), (50, 400), (-50, 400))
        )
    )
    best = survey(field, LINES, angle_deg=None)
    assert best.passes == 4
    assert _duration_s(best) <= min(
        _duration_s(survey(field, LINES, angle_deg=float(angle))) * 1.001 for angle in range(0, 180, 15)
    )


@pytest.mark.parametrize(
    ("entry", "east", "north"), [("nw", -1, 1), ("ne", 1, 1), ("sw", -1, -1), ("se", 1, -1)]
)
def test_a_survey_begins_at_the_corner_asked_for(entry: Entry, east: int, north: int) -> None:
    first = MAP.to_map(survey(LONG, LINES, entry=entry, start=CENTER).stops[0].position)
    assert (math.copysign(1, first[0]), math.copysign(1, first[1])) == (east, north)


def test_alternate_lines_leave_room_for_wide_turns() -> None:
    once, alternate = survey(LONG, LINES), survey(LONG, LINES, alternate=True)
    assert alternate.passes == once.passes
    points = [MAP.to_map(stop.position) for stop in alternate.stops]
    turns = [math.dist(one, two) for one, two in pairwise(points)][1::2]
    assert sorted(round(turn) for turn in turns)[1:] == [50] * (len(turns) - 1)


def test_with_hover_each_photo_is_a_stop() -> None:
    options = PassOptions(height_m=50.0, spacing_m=25.0, trigger_m=30.0, overshoot_m=10.0, hover=True)
    made = survey(LONG, options)
    photos = [stop for stop in made.stops if stop.photo]
    assert len(photos) == len(photos_of(made)) == made.passes * (math.ceil(100.0 / 30.0) + 1)
    assert not any(stop.trigger_m for stop in made.stops)
    assert len(made.stops) == len(photos) + 2 * made.passes


def test_a_polygon_with_a_bay_is_flown_part_by_part() -> None:
    made = survey(TOWERS, LINES, angle_deg=90.0)
    # Row by row each of the 13 or more lines over both towers crosses the bay of 400 m.
    assert _transit_m(made) < 13 * 400.0 / 3.0
    covered = shapely.union_all(
        [
            shapely.LineString([MAP.to_map(one.position), MAP.to_map(two.position)]).buffer(
                12.6, cap_style="flat"
            )
            for one, two in pairwise(made.stops)
            if one.trigger_m
        ]
    )
    assert shapely.Polygon(MAP.all_to_map(TOWERS)).difference(covered).area < 1.0


@pytest.mark.parametrize("pole", [1, -1])
def test_a_field_at_the_pole_is_like_any_other(pole: int) -> None:
    field = [(pole * 89.999, lon) for lon in (0.0, 90.0, 180.0, -90.0)]
    made = survey(field, LINES)
    side_m = distance_m(*field[0], *field[1])
    assert made.area_m2 == pytest.approx(side_m**2, rel=0.01)
    assert made.passes == math.ceil(2 * distance_m(*field[0], pole * 90.0, 0.0) / 25.0)


@pytest.mark.slow
def test_ten_thousand_corners_are_planned_in_bounded_time() -> None:
    count = 10_000
    corners = _places(
        *(
            ((900 + 20 * (index % 2)) * math.sin(turn), (900 + 20 * (index % 2)) * math.cos(turn))
            for index in range(count)
            for turn in [math.tau * index / count]
        )
    )
    started = time.process_time()
    made = survey(corners, PassOptions(height_m=50.0, spacing_m=20.0, trigger_m=20.0), angle_deg=None)
    assert time.process_time() - started < 20.0
    assert made.passes >= 100


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"trigger_m": 0.01}, "photos 0.01 m apart"),
        ({"hover": True}, "and no photos"),
        ({"margin_along_m": -1.0}, "a negative distance"),
        ({"margin_aside_m": math.inf}, "margin_aside_m is no number"),
    ],
)
def test_options_that_no_flight_has_are_refused(values: dict[str, float], what: str) -> None:
    with pytest.raises(PlanError, match=what):
        PassOptions(**{"height_m": 50.0, "spacing_m": 25.0} | values)  # type: ignore[arg-type]


@pytest.mark.parametrize("beyond_m", [0.0, 1.0, 2.4, 2.6, 9.0])
def test_no_photo_is_due_where_the_aircraft_already_turns(beyond_m: float) -> None:
    options = PassOptions(height_m=50.0, spacing_m=25.0, trigger_m=10.0, margin_along_m=20.0)
    field = _places((-100, -50), (100, -50), (100, 50 + beyond_m), (-100, 50 + beyond_m))
    route = survey(field, options)
    lengths_m = [distance_m(*one.position, *two.position) for one, two in route.legs() if one.trigger_m]
    for length_m in lengths_m:
        assert length_m >= 140.0 + beyond_m - 0.02
        assert (length_m + 0.02) % 10.0 >= 2.5 + 14 * 0.15
        assert length_m < 140.0 + beyond_m + 2.5 + 14 * 0.15 + 0.02
