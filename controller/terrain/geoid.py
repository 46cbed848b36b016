"""The geoid EGM96: how high it lies above the ellipsoid of WGS-84.

The grid is NIMA's WW15MGH.GRD, geoid heights every 15 minutes in whole centimetres, a work of the United States'
government and in the public domain (NASA/TP-1998-206861; the README of its distribution has the points of the tests).
Between its points the heights are bilinear: within 0.1 m of the published spline interpolation.

The packed file holds its second differences along the rows and first differences down the columns, the high bytes
before the low ones, as LZMA.
"""

from __future__ import annotations

import lzma
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.terrain.raster import Floats

_FILE = Path(__file__).with_name("egm96_15_minutes.bin.xz")
_ROWS, _COLUMNS, _A_DEGREE = 721, 1440, 4


def egm96_m(lats_deg: Floats, lons_deg: Floats) -> Floats:
    """Return the height of the geoid above the ellipsoid, m, arrays of shape (n,); NaN for a latitude beyond 90."""
    lats, lons = np.asarray(lats_deg, dtype=np.float64), np.asarray(lons_deg, dtype=np.float64)
    off = ~((np.abs(lats) <= 90.0) & np.isfinite(lons))
    row = (90.0 - np.where(off, 0.0, lats)) * _A_DEGREE
    column = (np.where(off, 0.0, lons) % 360.0) * _A_DEGREE
    i = np.minimum(row.astype(np.intp), _ROWS - 2)
    j = column.astype(np.intp) % _COLUMNS
    u, v, right = row - i, column - np.floor(column), (j + 1) % _COLUMNS
    grid = _grid()
    upper = grid[i, j] * (1.0 - v) + grid[i, right] * v
    lower = grid[i + 1, j] * (1.0 - v) + grid[i + 1, right] * v
    found: Floats = (upper * (1.0 - u) + lower * u) / 100.0
    return np.where(off, np.nan, found)


@cache
def _grid() -> NDArray[np.int32]:
    """Return the geoid's heights, cm, shape (721, 1440): rows from the north pole, columns from Greenwich eastward."""
    packed = np.frombuffer(lzma.decompress(_FILE.read_bytes()), dtype=np.uint8)
    steps = np.ascontiguousarray(packed.reshape(2, -1).T).view(">i2").reshape(_ROWS, _COLUMNS)
    grid: NDArray[np.int32] = steps.astype(np.int32).cumsum(axis=0).cumsum(axis=1).cumsum(axis=1)
    return grid.astype(np.int32)
