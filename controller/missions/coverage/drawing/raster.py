"""Picture of points, written as PNG. Lines and dots are smooth: their edges are mixed with what is below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from controller.missions.coverage.drawing.canvas import Anchor, Points
from controller.missions.coverage.drawing.font import HEIGHT, WIDTH, rows_of
from controller.png import png

_SCALE = 2
# Points of the picture for one point of a letter.
_LETTER = 2
_PIECE = 24.0


class RasterCanvas:
    """Picture of points, two for each pixel of the canvas."""

    def __init__(self, width: int, height: int) -> None:
        self._points = np.full((height * _SCALE, width * _SCALE, 3), 255.0, dtype=np.float32)

    def png(self) -> bytes:
        """Return the picture as PNG."""
        return png(np.round(self._points).astype(np.uint8), level=9)

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        left, top, right, bottom = (round(one * _SCALE) for one in (x, y, x + width, y + height))
        self._points[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = _rgb(color)

    def cells(
        self, x: float, y: float, side: float, classes: NDArray[np.int64], colors: Sequence[str]
    ) -> None:
        """Fill squares."""
        rows, columns = classes.shape
        left, top = round(x * _SCALE), round(y * _SCALE)
        right, bottom = round((x + columns * side) * _SCALE), round((y + rows * side) * _SCALE)
        row = ((np.arange(top, bottom) + 0.5 - y * _SCALE) / (side * _SCALE)).astype(int).clip(0, rows - 1)
        column = (
            ((np.arange(left, right) + 0.5 - x * _SCALE) / (side * _SCALE)).astype(int).clip(0, columns - 1)
        )
        shown = classes[row[:, None], column[None, :]]
        palette = np.asarray([_rgb(one) for one in colors], dtype=np.float32)
        part = self._points[top:bottom, left:right]
        shown = shown[: part.shape[0], : part.shape[1]]
        part[shown >= 0] = palette[shown[shown >= 0]]

    def line(self, points: Points, color: str, width: float, *, closed: bool = False) -> None:
        """Draw a line."""
        ends = [*points, points[0]] if closed and points else list(points)
        for begin, end in pairwise(ends):
            # Short pieces: the points around a long slanted line are many.
            pieces = max(1, int(math.dist(begin, end) / _PIECE))
            at = [
                (
                    begin[0] + (end[0] - begin[0]) * piece / pieces,
                    begin[1] + (end[1] - begin[1]) * piece / pieces,
                )
                for piece in range(pieces + 1)
            ]
            for one, two in pairwise(at):
                self._stroke(one, two, width / 2.0, color)

    def shape(self, points: Points, color: str) -> None:
        """Fill a convex polygon: the points on one side of all its sides."""
        corners = np.asarray(points) * _SCALE
        found = self._near(corners, 1.0)
        if found is None:
            return
        part, x, y = found
        sides = [
            (two[0] - one[0]) * (y - one[1]) - (two[1] - one[1]) * (x - one[0])
            for one, two in zip(corners, np.roll(corners, -1, axis=0), strict=True)
        ]
        inside = np.all([one >= 0 for one in sides], axis=0) | np.all([one <= 0 for one in sides], axis=0)
        part[inside] = _rgb(color)

    def dots(self, points: Points, radius: float, color: str) -> None:
        """Draw dots."""
        for point in points:
            self._stroke(point, point, radius, color)

    def text(
        self, x: float, y: float, text: str, color: str, anchor: Anchor = "start", *, bold: bool = False
    ) -> None:
        """Write a line of text."""
        width = len(text) * WIDTH * _LETTER
        left = round(x * _SCALE) - {"start": 0, "middle": width // 2, "end": width}[anchor]
        top = round(y * _SCALE) - HEIGHT * _LETTER
        for letter in text:
            drawn = np.kron(np.asarray(rows_of(letter)), np.ones((_LETTER, _LETTER), dtype=bool))
            for shift in (0, 1) if bold else (0,):
                part = self._points[max(0, top) : top + drawn.shape[0], max(0, left + shift) :][
                    :, : drawn.shape[1]
                ]
                part[drawn[: part.shape[0], : part.shape[1]]] = _rgb(color)
            left += WIDTH * _LETTER

    def _stroke(
        self, begin: tuple[float, float], end: tuple[float, float], radius: float, color: str
    ) -> None:
        """Colour all points within a radius of a line, those at its edge in part."""
        ends = np.asarray([begin, end]) * _SCALE
        radius *= _SCALE
        found = self._near(ends, radius + 1.0)
        if found is None:
            return
        part, x, y = found
        way = ends[1] - ends[0]
        length = float(way @ way)
        share = (
            ((x - ends[0, 0]) * way[0] + (y - ends[0, 1]) * way[1]) / length if length else np.zeros_like(x)
        )
        share = np.clip(share, 0.0, 1.0)
        off = np.hypot(x - ends[0, 0] - share * way[0], y - ends[0, 1] - share * way[1])
        # Few shades make a small file.
        cover = np.round(3.0 * np.clip(radius + 0.5 - off, 0.0, 1.0))[:, :, None] / 3.0
        part += cover * (_rgb(color) - part)

    def _near(
        self, points: NDArray[np.float64], margin: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]] | None:
        """Return the part of the picture around points, and the places of its points; None outside."""
        height, width, _ = self._points.shape
        left, top = np.floor(points.min(axis=0) - margin).astype(int).clip(0, (width, height))
        right, bottom = np.ceil(points.max(axis=0) + margin).astype(int).clip(0, (width, height))
        if right <= left or bottom <= top:
            return None
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        return self._points[top:bottom, left:right], x, y


def _rgb(color: str) -> NDArray[np.float32]:
    return np.asarray([int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float32)
