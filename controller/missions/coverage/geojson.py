"""Coverage as GeoJSON: the cells of the ground by how many photos show them, the gaps, and the photos' places."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from controller.missions.coverage.coverage import Coverage, Surface
from controller.missions.coverage.drawing.scales import block_of, times_classes, times_scale

_MOST_PHOTOS = 50_000


def geojson(coverage: Coverage) -> str:
    """Return a feature collection: one multipolygon for each class of the picture, points for gaps and photos."""
    features: list[dict[str, Any]] = []
    ground = coverage.ground
    if ground is not None:
        features += _classes(coverage, ground)
    for gap in coverage.figures.gaps:
        place = [gap.lon_deg, gap.lat_deg] + ([] if gap.height_m is None else [gap.height_m])
        about = {"kind": "gap", "surface": gap.surface, "area_m2": gap.area_m2}
        features.append(_feature("Point", place, about))
    views = coverage.views
    lats, lons = coverage.on_earth.arrays_to_earth(views.places_m[:_MOST_PHOTOS, :2])
    for number, (lat, lon, up) in enumerate(
        zip(lats.tolist(), lons.tolist(), views.places_m[:, 2].tolist(), strict=False), 1
    ):
        place = [round(lon, 7), round(lat, 7)]
        features.append(
            _feature("Point", place, {"kind": "photo", "number": number, "height_m": round(up, 2)})
        )
    return json.dumps({"type": "FeatureCollection", "features": features}) + "\n"


def _classes(coverage: Coverage, ground: Surface) -> list[dict[str, Any]]:
    scale = times_scale(coverage.figures.needed)
    classes = times_classes(ground, coverage.figures.needed)
    side_m = ground.cell_m * block_of(ground)
    west_m, north_m = ground.corner_m[0], ground.corner_m[1] + classes.shape[0] * side_m
    features = []
    for number, (name, color) in enumerate(zip(scale.names, scale.colors, strict=True)):
        edges = np.diff(np.pad((classes == number).astype(np.int8), ((0, 0), (1, 1))), axis=1)
        rows, begins = np.nonzero(edges == 1)
        _, ends = np.nonzero(edges == -1)
        if not len(rows):
            continue
        west, east = west_m + begins * side_m, west_m + ends * side_m
        north, south = north_m - rows * side_m, north_m - (rows + 1) * side_m
        # Counterclockwise, and closed.
        x = np.column_stack([west, east, east, west, west])
        y = np.column_stack([south, south, north, north, south])
        lats, lons = coverage.on_earth.arrays_to_earth(np.column_stack([x.reshape(-1), y.reshape(-1)]))
        corners = np.round(np.column_stack([lons, lats]), 7).reshape(-1, 1, 5, 2).tolist()
        features.append(
            _feature(
                "MultiPolygon", corners, {"kind": "seen", "photos": name, "fill": color, "stroke-width": 0}
            )
        )
    return features


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }
