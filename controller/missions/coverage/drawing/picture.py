"""Picture of a coverage: how often each place is seen, and how large a pixel is there, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from controller.missions.coverage.coverage import Coverage, Surface
from controller.missions.coverage.drawing.canvas import Canvas, Points, SvgCanvas
from controller.missions.coverage.drawing.raster import RasterCanvas
from controller.missions.coverage.drawing.scales import (
    Scale,
    block_of,
    size_classes,
    size_scale,
    times_classes,
    times_scale,
)

WIDTH = 860
_COLUMN, _GUTTER = 418, 24
_TITLE, _LEGEND = 26, 40
_MOST_HEIGHT = 560.0
_MARGIN = 12.0
_INK, _SOFT, _WASH, _PAPER = "#1b2430", "#5b6675", "#eef1f5", "#ffffff"
# More dots would hide the colours.
_MOST_DOTS = 600
_PANEL_TITLE = 16
_LETTER = 6.0  # width
# A panel so many times as high as wide lies on its side: a blade or the underside of a bridge would be a thread.
_TURNED_FROM = 3.0

Drawn = TypeVar("Drawn", SvgCanvas, RasterCanvas)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Part of the picture that shows a map: where its corner is, its size, and the scale in pixels a metre."""

    left: float
    top: float
    width: float
    height: float
    scale: float
    west_m: float
    north_m: float

    def xy(self, east_m: float, north_m: float) -> tuple[float, float]:
        return self.left + (east_m - self.west_m) * self.scale, self.top + (
            self.north_m - north_m
        ) * self.scale


def svg_picture(coverage: Coverage, title: str) -> str:
    """Return the picture as an SVG element."""
    return _draw(coverage, title, SvgCanvas).svg(title)


def png_picture(coverage: Coverage, title: str) -> bytes:
    """Return the picture as PNG."""
    return _draw(coverage, title, RasterCanvas).png()


def _draw(coverage: Coverage, title: str, make: Callable[[int, int], Drawn]) -> Drawn:
    ground = coverage.ground
    panels = [one for one in coverage.surfaces if one is not ground]
    box = _box(coverage)
    inner_m = max(box[2] - box[0], 1.0), max(box[3] - box[1], 1.0)
    scale = min((_COLUMN - 2 * _MARGIN) / inner_m[0], (_MOST_HEIGHT - 2 * _MARGIN) / inner_m[1])
    map_height = max(160.0, inner_m[1] * scale + 2 * _MARGIN)
    places, panels_height = _flow(panels)
    top = 30.0
    maps_end = top + _TITLE + map_height + _LEGEND
    height = maps_end + (panels_height + _TITLE + _LEGEND if panels else 0.0)
    canvas = make(WIDTH, math.ceil(height))
    canvas.box(0, 0, WIDTH, math.ceil(height), _PAPER)
    canvas.text(8, 18, title, _INK, bold=True)
    times = times_scale(coverage.figures.needed)
    sizes, edges = size_scale(coverage.surfaces)
    lefts = (0.0, float(_COLUMN + _GUTTER))
    for left, legend in zip(lefts, (times, sizes), strict=True):
        frame = _Frame(
            left,
            top + _TITLE,
            _COLUMN,
            map_height,
            scale,
            (box[0] + box[2]) / 2.0 - _COLUMN / 2.0 / scale,
            (box[1] + box[3]) / 2.0 + map_height / 2.0 / scale,
        )
        if ground is None and legend is sizes:
            _side(canvas, coverage, frame)
        else:
            _map(canvas, coverage, frame, legend if ground is not None else None, edges)
    if panels:
        for left, legend in zip(lefts, (times, sizes), strict=True):
            _panels(canvas, coverage, panels, places, (left, maps_end), legend, edges)
            _legend(canvas, left, maps_end + _TITLE + panels_height, legend)
    return canvas


