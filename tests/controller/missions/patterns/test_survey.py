"""Surveys and corridors: everything inside is seen, nothing is flown that need not be."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.checks.check import Severity, check
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.geodesic import distance_m
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.corridor import corridor
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Plan
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.photos import count_photos
from controller.missions.route.route import Route

FIELD: tuple[Position, ...] = ((47.0, 8.0), (47.002, 8.0), (47.002, 8.003), (47.0, 8.003))
LINES = PassOptions(height_m=50.0, spacing_m=25.0, trigger_m=15.0)


def _positions(route: Route) -> list[Position]:
    return [
        (item.lat_deg, item.lon_deg)
        for item in items_of(route, ItemStyle())
        if item.command == CMD.NAV_WAYPOINT
    ]


def _bearing_deg(one: Position, two: Position) -> float:
    north, east = two[0] - one[0], (two[1] - one[1]) * math.cos(math.radians(one[0]))
    return math.degrees(math.atan2(east, north)) % 360


def test_lines_run_at_the_angle_and_the_spacing_asked_for() -> None:
    places = _positions(survey(FIELD, LINES, angle_deg=0.0))
    passes = list(zip(places[::2], places[1::2], strict=True))
    assert len(passes) == math.ceil(distance_m(47.0, 8.0, 47.0, 8.003) / 25.0)
    for begin, end in passes:
        assert min(_bearing_deg(begin, end) % 180, 180 - _bearing_deg(begin, end) % 180) < 0.1
    for (_, end), (begin, _) in pairwise(passes):
        assert distance_m(*end, *begin) == pytest.approx(25.0, abs=0.1)


def test_lines_of_another_angle_are_turned_clockwise_from_north() -> None:
    places = _positions(survey(FIELD, LINES, angle_deg=60.0))
    assert _bearing_deg(places[0], places[1]) % 180 == pytest.approx(60.0, abs=0.5)


@settings(max_examples=40, deadline=None)
@given(
    angle=st.floats(0, 180),
    spacing=st.floats(5, 60),
    radii=st.lists(st.floats(60, 200), min_size=5, max_size=9),
)
def test_every_place_of_the_polygon_is_within_half_a_spacing_of_a_line(
    angle: float, spacing: float, radii: list[float]
) -> None:
    import shapely

    count = len(radii)
    turns = [(math.tau * index / count, radius) for index, radius in enumerate(radii)]
    metres = [(radius * math.sin(turn), radius * math.cos(turn)) for turn, radius in turns]
    scale = 111_194.9
    corners = [
        (north / scale, east / scale) for east, north in metres
    ]  # at the equator both scales are nearly one
    places = _positions(survey(corners, PassOptions(height_m=50, spacing_m=spacing), angle_deg=angle))
    points = [(lon * scale, lat * scale) for lat, lon in places]
    lines = shapely.MultiLineString(list(zip(points[::2], points[1::2], strict=True)))
    seen = lines.buffer(spacing / 2.0 * 1.01 + 0.1, cap_style="flat")
    # The two scales differ by 0.7 %, and corners of less than half a metre are left out.
    area = shapely.Polygon(metres)
    assert area.difference(seen.buffer(1.0)).area < 1.0


def test_a_bay_of_the_polygon_is_not_surveyed() -> None:
    bay = ((0.0, 0.0), (0.003, 0.0), (0.003, 0.001), (0.001, 0.001), (0.001, 0.002), (0.003, 0.002), (0.003, 0.003),
           (0.0, 0.003))  # fmt: skip
    made = survey(bay, PassOptions(height_m=50, spacing_m=20), angle_deg=90.0)
    places = _positions(made)
    lines = round(0.003 * 111_000 / 20)
    assert lines * 1.5 < made.passes <= lines * 2
    camera_on_m = sum(distance_m(*one, *two) for one, two in zip(places[::2], places[1::2], strict=True))
    assert camera_on_m * 20 == pytest.approx(made.area_m2, rel=0.06)


def test_a_hole_is_not_flown_over_with_the_camera_on() -> None:
    hole = ((47.0008, 8.001), (47.0012, 8.001), (47.0012, 8.002), (47.0008, 8.002))
    whole, holed = survey(FIELD, LINES), survey(FIELD, LINES, holes=[hole])
    assert count_photos(holed) < count_photos(whole)
    assert holed.area_m2 < whole.area_m2
    assert holed.passes > whole.passes


def test_the_camera_is_on_along_each_pass_and_off_between_them() -> None:
    options = PassOptions(height_m=50.0, spacing_m=25.0, trigger_m=15.0, overshoot_m=20.0)
    commands = [(item.command, item.param1) for item in items_of(survey(FIELD, options), ItemStyle())]
    way, camera = int(CMD.NAV_WAYPOINT), int(CMD.DO_SET_CAM_TRIGG_DIST)
    one_pass = [(way, 0.0), (way, 0.0), (camera, 15.0), (way, 0.0), (camera, 0.0), (way, 0.0)]
    assert commands == one_pass * (len(commands) // 6)


def test_the_survey_begins_at_the_corner_nearest_to_the_start() -> None:
    for corner in FIELD:
        first = _positions(survey(FIELD, LINES, start=corner))[0]
        assert distance_m(*first, *corner) < 15.0


def test_a_cross_hatch_flies_the_polygon_twice() -> None:
    once, twice = survey(FIELD, LINES), survey(FIELD, LINES, crosshatch=True)
    across = survey(FIELD, LINES, angle_deg=90.0)
    assert twice.passes == once.passes + across.passes
    assert count_photos(twice) == count_photos(once) + count_photos(across)


def test_area_and_length_are_those_of_the_ellipsoid() -> None:
    made = survey(FIELD, LINES)
    width_m, height_m = distance_m(47.001, 8.0, 47.001, 8.003), distance_m(47.0, 8.0, 47.002, 8.0)
    assert made.area_m2 == pytest.approx(width_m * height_m, rel=1e-4)
    places = _positions(made)
    flown = sum(distance_m(*one, *two) for one, two in pairwise(places))
    assert made.length_m == pytest.approx(flown, rel=1e-4)


@pytest.mark.parametrize("lon_deg", [179.999, -179.999, 0.0])
def test_a_field_over_the_date_line_is_like_any_other(lon_deg: float) -> None:
    def at(lat_deg: float, east_deg: float) -> Position:
        return lat_deg, (lon_deg + east_deg + 180.0) % 360.0 - 180.0

    field = [at(-17.0, 0.0), at(-16.998, 0.0), at(-16.998, 0.002), at(-17.0, 0.002)]
    made = survey(field, LINES)
    assert made.area_m2 == pytest.approx(221.0 * 213.0, rel=0.01)
    assert all(abs(abs(lon) - abs(lon_deg)) < 0.01 for _, lon in _positions(made))


@pytest.mark.parametrize(
    ("corners", "what"),
    [
        (FIELD[:2], "2 corners"),
        ((FIELD[0], FIELD[2], FIELD[1], FIELD[3]), "crosses itself"),
        ((FIELD[0], FIELD[0], FIELD[0]), "less than 1 square metre|too few"),
        ((FIELD[0], FIELD[1], (47.004, 8.0)), "less than 1 square metre|crosses itself"),
    ],
)
def test_a_polygon_that_cannot_be_flown_is_refused(corners: tuple[Position, ...], what: str) -> None:
    with pytest.raises(PlanError, match=what):
        survey(corners, LINES)


def test_too_many_lines_are_refused() -> None:
    huge = ((40.0, 8.0), (47.0, 8.0), (47.0, 16.0), (40.0, 16.0))
    with pytest.raises(PlanError, match="lines of 25 m"):
        survey(huge, LINES)
    options = PassOptions(height_m=50, spacing_m=1.0, trigger_m=0.5, hover=True)
    with pytest.raises(PlanError, match="more than 65535 items"):
        survey(((47.0, 8.0), (47.004, 8.0), (47.004, 8.004), (47.0, 8.004)), options)


@pytest.mark.parametrize(
    "values", [{"height_m": 0}, {"spacing_m": 0}, {"trigger_m": -1}, {"height_m": math.nan}]
)
def test_options_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="invalid pattern"):
        PassOptions(**{"height_m": 50.0, "spacing_m": 25.0} | values)


def test_a_corridor_of_one_pass_is_its_line() -> None:
    line = ((47.0, 8.0), (47.001, 8.001), (47.003, 8.001))
    made = corridor(line, LINES, width_m=20.0)
    assert made.passes == 1
    for one, two in zip(_positions(made), line, strict=True):
        assert distance_m(*one, *two) < 0.02


def test_a_wide_corridor_has_parallel_passes_there_and_back() -> None:
    line = ((47.0, 8.0), (47.003, 8.0))
    made = corridor(line, LINES, width_m=75.0, start=line[1])
    places = _positions(made)
    assert made.passes == 3
    assert made.area_m2 == pytest.approx(75.0 * distance_m(*line[0], *line[1]), rel=1e-3)
    asides = sorted((lon - 8.0) * 111_194.9 * math.cos(math.radians(47.0)) for _, lon in places[::2])
    assert asides == pytest.approx([-25.0, 0.0, 25.0], abs=0.2)
    assert distance_m(*places[0], *line[1]) < 30.0
    assert _bearing_deg(places[0], places[1]) == pytest.approx(180.0, abs=0.1)
    assert _bearing_deg(places[2], places[3]) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize(
    ("line", "width_m", "what"),
    [
        (((47.0, 8.0),), 20.0, "1 points"),
        (((47.0, 8.0), (47.0, 8.0)), 20.0, "shorter than 1 m"),
        (((47.0, 8.0), (47.01, 8.0)), -1.0, "a width of -1 m"),
        (((47.0, 8.0), (47.01, 8.0)), 90_000.0, "needs 3600 passes"),
    ],
)
def test_a_corridor_that_cannot_be_flown_is_refused(
    line: tuple[Position, ...], width_m: float, what: str
) -> None:
    with pytest.raises(PlanError, match=what):
        corridor(line, LINES, width_m=width_m)


def test_footprint_and_overlap_of_a_camera() -> None:
    camera = Camera(13.2, 8.8, 8.8, 5472, 3648)  # a sensor of one inch with 24 mm equivalent
    assert camera.footprint_m(100.0) == pytest.approx((150.0, 100.0))
    assert camera.gsd_cm(100.0) == pytest.approx(2.741, abs=0.001)
    assert camera.spacing_m(100.0, 0.6) == pytest.approx(60.0)
    assert camera.trigger_m(100.0, 0.75) == pytest.approx(25.0)


def test_a_survey_passes_the_check_of_a_plan() -> None:
    findings = check(Plan(items=items_of(survey(FIELD, LINES), ItemStyle()), vehicle_type=2))
    assert not any(one.severity is Severity.ERROR for one in findings)
