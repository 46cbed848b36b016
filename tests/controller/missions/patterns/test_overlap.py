"""Every place of a polygon is on as many photos as the overlaps promise, counted by code that is not the planner's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.corridor import corridor
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route

CAMERA = Camera(13.2, 8.8, 8.8, 5472, 3648)
HEIGHT_M = 60.0
# A plane of its own, conformal, whose scale at its centre is 1: 0.2 mm a kilometre away from it.
CENTER: Position = (-33.9, 151.2)
PLANE = Transformer.from_crs(
    "EPSG:4326", f"+proj=tmerc +lat_0={CENTER[0]} +lon_0={CENTER[1]} +ellps=WGS84", always_xy=True
)


def _places(metres: list[tuple[float, float]]) -> list[Position]:
    lons, lats = PLANE.transform(*zip(*metres, strict=True), direction="INVERSE")
    return list(zip(lats, lons, strict=True))


def _options(front: float, side: float) -> PassOptions:
    spacing_m, trigger_m = CAMERA.spacing_m(HEIGHT_M, side), CAMERA.trigger_m(HEIGHT_M, front)
    along_m, aside_m = CAMERA.margins_m(HEIGHT_M, spacing_m, trigger_m)
    return PassOptions(
        height_m=HEIGHT_M,
        spacing_m=spacing_m,
        trigger_m=trigger_m,
        camera=CAMERA,
        margin_along_m=along_m,
        margin_aside_m=aside_m,
    )


def _counts(route: Route, area: shapely.Polygon, step_m: float) -> NDArray[np.int64]:
    """Return for points of a grid inside the area how many photos see them."""
    west, south, east, north = area.bounds
    grid = np.stack(np.meshgrid(np.arange(west, east, step_m), np.arange(south, north, step_m)), -1).reshape(
        -1, 2
    )
    corners = shapely.get_coordinates(area)
    points = np.concatenate([grid[shapely.contains_xy(area, *grid.T)], corners])
    photos = photos_of(route)
    x, y = PLANE.transform(photos.lons_deg, photos.lats_deg)
    course = np.radians(photos.headings_deg)
    half_across_m = HEIGHT_M * 13.2 / 8.8 / 2.0
    half_along_m = HEIGHT_M * 8.8 / 8.8 / 2.0
    east_m, north_m = points[:, :1] - x, points[:, 1:] - y
    along_m = east_m * np.sin(course) + north_m * np.cos(course)
    across_m = east_m * np.cos(course) - north_m * np.sin(course)
    slack_m = 0.05  # rounding, and the plane's own error
    seen = (np.abs(along_m) <= half_along_m + slack_m) & (np.abs(across_m) <= half_across_m + slack_m)
    return np.asarray(seen.sum(axis=1))


def _promised(front: float, side: float) -> int:
    return math.floor(1.0 / (1.0 - front) + 1e-9) * math.floor(1.0 / (1.0 - side) + 1e-9)


@settings(max_examples=30, deadline=None)
@given(
    radii=st.lists(st.floats(30, 220), min_size=4, max_size=9),
    hole=st.floats(0.0, 0.8),
    angle_deg=st.floats(-180, 180),
    front=st.sampled_from([0.0, 0.5, 0.75, 0.8]),
    side=st.sampled_from([0.0, 0.3, 0.6, 0.7]),
    crosshatch=st.booleans(),
)
def test_every_place_is_on_as_many_photos_as_the_overlaps_promise(
    radii: list[float], hole: float, angle_deg: float, front: float, side: float, crosshatch: bool
) -> None:
    turns = [math.tau * index / len(radii) for index in range(len(radii))]
    outer = [(r * math.sin(turn), r * math.cos(turn)) for r, turn in zip(radii, turns, strict=True)]
    inner = [(hole * x, hole * y) for x, y in outer] if hole > 0.1 else []
    area = shapely.Polygon(outer, [inner] if inner else None)
    made = survey(
        _places(outer),
        _options(front, side),
        angle_deg=angle_deg,
        crosshatch=crosshatch,
        holes=[_places(inner)] if inner else [],
    )
    assert _counts(made, area, 11.0).min() >= _promised(front, side) * (2 if crosshatch else 1)


@pytest.mark.parametrize(("front", "side"), [(0.75, 0.6), (0.5, 0.0), (0.8, 0.75)])
def test_every_place_of_a_straight_corridor_is_on_as_many_photos(front: float, side: float) -> None:
    line = [(-200.0, 0.0), (0.0, 15.0), (200.0, 30.0)]
    made = corridor(_places(line), _options(front, side), width_m=60.0)
    band = shapely.LineString(line).buffer(30.0, cap_style="flat")
    assert _counts(made, band, 9.0).min() >= _promised(front, side)


@pytest.mark.parametrize("turn_deg", [20.0, 60.0, 90.0])
def test_no_place_at_the_bend_of_a_corridor_is_left_out(turn_deg: float) -> None:
    turn = math.radians(turn_deg)
    line = [(-200.0, 0.0), (0.0, 0.0), (200.0 * math.cos(turn), 200.0 * math.sin(turn))]
    made = corridor(_places(line), _options(0.75, 0.6), width_m=60.0)
    band = shapely.LineString(line).buffer(30.0, cap_style="flat", join_style="mitre")
    assert _counts(made, band, 5.0).min() >= _promised(0.75, 0.6) // 2


def test_without_margins_the_border_is_on_fewer_photos() -> None:
    options = _options(0.75, 0.6)
    plain = PassOptions(
        height_m=HEIGHT_M, spacing_m=options.spacing_m, trigger_m=options.trigger_m, camera=CAMERA
    )
    square = [(-100.0, -100.0), (100.0, -100.0), (100.0, 100.0), (-100.0, 100.0)]
    area = shapely.Polygon(square)
    assert _counts(survey(_places(square), plain), area, 10.0).min() < _promised(0.75, 0.6)
    assert _counts(survey(_places(square), plain), area.buffer(-60.0), 10.0).min() >= _promised(0.75, 0.6)


def test_the_area_is_that_of_the_ellipsoid() -> None:
    from pyproj import Geod

    corners = _places([(-900.0, -700.0), (800.0, -650.0), (300.0, 100.0), (700.0, 900.0), (-600.0, 500.0)])
    lats, lons = zip(*corners, strict=True)
    area_m2, _ = Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)
    assert survey(corners, _options(0.75, 0.6)).area_m2 == pytest.approx(abs(area_m2), rel=1e-6)
