"""Vector maps in the schemas of OpenMapTiles and Shortbread: each layer that has a style draws."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import Requests, RunningStation, open_page
from tests.support.map_files import write_mbtiles
from tests.support.vector_tiles import AREA, LINE, POINT, Feature, vector_tile

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Z, X, Y = 14, 8600, 5800
BOUNDS = "8.964844,46.422713,8.986816,46.437857"
# Layer, the property by which the schema sorts, a value of its documentation, and the geometry.
OPENMAPTILES = [
    ("landcover", "class", "wood", AREA),
    ("landuse", "class", "cemetery", AREA),
    ("park", "class", "protected_area", AREA),
    ("water", "class", "lake", AREA),
    ("waterway", "class", "river", LINE),
    ("building", "class", "", AREA),
    ("transportation", "class", "motorway", LINE),
    ("transportation", "class", "rail", LINE),
    ("aeroway", "class", "runway", LINE),
    ("boundary", "class", "", LINE),
    ("place", "class", "town", POINT),
    ("mountain_peak", "class", "peak", POINT),
    ("aerodrome_label", "class", "regional", POINT),
    ("transportation_name", "class", "primary", LINE),
]
SHORTBREAD = [
    ("ocean", "kind", "", AREA),
    ("land", "kind", "forest", AREA),
    ("sites", "kind", "danger_area", AREA),
    ("water_polygons", "kind", "water", AREA),
    ("water_lines", "kind", "river", LINE),
    ("dam_polygons", "kind", "dam", AREA),
    ("dam_lines", "kind", "dam", LINE),
    ("pier_polygons", "kind", "pier", AREA),
    ("pier_lines", "kind", "pier", LINE),
    ("bridges", "kind", "bridge", AREA),
    ("buildings", "kind", "", AREA),
    ("streets", "kind", "motorway", LINE),
    ("streets", "kind", "rail", LINE),
    ("street_polygons", "kind", "pedestrian", AREA),
    ("street_labels", "kind", "residential", LINE),
    ("aerialways", "kind", "gondola", LINE),
    ("ferries", "kind", "ferry", LINE),
    ("boundaries", "kind", "", LINE),
    ("place_labels", "kind", "capital", POINT),
]
SIDE, CELL_PX = 8, 64


def tile_of(features: list[tuple[str, str, str, int]]) -> bytes:
    """A tile with a cell of a grid for each feature."""
    layers: dict[str, list[Feature]] = {}
    for index, (layer, key, value, kind) in enumerate(features):
        left, top = index % SIDE * 512, index // SIDE * 512
        places = {
            POINT: [(left + 256, top + 256)],
            LINE: [(left + 60, top + 256), (left + 452, top + 256)],
            AREA: [
                (left + 128, top + 128),
                (left + 384, top + 128),
                (left + 384, top + 384),
                (left + 128, top + 384),
            ],
        }[kind]
        layers.setdefault(layer, []).append((kind, places, {key: value, "name": "Mmm"}))
    return gzip.compress(vector_tile(layers))


def empty_cells(page: Any, features: list[tuple[str, str, str, int]]) -> list[str]:
    """Names of the features in whose cells the map shows its most common colour alone."""
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    left = int(box["x"] + box["width"] / 2 - SIDE * CELL_PX / 2)
    top = int(box["y"] + box["height"] / 2 - SIDE * CELL_PX / 2)
    drawn = picture[top : top + SIDE * CELL_PX, left : left + SIDE * CELL_PX]
    colours, counts = np.unique(drawn.reshape(-1, 3), axis=0, return_counts=True)
    differs = (drawn != colours[counts.argmax()]).any(axis=2)
    found = []
    for index, (layer, _, value, _) in enumerate(features):
        x, y = index % SIDE * CELL_PX, index // SIDE * CELL_PX
        if differs[y + 4 : y + CELL_PX - 4, x + 4 : x + CELL_PX - 4].sum() < 20:
            found.append(f"{layer} {value}".strip())
    return found


@pytest.mark.parametrize("features", [OPENMAPTILES, SHORTBREAD], ids=["openmaptiles", "shortbread"])
def test_each_layer_of_a_schema_is_drawn(
    station: RunningStation, browser: Any, features: list[tuple[str, str, str, int]]
) -> None:
    layers = json.dumps(
        {"vector_layers": [{"id": name} for name in dict.fromkeys(one[0] for one in features)]}
    )
    path = station.home / "maps" / "schema.mbtiles"
    path.parent.mkdir(exist_ok=True)
    write_mbtiles(
        path, {(Z, X, Y): tile_of(features)}, name="Schema", format="pbf", bounds=BOUNDS,
        minzoom="14", maxzoom="14", json=layers,
    )  # fmt: skip
    try:
        with open_page(browser, station.url, Requests(), viewport={"width": 1920, "height": 1200}) as page:
            page.evaluate("location.hash = '#/plan'")
            page.get_by_role("button", name="Maps").click()
            page.get_by_role("button", name="Go to Schema").click()
            page.get_by_role("button", name="Maps").click()
            expect(page.get_by_text("Schema, detail to zoom 14")).to_be_visible()
            missing = empty_cells(page, features)
            for _ in range(40):
                if not missing:
                    break
                missing = empty_cells(page, features)
            assert missing == []
    finally:
        path.unlink()
