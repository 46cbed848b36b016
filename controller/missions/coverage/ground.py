"""Ground as a grid of cells: how many photos show each, and how large a pixel is on it.

A cell is shown by a photo when its centre is inside the picture, no farther than `reach_m` along the axis of the lens,
and no ground of the grid stands between. Photos are taken in groups whose boxes of cells are of similar size, so that
a group is one set of arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.missions.coverage.views import Views

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Cells times photos of one group: some 60 MB of arrays.
_GROUP = 1_500_000
_RAY_STEPS = 24
# Ground between a cell and the camera hides it only if it is that much higher than the ray: a raster is not exact.
_HIDES_M = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells of a map. Row 0 is the southern one, column 0 the western one; `heights_m` has the shape (rows, columns).

    `west_m` and `south_m` are the outer corner.
    """

    west_m: float
    south_m: float
    cell_m: float
    heights_m: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.heights_m.shape
        return rows, columns

    def centers_m(self) -> tuple[Floats, Floats]:
        """Return the centres of the columns, m east, and of the rows, m north."""
        rows, columns = self.shape
        columns_m = (np.arange(columns, dtype=np.float64) + 0.5) * self.cell_m
        rows_m = (np.arange(rows, dtype=np.float64) + 0.5) * self.cell_m
        return self.west_m + columns_m, self.south_m + rows_m


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What photos show of cells, arrays of one shape: the number of photos, and the smallest and the largest size of
    a pixel, m; infinite and 0 where no photo shows the cell.
    """

    counts: NDArray[np.int32]
    best_m: NDArray[np.float32]
    worst_m: NDArray[np.float32]


def see_ground(grid: Grid, views: Views, reach_m: float) -> Seen:
    """Return what views show of a grid."""
    rows, columns = grid.shape
    counts = np.zeros(rows * columns, dtype=np.int32)
    near = np.full(rows * columns, np.inf, dtype=np.float32)
    far = np.zeros(rows * columns, dtype=np.float32)
    low, high = float(grid.heights_m.min()), float(grid.heights_m.max())
    boxes = _boxes(grid, views, reach_m, low, high)
    steepest = _steepest(grid) if high - low > _HIDES_M else 0.0
    for group in _groups(boxes):
        cells, depths, photos = _shown(grid, views, boxes[group], group, reach_m, flat=low == high)
        if steepest:
            kept = ~_hidden(grid, views, cells, photos, steepest, high)
            cells, depths = cells[kept], depths[kept]
        counts += np.bincount(cells, minlength=counts.size).astype(np.int32)
        np.minimum.at(near, cells, depths)
        np.maximum.at(far, cells, depths)
    pixel = np.float32(views.pixel)
    shape = (rows, columns)
    return Seen(counts.reshape(shape), (near * pixel).reshape(shape), (far * pixel).reshape(shape))


def extent_m(views: Views, reach_m: float, low_m: float, high_m: float) -> Floats:
    """Return west, south, east and north of the ground that each view can show, m, shape (n, 4).

    The ground is between two heights. A picture that holds the horizon is cut at `reach_m`.
    """
    rays = views.corner_rays()
    down = rays[:, :, 2]
    above = views.places_m[:, None, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        to_low = np.where(down < -1e-9, (low_m - above) / down, np.inf)
        to_high = np.where(down < -1e-9, (high_m - above) / down, np.inf)
    whole = np.all(to_low <= reach_m, axis=1, keepdims=True)
    to_low = np.where(whole, to_low, reach_m)
    to_high = np.where(whole, np.clip(to_high, 0.0, to_low), 0.0)
    ends = np.concatenate(
        [views.places_m[:, None, :2] + at[:, :, None] * rays[:, :, :2] for at in (to_low, to_high)], axis=1
    )
    return np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1)


def _boxes(grid: Grid, views: Views, reach_m: float, low_m: float, high_m: float) -> Ints:
    """Return first row, first column, rows and columns of the cells that each view can show, shape (n, 4)."""
    reached = extent_m(views, reach_m, low_m, high_m)
    corner = np.asarray([grid.west_m, grid.south_m])
    rows, columns = grid.shape
    most = np.asarray([columns, rows])
    # A hundredth of a cell more on each side: rounding leaves none out.
    first = np.ceil((reached[:, :2] - corner) / grid.cell_m - 0.51).clip(0, most).astype(np.int64)
    last = np.floor((reached[:, 2:] - corner) / grid.cell_m - 0.49).clip(-1, most - 1).astype(np.int64)
    sizes = np.maximum(last - first + 1, 0)
    return np.column_stack([first[:, 1], first[:, 0], sizes[:, 1], sizes[:, 0]])


def _groups(boxes: Ints) -> Iterator[Ints]:
    """Return the numbers of the views with cells, in groups of boxes of similar size."""
    order = np.argsort(boxes[:, 2] * boxes[:, 3], kind="stable")
    order = order[(boxes[order, 2] > 0) & (boxes[order, 3] > 0)]
    while len(order):
        # The largest box of a group is at its end, so the size of a group is found by halving.
        count = len(order)
        while (
            count > 1 and count * int(boxes[order[:count], 2].max() * boxes[order[:count], 3].max()) > _GROUP
        ):
            count = math.ceil(count / 2)
        yield order[:count]
        order = order[count:]


def _shown(
    grid: Grid, views: Views, boxes: Ints, group: Ints, reach_m: float, *, flat: bool
) -> tuple[Ints, NDArray[np.float32], Ints]:
    """Return, for each pair of a cell and a photo that shows it: the cell, its depth, m, and the photo."""
    columns = grid.shape[1]
    row = boxes[:, 0, None] + np.arange(int(boxes[:, 2].max()))
    column = boxes[:, 1, None] + np.arange(int(boxes[:, 3].max()))
    places, axes = views.places_m[group], views.axes[group].astype(np.float32)
    north = (grid.south_m + (row + 0.5) * grid.cell_m - places[:, 1, None]).astype(np.float32)
    east = (grid.west_m + (column + 0.5) * grid.cell_m - places[:, 0, None]).astype(np.float32)
    is_row = row < (boxes[:, 0] + boxes[:, 2])[:, None]
    is_column = column < (boxes[:, 1] + boxes[:, 3])[:, None]
    cell = np.minimum(row, grid.shape[0] - 1)[:, :, None] * columns + np.minimum(column, columns - 1)[:, None]
    up: NDArray[np.float32]
    if flat:
        up = (float(grid.heights_m.flat[0]) - places[:, 2]).astype(np.float32)[:, None, None]
    else:
        up = (grid.heights_m.reshape(-1)[cell] - places[:, 2, None, None]).astype(np.float32)

    def along(axis: int) -> NDArray[np.float32]:
        part = axes[:, axis, :]
        level = (east * part[:, 0, None])[:, None, :] + (north * part[:, 1, None])[:, :, None]
        found: NDArray[np.float32] = level + up * part[:, 2, None, None]
        return found

    depth = along(2)
    shown = (depth > 0.0) & (depth <= reach_m) & is_row[:, :, None] & is_column[:, None, :]
    shown &= np.abs(along(0)) <= depth * np.float32(views.half_across)
    shown &= np.abs(along(1)) <= depth * np.float32(views.half_along)
    photo = np.broadcast_to(group[:, None, None], cell.shape)
    return cell[shown], depth[shown], photo[shown]


def _steepest(grid: Grid) -> float:
    """Return the tangent of the steepest slope between neighbouring cells; above 0."""
    steps = [float(np.abs(np.diff(grid.heights_m, axis=axis)).max(initial=0.0)) for axis in (0, 1)]
    return math.hypot(*steps) / grid.cell_m + 1e-6


def _hidden(
    grid: Grid, views: Views, cells: Ints, photos: Ints, steepest: float, high_m: float
) -> NDArray[np.bool_]:
    """Return for pairs of cells and photos whether ground stands between them."""
    hidden = np.zeros(len(cells), dtype=bool)
    rows, columns = grid.shape
    row, column = np.divmod(cells, columns)
    heights = grid.heights_m.reshape(-1)
    begin = np.column_stack([column, row]) + 0.5
    corner = np.asarray([grid.west_m, grid.south_m])
    way = (views.places_m[photos, :2] - corner) / grid.cell_m - begin
    rise = views.places_m[photos, 2] - heights[cells]
    across_m = np.hypot(way[:, 0], way[:, 1]) * grid.cell_m
    # No slope of this ground reaches a steeper ray.
    asked = np.flatnonzero(rise < steepest * across_m)
    if not len(asked):
        return hidden
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(rise[asked] > 0.0, (high_m - heights[cells[asked]]) / rise[asked], 1.0).clip(0.0, 1.0)
    for step in range(1, _RAY_STEPS):
        share = part * (step / _RAY_STEPS)
        at = np.floor(begin[asked] + share[:, None] * way[asked]).astype(np.int64)
        inside = (at >= 0).all(axis=1) & (at[:, 0] < columns) & (at[:, 1] < rows)
        # The cell itself and its neighbours do not hide it.
        inside &= share * across_m[asked] > 1.5 * grid.cell_m
        ground = heights[np.where(inside, at[:, 1] * columns + at[:, 0], 0)]
        ray = heights[cells[asked]] + share * rise[asked]
        hidden[asked] |= inside & (ground > ray + _HIDES_M)
    return hidden
