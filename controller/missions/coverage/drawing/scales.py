"""Colour scales of coverage pictures: which class a cell is in, and what each colour means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.missions.coverage.coverage import Surface

# Dark is little and light is much, also in grey; what too few photos show is red.
_NONE, _FEW = "#c0241f", "#f08a5d"
_RAMP = ("#34386f", "#2f5f93", "#26839b", "#2ba58b", "#6cc46c", "#b9d94a", "#f4e64f")
_STEPS = (1, 2, 3, 5, 8, 12, 20)
_WIDEST = 150


@dataclass(frozen=True, slots=True)
class Scale:
    """Names of classes, each with its colour."""

    title: str
    names: tuple[str, ...]
    colors: tuple[str, ...]


def times_scale(needed: int) -> Scale:
    """Return the scale of the number of photos; cells with fewer than `needed` are red."""
    names, colors = ["none"], [_NONE]
    if needed > 1:
        names.append("1" if needed == 2 else f"1-{needed - 1}")
        colors.append(_FEW)
    for begin, end in _spans(needed):
        names.append(f"{begin}+" if end is None else f"{begin}" if end == begin else f"{begin}-{end}")
    return Scale("photos that show it", tuple(names), (*colors, *_RAMP[: len(names) - len(colors)]))


def times_classes(surface: Surface, needed: int) -> NDArray[np.int64]:
    """Return the class of each cell, rows from the top, in blocks of cells that fit a picture: the worst of each."""
    edges = [1, *([needed] if needed > 1 else []), *(begin for begin, _ in _spans(needed)[1:])]
    counts = _blocks(np.where(surface.inside, surface.seen.counts, np.iinfo(np.int32).max), np.min)
    classes = np.digitize(counts, edges)
    return np.where(counts == np.iinfo(np.int32).max, -1, classes)[::-1]


def size_scale(surfaces: tuple[Surface, ...]) -> tuple[Scale, list[float]]:
    """Return the scale of the size of a pixel, and the sizes, m, at which the next class begins."""
    sizes = [one.seen.best_m[one.inside & (one.seen.counts > 0)] for one in surfaces]
    known = np.concatenate(sizes) if sizes else np.zeros(0)
    if not len(known):
        return Scale("size of a pixel, cm", ("not seen",), (_NONE,)), []
    low, high = float(np.quantile(known, 0.02)), float(np.quantile(known, 0.98))
    colors: tuple[str, ...] = _RAMP[::-1]
    edges = np.linspace(low, high, len(colors) + 1)[1:-1].tolist()
    if high - low < 0.02 * high:
        # One size: it has a colour, and what is smaller or larger has another.
        middle = (low + high) / 2.0
        colors, edges = (colors[0], colors[3], colors[-1]), [0.985 * middle, 1.015 * middle]
    step_cm = 100.0 * (edges[1] - edges[0])
    digits = 1 if step_cm > 0.15 else 2 if step_cm > 0.015 else 3
    marks = [f"{100.0 * one:.{digits}f}" for one in edges]
    names = [f"< {marks[0]}", *(f"{one}+" for one in marks)]
    return Scale("size of a pixel, cm", ("not seen", *names), (_NONE, *colors)), edges


def size_classes(surface: Surface, edges: list[float]) -> NDArray[np.int64]:
    """Return the class of each cell as `times_classes` does; 0 where no photo shows it."""
    sizes = np.where(surface.inside, surface.seen.best_m, -1.0)
    worst = _blocks(sizes, np.max)
    classes = np.digitize(worst, edges) + 1
    classes = np.where(np.isinf(worst), 0, classes)
    return np.where(worst < 0.0, -1, classes)[::-1]


def block_of(surface: Surface) -> int:
    """Return how many cells, across and along, are one square of a picture."""
    rows, columns = surface.inside.shape
    return _side(rows, columns)


def _spans(needed: int) -> list[tuple[int, int | None]]:
    begins = [needed, *(one for one in _STEPS if one > needed)]
    return list(zip(begins, [*(one - 1 for one in begins[1:]), None], strict=True))


def _blocks(values: NDArray[np.float64] | NDArray[np.int64], worst: object) -> NDArray[np.float64]:
    rows, columns = values.shape
    side = _side(rows, columns)
    filler = np.iinfo(np.int32).max if worst is np.min else -1
    padded = np.full((-(-rows // side) * side, -(-columns // side) * side), filler, dtype=np.float64)
    padded[:rows, :columns] = values
    split = padded.reshape(padded.shape[0] // side, side, padded.shape[1] // side, side)
    found: NDArray[np.float64] = split.min(axis=(1, 3)) if worst is np.min else split.max(axis=(1, 3))
    return found


def _side(rows: int, columns: int) -> int:
    return max(1, math.ceil(max(rows, columns) / _WIDEST))
