"""Findings of the review in the report: a numbered list, shaded spans on the plots, pins on the map, and plots of the
checked columns with their limits."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from controller.logs.report.overlay import FindingSpan, LimitLine, ModeSpan
from controller.logs.report.plot import Overlay, clock
from controller.logs.report.series import MOTORS, PlotLine, plot_line
from controller.logs.review.evidence import Signal
from controller.logs.review.findings import Finding, Review
from controller.logs.review.limits import LIMITS

_FLIGHT = "Altitude"
# The plot of each kind of finding; other kinds are shown on the altitude plot.
_PLOTS = {
    "battery sag": "Voltage",
    "battery resistance": "Voltage",
    "gps satellites": "Satellites",
    "gps hdop": "Satellites",
    "gps accuracy": "Satellites",
    "gps pdop": "Satellites",
    "link loss": "Link",
    "frames lost": "Link",
    "motor balance": MOTORS,
    "vibration": "Vibration",
    "clipping": "Vibration",
    "filter": "Estimator test ratios",
    "compass strength": "Magnetic field",
    "compass against the earth's field": "Magnetic field",
    "compasses apart": "Magnetic field",
    "motors on the compass": "Magnetic field",
    "board power": "Board power",
    "board power swing": "Board power",
    "off the planned line": "Off the planned line",
    "attitude error": "Attitude",
    "estimator divergence": "Estimate against GPS",
}
# Plots of checked columns, by the kind of their signals.
_DRAWN = {
    "vibration": "Vibration",
    "vibration_px4": "Vibration",
    "filter": "Estimator test ratios",
    "mag_high": "Magnetic field",
    "vcc_low": "Board power",
    "cross_track": "Off the planned line",
    "estimate_off": "Estimate against GPS",
}
# More lines cannot be told apart.
_MOST_LINES = 4
# Findings that happened at a place, in contrast to those of the whole flight.
_ON_THE_MAP = (
    "link loss",
    "frames lost",
    "failsafe",
    "fence",
    "mode change",
    "off the planned line",
    "critical message",
    "crash",
    "uncontrolled descent",
    "attitude error",
)


@dataclass(frozen=True, slots=True)
class Pin:
    """The number of a finding at its place (degrees)."""

    number: int
    lat_deg: float
    lon_deg: float
    grade: str
    text: str


def overlays(found: Review, modes: list[ModeSpan], first_us: int) -> dict[str, Overlay]:
    """Modes, findings and limits to draw over each plot, by its title."""
    spans, limits = spans_of(found, first_us), limits_of(found)
    titles = {*spans, *limits, _FLIGHT}
    return {
        title: Overlay(modes if title == _FLIGHT else [], spans.get(title, []), limits.get(title, []))
        for title in titles
    }


def spans_of(found: Review, first_us: int) -> dict[str, list[FindingSpan]]:
    """The time spans of the findings by plot, in seconds after the first message."""
    spans: dict[str, list[FindingSpan]] = {}
    for number, one in enumerate(found.findings, 1):
        span = FindingSpan(
            number,
            (one.first_us - first_us) / 1e6,
            (one.last_us - first_us) / 1e6,
            one.grade,
            summary_of(one),
        )
        spans.setdefault(_PLOTS.get(one.kind, _FLIGHT), []).append(span)
    return spans


def pins_of(found: Review) -> list[Pin]:
    """Findings to show on the map."""
    return [
        Pin(number, one.lat_deg, one.lon_deg, one.grade, summary_of(one))
        for number, one in enumerate(found.findings, 1)
        if one.kind in _ON_THE_MAP and one.lat_deg is not None and one.lon_deg is not None
    ]


def health_series(found: Review, first_us: int) -> dict[str, list[PlotLine]]:
    """Plots of the checked columns: of each plot the four that came nearest to their limit, or passed it most."""
    by_plot: dict[str, list[Signal]] = {}
    for signal in found.signals:
        if signal.kind in _DRAWN and len(signal.values):
            by_plot.setdefault(_DRAWN[signal.kind], []).append(signal)
    return {title: _lines(_nearest_to_limit(by_plot[title]), first_us) for title in by_plot}


def limits_of(found: Review) -> dict[str, list[LimitLine]]:
    """Limits to draw, by plot."""
    limits: dict[str, list[LimitLine]] = {}
    for signal in found.signals:
        title = _DRAWN.get(signal.kind)
        bound = LIMITS[signal.kind]
        if title is None:
            continue
        limit = LimitLine(bound.limit if signal.limit is None else signal.limit, f"limit, {bound.source}")
        known = limits.setdefault(title, [])
        if limit.value not in [one.value for one in known]:
            known.append(limit)
    return limits


def summary_of(one: Finding) -> str:
    """One line about a finding."""
    if not one.rows:
        return f"{one.kind}: {one.text}"
    unit = f" {one.unit}" if one.unit else ""
    text = f"{one.kind}: {one.worst:.4g}{unit} in {one.source}, limit {one.limit:g}"
    return f"{text} ({one.text})" if one.text else text


def findings_list(found: Review, first_us: int) -> list[str]:
    """The list of findings as HTML; the numbers are those on plots and map."""
    items = []
    for number, one in enumerate(found.findings, 1):
        begin, end = clock((one.first_us - first_us) / 1e6), clock((one.last_us - first_us) / 1e6)
        when = begin if begin == end else f"{begin} to {end}"
        items.append(
            f'<li class="finding {one.grade}"><span class="badge">{number}</span>{escape(summary_of(one))}'
            f"<small>{when}. {escape(one.threshold_source)}</small></li>"
        )
    return items


def _nearest_to_limit(signals: list[Signal]) -> list[Signal]:
    def nearness(signal: Signal) -> float:
        limit = LIMITS[signal.kind].limit if signal.limit is None else signal.limit
        worst = signal.values.min() if LIMITS[signal.kind].worse == "below" else signal.values.max()
        return -float(worst) if LIMITS[signal.kind].worse == "below" else float(worst) / limit

    kept = sorted(signals, key=nearness, reverse=True)[:_MOST_LINES]
    return sorted(kept, key=lambda signal: signal.source)


def _lines(signals: list[Signal], first_us: int) -> list[PlotLine]:
    """Named by column if all are of one message."""
    names = [signal.source.split(" against ")[0] for signal in signals]
    if len({name.partition(".")[0] for name in names}) == 1 and all("." in name for name in names):
        names = [name.partition(".")[2] for name in names]
    return [
        plot_line(name, LIMITS[signal.kind].unit, signal.times_us, signal.values, first_us)
        for name, signal in zip(names, signals, strict=True)
    ]
