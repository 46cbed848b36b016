"""What a picture is drawn with, and SVG as one way to draw it. Lengths are pixels, from the top left corner."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Points = Sequence[tuple[float, float]]
Anchor = Literal["start", "middle", "end"]


class Canvas(Protocol):
    """A picture of one size. Colours are `#rrggbb`."""

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle."""

    def cells(
        self, x: float, y: float, side: float, classes: NDArray[np.int64], colors: Sequence[str]
    ) -> None:
        """Fill squares of a side: `classes`, rows from the top, has the number of each one's colour, -1 for none."""

    def line(self, points: Points, color: str, width: float, *, closed: bool = False) -> None:
        """Draw a line."""

    def shape(self, points: Points, color: str) -> None:
        """Fill a polygon."""

    def dots(self, points: Points, radius: float, color: str) -> None:
        """Draw dots."""

    def text(
        self, x: float, y: float, text: str, color: str, anchor: Anchor = "start", *, bold: bool = False
    ) -> None:
        """Write a line of text, whose letters stand on `y`."""


class SvgCanvas:
    """Picture as SVG. Its own attributes set all colours, so that it looks the same on any page."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        self._parts.append(
            f'<path fill="{color}" d="M{x:.4g} {y:.4g}h{width:.4g}v{height:.4g}h{-width:.4g}z"/>'
        )

    def cells(
        self, x: float, y: float, side: float, classes: NDArray[np.int64], colors: Sequence[str]
    ) -> None:
        """Fill squares: neighbours of one colour in a row are one rectangle."""
        # One unit of the group is a cell, so that the path holds short whole numbers.
        self._parts.append(
            f'<g transform="translate({x:.2f} {y:.2f}) scale({side:.5g})" shape-rendering="crispEdges">'
        )
        for number, color in enumerate(colors):
            path = _runs(classes == number)
            if path:
                self._parts.append(f'<path fill="{color}" d="{path}"/>')
        self._parts.append("</g>")

    def line(self, points: Points, color: str, width: float, *, closed: bool = False) -> None:
        """Draw a line."""
        if len(points) > 1:
            self._parts.append(
                f'<path fill="none" stroke="{color}" stroke-width="{width:g}" stroke-linejoin="round" '
                f'd="{_path(points)}{"z" if closed else ""}"/>'
            )

    def shape(self, points: Points, color: str) -> None:
        """Fill a polygon."""
        self._parts.append(f'<path fill="{color}" d="{_path(points)}z"/>')

    def dots(self, points: Points, radius: float, color: str) -> None:
        """Draw dots: lines without a length whose ends are round."""
        if points:
            path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
            self._parts.append(
                f'<path fill="none" stroke="{color}" stroke-width="{2 * radius:g}" stroke-linecap="round" d="{path}"/>'
            )

    def text(
        self, x: float, y: float, text: str, color: str, anchor: Anchor = "start", *, bold: bool = False
    ) -> None:
        """Write a line of text."""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="11" font-family="system-ui,sans-serif" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def svg(self, label: str) -> str:
        """Return the picture as an SVG element; `label` says what it shows."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}" role="img" '
            f'aria-label="{escape(label, quote=True)}">{"".join(self._parts)}</svg>'
        )


def _path(points: Points) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _runs(cells: NDArray[np.bool_]) -> str:
    edges = np.diff(np.pad(cells.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, begins = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return "".join(
        f"M{begin} {row}h{end - begin}v1h{begin - end}z"
        for row, begin, end in zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True)
    )
