"""Compare a log with the limits: which limit was passed while the aircraft was armed, by how much, when and where,
and its source.

for finding in review(open_log(path)).findings: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from controller.logs.formats.base import Log
from controller.logs.review import compass, control, link, mission, motors, power
from controller.logs.review.crash import Crash
from controller.logs.review.evidence import Event, Grade, Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.limits import LIMITS
from controller.logs.review.signals import gps_signals
from controller.logs.series.rows import NoColumn
from controller.logs.series.view import Array

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """`worst` against `limit`; `first_us`, `last_us` in the clock of the series; `rows` of `of` armed rows were past
    it.

    An event (a failsafe) has neither limit nor rows: `rows` is 0. The place (degrees) is the aircraft's at `first_us`.
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
    """The findings, and the kinds of findings that the log has records for (`judged`); none of both if it was
    `never_armed`. `signals` are the columns that were compared row by row, armed spans only, in the clock of the
    series. `crash` is how the (last) flight ended, if it was one. `notes` are lines for people about what the log
    holds."""

    begin_us: int
    findings: list[Finding]
    judged: list[str]
    never_armed: bool = False
    signals: tuple[Signal, ...] = ()
    crash: Crash | None = None
    notes: tuple[str, ...] = ()


def review(log: Log, *, cells: int | None = None) -> Review:
    """Compare everything in a log that has a limit, over the spans in which the aircraft was armed.

    `cells` is the number of cells in series, for a battery whose parameters do not tell.
    """
    return review_of(ReviewedFlight(log, cells))


def review_of(flight: ReviewedFlight) -> Review:
    """As `review`."""
    # A damaged log may hold any numbers.
    with np.errstate(all="ignore"):
        return _reviewed(flight)


def _reviewed(flight: ReviewedFlight) -> Review:
    begin_us, _ = flight.span_us
    notes = (*flight.log.notes, *flight.view.notes)
    if flight.never_armed:
        return Review(begin_us, [], [], never_armed=True, notes=notes)
    health = flight.health
    measurements, events, checks = [], [], set[str]()
    for measure in (
        compass.compass_measurements,
        power.power_measurements,
        motors.motor_measurements,
        link.link_measurements,
        control.control_measurements,
    ):
        measurements += _tried(measure, flight)
    for find_events, find_checks in (
        (health.mode_changes, health.mode_checks),
        (health.failsafes, health.failsafe_checks),
        (partial(mission.skipped_items, flight), partial(mission.mission_checks, flight)),
        (partial(control.control_events, flight), partial(control.control_checks, flight)),
    ):
        try:
            events += find_events()
            checks |= find_checks()
        except NoColumn:
            continue
    # The trace first, then the signals: of a long log both are large.
    crash = control.crash_of(flight)
    flight.forget_trace()
    signals = health.limited_columns()
    for find_signals in (
        gps_signals,
        compass.compass_signals,
        power.power_signals,
        link.link_signals,
        control.divergence_signals,
    ):
        signals += _tried(find_signals, flight)
    flown = _while_armed(signals, flight)
    flown += _tried(mission.mission_signals, flight)
    found = [finding for signal in flown if (finding := compare_signal(signal)) is not None]
    found += [finding for one in measurements if (finding := compare_measurement(one)) is not None]
    found += [_event_finding(one) for one in events]
    judged = {LIMITS[signal.kind].title for signal in flown if np.isfinite(signal.values).any()}
    judged |= {LIMITS[one.kind].title for one in measurements}
    judged |= checks
    placed = [_with_place(finding, flight) for finding in _sorted(found)]
    return Review(begin_us, placed, sorted(judged), signals=tuple(flown), crash=crash, notes=notes)


def without_rows(found: Review) -> Review:
    """The review with empty columns, which takes little memory."""
    no_us, none = np.zeros(0, np.int64), np.zeros(0)
    return replace(found, signals=tuple(replace(one, times_us=no_us, values=none) for one in found.signals))


def _while_armed(signals: list[Signal], flight: ReviewedFlight) -> list[Signal]:
    """The armed rows of these signals, which are taken out of the list one by one: they may be long. Those of one
    message share their times."""
    found: list[Signal] = []
    whole_us: Array = np.zeros(0, np.int64)
    times_us, rows, every = whole_us, np.zeros(0, np.bool_), False
    for _ in range(len(signals)):
        signal = signals.pop(0)
        if signal.times_us is not whole_us:
            whole_us = signal.times_us
            rows = flight.view.armed(whole_us)
            every = bool(rows.all())
            times_us = whole_us if every else whole_us[rows]
        values = signal.values if every else signal.values[rows]
        found.append(replace(signal, times_us=times_us, values=values))
    return found


def _tried(find: Callable[[ReviewedFlight], list[T]], flight: ReviewedFlight) -> list[T]:
    """The results; none where the log's messages lack a column that is needed."""
    try:
        return find(flight)
    except NoColumn:
        return []


def compare_signal(signal: Signal) -> Finding | None:
    """The finding of one column; None where it stayed within its limit or has no value."""
    bound = LIMITS[signal.kind]
    limit = bound.limit if signal.limit is None else signal.limit
    known = np.isfinite(signal.values)
    times_us, values = signal.times_us[known], signal.values[known]
    if bound.counts:
        # A counter may begin anywhere, and starts again when the autopilot does.
        growth = np.maximum(np.diff(values), 0.0)
        times_us, past = times_us[1:], growth > 0
        worst = float(growth.sum())
    else:
        past = values > limit if bound.worse == "above" else values < limit
        worst = float((values.max() if bound.worse == "above" else values.min()) if len(values) else 0.0)
    if not past.any():
        return None
    when = times_us[past]
    return Finding(
        bound.title,
        signal.source,
        worst,
        limit,
        bound.unit,
        int(when[0]),
        int(when[-1]),
        int(past.sum()),
        len(past),
        bound.source,
        _grade(signal.kind, worst, signal.bad),
    )


def compare_measurement(one: Measurement) -> Finding | None:
    """The finding of one measurement; None where it is within its limit."""
    bound = LIMITS[one.kind]
    past = one.value > bound.limit if bound.worse == "above" else one.value < bound.limit
    if not past:
        return None
    return Finding(
        bound.title,
        one.source,
        one.value,
        bound.limit,
        bound.unit,
        one.first_us,
        one.last_us,
        one.rows,
        one.rows,
        bound.source,
        _grade(one.kind, one.value),
        one.text,
    )


def _grade(kind: str, worst: float, own: float | None = None) -> Grade:
    bound = LIMITS[kind]
    bad = bound.bad if own is None else own
    if bad is None:
        return "look"
    return "bad" if (worst > bad if bound.worse == "above" else worst < bad) else "look"


def _event_finding(one: Event) -> Finding:
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
    """Bad findings first, then by time."""
    return sorted(found, key=lambda finding: (finding.grade != "bad", finding.first_us, finding.kind))


def _with_place(finding: Finding, flight: ReviewedFlight) -> Finding:
    place = flight.view.place(finding.first_us)
    return finding if place is None else replace(finding, lat_deg=place[0], lon_deg=place[1])
