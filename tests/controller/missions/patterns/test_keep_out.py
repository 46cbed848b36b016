"""No leg of a planned flight comes nearer to a keep-out than its buffer, and the ways around are short."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from controller.app.planning.job import Battery, JobSettings, plan_job
from controller.app.planning.over_ground import TerrainSettings
from controller.errors import SafetyRefused
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.corridor import corridor
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.search import expanding_square, sector
from controller.missions.patterns.survey import survey
from controller.missions.plan import Home, Plan, PlanItem
from controller.missions.route.keep_out_proof import refuse_crossing
from controller.missions.route.route import HeightAbove, Route

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controller.terrain.ground import Ground

EARTH = Geod(ellps="WGS84")
CENTER: Position = (47.0, 8.0)
LINES = PassOptions(height_m=50.0, spacing_m=30.0, trigger_m=20.0, overshoot_m=15.0)


def _at(east_m: float, north_m: float) -> Position:
    lon_deg, lat_deg, _ = EARTH.fwd(
        CENTER[1], CENTER[0], math.degrees(math.atan2(east_m, north_m)), math.hypot(east_m, north_m)
    )
    return lat_deg, lon_deg


def _box(west: float, south: float, east: float, north: float) -> tuple[Position, ...]:
    return _at(west, south), _at(east, south), _at(east, north), _at(west, north)


FIELD = _box(-200, -200, 200, 200)
POND = _box(-40, -60, 60, 30)


def _nearest_m(route: Route, area: tuple[Position, ...], home: Position | None = None) -> float:
    """Return the distance of the legs to an area, m: a plane of degrees, scaled by the ellipsoid's radii here."""
    east_m = EARTH.line_length([8.0, 8.001], [47.0, 47.0]) * 1000.0
    north_m = EARTH.line_length([8.0, 8.0], [47.0, 47.001]) * 1000.0
    stops = [stop.position for stop in route.stops]
    places = [*([home] if home else stops[:1]), *stops, home or stops[0]]
    legs = shapely.LineString([(lon * east_m, lat * north_m) for lat, lon in places])
    return float(legs.distance(shapely.Polygon([(lon * east_m, lat * north_m) for lat, lon in area])))


@pytest.mark.parametrize("buffer_m", [0.0, 12.0, 40.0])
@pytest.mark.parametrize("angle_deg", [0.0, 35.0, 90.0])
def test_a_survey_stays_out_of_a_keep_out_and_its_buffer(buffer_m: float, angle_deg: float) -> None:
    home = _at(0.0, -230.0)
    made = survey(FIELD, LINES, angle_deg=angle_deg, start=home, keep_out=KeepOut((POND,), buffer_m=buffer_m))
    assert _nearest_m(made, POND, home) >= buffer_m
    assert made.length_m < 2.0 * survey(FIELD, LINES, angle_deg=angle_deg, start=home).length_m
    assert any("not surveyed because of keep-outs" in remark for remark in made.remarks)


@settings(max_examples=25, deadline=None)
@given(
    boxes=st.lists(
        st.tuples(*[st.integers(-180, 180)] * 2, *[st.integers(5, 120)] * 2), min_size=1, max_size=5
    ),
    angle_deg=st.integers(0, 179),
    buffer_m=st.sampled_from([0.0, 5.0, 20.0]),
    crosshatch=st.booleans(),
)
def test_no_leg_is_inside_any_keep_out(
    boxes: list[tuple[int, int, int, int]], angle_deg: int, buffer_m: float, crosshatch: bool
) -> None:
    areas = tuple(_box(west, south, west + wide, south + high) for west, south, wide, high in boxes)
    keep_out = KeepOut(areas, buffer_m=buffer_m)
    home = _at(-400.0, -400.0)
    try:
        made = survey(FIELD, LINES, angle_deg=angle_deg, crosshatch=crosshatch, start=home, keep_out=keep_out)
    except SafetyRefused:
        return  # all covered: nothing is flown
    assert min(_nearest_m(made, area, home) for area in areas) >= buffer_m


def test_the_way_around_is_the_shortest_one() -> None:
    wall = KeepOut((_box(-10, -100, 10, 50),))
    obstacles = wall.on(LocalMap(CENTER), None)
    way = obstacles.way((-100.0, 0.0), (100.0, 0.0))
    flown = sum(math.dist(*leg) for leg in pairwise([(-100.0, 0.0), *way, (100.0, 0.0)]))
    assert flown == pytest.approx(2.0 * math.hypot(90.0, 50.0) + 20.0, rel=2e-3)
    assert obstacles.way((-100.0, 60.0), (100.0, 60.0)) == []


def test_corridors_and_searches_stay_out_too() -> None:
    keep_out = KeepOut((POND,), buffer_m=10.0)
    line = (_at(-300, -10), _at(300, 0))
    routes = [
        corridor(line, LINES, width_m=80.0, keep_out=keep_out),
        expanding_square(_at(-150, 0), LINES, radius_m=200.0, keep_out=keep_out),
        sector(_at(-150, 0), LINES, radius_m=200.0, twice=True, keep_out=keep_out),
    ]
    assert all(_nearest_m(route, POND) >= 10.0 for route in routes)


def test_a_line_to_keep_away_from_has_its_buffer() -> None:
    line = (_at(-300, 0), _at(300, 0))
    made = survey(FIELD, LINES, keep_out=KeepOut(lines=(line,), buffer_m=25.0))
    assert _nearest_m(made, (*line, line[0])) >= 25.0
    with pytest.raises(PlanError, match="a line without a buffer"):
        KeepOut(lines=(line,))


