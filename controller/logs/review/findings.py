"""Judges a log's signals: where a limit was passed while the aircraft was armed, by how much, when, and who set the limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from controller.logs.read import ReadLog
from controller.logs.review.signals import Signal, signals_of
from controller.logs.series import armed_rows, series_of


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit. `counts` is True where the value is a counter and its growth is judged."""

    title: str
    worse: Literal["above", "below"]
    limit: float
    unit: str
    source: str
    counts: bool = False


RULES = {
    "vibration": Rule(
        "vibration",
        "above",
        30.0,
        "m/s/s",
        "ArduPilot, Measuring Vibration: below 30 m/s/s is normally acceptable",
    ),
    "vibration_px4": Rule(
        "vibration",
        "above",
        4.905,
        "m/s/s",
        "PX4 Flight Review, vibration metrics: the orange band begins at 4.905 m/s/s",
    ),
    "clipping": Rule(
        "clipping",
        "above",
        0.0,
        "times",
        "ArduPilot, Measuring Vibration: the clipping counters should ideally stay at zero",
        counts=True,
    ),
    "filter": Rule(
        "filter",
        "above",
        1.0,
        "",
        "PX4 and ArduPilot EKF: a measurement whose test ratio is above 1 is rejected",
    ),
    "satellites": Rule("gps satellites", "below", 6.0, "", "PX4, EKF2_REQ_NSATS: 6"),
    "hdop": Rule("gps hdop", "above", 1.4, "", "ArduPilot, GPS_HDOP_GOOD: 140 (hundredths)"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`worst` against `limit`; `first_us`, `last_us` in the clock of the series view; `rows` of `of` armed rows were past it."""

    kind: str
    source: str
    worst: float
    limit: float
    unit: str
    first_us: int
    last_us: int
    rows: int
    of: int
    threshold_source: str


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, and the kinds that the log held something to judge by."""

    begin_us: int
    findings: list[Finding]
    judged: list[str]


def review(read: ReadLog) -> Review:
    """Judge everything in a log that has a rule, over the spans in which the aircraft was armed."""
    view = series_of(read)
    signals = [
        Signal(
            found.kind,
            found.source,
            np.asarray(found.times_us).astype(np.int64) + view.shift_us,
            found.values,
        )
        for found in signals_of(read)
    ]
    gps = view.channels.get("gps")
    if gps is not None:
        for number in np.unique(gps["number"]):
            rows = gps["number"] == number
            signals += [
                Signal(kind, f"{gps.source}[{int(number)}].{kind}", gps.times_us[rows], gps[kind][rows])
                for kind in ("satellites", "hdop")
            ]
    flown = []
    for signal in signals:
        rows = armed_rows(view, signal.times_us)
        flown.append(Signal(signal.kind, signal.source, signal.times_us[rows], signal.values[rows]))
    begins = [int(channel.times_us[0]) for channel in view.channels.values()]
    found = [finding for signal in flown if (finding := judge(signal)) is not None]
    judged = sorted({RULES[signal.kind].title for signal in flown if np.isfinite(signal.values).any()})
    return Review(min(begins, default=0), found, judged)


def judge(signal: Signal) -> Finding | None:
    """The finding of one signal; None where it kept to its limit or knows nothing."""
    rule = RULES[signal.kind]
    known = np.isfinite(signal.values)
    times_us, values = signal.times_us[known], signal.values[known]
    if rule.counts:
        # A counter may begin anywhere, and starts again when the autopilot does.
        growth = np.maximum(np.diff(values), 0.0)
        times_us, past = times_us[1:], growth > 0
        worst = float(growth.sum())
    else:
        past = values > rule.limit if rule.worse == "above" else values < rule.limit
        worst = float((values.max() if rule.worse == "above" else values.min()) if len(values) else 0.0)
    if not past.any():
        return None
    when = times_us[past]
    return Finding(
        rule.title,
        signal.source,
        worst,
        rule.limit,
        rule.unit,
        int(when[0]),
        int(when[-1]),
        int(past.sum()),
        len(past),
        rule.source,
    )
