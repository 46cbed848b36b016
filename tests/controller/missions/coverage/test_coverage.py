"""Coverage of photos, against footprints that shapely and pyproj give by other code than the planner's."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pyproj import Geod
from shapely import Point, Polygon

from controller.missions.coverage.coverage import Coverage, cover
from controller.missions.coverage.gaps import connected
from controller.missions.coverage.target import Target
from controller.missions.errors import PlanError
from controller.missions.patterns.camera import Camera
from controller.missions.route.photos import Photos
from controller.missions.route.route import Panel, Place

GEOD = Geod(ellps="WGS84")
CAMERA = Camera(
    sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, image_width_px=5472, image_height_px=3648
)
LAT, LON = 47.4, 8.5


def _place(north_m: float, east_m: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(LON, LAT, math.degrees(math.atan2(east_m, north_m)), math.hypot(north_m, east_m))
    return lat, lon


def _photos(*taken: tuple[float, float, float, float, float], assets: tuple[str, ...] = ()) -> Photos:
    """Photos from metres north, east and up, heading and pitch."""
    places = [_place(north, east) for north, east, *_ in taken]
    columns = np.asarray(taken, dtype=float)
    lats, lons = (np.asarray(one) for one in zip(*places, strict=True))
    return Photos(lats, lons, columns[:, 2], columns[:, 3], columns[:, 4], assets or ("",) * len(taken))


def _square(half_m: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    corners = ((-half_m, -half_m), (-half_m, half_m), (half_m, half_m), (half_m, -half_m))
    return (tuple(_place(*one) for one in corners),)


def _footprint(north_m: float, east_m: float, up_m: float, heading_deg: float, pitch_deg: float) -> Polygon:
    """Corners of a picture on flat ground: the rays of the lens turned about the level axis, then about the plumb."""
    corners = []
    for across, along in ((-1, -1), (-1, 1), (1, 1), (1, -1)):
        right, top, out = across * 13.2 / 8.8 / 2.0, along * 0.5, 1.0
        tilt = math.radians(pitch_deg)
        forward, up = out * math.cos(tilt) - top * math.sin(tilt), out * math.sin(tilt) + top * math.cos(tilt)
        reach = up_m / -up
        turn = math.radians(heading_deg)
        corners.append(
            (
                east_m + reach * (forward * math.sin(turn) + right * math.cos(turn)),
                north_m + reach * (forward * math.cos(turn) - right * math.sin(turn)),
            )
        )
    return Polygon(corners)


def _at(coverage: Coverage, north_m: float, east_m: float) -> int:
    ground = coverage.ground
    assert ground is not None
    lat, lon = _place(north_m, east_m)
    x, y = coverage.on_earth.to_map((lat, lon))
    row = int((y - ground.corner_m[1]) / ground.cell_m)
    column = int((x - ground.corner_m[0]) / ground.cell_m)
    return int(ground.seen.counts[row, column])


@pytest.mark.parametrize(
    "shot",
    [
        (0.0, 0.0, 60.0, 0.0, -90.0),
        (10.0, -20.0, 60.0, 37.0, -90.0),
        (-20.0, 5.0, 50.0, 250.0, -60.0),
        (0.0, 0.0, 40.0, 135.0, -50.0),
    ],
    ids=["down", "turned", "slanted", "slanted more"],
)
def test_a_photo_shows_the_cells_inside_its_footprint(shot: tuple[float, float, float, float, float]) -> None:
    found = cover(_photos(shot), Target("one", CAMERA, _square(150.0)), cell_m=1.0)
    footprint = _footprint(*shot)
    random = np.random.default_rng(3)
    wrong = 0
    for north, east in random.uniform(-148.0, 148.0, (600, 2)).tolist():
        # The edge runs through cells: half of a cell's diagonal is left out.
        if footprint.exterior.distance(Point(east, north)) > 0.8:
            wrong += (_at(found, north, east) == 1) != footprint.contains(Point(east, north))
    assert wrong == 0
    shown_m2 = found.figures.area_m2 * found.figures.seen[1] / 100.0
    assert shown_m2 == pytest.approx(footprint.area, rel=0.01)


def test_the_size_of_a_pixel_is_that_of_the_camera_at_its_height() -> None:
    found = cover(_photos((0, 0, 60.0, 0, -90), (0, 0, 90.0, 0, -90)), Target("two", CAMERA, _square(25.0)))
    assert found.figures.gsd_median_cm == pytest.approx(CAMERA.gsd_cm(60.0), rel=1e-3)
    assert found.figures.gsd_spread == pytest.approx(1.5, rel=1e-3)
    assert found.figures.seen[2] == 100.0
    assert found.figures.gaps == ()


def test_a_gap_has_its_place_and_size() -> None:
    # Two photos show the western and the eastern part; 20 m between them nobody shows.
    shots = ((0.0, -55.0, 60.0, 0.0, -90.0), (0.0, 55.0, 60.0, 0.0, -90.0))
    outline = (tuple(_place(*one) for one in ((-20, -90), (-20, 90), (20, 90), (20, -90))),)
    found = cover(_photos(*shots, assets=("tower 14", "tower 15")), Target("t", CAMERA, outline), needed=1)
    assert found.figures.gap_count == 1
    gap = found.figures.gaps[0]
    assert gap.area_m2 == pytest.approx(20.0 * 40.0, rel=0.15)
    assert GEOD.inv(gap.lon_deg, gap.lat_deg, LON, LAT)[2] < 5.0
    assert found.figures.assets == {"tower 14": 1, "tower 15": 1}
    assert "seen by fewer than 1 photos" in "\n".join(found.figures.lines())


def test_a_wall_of_the_terrain_hides_what_is_behind_it() -> None:
    def ground(lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
        # A wall of 30 m, 40 to 45 m east of the middle.
        _, _, away = GEOD.inv(np.full_like(lons, LON), np.full_like(lats, LAT), lons, np.full_like(lats, LAT))
        return np.where((lons > LON) & (away > 40.0) & (away < 45.0), 30.0, 0.0)

    shot = (0.0, 0.0, 40.0, 90.0, -45.0)
    flat = cover(_photos(shot), Target("w", CAMERA, _square(100.0)), cell_m=1.0)
    walled = cover(_photos(shot), Target("w", CAMERA, _square(100.0)), cell_m=1.0, ground=ground)
    assert (_at(flat, 0.0, 80.0), _at(walled, 0.0, 80.0)) == (1, 0)
    assert (_at(flat, 0.0, 30.0), _at(walled, 0.0, 30.0)) == (1, 1)


def test_a_picture_with_the_horizon_is_cut_at_its_reach() -> None:
    photos = _photos((0.0, 0.0, 20.0, 0.0, 0.0))
    found = cover(photos, Target("level", CAMERA, _square(300.0)), reach_m=100.0, cell_m=2.0)
    assert (_at(found, 90.0, 0.0), _at(found, 110.0, 0.0), _at(found, -50.0, 0.0)) == (1, 0, 0)


def test_a_wall_is_seen_from_its_front_and_not_from_behind() -> None:
    # It stands along the east, and is shown from the south: from there the east is to the right.
    corner, along = _place(0.0, -10.0), _place(0.0, 10.0)
    wall = Panel("south", Place(*corner, 0.0), Place(*along, 0.0), Place(*corner, 12.0))
    target = Target("facade", CAMERA, panels=(wall,))
    front = cover(_photos((-20.0, 0.0, 6.0, 0.0, 0.0)), target).figures
    behind = cover(_photos((20.0, 0.0, 6.0, 180.0, 0.0)), target).figures
    assert front.area_m2 == pytest.approx(240.0, rel=1e-3)
    assert (front.seen[1], behind.seen[1]) == (100.0, 0.0)
    assert front.gsd_median_cm == pytest.approx(CAMERA.gsd_cm(20.0), rel=1e-3)
    assert behind.gaps[0].height_m == pytest.approx(6.0, abs=1.0)


def test_groups_of_cells_that_share_a_side_are_found_whole() -> None:
    cells = np.asarray([[1, 0, 1, 1], [1, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 1]], dtype=bool)
    groups = connected(cells)
    assert [count for count, _, _ in groups] == [6, 2, 1]
    assert all(cells[int(row), int(column)] for _, row, column in groups)
    assert connected(np.zeros((3, 3), dtype=bool)) == []


def test_a_coverage_without_photos_or_with_too_much_ground_is_refused() -> None:
    none = replace(_photos((0, 0, 50, 0, -90)), **{name: np.zeros(0) for name in ("lats_deg",)}, assets=())
    with pytest.raises(PlanError, match="there are no photos"):
        cover(none, Target("none", CAMERA))
    with pytest.raises(PlanError, match="use larger cells"):
        cover(_photos((0, 0, 50, 0, -90)), Target("big", CAMERA, _square(5000.0)), cell_m=0.5)
    with pytest.raises(PlanError, match="the terrain has no height"):
        cover(
            _photos((0, 0, 50, 0, -90)), Target("t", CAMERA), ground=lambda lats, lons: lats * np.nan + lons
        )
