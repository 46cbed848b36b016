"""Control of the aircraft: attitude error, descents that nothing holds, hard landings, divergence of the estimate, and
crashes."""

from __future__ import annotations

import numpy as np

from controller.geo import offsets_m
from controller.logs.review.armed_flight import attitude_error, within
from controller.logs.review.crash import Crash, JudgedSpan
from controller.logs.review.evidence import Event, Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.limits import LIMITS
from controller.logs.review.trace import REPORT_SOURCE, ArmedSpan, FlightTrace
from controller.logs.series.view import Array

CRASH, DESCENT, HARD_LANDING, ENDS = "crash", "uncontrolled descent", "hard landing", "log ends in flight"
_ENDS_SOURCE = (
    "ArduPilot wiki, Diagnosing problems using Logs: a log that ends in the air is the sign of a power loss"
)
_HIGH_M = 5.0
_CRASH_SOURCE = (
    "no landing has this: ArduPilot, crash_check.cpp (30 degrees off the wanted attitude); "
    "PX4, FD_FAIL_R and FD_FAIL_P (60 degrees); ArduCopter, LAND_SPEED (at most 2 m/s)"
)
_DESCENT_SOURCE = (
    "PX4, MPC_Z_VEL_MAX_DN: at most 4 m/s; here without control of the attitude, or into the ground"
)
_FAST_M_S = 4.0
_SUSTAINED_ROWS = 2
_FIX_3D = 3
_LATE_S = 0.6  # by which a GPS message and the estimate may be apart


def crash_of(flight: ReviewedFlight) -> Crash | None:
    """How the flight ended, if it was a crash: the last one of the log."""
    found = flight.crashes
    return found[-1] if found else None


def control_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """The worst attitude error that lasted for a second, and the touch-down of each flight of a copter."""
    trace = flight.trace
    if trace is None:
        return []
    return [*_attitude_errors(flight, trace), *_touch_downs(trace, flight.crashes)]


def control_events(flight: ReviewedFlight) -> list[Event]:
    """Crashes, descents without control, and hard landings that the autopilot reports."""
    trace = flight.trace
    if trace is None:
        return []
    found = [
        Event(CRASH, "attitude, velocity and texts", _us(crash.at_s), crash.text, _CRASH_SOURCE, "bad")
        for crash in flight.crashes
    ]
    for one in flight.judged:
        found += _descents(trace, one, _crash_in(one.span, flight.crashes))
    found += _ends_in_flight(flight, trace)
    found += [
        Event(HARD_LANDING, report.source, _us(report.at_s), report.text, REPORT_SOURCE)
        for report in trace.reports
        if report.weight == "hard landing"
    ]
    return found


def control_checks(flight: ReviewedFlight) -> set[str]:
    """The titles of what the log can tell."""
    if flight.trace is None:
        return set()
    return {CRASH, DESCENT, ENDS} if flight.log.format.onboard else {CRASH, DESCENT}


def divergence_signals(flight: ReviewedFlight) -> list[Signal]:
    """Metres between the estimate and the GPS, beyond what the delay of the messages explains; across or in height."""
    gps, position = flight.view.channels.get("gps"), flight.view.channels.get("position")
    if gps is None or position is None or position.count < 2 or flight.view.positions_of_gps:
        return []
    found = []
    for number in np.unique(gps["number"]):
        rows = (gps["number"] == number) & (gps["fix"] >= _FIX_3D) & np.isfinite(gps["lat_deg"])
        rows &= flight.view.armed(gps.times_us)
        times_us = gps.times_us[rows]
        if len(times_us) < _SUSTAINED_ROWS:
            continue
        at = np.clip(np.searchsorted(position.times_us, times_us), 0, position.count - 1)
        near = np.abs(position.times_us[at] - times_us) < _LATE_S * 1e6
        north, east = offsets_m(
            gps["lat_deg"][rows], gps["lon_deg"][rows], position["lat_deg"][at], position["lon_deg"][at]
        )
        higher = gps["msl_m"][rows] - position["msl_m"][at]
        higher = np.abs(higher - _first(higher))
        moved = _LATE_S * _speeds(flight, times_us)
        off = np.maximum(np.hypot(north, east), np.nan_to_num(higher)) - moved
        # A single row that is off is a late message.
        off = np.minimum(off, np.concatenate([off[:1], off[:-1]]))
        found.append(
            Signal(
                "estimate_off",
                f"{position.source} against {gps.source}",
                times_us[near],
                np.maximum(off, 0.0)[near],
            )
        )
    return found


