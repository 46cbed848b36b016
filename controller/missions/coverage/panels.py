"""Panels of an object as grids of cells: how many photos show each, and how large a pixel is on it.

A cell is shown when its centre is inside the picture, within reach, and not seen at a grazing angle or from behind.
What else of the object stands between is not known.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.missions.coverage.ground import Floats, Seen
from controller.missions.coverage.views import Views

_GROUP = 1_000_000
# Sine of the flattest angle at which a face still shows in a picture: 10 degrees.
_GRAZING = math.sin(math.radians(10.0))


def panel_cells(corner_m: Floats, along_m: Floats, up_m: Floats, cell_m: float) -> tuple[Floats, int, int]:
    """Return the centres of a panel's cells, east, north and up, shape (rows * columns, 3), and rows and columns.

    Row 0 is at the corner. The corner and the ends of both sides have the shape (3,).
    """
    aside, upward = along_m - corner_m, up_m - corner_m
    columns = max(1, round(float(np.linalg.norm(aside)) / cell_m))
    rows = max(1, round(float(np.linalg.norm(upward)) / cell_m))
    right = (np.arange(columns) + 0.5)[None, :, None] / columns * aside
    top = (np.arange(rows) + 0.5)[:, None, None] / rows * upward
    return (corner_m + right + top).reshape(-1, 3), rows, columns


def see_panel(cells_m: Floats, outward: Floats, views: Views, reach_m: float) -> Seen:
    """Return what views show of cells, shape (n, 3), of a face whose normal `outward`, shape (3,), is 1 long."""
    counts = np.zeros(len(cells_m), dtype=np.int32)
    near = np.full(len(cells_m), np.inf, dtype=np.float32)
    far = np.zeros(len(cells_m), dtype=np.float32)
    step = max(1, _GROUP // max(1, len(cells_m)))
    for begin in range(0, len(views), step):
        places, axes = views.places_m[begin : begin + step], views.axes[begin : begin + step]

        def along(axis: int, places: Floats = places, axes: Floats = axes) -> Floats:
            at_place = np.einsum("ij,ij->i", places, axes[:, axis])
            found: Floats = cells_m @ axes[:, axis].T - at_place
            return found

        depth = along(2)
        shown: NDArray[np.bool_] = (depth > 0.0) & (depth <= reach_m)
        shown &= np.abs(along(0)) <= depth * views.half_across
        shown &= np.abs(along(1)) <= depth * views.half_along
        shown &= _faces(cells_m, outward, places)
        counts += shown.sum(axis=1, dtype=np.int32)
        near = np.minimum(near, np.where(shown, depth, np.inf).min(axis=1))
        far = np.maximum(far, np.where(shown, depth, 0.0).max(axis=1))
    pixel = np.float32(views.pixel)
    return Seen(counts, near.astype(np.float32) * pixel, far.astype(np.float32) * pixel)


def _faces(cells_m: Floats, outward: Floats, places_m: Floats) -> NDArray[np.bool_]:
    """Return whether the face of each cell is turned to each place, shape (cells, places)."""
    before = (places_m @ outward)[None, :] - (cells_m @ outward)[:, None]
    squares = (cells_m**2).sum(axis=1)[:, None] + (places_m**2).sum(axis=1) - 2.0 * cells_m @ places_m.T
    faces: NDArray[np.bool_] = before > _GRAZING * np.sqrt(np.maximum(squares, 0.0))
    return faces
