"""Shaded relief of the operator's terrain as picture tiles: dark slopes away from the light, bright ones towards it."""

from __future__ import annotations

import math

import numpy as np

from controller.geo import METRES_PER_DEGREE
from controller.png import png
from controller.terrain.library import TerrainLibrary
from controller.web.maps.source import Tile

SIDE = 256
# A tile of a smaller zoom would read many files at once.
MIN_ZOOM, MAX_ZOOM = 8, 15
_LIGHT_FROM_DEG, _LIGHT_ABOVE_DEG = 315.0, 45.0


def hillshade_tile(terrain: TerrainLibrary, z: int, x: int, y: int) -> Tile | None:
    """Return the shading of a tile as a transparent picture; None where no terrain covers it."""
    if not MIN_ZOOM <= z <= MAX_ZOOM:
        return None
    n = SIDE << z
    # One cell more on each side: slopes at the edges fit those of the next tile.
    columns = x * SIDE + np.arange(-1, SIDE + 1) + 0.5
    rows = y * SIDE + np.arange(-1, SIDE + 1) + 0.5
    lons = columns / n * 360.0 - 180.0
    lats = np.degrees(np.arctan(np.sinh(math.pi * (1.0 - 2.0 * rows / n))))
    lat_grid, lon_grid = (one.ravel() for one in np.meshgrid(lats, lons, indexing="ij"))
    heights, used = terrain.heights_m(lat_grid, lon_grid)
    if not used:
        return None
    height = heights.reshape(SIDE + 2, SIDE + 2)
    cell_m = 360.0 / n * METRES_PER_DEGREE * np.cos(np.radians(lats[1:-1]))[:, None]
    east = (height[1:-1, 2:] - height[1:-1, :-2]) / (2.0 * cell_m)
    north = (height[:-2, 1:-1] - height[2:, 1:-1]) / (2.0 * cell_m)
    azimuth, above = math.radians(_LIGHT_FROM_DEG), math.radians(_LIGHT_ABOVE_DEG)
    towards = -(east * math.sin(azimuth) + north * math.cos(azimuth)) * math.cos(above)
    # 0 on level ground, where the map below keeps its colour.
    shade = (towards + math.sin(above)) / np.sqrt(1.0 + east * east + north * north) - math.sin(above)
    picture = np.zeros((SIDE, SIDE, 2), dtype=np.uint8)
    known = np.isfinite(shade)
    picture[..., 0] = np.where(known & (shade > 0.0), 255, 0)
    picture[..., 1] = np.where(known, np.clip(np.abs(np.nan_to_num(shade)) * 300.0, 0.0, 200.0), 0.0)
    return Tile(png(picture), "image/png")
