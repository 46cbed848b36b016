"""Terrain: rasters from generated files, heights between cells, and flights over a hill."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo, Velocity
from hil.errors import ScenarioError
from hil.geodesy import Home, ned_to_lla
from hil.sensors.rangefinder import slant_range_m
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.plant import Plant
from hil.world.raster import Raster, read_raster
from hil.world.terrain import Terrain

HOME = Home(47.5, 8.5, 488.0, 30.0)
PER_DEG_M = 111_180.0  # of latitude, at 47.5 degrees


def ascii_grid(path: Path, heights: np.ndarray, *, west: float, south: float, cell: float) -> Path:
    rows, columns = heights.shape
    head = f"ncols {columns}\nnrows {rows}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\nNODATA_value -9999\n"
    path.write_text(head + "\n".join(" ".join(f"{h:.3f}" for h in row) for row in heights), encoding="ascii")
    return path


def slope_to_the_north(fall_per_m: float) -> Raster:
    """Return a plane that falls to the north, with cells of some 11 m."""
    rows = np.arange(401)[:, None] * np.ones((1, 401))  # rows from the north
    heights = 500.0 + (rows - 200.0) * 1e-4 * PER_DEG_M * fall_per_m
    return Raster("slope", heights.astype(np.float32), 8.48, 47.52, 1e-4, 1e-4)


def test_an_ascii_grid_is_read_with_north_on_top_and_a_void_filled(tmp_path: Path) -> None:
    heights = np.array([[10.0, 20.0, 30.0], [40.0, -9999.0, 60.0]])
    raster = read_raster(ascii_grid(tmp_path / "a.asc", heights, west=8.0, south=47.0, cell=0.5))
    assert raster.height_m(47.75, 8.25) == 10.0
    assert raster.height_m(47.25, 9.25) == 60.0
    assert raster.height_m(47.25, 8.75) == 50.0  # the void, between 40 and 60
    assert raster.height_m(47.5, 8.25) == 25.0
    assert raster.height_m(47.75, 8.5) == 15.0
    assert raster.height_m(60.0, 8.25) == 10.0  # beyond the edge


def test_an_srtm_tile_is_placed_by_its_name(tmp_path: Path) -> None:
    grid = np.zeros((1201, 1201), dtype=">i2")
    grid[0, 0], grid[-1, -1], grid[600, 600] = 100, 200, 300
    grid.tofile(tmp_path / "S34W071.hgt")
    raster = read_raster(tmp_path / "S34W071.hgt")
    assert raster.height_m(-33.0, -71.0) == 100.0
    assert raster.height_m(-34.0, -70.0) == 200.0
    assert raster.height_m(-33.5, -70.5) == 300.0


@pytest.mark.parametrize("projected", [False, True])
def test_a_geotiff_is_read_in_degrees_and_in_metres(tmp_path: Path, projected: bool) -> None:
    rasterio = pytest.importorskip("rasterio")
    from pyproj import Transformer

    heights = np.add.outer(np.arange(20.0) * 10.0, np.arange(30.0)).astype(np.float32)
    crs, west, north, cell = (
        ("EPSG:32632", 460_000.0, 5_262_000.0, 100.0) if projected else ("EPSG:4326", 8.0, 48.0, 0.01)
    )
    with rasterio.open(
        tmp_path / "g.tif", "w", driver="GTiff", height=20, width=30, count=1, dtype="float32", crs=crs,
        transform=rasterio.Affine(cell, 0.0, west, 0.0, -cell, north),
    ) as made:  # fmt: skip
        made.write(heights, 1)
    raster = read_raster(tmp_path / "g.tif")
    x, y = west + 7.5 * cell, north - 3.5 * cell
    if projected:
        x, y = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    assert raster.height_m(y, x) == pytest.approx(37.0, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.png", b"", "unknown terrain format"),
        ("a.hgt", b"\0" * 8, "must be that of the south-west corner"),
        ("N47E008.hgt", b"\0" * 8, "invalid SRTM tile"),
        ("a.asc", b"ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3", "3 heights"),
        (
            "b.asc",
            b"ncols 1\nnrows 1\nxllcorner 460000\nyllcorner 5e6\ncellsize 1\n1",
            "coordinates are not degrees",
        ),
        (
            "c.asc",
            b"ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n1e9",
            "heights must be between -500 and 9000 m",
        ),
        ("d.tif", b"II*\0nothing", "invalid GeoTIFF"),
        ("e.asc", None, "cannot read file"),
    ],
)
def test_an_invalid_terrain_file_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ScenarioError, match=says):
        read_raster(tmp_path / name)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"ncols 2\nnrows 1\nxllcorner 1\nyllcorner 1\ncellsize 1\n"]),
)
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.asc"
    path.write_bytes(head + data)
    try:
        raster = read_raster(path)
    except ScenarioError:
        return
    assert math.isfinite(raster.height_m(1.2, 1.2))


def test_the_ground_follows_the_raster_and_is_zero_at_home() -> None:
    terrain = Terrain(slope_to_the_north(0.25), HOME)
    assert terrain.down_m(0.0, 0.0) == pytest.approx(0.0, abs=1e-6)
    assert terrain.down_m(400.0, 0.0) == pytest.approx(100.0, abs=0.1)
    plane = terrain.plane(100.0, 50.0)
    assert plane.falls_n == pytest.approx(0.25, abs=2e-3)
    assert plane.falls_e == pytest.approx(0.0, abs=2e-3)


def test_far_from_home_level_ground_falls_away_below_its_tangent_plane() -> None:
    """Compare with the ellipsoid's height below the tangent plane: 7.8 m at 10 km."""
    level = Terrain(slope_to_the_north(0.0), HOME)
    _, _, alt_m = ned_to_lla(8000.0, 6000.0, 0.0, HOME.lat_deg, HOME.lon_deg, HOME.alt_amsl_m)
    assert alt_m - HOME.alt_amsl_m > 7.0
    assert level.down_m(8000.0, 6000.0) == pytest.approx(alt_m - HOME.alt_amsl_m, abs=0.05)


