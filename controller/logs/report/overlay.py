"""Overlays of a plot: flight modes as a ribbon above it, findings as numbered shaded spans, limits as dashed lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

RIBBON, ROW = 16, 13
# Width of a letter of a label, in units of the drawing.
_LETTER = 6.2
_MOST_ROWS = 4
_TINTS = 6
_BADGE = 8.0
# Least width of a shaded span.
_THINNEST = 2.0


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit to draw on a plot."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class FindingSpan:
    """The time span of a finding in seconds, with its number in the list and its grade (`look` or `bad`)."""

    number: int
    begin_s: float
    end_s: float
    grade: str
    text: str


@dataclass(frozen=True, slots=True)
class ModeSpan:
    """A flight mode and its time span in seconds."""

    begin_s: float
    end_s: float
    name: str


def label_rows(modes: list[ModeSpan], x: Callable[[float], float], right: float) -> list[int | None]:
    """The row of each mode's name, so that none covers another: -1 inside the ribbon, 0 and up above it, None if no
    row is free."""
    ends: list[float] = []
    rows: list[int | None] = []
    for mode in modes:
        begin, width = x(mode.begin_s), _LETTER * len(mode.name) + 6
        if x(mode.end_s) - begin >= width:
            rows.append(-1)
            continue
        begin = min(begin, right - width)
        row = next((number for number, end in enumerate(ends) if end <= begin), len(ends))
        if row >= _MOST_ROWS:
            rows.append(None)
            continue
        ends[row : row + 1] = [begin + width]
        rows.append(row)
    return rows


def ribbon(modes: list[ModeSpan], x: Callable[[float], float], right: float) -> tuple[str, float]:
    """The ribbon as SVG with its top at 0, and its height with the rows of names above it."""
    if not modes:
        return "", 0.0
    rows = label_rows(modes, x, right)
    above = ROW * (max((row for row in rows if row is not None), default=-1) + 1)
    names = list(dict.fromkeys(mode.name for mode in modes))
    parts = []
    for mode, row in zip(modes, rows, strict=True):
        begin, end = x(mode.begin_s), x(mode.end_s)
        tint = names.index(mode.name) % _TINTS
        name = escape(mode.name)
        parts.append(
            f'<rect class="mode tint{tint}" x="{begin:.1f}" y="{above}" width="{max(end - begin, 1.0):.1f}" '
            f'height="{RIBBON - 3}"><title>{name}</title></rect>'
        )
        if row == -1:
            parts.append(
                f'<text class="mode" x="{(begin + end) / 2:.1f}" y="{above + RIBBON - 6}" '
                f'text-anchor="middle">{name}</text>'
            )
        elif row is not None:
            at = min(begin, right - _LETTER * len(mode.name) - 6)
            # The first row is next to the ribbon.
            base = above - ROW * row - 3
            parts.append(
                f'<line class="leader" x1="{begin:.1f}" x2="{begin:.1f}" y1="{base - 8}" y2="{above}"/>'
                f'<text class="mode" x="{at + 3:.1f}" y="{base}">{name}</text>'
            )
    return "".join(parts), float(above + RIBBON)


def shading(
    spans: list[FindingSpan], x: Callable[[float], float], top: float, bottom: float, right: float
) -> str:
    """The findings' spans as SVG, with their numbers at the top; numbers that would overlap are moved aside."""
    parts = []
    taken: list[float] = []
    for span in sorted(spans, key=lambda one: one.begin_s):
        begin, end = x(span.begin_s), x(span.end_s)
        width = max(end - begin, _THINNEST)
        at = min(max(begin + width / 2, begin + _BADGE), right - _BADGE)
        while any(abs(at - other) < 2 * _BADGE + 1 for other in taken):
            at += 2 * _BADGE + 1
        taken.append(at)
        parts.append(
            f'<g class="found {span.grade}"><title>{escape(span.text)}</title>'
            f'<rect x="{begin:.1f}" y="{top}" width="{width:.1f}" height="{bottom - top}"/>'
            f'<circle cx="{at:.1f}" cy="{top + _BADGE + 2}" r="{_BADGE}"/>'
            f'<text x="{at:.1f}" y="{top + _BADGE + 5.5}" text-anchor="middle">{span.number}</text></g>'
        )
    return "".join(parts)


def limit_lines(
    limits: list[LimitLine],
    y: Callable[[float], float],
    low: float,
    high: float,
    frame: tuple[float, float, float, float],
) -> str:
    """The limits as SVG within the frame (left, right, top, bottom); one outside of the plot is written in a corner."""
    left, right, top, bottom = frame
    parts = []
    for limit in limits:
        title = f"<title>{escape(limit.text)}</title>"
        if low <= limit.value <= high:
            at = y(limit.value)
            parts.append(
                f'<g class="limit">{title}<line x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
                f'<text x="{right - 4}" y="{at - 4:.1f}" text-anchor="end">limit {limit.value:g}</text></g>'
            )
        else:
            over = limit.value > high
            at = top + 12 if over else bottom - 5
            parts.append(
                f'<g class="limit">{title}<text x="{right - 4}" y="{at}" text-anchor="end">'
                f"limit {limit.value:g} {'↑' if over else '↓'}</text></g>"
            )
    return "".join(parts)
