"""Ground of a job as a small grid of heights above home, which travels with the job's target in its plan.

The coverage of the flown photos is made over it, where the job's terrain is not at hand: forty samples a side show
hills and valleys, not walls and ditches.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.missions.route.route import Route

Floats = NDArray[np.float64]
_SIDE = 40
_MOST_SIDE = 200
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class GroundSamples:
    """Heights above home, m, rows from the south; bounds are south, west, north and east, degrees."""

    bounds: tuple[float, float, float, float]
    heights: tuple[tuple[float, ...], ...]

    def heights_m(self, lats_deg: Floats, lons_deg: Floats) -> Floats:
        """Return the heights of places by bilinear interpolation, m; beyond the grid those of its edge."""
        grid = np.asarray(self.heights, dtype=np.float64)
        south, west, north, east = self.bounds
        rows, columns = grid.shape
        row = np.clip((np.asarray(lats_deg) - south) / (north - south), 0.0, 1.0) * (rows - 1)
        column = np.clip((np.asarray(lons_deg) - west) / (east - west), 0.0, 1.0) * (columns - 1)
        i, j = np.minimum(row.astype(np.intp), rows - 2), np.minimum(column.astype(np.intp), columns - 2)
        u, v = row - i, column - j
        lower = grid[i, j] * (1.0 - v) + grid[i, j + 1] * v
        upper = grid[i + 1, j] * (1.0 - v) + grid[i + 1, j + 1] * v
        found: Floats = lower * (1.0 - u) + upper * u
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the samples as they are kept in a plan's file."""
        return {"bounds": list(self.bounds), "heights": [list(row) for row in self.heights]}


def sampled_ground(route: Route, above_home_m: Callable[[Floats, Floats], Floats]) -> GroundSamples | None:
    """Return samples of the ground round a route and what it is to show; None over the date line, or without heights.

    `above_home_m` has the heights of places above home, m; NaN where none is known.
    """
    places = [stop.position for stop in route.stops] + [one for ring in route.outline for one in ring]
    lats, lons = (np.asarray(one) for one in zip(*places, strict=True))
    margin = _MARGIN * max(float(np.ptp(lats)), float(np.ptp(lons)), 1e-4)
    south, north = float(lats.min()) - margin, float(lats.max()) + margin
    west, east = float(lons.min()) - margin, float(lons.max()) + margin
    if east - west > 180.0 or not (south > -90.0 and north < 90.0):
        return None
    bounds = (round(south, 6), round(west, 6), round(north, 6), round(east, 6))
    lat, lon = np.meshgrid(
        np.linspace(bounds[0], bounds[2], _SIDE), np.linspace(bounds[1], bounds[3], _SIDE), indexing="ij"
    )
    heights = above_home_m(lat.reshape(-1), lon.reshape(-1))
    known = np.isfinite(heights)
    if not known.any():
        return None
    # Corners of the rectangle that the terrain does not cover.
    heights = np.where(known, heights, float(heights[known].mean())).reshape(_SIDE, _SIDE)
    return GroundSamples(bounds, tuple(tuple(round(one, 1) for one in row) for row in heights.tolist()))


def read_samples(held: Any) -> GroundSamples:
    """Return samples from the fields of a plan's file. Raises ValueError, TypeError and KeyError for damaged ones."""
    south, west, north, east = (float(one) for one in held["bounds"])
    rows = tuple(tuple(float(one) for one in row) for row in held["heights"])
    if not (-90.0 <= south < north <= 90.0 and -180.0 <= west < east <= 180.0):
        raise ValueError("the ground has no bounds")
    if not (2 <= len(rows) <= _MOST_SIDE and 2 <= len(rows[0]) <= _MOST_SIDE):
        raise ValueError(f"the ground needs 2 to {_MOST_SIDE} rows and columns")
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("the rows of the ground differ in length")
    if not all(math.isfinite(one) and abs(one) < 1e5 for row in rows for one in row):
        raise ValueError("the ground has a height that is none")
    return GroundSamples((south, west, north, east), rows)