def _ends_in_flight(flight: ReviewedFlight, trace: FlightTrace) -> list[Event]:
    """An on-board log that ends while the aircraft is armed in the air: power loss, or a copy that was cut off."""
    last = trace.armed[-1]
    rows = (trace.height_s >= last.begin_s) & (trace.height_s >= trace.end_s - 2.0)
    if last.ended or not flight.log.format.onboard or trace.kind == "ground" or not rows.any():
        return []
    before = trace.height_m[trace.height_s >= last.begin_s]
    high_m = float(trace.height_m[rows][-1] - before[0])
    if high_m < _HIGH_M or _crash_in(last, flight.crashes) is not None:
        return []
    text = f"armed, {high_m:.0f} m above its beginning"
    return [Event(ENDS, "altitude", _us(trace.end_s), text, _ENDS_SOURCE)]


def _crash_in(span: ArmedSpan, crashed: list[Crash]) -> Crash | None:
    return next((one for one in crashed if span.begin_s <= one.at_s <= span.end_s + 20.0), None)


def _first(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known[:10])) if len(known) else 0.0


def _speeds(flight: ReviewedFlight, times_us: Array) -> Array:
    velocity = flight.view.channels.get("velocity")
    if velocity is None or not velocity.count:
        return np.zeros(len(times_us))
    total = np.sqrt(sum(np.nan_to_num(velocity[name]) ** 2 for name in velocity))
    found: Array = np.interp(times_us, velocity.times_us, total)
    return found


def _attitude_errors(flight: ReviewedFlight, trace: FlightTrace) -> list[Measurement]:
    wanted = flight.health.wanted_attitude()
    if wanted is None:
        return []
    found = []
    for one in flight.judged:
        error = attitude_error(trace, one.span)
        if error is None:
            continue
        times_s, values = error
        run = one.lost
        if run is not None:
            rows = (times_s >= run[0]) & (times_s <= run[1])
            if rows.any() and values[rows].max() > LIMITS["attitude_error"].limit:
                found.append(_error_of(wanted.source, times_s[rows], values[rows]))
                continue
        if len(values):
            # Within the limit, or past it for a moment: a step of the wanted attitude.
            within = np.minimum(values, LIMITS["attitude_error"].limit)
            found.append(_error_of(wanted.source, times_s, within))
    return found


def _error_of(source: str, times_s: Array, values: Array) -> Measurement:
    return Measurement(
        "attitude_error",
        source,
        float(values.max()),
        _us(float(times_s[0])),
        _us(float(times_s[-1])),
        len(values),
        f"off the wanted roll and pitch for {times_s[-1] - times_s[0]:.1f} s",
    )


def _touch_downs(trace: FlightTrace, crashed: list[Crash]) -> list[Measurement]:
    if trace.kind != "copter":
        return []
    found = []
    for span in trace.armed:
        rows = within(trace.velocity_s, span.begin_s, span.end_s + 1.0)
        times_s, sinks = trace.velocity_s[rows], trace.vel_ned[rows, 2]
        sinking = np.flatnonzero(sinks > 0.3)
        if not span.ended or not len(sinking) or _crash_in(span, crashed) is not None:
            continue
        last_s = float(times_s[sinking[-1]])
        before = sinks[(times_s >= last_s - 1.0) & (times_s <= last_s)]
        said = [
            report.impact_m_s
            for report in trace.reports
            if report.impact_m_s is not None and span.begin_s <= report.at_s <= span.end_s + 5.0
        ]
        found.append(
            Measurement(
                "touch_down",
                "sink rate at the touch-down",
                max([float(before.max()), *said]),
                _us(last_s),
                _us(last_s),
                len(before),
            )
        )
    return found


def _descents(trace: FlightTrace, judged: JudgedSpan, crash: Crash | None) -> list[Event]:
    """A descent without control of the attitude, or one that ended in an impact."""
    lost = judged.lost
    if crash is not None:
        begin_s, end_s = crash.at_s - 10.0, crash.at_s
    elif lost is not None:
        begin_s, end_s = lost[0], lost[1] + 1.0
    if trace.kind == "ground" or (crash is None and lost is None):
        return []
    rows = within(trace.velocity_s, begin_s, end_s)
    times_s, sinks = trace.velocity_s[rows], trace.vel_ned[rows, 2]
    fast = np.flatnonzero(sinks >= _FAST_M_S)
    if len(fast) < _SUSTAINED_ROWS:
        return []
    fell = "" if crash is None or not crash.fell_m else f"{crash.fell_m:.0f} m "
    return [
        Event(
            DESCENT,
            "velocity",
            _us(float(times_s[fast[0]])),
            f"fell {fell}at up to {sinks.max():.1f} m/s",
            _DESCENT_SOURCE,
            "bad",
            _us(float(times_s[fast[-1]])),
        )
    ]


def _us(time_s: float) -> int:
    return round(time_s * 1e6)
