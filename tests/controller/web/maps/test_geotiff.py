"""GeoTIFF as web mercator tiles: colours, palettes, no data, and files that must not be opened."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.web.maps.geotiff import Geotiff
from controller.web.maps.source import MapError, Tile
from tests.support.map_files import write_geotiff

rasterio = pytest.importorskip("rasterio")
PLACE = (9, 267, 179)  # around 47.3 N, 8.1 E


def pixel(tile: Tile | None, x: int = 128, y: int = 128) -> tuple[int, ...]:
    from PIL import Image

    assert tile is not None
    return tuple(np.asarray(Image.open(io.BytesIO(tile.data)).convert("RGBA"))[y, x].tolist())


def filled(*values: int, dtype: str = "uint8") -> np.ndarray[Any, Any]:
    return np.ones((len(values), 100, 100), dtype=dtype) * np.array(values, dtype=dtype)[:, None, None]


def test_a_colour_picture_keeps_its_colours_and_is_clear_outside(tmp_path: Path) -> None:
    source = Geotiff(write_geotiff(tmp_path / "a.tif", filled(200, 100, 50), photometric="RGB"))
    assert pixel(source.tile(*PLACE)) == (200, 100, 50, 255)
    assert source.tile(9, 0, 0) is None
    edge = source.tile(6, 33, 22)
    assert pixel(edge, 0, 0)[3] == 0
    assert source.info.bounds == pytest.approx((8.0, 47.0, 9.0, 48.0))


def test_a_projected_picture_lies_where_its_coordinates_say(tmp_path: Path) -> None:
    path = write_geotiff(
        tmp_path / "a.tif", filled(9, 9, 9), crs="EPSG:32632", photometric="RGB",
        transform=rasterio.Affine(100.0, 0, 440_000.0, 0, -100.0, 5_270_000.0),
    )  # fmt: skip
    assert Geotiff(path).info.bounds == pytest.approx((8.20, 47.49, 8.34, 47.58), abs=0.02)


def test_one_band_is_grey_between_its_own_dark_and_bright(tmp_path: Path) -> None:
    heights = np.linspace(400.0, 800.0, 10_000, dtype=np.float32).reshape(1, 100, 100)
    source = Geotiff(write_geotiff(tmp_path / "a.tif", heights))
    red, green, blue, alpha = pixel(source.tile(*PLACE))
    assert red == green == blue and 60 < red < 200 and alpha == 255


def test_cells_without_data_are_clear(tmp_path: Path) -> None:
    source = Geotiff(write_geotiff(tmp_path / "a.tif", filled(7), nodata=7))
    assert source.tile(*PLACE) is None


def test_a_palette_is_shown_in_its_colours(tmp_path: Path) -> None:
    path = write_geotiff(tmp_path / "a.tif", filled(3), photometric="palette")
    with rasterio.open(path, "r+") as made:
        made.write_colormap(1, {3: (10, 200, 30, 255)})
    assert pixel(Geotiff(path).tile(*PLACE)) == (10, 200, 30, 255)


def test_a_picture_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.warns(Warning):
        path = write_geotiff(tmp_path / "a.tif", filled(1), crs=None, transform=rasterio.Affine.identity())
    with pytest.raises(MapError, match="where on the earth"):
        Geotiff(path)


def test_a_picture_in_enormous_blocks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=30_000, width=30_000, dtype="uint8", crs="EPSG:4326",
        transform=rasterio.Affine(1e-4, 0, 8.0, 0, -1e-4, 48.0), tiled=True, blockxsize=16_384,
        blockysize=16_384, sparse_ok=True, compress="deflate",
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 1_000_000
    with pytest.raises(MapError, match="blocks"):
        Geotiff(path)


def test_a_large_picture_without_overviews_is_shown_from_a_zoom_that_reads_little(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=60_000, width=60_000, dtype="uint8", crs="EPSG:4326", tiled=True,
        transform=rasterio.Affine(1e-5, 0, 8.0, 0, -1e-5, 48.0), sparse_ok=True,
    ):  # fmt: skip
        pass
    source = Geotiff(path)
    assert source.info.min_zoom > 10
    assert source.tile(8, 133, 89) is None


@pytest.mark.parametrize(
    "data", [b"II*\0", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*" + b"\xff" * 100, b"II+\0" + b"\0" * 60]
)
def test_a_damaged_picture_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(MapError, match="cannot read GeoTIFF"):
        Geotiff(tmp_path / "a.tif")


def test_a_truncated_picture_is_refused_or_its_tile_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3, 400, 400), dtype=np.uint8)
    path = write_geotiff(tmp_path / "a.tif", noise, photometric="RGB")
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(MapError):
        Geotiff(path).tile(7, 67, 45)