@pytest.mark.parametrize(
    ("area", "home", "what"),
    [
        (_box(-300, -300, 300, 300), _at(0, -400), "cover all of it"),
        (POND, _at(0.0, 0.0), "home is inside a keep-out"),
        ((_at(0, 0), _at(50, 50), _at(0, 50), _at(50, 0)), _at(0, -400), "crosses itself"),
    ],
)
def test_what_cannot_be_kept_out_of_is_refused(area: tuple[Position, ...], home: Position, what: str) -> None:
    with pytest.raises((SafetyRefused, PlanError), match=what) as caught:
        survey(FIELD, LINES, start=home, keep_out=KeepOut((area,), buffer_m=5.0))
    assert caught.value.exit_code == (2 if "itself" in what else 5)


def test_home_inside_a_ring_of_keep_outs_has_no_way_out() -> None:
    ring = (_at(-100, -300), _at(100, -300), _at(100, -100), _at(-100, -100), _at(-100, -290), _at(-80, -290),
            _at(-80, -120), _at(80, -120), _at(80, -280), _at(-100, -280))  # fmt: skip
    with pytest.raises((SafetyRefused, PlanError)):
        survey(FIELD, LINES, start=_at(0, -200), keep_out=KeepOut((ring,), buffer_m=15.0))


def test_an_obstacle_of_many_corners_is_planned_around_in_bounded_time() -> None:
    turns = np.linspace(0.0, math.tau, 1200, endpoint=False)
    star = tuple(
        _at((60 + 20 * (i % 2)) * math.sin(t), (60 + 20 * (i % 2)) * math.cos(t)) for i, t in enumerate(turns)
    )
    made = survey(FIELD, LINES, keep_out=KeepOut((star,), buffer_m=5.0))
    assert _nearest_m(made, star) >= 5.0


def test_a_leg_that_a_later_stage_leads_through_a_keep_out_is_refused() -> None:
    def item(east_m: float, north_m: float) -> PlanItem:
        lat_deg, lon_deg = _at(east_m, north_m)
        return PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=lat_deg, lon_deg=lon_deg, alt_m=50.0)

    home = Home(*_at(-200, -200), 0.0)
    around = (item(-200, 200), item(200, 200))
    with pytest.raises(SafetyRefused, match="the way to item 3"):
        refuse_crossing(
            Plan(items=(*around, PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=2)), home=home),
            (POND,),
        )
    refuse_crossing(Plan(items=around, home=home), (POND,))
    with pytest.raises(SafetyRefused, match="the way to item 1"):
        refuse_crossing(Plan(items=around[1:], home=home), (POND,))


def test_a_way_leaves_the_corners_more_room_than_items_are_rounded_by() -> None:
    obstacles = KeepOut((_box(0, 0, 40, 40),), buffer_m=0.0).on(LocalMap(CENTER), None)
    grazing = (-10.0, 9.97), (9.97, -10.0)  # 2 cm beside the south-western corner
    way = shapely.LineString([grazing[0], *obstacles.way(*grazing), grazing[1]])
    assert way.distance(shapely.box(0, 0, 40, 40)) > 0.04


class _Hill:
    """Ground with a hill of 80 m beside the pond, in the way round it."""

    cell_m = 10.0
    datum = "EGM96"

    def height_m(self, lat_deg: float, lon_deg: float) -> float:
        return float(self.heights_m(np.asarray([lat_deg]), np.asarray([lon_deg]))[0])

    def from_egm96_m(self, *place: float) -> float:
        return place[2]

    def heights_m(self, lats_deg: NDArray[np.float64], lons_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        north_m, east_m = (lats_deg - 47.0) * 111_180.0, (lons_deg - 8.0) * 76_100.0
        near: NDArray[np.float64] = 80.0 * np.exp(-((np.hypot(east_m + 60.0, north_m + 70.0) / 60.0) ** 2))
        return near

    def highest_m(self, *_: object) -> float:
        return 80.0


@pytest.mark.parametrize("hilly", [False, True])
def test_flights_of_one_battery_come_and_go_round_a_keep_out(hilly: bool) -> None:
    home = _at(0.0, -230.0)
    made = survey(FIELD, LINES, angle_deg=90.0, start=home, keep_out=KeepOut((POND,), buffer_m=10.0))
    ground = TerrainSettings(ground=cast("Ground", _Hill())) if hilly else None
    job = plan_job(
        replace(made, above=HeightAbove.GROUND) if hilly else made,
        JobSettings(home=Home(*home, 0.0), battery=Battery(minutes=6.0), terrain=ground),
    )
    assert len(job.plans) > 2
    pond = shapely.Polygon(POND)
    for plan in job.plans:
        points = [one for one in plan.items if one.command == CMD.NAV_WAYPOINT]
        for one, two in pairwise(points):
            way = np.linspace(
                (one.lat_deg, one.lon_deg, one.alt_m), (two.lat_deg, two.lon_deg, two.alt_m), 50
            )
            assert not hilly or (way[:, 2] - _Hill().heights_m(way[:, 0], way[:, 1])).min() > 19.0
    # The pond lies between home and some line's end: a cut flight has points of its own there.
    works = [one for plan in job.plans for one in _ends_of_work(plan)]
    assert any(shapely.LineString([home, one]).intersects(pond) for one in works)


def _ends_of_work(plan: Plan) -> list[Position]:
    """Return the first and the last place where the camera is switched."""
    switched = [index for index, one in enumerate(plan.items) if one.command == CMD.DO_SET_CAM_TRIGG_DIST]
    ends = (plan.items[switched[0] - 1], plan.items[switched[-1] - 1])
    return [(one.lat_deg, one.lon_deg) for one in ends]
