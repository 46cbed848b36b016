"""Terrain heights on a grid, in metres above sea level, with their place on the earth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Transform = Callable[[Any, Any], tuple[Any, Any]]

EGM96 = "EGM96"
NOT_STATED = ""
_MOST_BLOCKS = 1_000_000


def degrees(first: Any, second: Any) -> tuple[Any, Any]:
    """Return the grid coordinates of a latitude and longitude, or the other way round, for a grid in degrees."""
    return second, first


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Terrain heights in metres, rows from the north; (`x0`, `y0`) is the centre of the first cell in grid coordinates.

    A cell without data is NaN. `to_grid` converts latitude and longitude, numbers or arrays, to grid coordinates, and
    `to_place` back; by default these are degrees of longitude and latitude. `datum` names the zero of the heights,
    empty where the file does not state it.
    """

    file: str
    heights: NDArray[np.float32]
    x0: float
    y0: float
    dx: float
    dy: float  # row spacing, above 0
    to_grid: Transform = field(default=degrees)
    to_place: Transform = field(default=degrees)
    datum: str = NOT_STATED

    def covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Return whether a position lies on the grid."""
        row, column = self._cell(lat_deg, lon_deg)
        rows, columns = self.heights.shape
        return bool(-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5)

    def height_m(self, lat_deg: float, lon_deg: float) -> float:
        """Return the height on a grid without voids, bilinear, m; beyond the edge it is the height at the edge."""
        row, column = self._cell(lat_deg, lon_deg)
        rows, columns = self.heights.shape
        row, column = min(max(row, 0.0), rows - 1.0), min(max(column, 0.0), columns - 1.0)
        i, j = min(int(row), max(rows - 2, 0)), min(int(column), max(columns - 2, 0))
        u, v = row - i, column - j
        below, right = min(i + 1, rows - 1), min(j + 1, columns - 1)
        h = self.heights
        upper = float(h[i, j]) * (1.0 - v) + float(h[i, right]) * v
        lower = float(h[below, j]) * (1.0 - v) + float(h[below, right]) * v
        height: float = upper * (1.0 - u) + lower * u
        return height

    def heights_m(self, lats_deg: Floats, lons_deg: Floats) -> Floats:
        """Return the heights of places by bilinear interpolation, m; NaN off the grid and beside cells without data."""
        rows, columns = self.heights.shape
        row, column = (np.asarray(one, dtype=np.float64) for one in self._cell(lats_deg, lons_deg))
        off = ~((row >= -0.5) & (row <= rows - 0.5) & (column >= -0.5) & (column <= columns - 0.5))
        row = np.clip(np.where(off, 0.0, row), 0.0, rows - 1.0)
        column = np.clip(np.where(off, 0.0, column), 0.0, columns - 1.0)
        i, j = row.astype(np.intp), column.astype(np.intp)
        below, right = np.minimum(i + 1, rows - 1), np.minimum(j + 1, columns - 1)
        u, v = row - i, column - j
        found = np.zeros_like(row)
        for at_row, at_column, weight in (
            (i, j, (1.0 - u) * (1.0 - v)),
            (i, right, (1.0 - u) * v),
            (below, j, u * (1.0 - v)),
            (below, right, u * v),
        ):
            # A cell without data counts only where it has a weight.
            found += np.where(weight > 1e-9, self.heights[at_row, at_column] * weight, 0.0)
        found[off] = np.nan
        return found

    def highest_m(self, lats_deg: Floats, lons_deg: Floats) -> float:
        """Return the height of the highest cell in a polygon or beside it, m; NaN where the grid has none.

        Between cells no bilinear height is above them all. Of a large polygon cells are looked at in blocks, whole
        ones at its border.
        """
        import shapely

        row, column = self._cell(lats_deg, lons_deg)
        area = shapely.Polygon(np.column_stack([column, row])).convex_hull.buffer(1.5)
        left, top, right, bottom = area.bounds
        rows, columns = self.heights.shape
        i, j = max(0, math.floor(top)), max(0, math.floor(left))
        window = self.heights[i : min(rows, math.ceil(bottom) + 1), j : min(columns, math.ceil(right) + 1)]
        if not window.size:
            return math.nan
        block = max(1, math.ceil(math.sqrt(window.size / _MOST_BLOCKS)))
        known = np.where(np.isnan(window), -np.inf, window)
        peaks = np.maximum.reduceat(known, np.arange(0, known.shape[0], block), axis=0)
        peaks = np.maximum.reduceat(peaks, np.arange(0, known.shape[1], block), axis=1)
        middle = (block - 1) / 2.0
        at_row, at_column = np.indices(peaks.shape, dtype=np.float64) * block + middle
        inside = shapely.contains_xy(area.buffer(middle * 1.5), at_column + j, at_row + i)
        highest = float(np.max(peaks[inside], initial=-np.inf))
        return highest if math.isfinite(highest) else math.nan

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north of the grid, degrees."""
        rows, columns = self.heights.shape
        along = np.linspace(0.0, 1.0, 21)
        across = np.concatenate([along, along, np.zeros(21), np.ones(21)])
        down = np.concatenate([np.zeros(21), np.ones(21), along, along])
        x = self.x0 + (across * columns - 0.5) * self.dx
        y = self.y0 - (down * rows - 0.5) * self.dy
        lat, lon = self.to_place(x, y)
        return float(np.min(lon)), float(np.min(lat)), float(np.max(lon)), float(np.max(lat))

    def filled(self) -> Raster:
        """Return the grid with its voids filled from the nearest cells in their row."""
        void = np.isnan(self.heights)
        if not void.any():
            return self
        filled, along = self.heights.copy(), np.arange(self.heights.shape[1])
        low = float(np.nanmin(self.heights))
        for row in np.flatnonzero(void.any(axis=1)):
            known = ~void[row]
            filled[row] = np.interp(along, along[known], self.heights[row, known]) if known.any() else low
        return replace(self, heights=filled)

    def _cell(self, lat_deg: Any, lon_deg: Any) -> tuple[Any, Any]:
        x, y = self.to_grid(lat_deg, lon_deg)
        return (self.y0 - y) / self.dy, (x - self.x0) / self.dx