def test_a_home_outside_the_raster_is_refused() -> None:
    with pytest.raises(ScenarioError, match="does not cover home"):
        Plant(load_airframe("quad_x"), Home(46.0, 8.5, 400.0), seed=1, terrain=slope_to_the_north(0.1))


def test_an_aircraft_stands_aligned_and_still_on_a_slope() -> None:
    plant = Plant(
        load_airframe("quad_x"), HOME, seed=1, terrain=slope_to_the_north(math.tan(math.radians(15.0)))
    )
    plant.advance(1.0)
    place = plant.truth.pos_ned
    plant.advance(31.0)
    assert math.dist(plant.truth.pos_ned, place) < 30e-3
    roll, pitch, _ = plant.truth.euler_rad  # heading 30 degrees
    assert math.degrees(math.acos(math.cos(roll) * math.cos(pitch))) == pytest.approx(15.0, abs=0.7)


def test_a_flight_over_a_hill_is_the_same_in_any_steps_of_time() -> None:
    def fly(steps: list[float]) -> bytes:
        plant = Plant(load_airframe("quad_x"), HOME, seed=1, terrain=slope_to_the_north(0.1))
        plant.drive([0.5] * 4)
        for until in steps:
            plant.advance(until)
        return plant.state.tobytes()

    assert fly([1.0]) == fly([0.003, 0.3305, 0.777, 1.0])


def test_it_lands_on_a_hill_above_home_and_detects_it() -> None:
    loop = MultirotorSim(load_airframe("quad_x"), HOME, seed=2, terrain=slope_to_the_north(0.1))
    loop.advance(12.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -15.0)))
    loop.advance(22.0)
    loop.command(GoTo((-60.0, 0.0, -15.0)))
    loop.advance(40.0)
    truth = loop.truth
    below = slant_range_m(truth.pos_ned, (1.0, 0.0, 0.0, 0.0), loop.ground_below)
    assert below == pytest.approx(15.0 - 6.0, abs=1.0)
    loop.command(Velocity((0.0, 0.0, 0.7)))
    loop.advance(70.0)
    assert loop.estimate.landed
    assert loop.truth.pos_ned[2] == pytest.approx(-6.0, abs=0.5)
