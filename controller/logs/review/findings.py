"""Judges a log's signals: where a limit was passed while the aircraft was armed, by how much, when and where, and who set
the limit.

    for finding in review(open_log(path)).findings: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from controller.logs.formats.read import ReadLog
from controller.logs.review import compass, failsafes, link, mission, modes, motors, power
from controller.logs.review.evidence import Grade, Happened, Measured, Signal
from controller.logs.review.flight import Flight
from controller.logs.review.limits import RULES
from controller.logs.review.records import NoColumn
from controller.logs.review.signals import gps_signals, signals_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """`worst` against `limit`; `first_us`, `last_us` in the clock of the series view; `rows` of `of` armed rows were past it.

    What merely happened (a failsafe) has neither limit nor rows: `rows` is 0. The place (degrees) is where the aircraft was
    at `first_us`.
    """

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
    grade: Grade = "look"
    text: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, and the kinds that the log held something to judge by. `never_armed`: then nothing was judged.
    `signals` are the columns that were judged row by row, armed spans only, in the clock of the series view."""

    begin_us: int
    findings: list[Finding]
    judged: list[str]
    never_armed: bool = False
    signals: tuple[Signal, ...] = ()


def review(read: ReadLog) -> Review:
    """Judge everything in a log that has a rule, over the spans in which the aircraft was armed."""
    return review_of(Flight(read))


def review_of(flight: Flight) -> Review:
    """As `review`."""
    # The numbers of a damaged record may be any.
    with np.errstate(all="ignore"):
        return _reviewed(flight)


def _reviewed(flight: Flight) -> Review:
    begin_us, _ = flight.span_us
    if flight.never_armed:
        return Review(begin_us, [], [], never_armed=True)
    signals = [
        Signal(found.kind, found.source, flight.times_us(found.times_us), found.values)
        for found in signals_of(flight.read, px4=flight.px4)
    ]
    for signals_in in (gps_signals, compass.compass_signals, power.power_signals, link.link_signals):
        signals += _tried(signals_in, flight)
    flown = []
    for signal in signals:
        rows = flight.armed(signal.times_us)
        flown.append(Signal(signal.kind, signal.source, signal.times_us[rows], signal.values[rows]))
    flown += _tried(mission.mission_signals, flight)
    measured, happened, told_of = [], [], set[str]()
    for measured_in in (
        compass.compass_measured,
        power.power_measured,
        motors.motors_measured,
        link.link_measured,
    ):
        measured += _tried(measured_in, flight)
    for module in (modes, failsafes, mission):
        try:
            happened += module.happened(flight)
            told_of |= module.judged(flight)
        except NoColumn:
            continue
    found = [finding for signal in flown if (finding := judge(signal)) is not None]
    found += [finding for one in measured if (finding := judge_measured(one)) is not None]
    found += [_told(one) for one in happened]
    judged = {RULES[signal.kind].title for signal in flown if np.isfinite(signal.values).any()}
    judged |= {RULES[one.kind].title for one in measured}
    judged |= told_of
    placed = [_placed(finding, flight) for finding in _sorted(found)]
    return Review(begin_us, placed, sorted(judged), signals=tuple(flown))


def _tried(find: Callable[[Flight], list[T]], flight: Flight) -> list[T]:
    """What it finds; nothing where the log's messages lack what it looks at."""
    try:
        return find(flight)
    except NoColumn:
        return []


def judge(signal: Signal) -> Finding | None:
    """The finding of one signal; None where it kept to its limit or knows nothing."""
    rule = RULES[signal.kind]
    limit = rule.limit if signal.limit is None else signal.limit
    known = np.isfinite(signal.values)
    times_us, values = signal.times_us[known], signal.values[known]
    if rule.counts:
        # A counter may begin anywhere, and starts again when the autopilot does.
        growth = np.maximum(np.diff(values), 0.0)
        times_us, past = times_us[1:], growth > 0
        worst = float(growth.sum())
    else:
        past = values > limit if rule.worse == "above" else values < limit
        worst = float((values.max() if rule.worse == "above" else values.min()) if len(values) else 0.0)
    if not past.any():
        return None
    when = times_us[past]
    return Finding(
        rule.title,
        signal.source,
        worst,
        limit,
        rule.unit,
        int(when[0]),
        int(when[-1]),
        int(past.sum()),
        len(past),
        rule.source,
        _grade(signal.kind, worst),
    )


def judge_measured(one: Measured) -> Finding | None:
    """The finding of one number; None where it kept to its limit."""
    rule = RULES[one.kind]
    past = one.value > rule.limit if rule.worse == "above" else one.value < rule.limit
    if not past:
        return None
    return Finding(
        rule.title,
        one.source,
        one.value,
        rule.limit,
        rule.unit,
        one.first_us,
        one.last_us,
        one.rows,
        one.rows,
        rule.source,
        _grade(one.kind, one.value),
        one.text,
    )


def _grade(kind: str, worst: float) -> Grade:
    rule = RULES[kind]
    if rule.bad is None:
        return "look"
    return "bad" if (worst > rule.bad if rule.worse == "above" else worst < rule.bad) else "look"


def _told(one: Happened) -> Finding:
    return Finding(
        one.title,
        one.source,
        0.0,
        0.0,
        "",
        one.at_us,
        max(one.at_us, one.until_us),
        0,
        0,
        one.authority,
        one.grade,
        one.text,
    )


def _sorted(found: list[Finding]) -> list[Finding]:
    """The bad ones first, each in the order of time."""
    return sorted(found, key=lambda finding: (finding.grade != "bad", finding.first_us, finding.kind))


def _placed(finding: Finding, flight: Flight) -> Finding:
    place = flight.place(finding.first_us)
    return finding if place is None else replace(finding, lat_deg=place[0], lon_deg=place[1])
