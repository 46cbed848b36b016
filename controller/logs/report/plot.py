"""Plots over time as SVG: a frame, ticks at round numbers, lines, and the points as JSON for the page's cursor."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import numpy as np

from controller.logs.report.overlay import FindingSpan, LimitLine, ModeSpan, limit_lines, ribbon, shading
from controller.logs.report.series import Array, PlotLine

WIDTH, HEIGHT = 860, 170
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 24
MOST_POINTS = 700
COLOURS = 8
_NEAR = 0.7
_TIME_STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Modes, findings and limits to draw over a plot."""

    modes: list[ModeSpan] = field(default_factory=list)
    spans: list[FindingSpan] = field(default_factory=list)
    limits: list[LimitLine] = field(default_factory=list)


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers from low to high, some `about` of them."""
    span = max(high - low, 1e-9)
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def time_ticks(span_s: float, most: int = 10) -> list[float]:
    """Round times of day from 0 on, at most `most` of them after the beginning."""
    step = next((step for step in _TIME_STEPS_S if span_s / step <= most), _TIME_STEPS_S[-1])
    while span_s / step > most:
        step *= 2
    return [number * step for number in range(int(span_s / step + 1e-9) + 1)]


def thinned(times_s: Array, values: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """At most `most` points that keep every peak: the lowest and the highest of each stretch."""
    if len(times_s) <= most:
        return times_s, values
    edges = np.linspace(0, len(values), most // 2 + 1).astype(int)
    keep: list[int] = []
    for begin, end in pairwise(edges.tolist()):
        if end > begin:
            stretch = values[begin:end]
            keep += sorted({begin + int(np.argmin(stretch)), begin + int(np.argmax(stretch))})
    index = np.array(keep)
    return times_s[index], values[index]


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds; 0:00 for times before the first message."""
    whole_s = max(round(seconds), 0)
    return f"{whole_s // 60}:{whole_s % 60:02d}"


def _number(value: float) -> str:
    return f"{value:.10g}"


def _range(lines: list[tuple[PlotLine, Array, Array]], limits: list[LimitLine]) -> tuple[float, float]:
    """The lowest and highest value to show; a limit is included if the values come near it."""
    low = min(float(values.min()) for _, _, values in lines)
    high = max(float(values.max()) for _, _, values in lines)
    if all(line.unit in ("m", "m/s", "m/s/s", "%", "A", "") for line, _, _ in lines):
        low = min(low, 0.0)
    for limit in limits:
        if low >= 0 and limit.value > high and high > limit.value * _NEAR:
            high = limit.value
    margin = max((high - low) * 0.06, 0.5 if high - low < 0.5 else 0.0)
    return low - (margin if low < 0 or low > margin else 0.0), high + margin


def plot(title: str, lines: list[PlotLine], length_s: float, over: Overlay | None = None) -> str:
    """A plot as an HTML figure; empty if no line has a value."""
    over = over or Overlay()
    shown = [
        (line, *thinned(line.times_s[np.isfinite(line.values)], line.values[np.isfinite(line.values)]))
        for line in lines
    ]
    shown = [(line, times, values) for line, times, values in shown if len(times)]
    if not shown:
        return ""
    low, high = _range(shown, over.limits)
    span_s = max(length_s, 1e-6)
    right = float(WIDTH - RIGHT)

    def x(time_s: float) -> float:
        return LEFT + (right - LEFT) * min(max(time_s, 0.0), span_s) / span_s

    modes, ribbon_high = ribbon(over.modes, x, right)
    top = TOP + ribbon_high
    bottom = top + HEIGHT - TOP - BOTTOM
    height = bottom + BOTTOM

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    parts = [modes, shading(over.spans, x, top, bottom, right)]
    for value in ticks(low, high, 4):
        at = y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_number(value)}</text>'
        )
    for time_s in time_ticks(span_s):
        parts.append(
            f'<text class="tick" x="{x(time_s):.1f}" y="{height - 6}" text-anchor="middle">{clock(time_s)}</text>'
        )
    points = {}
    for number, (line, times, values) in enumerate(shown):
        path = " ".join(
            f"{x(t):.1f},{y(v):.1f}" for t, v in zip(times.tolist(), values.tolist(), strict=True)
        )
        parts.append(f'<polyline class="line{number % COLOURS}" points="{path}"/>')
        points[f"{line.name} {line.unit}".strip()] = [
            [round(t, 2) for t in times.tolist()],
            [float(f"{v:.4g}") for v in values.tolist()],
        ]
    parts.append(limit_lines(over.limits, y, low, high, (LEFT, right, top, bottom)))
    legend = " ".join(
        f'<span class="key line{number % COLOURS}">{escape(line.name)}'
        f"{f' ({escape(line.unit)})' if line.unit else ''}</span>"
        for number, (line, _, _) in enumerate(shown)
    )
    data = escape(json.dumps(points, separators=(",", ":")), quote=True)
    return (
        f'<figure class="plot" data-span="{span_s:.3f}" data-points="{data}">'
        f"<figcaption><b>{escape(title)}</b> {legend} <output></output></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)} over the flight">'
        f'<rect class="frame" x="{LEFT}" y="{top:g}" width="{right - LEFT:g}" height="{bottom - top:g}"/>'
        f'{"".join(parts)}<line class="cursor" x1="-9" x2="-9" y1="{top:g}" y2="{bottom:g}"/></svg></figure>'
    )
