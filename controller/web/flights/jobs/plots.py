"""Points of a plot: as many as it has pixels, with the lowest and the highest value of each, for any number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from controller.web.flights.jobs.arrays import Array, pack
from controller.web.flights.jobs.columns import Column, ColumnStore, parse_column
from controller.web.flights.jobs.source import Source

MOST_SERIES = 12
_WIDTHS = (50, 8000)
_MOST_CSV_ROWS = 5_000_000
# Angles are shown in degrees, shares in percent.
_SHOWN = {"_rad": 180 / np.pi, "_share": 100.0}


def plot_points(
    store: ColumnStore,
    source: Source,
    names: Sequence[str],
    *,
    first_us: int,
    span_s: tuple[float, float],
    width: int,
) -> bytes:
    """Return the points of some series between two times (seconds after `first_us`) for a plot `width` pixels wide.

    Each series has its own times: all rows where they fit, else two points a pixel. Raises UserError.
    """
    width = min(max(width, _WIDTHS[0]), _WIDTHS[1])
    arrays: list[tuple[str, Array]] = []
    listed = []
    for number, (name, column) in enumerate(store.read(source, names).items()):
        times_s, values, rows = points(column, _origin(name, first_us), span_s, width)
        values = values * _scale(name)
        arrays += [(f"{number}.t", times_s), (f"{number}.v", values.astype(np.float32))]
        listed.append(
            {"name": name, "rows": rows, "thinned": rows > len(times_s), "total": len(column.times_us)}
        )
    return pack({"series": listed}, arrays)


def _origin(name: str, first_us: int) -> int:
    """Lines of the review count from the first message already."""
    return 0 if name.startswith("review/") else first_us


def _scale(name: str) -> float:
    if not name.startswith("series_"):
        return 1.0
    field = parse_column(name).field
    return next((scale for ending, scale in _SHOWN.items() if field.endswith(ending)), 1.0)


def points(
    column: Column, first_us: int, span_s: tuple[float, float], width: int
) -> tuple[Array, Array, int]:
    """Return times (s), values and the number of rows between two times, with one row beyond each end.

    More rows than four a pixel become the lowest and the highest of each pixel, in the order of time.
    """
    begin, end = np.searchsorted(column.times_us, [first_us + span_s[0] * 1e6, first_us + span_s[1] * 1e6])
    begin, end = max(0, int(begin) - 1), min(len(column.times_us), int(end) + 1)
    times_us, values = column.times_us[begin:end], column.values[begin:end]
    rows = len(times_us)
    if rows <= 4 * width:
        return (times_us - first_us) / 1e6, values.astype(np.float64), rows
    edges_us = np.linspace(times_us[0], times_us[-1], width + 1)[:-1]
    starts = np.unique(np.searchsorted(times_us, edges_us))
    starts = starts[starts < rows]
    low, high = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    ends = np.append(starts[1:], rows) - 1
    # Rising stretches show the lowest first: so the line goes through the pixel as the values did.
    rising = values[ends] >= values[starts]
    out_us = np.stack([times_us[starts], times_us[(starts + ends + 1) // 2]], 1).reshape(-1)
    out = np.stack([np.where(rising, low, high), np.where(rising, high, low)], 1).reshape(-1)
    return (out_us - first_us) / 1e6, out.astype(np.float64), rows


def csv_lines(
    store: ColumnStore, source: Source, names: Sequence[str], *, first_us: int, span_s: tuple[float, float]
) -> Iterator[bytes]:
    """Every row of some series between two times as CSV: time (s after the first message), series, value."""
    yield b"time_s,series,value\n"
    for name, column in store.read(source, names).items():
        origin = _origin(name, first_us)
        begin, end = np.searchsorted(column.times_us, [origin + span_s[0] * 1e6, origin + span_s[1] * 1e6])
        end = min(int(end), int(begin) + _MOST_CSV_ROWS)
        scale, label = _scale(name), '"' + name.replace('"', '""') + '"'
        times = ((column.times_us[begin:end] - origin) / 1e6).tolist()
        values = (column.values[begin:end].astype(np.float64) * scale).tolist()
        lines = [f"{at:.6f},{label},{value:.9g}\n" for at, value in zip(times, values, strict=True)]
        yield "".join(lines).encode()