def _box(coverage: Coverage) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what the map shows, m."""
    places = coverage.views.places_m
    points = [(float(x), float(y)) for x, y in zip(places[:, 0].tolist(), places[:, 1].tolist(), strict=True)]
    points += [point for ring in _rings(coverage) for point in ring]
    points += [
        coverage.on_earth.to_map((one.lat_deg, one.lon_deg))
        for panel in coverage.target.panels
        for one in (panel.corner, panel.along, panel.up)
    ]
    ground = coverage.ground
    if ground is not None:
        rows, columns = np.nonzero(ground.inside)
        if len(rows):
            west, south = ground.corner_m
            points += [
                (west + float(columns.min()) * ground.cell_m, south + float(rows.min()) * ground.cell_m),
                (
                    west + float(columns.max() + 1) * ground.cell_m,
                    south + float(rows.max() + 1) * ground.cell_m,
                ),
            ]
    east, north = zip(*points, strict=True)
    return min(east), min(north), max(east), max(north)


def _rings(coverage: Coverage) -> list[Points]:
    return [coverage.on_earth.all_to_map(ring) for ring in coverage.target.outline]


def _map(canvas: Canvas, coverage: Coverage, frame: _Frame, legend: Scale | None, edges: list[float]) -> None:
    canvas.text(frame.left + 8, frame.top - 8, legend.title if legend else "photos from above", _INK)
    canvas.box(frame.left, frame.top, frame.width, frame.height, _WASH)
    ground = coverage.ground
    if ground is not None and legend is not None:
        by_size = legend.title.startswith("size")
        classes = size_classes(ground, edges) if by_size else times_classes(ground, coverage.figures.needed)
        side_m = ground.cell_m * block_of(ground)
        x, y = frame.xy(ground.corner_m[0], ground.corner_m[1] + classes.shape[0] * side_m)
        canvas.cells(x, y, side_m * frame.scale, classes, legend.colors)
        _legend(canvas, frame.left, frame.top + frame.height, legend)
    for ring in _rings(coverage):
        canvas.line([frame.xy(*one) for one in ring], _PAPER, 3.0, closed=True)
        canvas.line([frame.xy(*one) for one in ring], _INK, 1.4, closed=True)
    _photos(canvas, coverage, frame, directions=ground is None)
    for panel in coverage.target.panels:
        ends = [coverage.on_earth.to_map((one.lat_deg, one.lon_deg)) for one in (panel.corner, panel.along)]
        canvas.line([frame.xy(*one) for one in ends], "#b42318", 2.0)
    _scale_bar(canvas, frame)
    x, y = frame.left + frame.width - 8, frame.top - 10
    canvas.shape([(x, y - 12), (x + 5, y + 4), (x - 5, y + 4)], _INK)
    canvas.text(x - 9, y + 4, "N", _INK, "end")


def _side(canvas: Canvas, coverage: Coverage, frame: _Frame) -> None:
    """Draw the photos and the panels as they are seen from the south."""
    canvas.text(frame.left + 8, frame.top - 8, "photos from the south", _INK)
    canvas.box(frame.left, frame.top, frame.width, frame.height, _WASH)
    places = coverage.views.places_m[:, [0, 2]]
    corners = [
        [
            (*coverage.on_earth.to_map((one.lat_deg, one.lon_deg)), one.height_m)
            for one in (panel.corner, panel.along, panel.up)
        ]
        for panel in coverage.target.panels
    ]
    shown = [*map(tuple, places.tolist()), *((east, up) for ends in corners for east, _, up in ends)]
    west, east = min(x for x, _ in shown), max(x for x, _ in shown)
    low, high = min(0.0, *(y for _, y in shown)), max(y for _, y in shown)
    scale = min((frame.width - 24) / max(east - west, 1.0), (frame.height - 24) / max(high - low, 1.0))
    middle = (
        (west + east) / 2.0 - frame.width / 2.0 / scale,
        (low + high) / 2.0 + frame.height / 2.0 / scale,
    )
    side = replace(frame, scale=scale, west_m=middle[0], north_m=middle[1])
    canvas.line([side.xy(west, 0.0), side.xy(east, 0.0)], _SOFT, 1.0)
    for corner, along, up in corners:
        beyond = (along[0] + up[0] - corner[0], along[2] + up[2] - corner[2])
        ends = [(corner[0], corner[2]), (along[0], along[2]), beyond, (up[0], up[2])]
        canvas.line([side.xy(*one) for one in ends], "#b42318", 1.0, closed=True)
    points = [side.xy(*one) for one in places.tolist()]
    if len(points) <= _MOST_DOTS:
        canvas.dots(points, 1.6, _PAPER)
        canvas.dots(points, 1.1, _INK)
    _scale_bar(canvas, side)


def _photos(canvas: Canvas, coverage: Coverage, frame: _Frame, *, directions: bool) -> None:
    import shapely

    places = coverage.views.places_m
    points = [frame.xy(east, north) for east, north in places[:, :2].tolist()]
    if len(points) > 1:
        # Half a pixel: the photos of a straight line are its ends.
        way = shapely.simplify(shapely.LineString(points), 0.5)
        canvas.line([(float(x), float(y)) for x, y in way.coords], _SOFT, 0.6)
    if len(points) > _MOST_DOTS:
        return
    if directions:
        for (x, y), (east, north, _) in zip(points, coverage.views.axes[:, 2].tolist(), strict=True):
            canvas.line([(x, y), (x + 9 * east, y - 9 * north)], "#0b62b8", 0.8)
    canvas.dots(points, 1.9, _PAPER)
    canvas.dots(points, 1.2, _INK)


def _legend(canvas: Canvas, left: float, top: float, legend: Scale) -> None:
    each = (_COLUMN - 8) / len(legend.names)
    for number, (name, color) in enumerate(zip(legend.names, legend.colors, strict=True)):
        canvas.box(left + 4 + number * each, top + 8, each - 2, 10, color)
        canvas.text(left + 4 + (number + 0.5) * each, top + 31, name, _SOFT, "middle")


def _flow(panels: list[Surface]) -> tuple[list[tuple[float, float, float]], float]:
    """Return the corner of each panel in its column, and pixels a metre, and the height of all.

    The scale is one for all panels: as large as leaves them less high than a map may be.
    """
    sizes = [(*_size_m(one), _LETTER * len(_label(one))) for one in panels]
    if not sizes:
        return [], 0.0
    scale = (_COLUMN - 8) / max(width for width, _, _ in sizes)
    while True:
        places, height = _rows(sizes, scale)
        if height <= _MOST_HEIGHT or scale < 0.05:
            return places, height
        scale *= 0.9


def _is_turned(panel: Surface) -> bool:
    rows, columns = panel.inside.shape
    return bool(rows > _TURNED_FROM * columns)


def _label(panel: Surface) -> str:
    return f"{panel.name[:24].rstrip()}, its top right" if _is_turned(panel) else panel.name[:16].rstrip()


def _size_m(panel: Surface) -> tuple[float, float]:
    """Return the width and the height of a panel as it is drawn, m."""
    rows, columns = panel.inside.shape
    across, up = columns * panel.cell_m, rows * panel.cell_m
    return (up, across) if _is_turned(panel) else (across, up)


def _rows(
    sizes: list[tuple[float, float, float]], scale: float
) -> tuple[list[tuple[float, float, float]], float]:
    x, y, row = 4.0, 0.0, 0.0
    places = []
    for width, height, label in sizes:
        wide = max(width * scale, label) + 8.0
        if x + wide > _COLUMN + 8.0 and x > 4.0:
            x, y, row = 4.0, y + row, 0.0
        places.append((x, y + _PANEL_TITLE, scale))
        x += wide
        row = max(row, height * scale + _PANEL_TITLE + 8.0)
    return places, y + row


def _panels(
    canvas: Canvas,
    coverage: Coverage,
    panels: list[Surface],
    places: list[tuple[float, float, float]],
    corner: tuple[float, float],
    legend: Scale,
    edges: list[float],
) -> None:
    by_size = legend.title.startswith("size")
    canvas.text(corner[0] + 8, corner[1] + 16, legend.title, _INK)
    for panel, (x, y, scale) in zip(panels, places, strict=True):
        classes = size_classes(panel, edges) if by_size else times_classes(panel, coverage.figures.needed)
        left, top = corner[0] + x, corner[1] + y + _TITLE
        canvas.text(left, top - 4, _label(panel), _SOFT)
        if _is_turned(panel):
            classes = np.rot90(classes, -1)
        canvas.cells(left, top, panel.cell_m * block_of(panel) * scale, classes, legend.colors)


def _scale_bar(canvas: Canvas, frame: _Frame) -> None:
    """Draw a bar of a round length, some 100 pixels, above the map."""
    most = 110.0 / frame.scale
    power = 10.0 ** math.floor(math.log10(most))
    length = next(power * factor for factor in (5, 2, 1) if power * factor <= most)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    end, y = frame.left + frame.width - 40, frame.top - 6
    x = end - length * frame.scale
    canvas.line([(x, y - 4), (x, y), (end, y), (end, y - 4)], _INK, 1.5)
    canvas.text((x + end) / 2.0, y - 6, text, _INK, "middle")
