"""Plots over time as SVG: a frame, ticks at round numbers, lines, and the points again as JSON for the page's cursor."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from controller.logs.report_series import Array, Series

WIDTH, HEIGHT = 860, 170
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 24
MOST_POINTS = 700


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth a thin line and a word."""

    at_s: float
    text: str


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers that cover low to high, some `about` of them."""
    span = max(high - low, 1e-9)
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def thinned(times_s: Array, values: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """At most `most` points that keep every peak: of each stretch the lowest and the highest."""
    if len(times_s) <= most:
        return times_s, values
    edges = np.linspace(0, len(values), most // 2 + 1).astype(int)
    keep: list[int] = []
    for begin, end in pairwise(edges.tolist()):
        if end > begin:
            piece = values[begin:end]
            keep += sorted({begin + int(np.argmin(piece)), begin + int(np.argmax(piece))})
    index = np.array(keep)
    return times_s[index], values[index]


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds; what came before the first frame is at 0:00."""
    whole = max(round(seconds), 0)
    return f"{whole // 60}:{whole % 60:02d}"


def _number(value: float) -> str:
    return f"{value:.10g}"


def plot(title: str, lines: list[Series], length_s: float, marks: list[Mark]) -> str:
    """One plot as a figure; empty where there is nothing to show."""
    shown = [
        (line, *thinned(line.times_s[np.isfinite(line.values)], line.values[np.isfinite(line.values)]))
        for line in lines
    ]
    shown = [(line, times, values) for line, times, values in shown if len(times)]
    if not shown:
        return ""
    low = min(float(values.min()) for _, _, values in shown)
    high = max(float(values.max()) for _, _, values in shown)
    if all(line.unit in ("m", "m/s", "%", "A", "") for line, _, _ in shown):
        low = min(low, 0.0)
    margin = max((high - low) * 0.06, 0.5 if high - low < 0.5 else 0.0)
    high += margin
    low -= margin if low < 0 or low > margin else 0.0
    span_s = max(length_s, 1e-6)

    def x(time_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * time_s / span_s

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = []
    for value in ticks(low, high, 4):
        at = y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_number(value)}</text>'
        )
    for time_s in ticks(0.0, span_s, 10):
        at = x(time_s)
        parts.append(
            f'<text class="tick" x="{at:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{clock(time_s)}</text>'
        )
    for mark in marks:
        if 0 <= mark.at_s <= span_s:
            at = x(mark.at_s)
            parts.append(
                f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                f'<text class="mark" x="{at + 3:.1f}" y="{TOP + 9}">{escape(mark.text)}</text>'
            )
    points = {}
    for number, (line, times, values) in enumerate(shown):
        path = " ".join(
            f"{x(t):.1f},{y(v):.1f}" for t, v in zip(times.tolist(), values.tolist(), strict=True)
        )
        parts.append(f'<polyline class="line{number}" points="{path}"/>')
        points[f"{line.name} {line.unit}".strip()] = [
            [round(t, 2) for t in times.tolist()],
            [float(f"{v:.4g}") for v in values.tolist()],
        ]
    legend = " ".join(
        f'<span class="key line{number}">{escape(line.name)}{f" ({escape(line.unit)})" if line.unit else ""}</span>'
        for number, (line, _, _) in enumerate(shown)
    )
    data = escape(json.dumps(points, separators=(",", ":")), quote=True)
    return (
        f'<figure class="plot" data-span="{span_s:.3f}" data-points="{data}">'
        f"<figcaption><b>{escape(title)}</b> {legend} <output></output></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} over the flight">'
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"/>'
        f'{"".join(parts)}<line class="cursor" x1="-9" x2="-9" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg></figure>'
    )
