"""Gaps: cells beside each other that too few photos show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def connected(cells: NDArray[np.bool_]) -> list[tuple[int, float, float]]:
    """Return the groups of true cells of an array, rows and columns, that share a side, the largest first.

    Each is its number of cells, and the row and column of the cell of it that is nearest to its middle.
    """
    labels = _labels(cells)
    row, column = np.nonzero(cells)
    group = labels[row, column]
    numbers, members = np.unique(group, return_inverse=True)
    counts = np.bincount(members, minlength=len(numbers))
    middle = np.column_stack([np.bincount(members, weights=one) for one in (row, column)]) / counts[:, None]
    off = (row - middle[members, 0]) ** 2 + (column - middle[members, 1]) ** 2
    found = []
    # In order of the distance from its middle, the first cell of each group is the nearest.
    order = np.lexsort((off, members))
    firsts = order[np.searchsorted(members[order], np.arange(len(numbers)))]
    for number in np.argsort(-counts, kind="stable"):
        at = firsts[number]
        found.append((int(counts[number]), float(row[at]), float(column[at])))
    return found


def _labels(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of each cell's group: runs of a row are joined with those above that they touch."""
    rows, columns = cells.shape
    padded = np.zeros((rows, columns + 2), dtype=np.int8)
    padded[:, 1:-1] = cells
    edges = np.diff(padded, axis=1)
    row, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    parent = list(range(len(row)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    first_of_row = np.searchsorted(row, np.arange(rows + 1)).tolist()
    begins, ends = begin.tolist(), end.tolist()
    for line in range(1, rows):
        above, here = first_of_row[line - 1], first_of_row[line]
        stop_above, stop = first_of_row[line], first_of_row[line + 1]
        while above < stop_above and here < stop:
            if begins[above] < ends[here] and begins[here] < ends[above]:
                parent[root(here)] = root(above)
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    labels = np.full(cells.shape, -1, dtype=np.int64)
    roots = np.asarray([root(one) for one in range(len(row))], dtype=np.int64)
    labels[cells] = np.repeat(roots, end - begin)
    return labels
