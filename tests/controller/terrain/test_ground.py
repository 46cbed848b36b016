"""The ground of a job: one zero for all heights, stated by the files or by the operator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from controller.terrain.datum import EGM2008, datum_named, egm2008_m, to_egm96_m
from controller.terrain.geoid import egm96_m
from controller.terrain.ground import Ground
from controller.terrain.read import TerrainError


def geotiff(path: Path, height_m: float, crs: str, *, west: float = 8.0, cell: float = 0.01) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", width=10, height=10, count=1, dtype="float32", crs=crs,
        transform=from_origin(west, 47.1, cell, cell),
    ) as target:  # fmt: skip
        target.write(np.full((10, 10), height_m, dtype=np.float32), 1)
    return path


def test_heights_above_the_ellipsoid_become_heights_above_the_geoid(tmp_path: Path) -> None:
    ground = Ground([geotiff(tmp_path / "a.tif", 500.0, "EPSG:4979")])
    geoid_m = float(egm96_m(np.array([47.05]), np.array([8.05]))[0])
    assert geoid_m == pytest.approx(48.2, abs=0.5)
    assert ground.datum == "EGM96"
    assert ground.height_m(47.05, 8.05) == pytest.approx(500.0 - geoid_m, abs=1e-3)


def test_files_of_one_zero_keep_it(tmp_path: Path) -> None:
    ground = Ground([geotiff(tmp_path / "a.tif", 500.0, "EPSG:9518")])
    assert ground.datum == EGM2008
    assert ground.height_m(47.05, 8.05) == 500.0
    assert np.isnan(ground.height_m(48.0, 8.05))


def test_files_of_two_zeros_meet_in_one(tmp_path: Path) -> None:
    geotiff(tmp_path / "a.tif", 500.0, "EPSG:4979")
    geotiff(tmp_path / "b.tif", 500.0, "EPSG:4326+5773", west=9.0)
    ground = Ground([tmp_path])
    assert ground.height_m(47.05, 9.05) == 500.0
    assert ground.height_m(47.05, 8.05) < 460.0


def test_a_file_without_a_zero_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", 500.0, "EPSG:4326")
    with pytest.raises(TerrainError, match="does not state the zero") as refused:
        Ground([path])
    assert "--terrain-datum: EGM96, EGM2008, ellipsoid, local" in str(refused.value)
    assert Ground([path], unstated="local").height_m(47.05, 8.05) == 500.0
    with pytest.raises(TerrainError, match="unknown zero"):
        Ground([path], unstated="sea")


def test_a_missing_grid_is_named_and_used_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyproj

    here = (np.array([47.0]), np.array([8.0]))
    with pytest.raises(TerrainError, match=r"grid us_nga_egm08_25.tif is not on this computer"):
        egm2008_m(*here)
    with rasterio.open(
        tmp_path / "us_nga_egm08_25.tif", "w", driver="GTiff", width=36, height=18, count=1, dtype="float32",
        crs="EPSG:4326", transform=from_origin(-180, 90, 10, 10),
    ) as target:  # fmt: skip
        target.write(np.full((18, 36), 40.0, dtype=np.float32), 1)
        target.update_tags(TYPE="VERTICAL_OFFSET_GEOGRAPHIC_TO_VERTICAL", AREA_OR_POINT="Point")
        target.set_band_description(1, "geoid_undulation")
    before = pyproj.datadir.get_data_dir()
    try:
        pyproj.datadir.append_data_dir(str(tmp_path))
        assert egm2008_m(*here) == pytest.approx([40.0])
        assert to_egm96_m(EGM2008, *here) == pytest.approx(40.0 - egm96_m(*here))
    finally:
        pyproj.datadir.set_data_dir(before)


@pytest.mark.parametrize(
    ("stated", "datum"),
    [
        ("EGM96 height", "EGM96"),
        ("EGM_2008 geoid", "EGM2008"),
        ("", ""),
        ("DHHN2016 height", "DHHN2016 height"),
    ],
)
def test_a_zero_is_known_by_the_words_that_files_use(stated: str, datum: str) -> None:
    assert datum_named(stated) == datum


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no such terrain file"):
        Ground([tmp_path / "none.tif"])
    with pytest.raises(TerrainError, match="folder has no terrain file"):
        Ground([tmp_path])
    (tmp_path / "N47E008.hgt").write_bytes(b"short")
    with pytest.raises(TerrainError, match="invalid SRTM tile"):
        Ground([tmp_path / "N47E008.hgt"]).height_m(47.5, 8.5)
