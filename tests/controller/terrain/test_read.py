"""Terrain files of each format: their places, heights, voids, and invalid ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.terrain.raster import EGM96, Raster
from controller.terrain.read import TerrainError, read_raster


def ascii_grid(path: Path, heights: np.ndarray, *, west: float, south: float, cell: float) -> Path:
    rows, columns = heights.shape
    head = f"ncols {columns}\nnrows {rows}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\nNODATA_value -9999\n"
    path.write_text(head + "\n".join(" ".join(f"{h:.3f}" for h in row) for row in heights), encoding="ascii")
    return path


def test_an_ascii_grid_is_read_with_north_on_top_and_voids_kept_or_filled(tmp_path: Path) -> None:
    heights = np.array([[10.0, 20.0, 30.0], [40.0, -9999.0, 60.0]])
    raster = read_raster(ascii_grid(tmp_path / "a.asc", heights, west=8.0, south=47.0, cell=0.5))
    assert math.isnan(raster.height_m(47.25, 8.75))
    raster = raster.filled()
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
    with pytest.raises(TerrainError, match=says):
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
    except TerrainError:
        return
    assert math.isfinite(raster.filled().height_m(1.2, 1.2))


def test_the_datum_is_that_of_the_format_or_not_stated(tmp_path: Path) -> None:
    np.zeros((1201, 1201), dtype=">i2").tofile(tmp_path / "N47E008.hgt")
    assert read_raster(tmp_path / "N47E008.hgt").datum == EGM96
    assert (
        read_raster(ascii_grid(tmp_path / "a.asc", np.zeros((2, 2)), west=8.0, south=47.0, cell=0.5)).datum
        == ""
    )


def test_heights_of_many_places_are_those_of_each_place() -> None:
    heights = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    raster = Raster("grid", heights, 8.0, 48.0, 0.1, 0.1)
    lats, lons = np.array([47.98, 47.85, 48.04]), np.array([8.02, 8.29, 8.0])
    each = [raster.height_m(lat, lon) for lat, lon in zip(lats, lons, strict=True)]
    assert raster.heights_m(lats, lons) == pytest.approx(each)


def test_a_place_off_the_grid_or_beside_a_void_has_no_height() -> None:
    heights = np.array([[1.0, 2.0, np.nan]], dtype=np.float32)
    raster = Raster("grid", heights, 8.0, 48.0, 0.1, 0.1)
    found = raster.heights_m(np.full(5, 48.0), np.array([7.9, 8.05, 8.1, 8.15, np.nan]))
    assert found == pytest.approx([np.nan, 1.5, 2.0, np.nan, np.nan], nan_ok=True)
