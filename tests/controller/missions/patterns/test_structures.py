"""Patterns round structures: distances recomputed with shapely and pyproj, and what the photos see."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from controller.app.planning.job import JobSettings, plan_job
from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.formats import qgc_plan
from controller.missions.patterns.structure import LayerOptions, OrbitOptions, facade, orbit, structure
from controller.missions.resume import rest_of
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route
from controller.missions.route.split import split_route

WGS84 = Geod(ellps="WGS84")
PLACE = (47.0, 8.0)
HOUSE = ((0.0, 0.0), (20.0, 0.0), (20.0, 12.0), (0.0, 12.0))


def on_earth(point: tuple[float, float]) -> tuple[float, float]:
    azimuth = math.degrees(math.atan2(point[0], point[1]))
    lon_deg, lat_deg, _ = WGS84.fwd(PLACE[1], PLACE[0], azimuth, math.hypot(*point))
    return float(lat_deg), float(lon_deg)


def flown_path(route: Route) -> np.ndarray:
    """Return the stops as east, north, up."""
    found = []
    for stop in route.stops:
        azimuth, _, away_m = WGS84.inv(PLACE[1], PLACE[0], stop.lon_deg, stop.lat_deg)
        angle = math.radians(azimuth)
        found.append((away_m * math.sin(angle), away_m * math.cos(angle), stop.height_m))
    return np.asarray(found)


def sampled(path: np.ndarray) -> np.ndarray:
    legs = [
        np.linspace(a, b, max(2, math.ceil(float(np.linalg.norm(b - a)) / 0.2))) for a, b in pairwise(path)
    ]
    return np.concatenate(legs)


def nearest_m(path: np.ndarray, footprint: tuple[tuple[float, float], ...], top_m: float) -> float:
    points = sampled(path)
    across = shapely.distance(shapely.Polygon(footprint), shapely.points(points[:, :2]))
    return float(np.hypot(across, np.maximum(points[:, 2] - top_m, 0.0)).min())


def layers(**changed: object) -> LayerOptions:
    values = {"stand_off_m": 8.0, "bottom_m": 4.0, "top_m": 16.0, "layer_m": 4.0, "photo_m": 5.0}
    return LayerOptions(**values | changed)  # type: ignore[arg-type]


def planned(footprint: tuple[tuple[float, float], ...], **changed: object) -> Route:
    return structure([on_earth(one) for one in footprint], layers(**changed))


footprints = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=3, max_size=9, unique=True
).map(lambda points: shapely.MultiPoint(points).convex_hull)


@settings(max_examples=8, deadline=None)
@given(
    footprint=footprints.filter(lambda hull: hull.area > 1.0),
    stand_off_m=st.floats(2.0, 25.0),
    top_m=st.floats(5.0, 60.0),
)
def test_no_leg_round_a_structure_is_nearer_than_the_stand_off(
    footprint: shapely.Polygon, stand_off_m: float, top_m: float
) -> None:
    corners = tuple(footprint.exterior.coords[:-1])
    route = planned(corners, stand_off_m=stand_off_m, top_m=top_m, layer_m=20.0, photo_m=30.0)
    path = flown_path(route)
    assert nearest_m(path, corners, top_m) > stand_off_m - 0.1
    assert path[:, 2].min() >= 3.0


@pytest.mark.parametrize("degrees", [10.0, 33.0, 44.0, 59.0, 74.0, 101.0])
def test_a_sharp_corner_is_rounded_without_a_leg_nearer_than_the_stand_off(degrees: float) -> None:
    tip = (30.0 * math.cos(math.radians(degrees)), 30.0 * math.sin(math.radians(degrees)))
    corners = ((0.0, 0.0), (30.0, 0.0), tip)
    assert nearest_m(flown_path(planned(corners, photo_m=20.0)), corners, 16.0) > 8.0 - 0.03


def test_a_structure_with_a_yard_is_kept_away_from_too() -> None:
    yard = (
        (0.0, 0.0),
        (60.0, 0.0),
        (60.0, 50.0),
        (40.0, 50.0),
        (40.0, 15.0),
        (20.0, 15.0),
        (20.0, 50.0),
        (0.0, 50.0),
    )
    assert nearest_m(flown_path(planned(yard)), yard, 16.0) > 7.9


def test_every_part_of_each_wall_is_seen_squarely_from_near() -> None:
    route = planned(HOUSE)
    photos = photos_of(route)
    at = flown_path(route)[[stop.photo for stop in route.stops]]
    heading = np.radians(photos.headings_deg)
    looks = np.column_stack([np.sin(heading), np.cos(heading)])
    for begin, end in pairwise((*HOUSE, HOUSE[0])):
        along = np.subtract(end, begin) / math.dist(begin, end)
        out = np.asarray((along[1], -along[0]))
        for share in np.linspace(0.05, 0.95, 10):
            for up_m in (4.0, 8.0, 12.0, 16.0):
                point = np.asarray((*(np.asarray(begin) + share * np.subtract(end, begin)), up_m))
                away = np.linalg.norm(at - point, axis=1)
                squarely = -(looks @ out) > math.cos(math.radians(20.0))
                assert away[squarely].min() < 8.0 * 1.2


@pytest.mark.parametrize("top_first", [False, True])
def test_layers_are_flown_from_the_chosen_end_with_their_pitch(top_first: bool) -> None:
    route = planned(HOUSE, top_first=top_first, pitches_deg=(10.0, 0.0, -10.0, -30.0))
    found = list(dict.fromkeys((stop.height_m, stop.pitch_deg) for stop in route.stops if stop.photo))
    expected = [(4.0, 10.0), (8.0, 0.0), (12.0, -10.0), (16.0, -30.0)]
    assert found == (expected[::-1] if top_first else expected)


def test_a_structure_begins_and_ends_above_and_beside_it() -> None:
    path = flown_path(planned(HOUSE))
    for point in (path[0], path[-1]):
        assert point[2] >= 16.0 + 8.0
        assert shapely.Polygon(HOUSE).distance(shapely.Point(point[:2])) > 7.9


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("from_left", [False, True])
def test_a_facade_is_seen_square_to_the_wall_from_its_side(from_left: bool, columns: bool) -> None:
    wall = ((0.0, 0.0), (0.0, 30.0))
    options = layers(photo_m=6.0)
    route = facade([on_earth(one) for one in wall], options, from_left=from_left, columns=columns)
    path = flown_path(route)
    at = path[[stop.photo for stop in route.stops]]
    assert len(at) == 6 * 4
    assert at[:, 0] == pytest.approx([-8.1 if from_left else 8.1] * len(at), abs=0.05)
    assert set(photos_of(route).headings_deg.round(3)) == {90.0 if from_left else 270.0}
    assert nearest_m(path, ((-0.05, 0.0), (0.05, 0.0), (0.05, 30.0), (-0.05, 30.0)), 16.0) > 7.9
    changes = np.abs(np.diff(at, axis=0)).max(axis=0)
    assert changes == pytest.approx([0.0, 6.0, 4.0], abs=0.05)


def test_an_orbit_looks_at_its_middle_from_each_height() -> None:
    route = orbit(PLACE, OrbitOptions(radius_m=20.0, heights_m=(10.0, 25.0), look_at_m=10.0, photos=12))
    at = flown_path(route)[[stop.photo for stop in route.stops]]
    photos = photos_of(route)
    assert np.hypot(at[:, 0], at[:, 1]) == pytest.approx([20.0] * 24, abs=0.02)
    expected = np.degrees(np.arctan2(-at[:, 0], -at[:, 1]))
    assert np.abs((photos.headings_deg - expected + 180.0) % 360.0 - 180.0).max() < 0.1
    assert photos.pitches_deg[:12] == pytest.approx([0.0] * 12, abs=0.01)
    assert photos.pitches_deg[12:] == pytest.approx([-36.87] * 12, abs=0.1)


@pytest.mark.parametrize(
    ("footprint", "changed", "said"),
    [
        (HOUSE[:2], {}, "2 corners"),
        ((HOUSE[0], HOUSE[2], HOUSE[1], HOUSE[3]), {}, "crosses itself"),
        (HOUSE, {"top_m": 1.0}, "below the lowest layer"),
        (HOUSE, {"photo_m": 0.0}, "less than 0.2 m apart"),
        (HOUSE, {"photo_m": 0.2, "layer_m": 0.2}, "photos"),
        (HOUSE, {"stand_off_m": 0.0}, "stand-off of 0 m"),
        (HOUSE, {"top_m": math.nan}, "top_m is no number"),
        (HOUSE, {"pitches_deg": (0.0, 10.0)}, "2 for 4 layers"),
        (HOUSE, {"pitches_deg": (99.0,)}, "pitch of the camera"),
    ],
)
def test_a_structure_that_makes_no_sense_is_refused(
    footprint: tuple[tuple[float, float], ...], changed: dict[str, object], said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        planned(footprint, **changed)


def test_a_layer_below_the_lowest_height_is_a_safety_refusal() -> None:
    with pytest.raises(SafetyRefused, match="lower than 3 m"):
        planned(HOUSE, bottom_m=1.0)


def test_a_home_beside_the_wall_is_a_safety_refusal() -> None:
    with pytest.raises(SafetyRefused, match="home is nearer than 8 m"):
        structure([on_earth(one) for one in HOUSE], layers(), start=on_earth((-3.0, 0.0)))


def test_an_orbit_whose_legs_cut_the_stand_off_is_refused() -> None:
    with pytest.raises(PlanError, match="as near as 5\\.0 m"):
        orbit(PLACE, OrbitOptions(radius_m=10.0, heights_m=(10.0,), look_at_m=0.0, photos=3))


def test_a_structure_longer_than_a_battery_is_entered_and_left_above_it() -> None:
    route = planned(HOUSE, photo_m=3.0)
    flights = split_route(route, lambda flight: sum(stop.photo for stop in flight.stops) <= 30)
    assert len(flights) > 2
    taken = [stop for flight in flights for stop in flight.stops if stop.photo]
    assert taken == [stop for stop in route.stops if stop.photo]
    for flight in flights:
        path = flown_path(flight)
        assert nearest_m(path, HOUSE, 16.0) > 7.85
        for point in (path[0], path[-1]):
            assert point[2] >= 16.0 + 8.0 - 1e-6
            assert shapely.Polygon(HOUSE).distance(shapely.Point(point[:2])) > 7.85


def test_an_inspection_is_not_resumed_within() -> None:
    plan = plan_job(planned(HOUSE), JobSettings()).plans[0]
    again = qgc_plan.read(qgc_plan.write(plan), "a.plan")
    with pytest.raises(SafetyRefused, match="cannot resume the structure"):
        rest_of(again, 5, [])
