"""The operator's terrain: the finest file counts, broken files are told, files may come and go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controller.terrain.library import TerrainLibrary


def grid(path: Path, height_m: float, *, cell: float = 0.1, west: float = 8.0, void: bool = False) -> Path:
    heights = np.full((4, 4), height_m)
    if void:
        heights[:] = -9999.0
        heights[0, 0] = height_m
    head = f"ncols 4\nnrows 4\nxllcorner {west}\nyllcorner 47.0\ncellsize {cell}\nNODATA_value -9999\n"
    path.write_text(
        head + "\n".join(" ".join(f"{one:.1f}" for one in row) for row in heights), encoding="ascii"
    )
    return path


def height(library: TerrainLibrary, lat: float, lon: float) -> float:
    return float(library.heights_m(np.array([lat]), np.array([lon]))[0][0])


def test_the_finest_file_counts_and_the_others_where_it_has_no_data(tmp_path: Path) -> None:
    grid(tmp_path / "coarse.asc", 100.0)
    grid(tmp_path / "fine.asc", 200.0, cell=0.01, void=True)
    library = TerrainLibrary([tmp_path])
    assert height(library, 47.035, 8.005) == pytest.approx(200.0)
    assert height(library, 47.005, 8.035) == pytest.approx(100.0)
    assert np.isnan(height(library, 46.0, 8.0))


def test_the_files_that_heights_are_from_are_named(tmp_path: Path) -> None:
    grid(tmp_path / "a.asc", 100.0)
    grid(tmp_path / "b.asc", 100.0, west=20.0)
    _, used = TerrainLibrary([tmp_path]).heights_m(np.array([47.1]), np.array([8.1]))
    assert [file.path.name for file in used] == ["a.asc"]


def test_a_broken_file_is_told_and_the_others_are_used(tmp_path: Path) -> None:
    grid(tmp_path / "good.asc", 100.0)
    (tmp_path / "bad.asc").write_bytes(b"\xff" * 100)
    (tmp_path / "N47E008.hgt").write_bytes(b"short")
    library = TerrainLibrary([tmp_path])
    assert height(library, 47.1, 8.1) == 100.0
    assert {file.path.name: bool(file.error) for file in library.files()} == {
        "good.asc": False, "bad.asc": True, "N47E008.hgt": True,
    }  # fmt: skip


def test_files_may_be_added_changed_and_removed_while_it_runs(tmp_path: Path) -> None:
    library = TerrainLibrary([tmp_path])
    assert np.isnan(height(library, 47.1, 8.1))
    path = grid(tmp_path / "a.asc", 100.0)
    assert height(library, 47.1, 8.1) == 100.0
    grid(tmp_path / "a.asc", 1200.0)
    assert height(library, 47.1, 8.1) == 1200.0
    path.unlink()
    assert np.isnan(height(library, 47.1, 8.1))


def test_a_link_in_a_folder_is_not_followed_but_a_named_one_is(tmp_path: Path) -> None:
    target = grid(tmp_path / "a.asc", 100.0)
    folder = tmp_path / "terrain"
    folder.mkdir()
    (folder / "link.asc").symlink_to(target)
    assert TerrainLibrary([folder]).files() == []
    assert height(TerrainLibrary([folder / "link.asc"]), 47.1, 8.1) == pytest.approx(100.0)
