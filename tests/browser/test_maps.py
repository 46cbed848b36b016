"""The map: a file that is dropped on it is shown, and the page says what the map covers."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import RunningStation
from tests.support.map_files import colour_tile, write_mbtiles

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OUTSIDE = "no map data here; outlines only"
LAT_DEG, LON_DEG, ZOOM = 47.3977, 8.5456, 14
PURPLE = (120, 0, 160)
LAND = (0xE6, 0xE2, 0xD6)
DROP = """([data, name]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const target = document.querySelector("canvas.maplibregl-canvas");
  target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def clean(station: RunningStation) -> Iterator[None]:
    """Leave no map on the shared station."""
    yield
    for path in (station.home / "maps").glob("*"):
        path.unlink()


def purple_town(path: Path) -> Path:
    """A map of purple pictures around the simulated aircraft."""
    n = 1 << ZOOM
    x = int((LON_DEG + 180.0) / 360.0 * n)
    y = int((1.0 - math.asinh(math.tan(math.radians(LAT_DEG))) / math.pi) / 2.0 * n)
    tiles = {(ZOOM, x + i, y + j): colour_tile(*PURPLE) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    return write_mbtiles(path, tiles, name="Purple town", attribution="Its makers", minzoom="0", maxzoom="14")


def colour(page: Any) -> tuple[int, ...]:
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    found = picture.getpixel((int(box["x"] + 60), int(box["y"] + box["height"] - 80)))
    assert isinstance(found, tuple)
    return found


def drop(page: Any, data: bytes, name: str) -> None:
    """Drop a file on the map, once there is one."""
    expect(page.get_by_role("button", name="Maps")).to_be_visible()
    page.evaluate(DROP, [base64.b64encode(data).decode(), name])


def until_colour(page: Any, wanted: tuple[int, int, int]) -> None:
    """Wait until the map is drawn: each screenshot takes a frame."""
    found = [colour(page)]
    while found[-1] != wanted:
        assert len(found) < 600, found[-3:]
        found.append(colour(page))


def test_a_dropped_map_is_drawn_and_the_page_says_what_it_covers(
    page: Any, tmp_path: Path, clean: None
) -> None:
    expect(page.get_by_text(OUTSIDE).first).to_be_visible()
    data = purple_town(tmp_path / "town.mbtiles").read_bytes()
    with page.expect_response(lambda answer: "/maps/" in answer.url and "/14/" in answer.url) as tile:
        drop(page, data, "town.mbtiles")
    assert tile.value.status == 200
    expect(page.get_by_text("town.mbtiles is kept as a map")).to_be_visible()
    panel = page.get_by_role("region", name="Maps")
    expect(panel.get_by_text("Purple town ends at zoom 14: shown enlarged")).to_be_visible()
    expect(page.get_by_text("Its makers · Natural Earth")).to_be_visible()
    expect(page.get_by_text(OUTSIDE)).to_have_count(0)
    until_colour(page, PURPLE)
    panel.get_by_role("checkbox", name="Purple town").uncheck()
    expect(page.get_by_text(OUTSIDE).first).to_be_visible()


def test_a_dropped_file_that_is_no_map_gets_one_line(page: Any, clean: None) -> None:
    drop(page, b"no map at all", "town.mbtiles")
    expect(page.get_by_text("no PMTiles, MBTiles or GeoTIFF")).to_be_visible()


def test_the_map_comes_back_whole_after_a_loss_of_the_graphics_processor(page: Any) -> None:
    until_colour(page, LAND)
    page.evaluate(
        """() => {
          const gl = document.querySelector("canvas.maplibregl-canvas").getContext("webgl2");
          window.graphics = gl.getExtension("WEBGL_lose_context");
          window.graphics.loseContext();
        }"""
    )
    expect(page.get_by_text("The graphics processor took the map away")).to_be_visible()
    page.evaluate("window.graphics.restoreContext()")
    expect(page.get_by_text("The graphics processor took the map away")).to_have_count(0)
    until_colour(page, LAND)
