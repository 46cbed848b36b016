"""Power lines and bridges: distances recomputed with shapely, and what the photos see."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from controller.errors import SafetyRefused
from controller.missions.assets.asset import Asset
from controller.missions.errors import PlanError
from controller.missions.patterns.bridge import BridgeOptions, bridge
from controller.missions.patterns.strip import StripOptions, strip
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route

WGS84 = Geod(ellps="WGS84")
PLACE = (47.0, 8.0)


def on_earth(point: tuple[float, float]) -> tuple[float, float]:
    azimuth = math.degrees(math.atan2(point[0], point[1]))
    lon_deg, lat_deg, _ = WGS84.fwd(PLACE[1], PLACE[0], azimuth, math.hypot(*point))
    return float(lat_deg), float(lon_deg)


def in_space(lats_deg: np.ndarray, lons_deg: np.ndarray, heights_m: np.ndarray) -> np.ndarray:
    count = len(lats_deg)
    azimuths, _, away_m = WGS84.inv([PLACE[1]] * count, [PLACE[0]] * count, lons_deg, lats_deg)
    angles = np.radians(azimuths)
    return np.column_stack([away_m * np.sin(angles), away_m * np.cos(angles), heights_m])


def path_of(route: Route) -> np.ndarray:
    values = np.asarray([(one.lat_deg, one.lon_deg, one.height_m) for one in route.stops])
    path = in_space(values[:, 0], values[:, 1], values[:, 2])
    legs = [
        np.linspace(a, b, max(2, math.ceil(float(np.linalg.norm(b - a)) / 0.5))) for a, b in pairwise(path)
    ]
    return np.concatenate(legs)


def nearest_m(points: np.ndarray, solid: shapely.Polygon, low_m: float, high_m: float) -> float:
    across = shapely.distance(solid, shapely.points(points[:, :2]))
    up = np.maximum(np.maximum(low_m - points[:, 2], points[:, 2] - high_m), 0.0)
    return float(np.hypot(across, up).min())


def line_of(points: list[tuple[float, float]], height_m: float | None = None) -> list[Asset]:
    return [
        Asset("tower", str(14 + index), *on_earth(one), height_m, 14.0 + index)
        for index, one in enumerate(points)
    ]


BENT = [(0.0, 0.0), (80.0, 10.0), (170.0, -20.0), (240.0, 40.0)]


@settings(max_examples=4, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(60.0, 150.0), st.floats(-50.0, 50.0)), min_size=1, max_size=4),
    stand_off_m=st.floats(4.0, 20.0),
    trigger_m=st.sampled_from([0.0, 12.0]),
)
def test_no_leg_along_a_power_line_is_nearer_than_the_stand_off(
    steps: list[tuple[float, float]], stand_off_m: float, trigger_m: float
) -> None:
    points = [(0.0, 0.0)]
    for east, north in steps:
        points.append((points[-1][0] + east, points[-1][1] + north))
    route = strip(line_of(points), StripOptions(stand_off_m=stand_off_m, trigger_m=trigger_m))
    conductors = shapely.LineString(points).buffer(6.0, cap_style="flat")
    assert nearest_m(path_of(route), conductors, 0.0, 30.0) > stand_off_m - 0.15


def test_towers_and_spans_are_seen_from_both_sides_by_their_names() -> None:
    route = strip(line_of(BENT, 35.0), StripOptions(stand_off_m=10.0, span_photos=2))
    photos = photos_of(route)
    counts = {asset: photos.assets.count(asset) for asset in photos.assets}
    assert counts == {
        "tower 14": 2, "span 14-15": 4, "tower 15": 2, "span 15-16": 4, "tower 16": 2, "span 16-17": 4, "tower 17": 2,
    }  # fmt: skip
    at = in_space(photos.lats_deg, photos.lons_deg, photos.heights_m)
    line, wires = shapely.LineString(BENT), shapely.LineString(BENT).buffer(0.5)
    sides = set()
    for point, heading, pitch, asset in zip(
        at, photos.headings_deg, photos.pitches_deg, photos.assets, strict=True
    ):
        east, north = 40.0 * math.sin(math.radians(heading)), 40.0 * math.cos(math.radians(heading))
        seen = shapely.LineString([point[:2], (point[0] + east, point[1] + north)]).intersection(wires)
        assert not seen.is_empty
        assert 15.0 < shapely.Point(point[:2]).distance(seen) < 20.0
        assert -45.0 < pitch < 0.0
        along = min(max(line.project(shapely.Point(point[:2])), 1.0), line.length - 1.0)
        ahead = np.subtract(line.interpolate(along + 1.0).coords[0], line.interpolate(along - 1.0).coords[0])
        beside = np.subtract(point[:2], line.interpolate(along).coords[0])
        sides.add((asset, bool(ahead[0] * beside[1] > ahead[1] * beside[0])))
    assert len(sides) == 2 * len(counts)


def test_a_leg_of_photos_is_straight_with_the_nose_kept_to_its_end() -> None:
    towers = line_of(BENT, 35.0)
    towers[1] = replace(towers[1], height_m=42.0)
    stops = strip(towers, StripOptions(stand_off_m=10.0, trigger_m=8.0)).stops
    begun = [(begin, end) for begin, end in pairwise(stops) if begin.trigger_m]
    assert len(begun) == 2 * 3
    for begin, end in begun:
        assert (end.heading_deg, end.pitch_deg, end.asset) == (
            begin.heading_deg,
            begin.pitch_deg,
            begin.asset,
        )


def test_photos_in_flight_look_square_to_their_span() -> None:
    route = strip(
        line_of([(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)]), StripOptions(stand_off_m=10.0, trigger_m=10.0)
    )
    photos = photos_of(route)
    spans = [index for index, asset in enumerate(photos.assets) if asset.startswith("span")]
    assert len(spans) == 2 * 2 * 11
    assert set(photos.headings_deg[spans].round(1)) <= {0.0, 180.0, 360.0}


@pytest.mark.parametrize(("side", "north"), [("left", True), ("right", False)])
def test_one_side_of_a_line_is_flown_alone(side: str, north: bool) -> None:
    options = StripOptions(stand_off_m=10.0, sides=side)  # type: ignore[arg-type]
    photos = photos_of(strip(line_of([(0.0, 0.0), (100.0, 0.0)]), options))
    at = in_space(photos.lats_deg, photos.lons_deg, photos.heights_m)
    assert ((at[:, 1] > 0.0) == north).all()
    assert photos.assets == ("tower 14", "span 14-15", "tower 15")


def test_a_line_that_turns_back_is_refused() -> None:
    with pytest.raises(PlanError, match="turns back at tower 2"):
        strip(line_of([(0.0, 0.0), (100.0, 0.0), (0.0, 20.0)]), StripOptions(stand_off_m=10.0))
    with pytest.raises(PlanError, match=r"tower 14 alone has no span.*--assets 14-16.*plan orbit"):
        strip(line_of([(0.0, 0.0)]), StripOptions(stand_off_m=10.0))


DECK = [(0.0, 0.0), (120.0, 0.0)]
PIERS = [
    [(38.0, -3.0), (42.0, -3.0), (42.0, 3.0), (38.0, 3.0)],
    [(78.0, -3.0), (82.0, -3.0), (82.0, 3.0), (78.0, 3.0)],
]


@cache
def planned_bridge(**changed: object) -> Route:
    values = {"width_m": 12.0, "under_m": 20.0, "top_m": 24.0, "stand_off_m": 8.0, "photo_m": 4.0}
    options = BridgeOptions(**values | changed)  # type: ignore[arg-type]
    piers = [[on_earth(corner) for corner in one] for one in PIERS]
    return bridge([on_earth(one) for one in DECK], piers, options)


def test_no_leg_round_a_bridge_is_nearer_than_the_stand_off() -> None:
    points = path_of(planned_bridge())
    assert nearest_m(points, shapely.box(0.0, -6.0, 120.0, 6.0), 20.0, 24.0) > 7.85
    for pier in PIERS:
        assert nearest_m(points, shapely.Polygon(pier), 0.0, 20.0) > 7.85
    assert points[:, 2].min() > 3.0 - 1e-6


def test_the_underside_is_seen_from_below_where_no_pier_is_too_near() -> None:
    route = planned_bridge()
    photos = photos_of(route)
    at = in_space(photos.lats_deg, photos.lons_deg, photos.heights_m)
    under = np.asarray([asset.startswith("underside") for asset in photos.assets])
    assert photos.pitches_deg[under] == pytest.approx(60.0)
    headings = np.radians(photos.headings_deg[under])
    reach_m = 8.0 / math.tan(math.radians(60.0))
    seen = at[under][:, :2] + reach_m * np.column_stack([np.sin(headings), np.cos(headings)])
    for east in (*range(0, 28, 3), *range(53, 68, 3), *range(93, 121, 3)):
        for north in (-5.0, 0.0, 5.0):
            assert np.hypot(seen[:, 0] - east, seen[:, 1] - north).min() < 3.0
    assert any("are left out: a pier is too near" in one for one in route.remarks)
    assert sum(asset == "pier 1" for asset in photos.assets) > 20
    for side, heading in (("right", 0.0), ("left", 180.0)):
        rows = [index for index, asset in enumerate(photos.assets) if asset.startswith(side)]
        assert len(rows) == 31
        assert np.abs((photos.headings_deg[rows] - heading + 180.0) % 360.0 - 180.0).max() < 0.1


def test_the_faces_of_a_bridge_are_turned_to_those_who_see_them() -> None:
    outward = {}
    for one in planned_bridge().panels:
        places = (one.corner, one.along, one.up)
        triples = np.asarray([(place.lat_deg, place.lon_deg, place.height_m) for place in places])
        corner, along, up = in_space(*triples.T)
        normal = np.cross(along - corner, up - corner)
        outward[one.name] = tuple(np.round(normal / np.linalg.norm(normal), 2) + 0.0)
    assert outward["right side 1"] == (0.0, -1.0, 0.0)
    assert outward["left side 1"] == (0.0, 1.0, 0.0)
    assert outward["underside 1"] == (0.0, 0.0, -1.0)


def test_a_bridge_too_low_to_fly_below_is_a_safety_refusal() -> None:
    with pytest.raises(SafetyRefused, match="8 m below its deck is 2"):
        planned_bridge(under_m=10.0, top_m=12.0)
    sides = photos_of(planned_bridge(under_m=10.0, top_m=12.0, parts=("sides",)))
    assert len(sides) == 62


def test_a_camera_that_cannot_look_up_is_refused() -> None:
    with pytest.raises(PlanError, match="does not see it"):
        planned_bridge(gimbal_up_deg=20.0)
