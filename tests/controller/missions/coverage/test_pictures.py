"""Pictures of a coverage: what is in them, and that both ways of drawing show the same."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controller.app.planning.coverage import coverage_of_route, save_coverage
from controller.errors import UserError
from controller.missions.coverage.coverage import Coverage
from controller.missions.coverage.drawing.font import LETTERS, rows_of
from controller.missions.coverage.drawing.picture import WIDTH, png_picture, svg_picture
from controller.missions.coverage.drawing.scales import size_scale, times_classes, times_scale
from controller.missions.coverage.geojson import geojson
from controller.missions.patterns.camera import Camera
from controller.missions.route.route import Panel, Place, Route, Stop

CAMERA = Camera(
    sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, image_width_px=5472, image_height_px=3648
)
CORNERS = ((46.9995, 7.9995), (46.9995, 8.0015), (47.0005, 8.0015), (47.0005, 7.9995))


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    stops = tuple(
        Stop(lat_deg=47.0, lon_deg=8.0 + 0.0002 * number, height_m=40.0, photo=True, heading_deg=90.0)
        for number in range(5)
    )
    wall = Panel("wall <1>", Place(47.0, 8.0, 0.0), Place(47.0, 8.001, 0.0), Place(47.0, 8.0, 20.0))
    route = Route(pattern="test", stops=stops, camera=CAMERA, outline=(CORNERS,), panels=(wall,))
    found = coverage_of_route(route)
    assert found is not None
    return found


def test_the_colours_of_a_map_are_those_of_its_legend(coverage: Coverage) -> None:
    picture = np.asarray(Image.open(io.BytesIO(png_picture(coverage, "Coverage"))))
    assert picture.shape[1] == 2 * WIDTH
    scale = times_scale(coverage.figures.needed)
    ground = coverage.ground
    assert ground is not None
    classes = times_classes(ground, coverage.figures.needed)
    colors = set(np.unique(picture.astype(np.int64) @ np.asarray([65536, 256, 1])).tolist())
    for number in np.unique(classes[classes >= 0]).tolist():
        assert int(scale.colors[number][1:], 16) in colors
    svg = svg_picture(coverage, "Coverage")
    assert all(f'"{scale.colors[number]}"' in svg for number in np.unique(classes[classes >= 0]).tolist())


def test_texts_of_a_picture_are_safe_in_a_page(coverage: Coverage) -> None:
    svg = svg_picture(coverage, 'a "title" <b>')
    assert "wall &lt;1&gt;" in svg
    assert "<b>" not in svg
    assert svg.count("<svg") == 1


def test_the_worst_cell_of_a_block_is_shown(coverage: Coverage) -> None:
    ground = coverage.ground
    assert ground is not None
    seen = ground.seen.counts[ground.inside]
    classes = times_classes(ground, 2)
    assert (classes == 0).any() == (seen == 0).any()


def test_cells_gaps_and_photos_are_in_the_geojson(coverage: Coverage) -> None:
    features = json.loads(geojson(coverage))["features"]
    kinds = [one["properties"]["kind"] for one in features]
    assert kinds.count("photo") == 5
    assert kinds.count("gap") == len(coverage.figures.gaps) > 0
    lons = [
        corner[0]
        for one in features
        if one["properties"]["kind"] == "seen"
        for polygon in one["geometry"]["coordinates"]
        for corner in polygon[0]
    ]
    assert min(lons) == pytest.approx(7.9995, abs=1e-5)
    assert max(lons) == pytest.approx(8.0015, abs=3e-5)


@pytest.mark.parametrize("ending", [".png", ".svg", ".geojson"])
def test_a_picture_is_saved_by_the_ending_of_its_name(
    coverage: Coverage, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a{ending}"
    save_coverage(coverage, path, "Coverage")
    begins = {".png": b"\x89PNG", ".svg": b"<svg", ".geojson": b'{"type"'}
    assert path.read_bytes().startswith(begins[ending])


def test_a_picture_of_another_ending_is_refused(coverage: Coverage, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown format"):
        save_coverage(coverage, tmp_path / "a.bmp", "Coverage")
    with pytest.raises(UserError, match="cannot write the coverage"):
        save_coverage(coverage, tmp_path / "none" / "a.png", "Coverage")


def test_a_panel_that_would_be_a_thread_lies_on_its_side_and_says_so() -> None:
    """A blade of 2 m by 30 m, its photos at the top half alone."""
    stops = tuple(
        Stop(lat_deg=46.9999, lon_deg=8.0, height_m=height_m, photo=True, heading_deg=0.0, pitch_deg=0.0)
        for height_m in (60.0, 64.0)
    )
    blade = Panel(
        "blade A", Place(47.0, 7.99999, 30.0), Place(47.0, 8.00002, 30.0), Place(47.0, 7.99999, 65.0)
    )
    found = coverage_of_route(Route(pattern="test", stops=stops, camera=CAMERA, panels=(blade,)))
    assert found is not None
    assert "blade A, its top right" in svg_picture(found, "Coverage")
    picture = np.asarray(Image.open(io.BytesIO(png_picture(found, "Coverage")))).astype(np.int64)
    none = int(times_scale(2).colors[0][1:], 16)
    # Without the legend's red below it: what no photo shows is on the left, the blade's root.
    shown = (picture @ np.asarray([65536, 256, 1]) == none)[:-90, :WIDTH]
    rows, columns = np.nonzero(shown[shown.shape[0] // 2 :])
    assert np.ptp(columns) > 5 * np.ptp(rows) > 0
    assert columns.min() < 20


def test_one_size_of_pixels_has_one_colour_between_smaller_and_larger(coverage: Coverage) -> None:
    scale, edges = size_scale(coverage.surfaces[:1])
    assert len(edges) == len(scale.names) - 2 == 2
    best_m = coverage.surfaces[0].seen.best_m
    assert edges[0] < best_m[np.isfinite(best_m)].min() <= best_m[np.isfinite(best_m)].max() < edges[1]


def test_every_letter_has_seven_rows_or_hangs_by_two_and_no_two_are_the_same() -> None:
    assert {name for name, one in LETTERS.items() if len(one) == 18} == set("gjpqy")
    assert all(len(one) in (14, 18) for one in LETTERS.values())
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert rows_of("é") == rows_of("?")
    assert rows_of("L")[6] == [True] * 5
