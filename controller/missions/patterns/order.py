"""Order of the passes: there and back, every second line first, or cell by cell where a polygon has bays and holes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from controller.missions.patterns.local_map import MapPoint
from controller.missions.patterns.one_pass import Pass

# More cells than this are not searched for a short order: the rows are flown one after the other.
_MOST_CELLS = 300


def near_first(
    rows: Sequence[Sequence[Pass]], start: MapPoint | None, *, alternate: bool = False
) -> list[list[Pass]]:
    """Return the rows of passes in the order whose begin is nearest to `start`, there and back in turn.

    A row holds the passes on one line, in the direction of the line. With `alternate` every second row is flown, and
    the others on the way back: a turn is then twice as wide, as a fixed wing needs it.
    """
    ways = [
        there_and_back(_alternated(ordered) if alternate else ordered, backwards=backwards)
        for ordered in (list(rows), list(reversed(rows)))
        for backwards in (False, True)
    ]
    if start is None:
        return ways[0]
    return min(ways, key=lambda way: math.dist(way[0][0].points[0], start))


def shortest(
    rows: Sequence[Sequence[Pass]], start: MapPoint | None, *, alternate: bool = False
) -> list[Pass]:
    """Return the passes of rows in flight order: row by row, or cell by cell where the way between is shorter."""
    by_row = [one for row in near_first(rows, start, alternate=alternate) for one in row]
    if alternate or all(len(row) == 1 for row in rows):
        return by_row
    cells = _cells(rows)
    if len(cells) > _MOST_CELLS:
        return by_row
    by_cell = _nearest_cells(cells, by_row[0].points[0])
    return by_cell if between_m(by_cell) < between_m(by_row) else by_row


def between_m(passes: Sequence[Pass]) -> float:
    """Return the length of the straight ways from pass to pass, m."""
    return sum(math.dist(one.points[-1], two.points[0]) for one, two in pairwise(passes))


def _alternated(rows: Sequence[Sequence[Pass]]) -> list[Sequence[Pass]]:
    return [*rows[::2], *reversed(rows[1::2])]


def there_and_back(rows: Sequence[Sequence[Pass]], *, backwards: bool = False) -> list[list[Pass]]:
    """Return the rows with every second one flown the other way; with `backwards` the first one too."""
    turned = []
    for row in rows:
        turned.append([one.reversed() for one in reversed(row)] if backwards else list(row))
        backwards = not backwards
    return turned


def _cells(rows: Sequence[Sequence[Pass]]) -> list[list[Pass]]:
    """Return the passes in cells: those of neighbouring rows beside each other, as long as none parts or joins."""
    longest = max((one for row in rows for one in row), key=lambda one: one.length_m)
    begin, end = longest.points[0], longest.points[-1]
    along = (end[0] - begin[0], end[1] - begin[1])
    cells: list[list[Pass]] = []
    open_cells: list[list[Pass]] = []
    for row in rows:
        spans = [_span(one, along) for one in row]
        before = [_span(cell[-1], along) for cell in open_cells]
        now: list[list[Pass]] = []
        for one, span in zip(row, spans, strict=True):
            beside = [index for index, other in enumerate(before) if _overlap(span, other)]
            alone = len(beside) == 1 and sum(_overlap(before[beside[0]], other) for other in spans) == 1
            cell = open_cells[beside[0]] if alone else []
            if not alone:
                cells.append(cell)
            cell.append(one)
            now.append(cell)
        open_cells = now
    return cells


def _span(one: Pass, along: MapPoint) -> tuple[float, float]:
    values = [point[0] * along[0] + point[1] * along[1] for point in (one.points[0], one.points[-1])]
    return min(values), max(values)


def _overlap(one: tuple[float, float], two: tuple[float, float]) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _nearest_cells(cells: list[list[Pass]], start: MapPoint) -> list[Pass]:
    """Return the passes of the cells, next always the cell, begin and direction that is nearest."""
    ways = {
        index: [
            [one for (one,) in there_and_back([[one] for one in ordered], backwards=backwards)]
            for ordered in (cell, cell[::-1])
            for backwards in (False, True)
        ]
        for index, cell in enumerate(cells)
    }
    at, flown = start, []
    while ways:
        _, index, which = min(
            (math.dist(at, way[0].points[0]), index, which)
            for index, four in ways.items()
            for which, way in enumerate(four)
        )
        flown += ways.pop(index)[which]
        at = flown[-1].points[-1]
    return flown
