"""Signs of a crash in an armed flight; each function looks for one. `crash` weighs them."""

from __future__ import annotations

import numpy as np

from controller.logs.review.armed_flight import ArmedFlight, lasting_runs, within
from controller.logs.review.limits import LIMITS
from controller.logs.review.trace import Report
from controller.logs.series.view import Array

# PX4, FD_FAIL_R and FD_FAIL_P; ArduPlane, is_flying.cpp: on the ground at more than 60 degrees.
_LYING_DEG = 60.0
_LYING_S = 1.0
_LYING_STILL_ARMED_S = 3.0
_TILTED_DEG = 45.0
_IMPACT_M_S = LIMITS["touch_down"].bad or 0.0
# A pilot brakes a descent with some 5 m/s/s; the ground stops it in a moment.
_STOP_M_S, _STOP_M_S2, _STOP_WITHIN_S = 1.5, 8.0, 1.2
_WALL_M_S, _WALL_M_S2 = 8.0, 20.0
# After an impact it neither climbs nor flies on.
_STAYS_M, _STAYS_M_S, _FAILED_END_S = 2.5, 3.0, 10.0
_PINNED_S = 3.0
_FALLING_M_S, _FALLING_S = 4.0, 0.6
_FASTEST_M_S = 80.0  # of any fall: faster is the estimate of a wreck
_FALL_ENDS_WITHIN_S = 3.0
_ENDLESS_M_S, _ENDLESS_S = 20.0, 3.0
_AIR_M, _DROP_M, _SINK_M_S = 3.0, 3.0, 3.0


def hit_report(reports: list[Report]) -> Report | None:
    """The hardest touch-down that a simulator names, if no landing is that hard."""
    named = [report for report in reports if report.impact_m_s is not None]
    hardest = max(named, key=lambda report: report.impact_m_s or 0.0, default=None)
    return hardest if hardest and (hardest.impact_m_s or 0.0) >= _IMPACT_M_S else None


def impact_down(flight: ArmedFlight) -> tuple[float, float] | None:
    """When a fall ended in a moment, and how fast it was; the aircraft did not fly on."""
    if flight.trace.kind == "ground" or not flight.flew:
        return None
    return _stop(flight, flight.vel_ned[:, 2], _IMPACT_M_S, _STOP_M_S2)


def impact_level(flight: ArmedFlight) -> tuple[float, float] | None:
    """When level flight ended in a moment, and how fast it was."""
    if flight.trace.kind == "ground" or not flight.flew:
        return None
    return _stop(flight, np.hypot(flight.vel_ned[:, 0], flight.vel_ned[:, 1]), _WALL_M_S, _WALL_M_S2)


def _stop(
    flight: ArmedFlight, speed: Array, least_m_s: float, least_m_s2: float
) -> tuple[float, float] | None:
    times_s = flight.velocity_s
    fast = np.flatnonzero(np.isfinite(speed) & (speed >= least_m_s))[::-1][:400]
    slow = np.flatnonzero(np.abs(speed) <= _STOP_M_S)
    stops = np.append(slow, len(speed))[np.searchsorted(slow, fast)]
    stopped = stops < np.searchsorted(times_s, times_s[fast] + _STOP_WITHIN_S, side="right")
    for at, to in zip(fast[stopped].tolist(), stops[stopped].tolist(), strict=True):
        took_s = float(times_s[to] - times_s[at])
        fastest = float(np.nanmax(speed[within(times_s, float(times_s[at]) - 1.0, float(times_s[at]))]))
        if took_s <= 0 or fastest > _FASTEST_M_S or (speed[at] - speed[to]) / took_s < least_m_s2:
            continue
        if _stays_down(flight, float(times_s[to])):
            return float(times_s[to]), fastest
    return None


def _stays_down(flight: ArmedFlight, from_s: float) -> bool:
    """Whether it does not fly on: it neither climbs nor moves, and the flight ends.

    After an impact the estimate may go anywhere: with a sign of a failure before, an end within some seconds is enough.
    """
    failed = (flight.lost is not None and from_s - 6.0 <= flight.lost[1] <= from_s + 6.0) or any(
        report.weight == "sign" and report.impact_m_s is None and from_s - 10.0 <= report.at_s <= from_s + 2.0
        for report in flight.trace.reports
    )
    if failed and flight.span.end_s - from_s <= _FAILED_END_S:
        return True
    # The estimate may swing for a moment after an impact.
    rows = within(flight.height_s, from_s + 0.5, min(flight.span.end_s, from_s + 20.0))
    heights = flight.height_m[rows]
    if len(heights) >= 2 and float(np.ptp(heights)) > _STAYS_M:
        return False
    rows = within(flight.velocity_s, from_s + 1.5, min(flight.span.end_s, from_s + 20.0))
    speeds = np.linalg.norm(flight.vel_ned[rows], axis=1)
    return not len(speeds) or float(np.nanmedian(speeds)) < _STAYS_M_S


def lying_since(flight: ArmedFlight) -> float | None:
    """Since when it lies on its side or back, to the end of the armed span; None where it stands."""
    times_s, end_s = flight.attitude_s, flight.span.end_s
    rows = within(times_s, flight.span.begin_s, end_s)
    times_s, tilt = times_s[rows], flight.tilt_deg[rows]
    if len(times_s) < 2 or tilt[-1] < _LYING_DEG or end_s - times_s[-1] > 5.0:
        return None
    upright = np.flatnonzero(tilt < _LYING_DEG)
    since = float(times_s[upright[-1] + 1]) if len(upright) else float(times_s[0])
    lasted_s = float(times_s[-1]) - since
    if not len(upright):
        return None  # it was armed like that
    if flight.trace.kind not in ("ground", "copter") and not flight.span.ended and not _low(flight):
        return None  # a steep turn in which the record ends
    if not flight.flew and flight.trace.kind != "ground" and not _tipped(times_s, tilt, since):
        return None  # turned by hand
    return since if lasted_s >= (_LYING_S if flight.span.ended else _LYING_STILL_ARMED_S) else None


def pinned_since(flight: ArmedFlight) -> tuple[float, float] | None:
    """Since when a copter leans against something, and for how long: tilted, off the wanted attitude, and it does not
    move. In the air such a tilt makes it fast within seconds."""
    if flight.trace.kind != "copter" or not flight.flew or flight.lost is None:
        return None
    rows = within(flight.attitude_s, flight.span.begin_s, flight.span.end_s)
    for begin_s, end_s in lasting_runs(
        flight.attitude_s[rows], flight.tilt_deg[rows] > _TILTED_DEG, _PINNED_S
    ):
        speeds = np.linalg.norm(flight.vel_ned[within(flight.velocity_s, begin_s + 1.0, end_s)], axis=1)
        lost_s = min(end_s, flight.lost[1]) - max(begin_s, flight.lost[0])
        if lost_s >= _PINNED_S and len(speeds) and float(np.nanmedian(speeds)) < _STAYS_M_S:
            return begin_s, end_s - begin_s
    return None


def _tipped(times_s: Array, tilt: Array, since_s: float) -> bool:
    """Whether it fell over within a second, as an aircraft does that takes off with a dead motor."""
    before = tilt[within(times_s, since_s - 1.0, since_s)]
    return bool(len(before)) and float(before.min()) < 30.0


def _low(flight: ArmedFlight) -> bool:
    return bool(len(flight.height_m)) and float(flight.height_m[-1] - flight.height_m[0]) < 5.0


def falls_at_the_end(flight: ArmedFlight) -> tuple[float, float, float] | None:
    """Time, speed and height of a fall in which the record ends: the power or the link was lost in the impact."""
    if flight.span.ended or flight.trace.kind == "ground" or not flight.flew or not len(flight.velocity_s):
        return None
    end_s = float(flight.velocity_s[-1])
    sinks = flight.vel_ned[within(flight.velocity_s, end_s - _FALLING_S, end_s), 2]
    sink = float(np.nanmin(sinks)) if len(sinks) else 0.0
    high_m = float(flight.height_m[-1] - flight.height_m[0]) if len(flight.height_m) else 0.0
    tilts = flight.tilt_deg[within(flight.attitude_s, end_s - 1.0, end_s + 1.0)]
    tilt = float(tilts.max()) if len(tilts) else 0.0  # a tumbling aircraft is upright for moments
    lost = flight.lost is not None and flight.lost[1] >= end_s - 3.0
    if not _FALLING_M_S <= sink <= _FASTEST_M_S or (
        high_m > sink * _FALL_ENDS_WITHIN_S and not (lost and tilt > _LYING_DEG)
    ):
        return None
    signs = any(report.weight == "sign" for report in flight.trace.reports if report.at_s >= end_s - 10.0)
    fast = sink >= 2 * _FALLING_M_S and flight.trace.kind == "copter"
    if not (tilt > _TILTED_DEG or lost or signs or fast):
        return None
    return end_s, float(np.nanmax(sinks)), max(0.0, high_m)


def stopped_in_the_air(flight: ArmedFlight) -> tuple[float, float, str] | None:
    """Time, sink and words for motors that were stopped in the air; a glider may land like that."""
    if not flight.span.ended or flight.trace.kind != "copter" or not flight.flew:
        return None
    end_s = flight.span.end_s
    at = int(np.searchsorted(flight.height_s, end_s, side="right")) - 1
    if at < 0:
        return None
    rows = within(flight.height_s, end_s, end_s + 6.0)
    later, known_s = flight.height_m[rows], float(flight.height_s[-1]) - end_s
    drop_m = float(flight.height_m[at] - later.min()) if len(later) else 0.0
    sink = _sink_at(flight, end_s)
    high_m = float(flight.height_m[at] - flight.height_m[0])
    fallen = drop_m >= _DROP_M and _fastest_sink(flight, end_s, end_s + 6.0) >= _FALLING_M_S
    # A record that ends with the disarming shows no fall: then the sink rate of that moment counts.
    if high_m < _AIR_M or not (fallen or (known_s < 1.0 and sink >= _SINK_M_S)):
        return None
    return end_s, sink, f"disarmed {high_m:.0f} m high"


def falls_below_the_ground(flight: ArmedFlight) -> float | None:
    """When an estimate that falls on to the end, faster than any descent, passed the height of the take-off: without
    a sound gyroscope a wreck does not know that it lies. Its speed means nothing."""
    if flight.trace.kind != "copter" or not flight.flew:
        return None
    runs = lasting_runs(flight.velocity_s, flight.vel_ned[:, 2] >= _ENDLESS_M_S, _ENDLESS_S)
    if not runs or flight.span.end_s - runs[-1][1] > _FAILED_END_S:
        return None
    rows = within(flight.height_s, runs[-1][0] - 20.0, runs[-1][1])
    low = np.flatnonzero(flight.height_m[rows] <= flight.height_m[0])
    return float(flight.height_s[rows][low[0]]) if len(low) and low[0] else None


def _sink_at(flight: ArmedFlight, at_s: float) -> float:
    at = int(np.searchsorted(flight.velocity_s, at_s, side="right")) - 1
    return float(flight.vel_ned[at, 2]) if at >= 0 else 0.0


def _fastest_sink(flight: ArmedFlight, begin_s: float, end_s: float) -> float:
    sinks = flight.vel_ned[within(flight.velocity_s, begin_s, end_s), 2]
    return float(np.nanmax(sinks)) if len(sinks) else 0.0


def reached_the_ground(flight: ArmedFlight, lying_s: float | None) -> tuple[float, float] | None:
    """When it came down to the height of the take-off after it turned over, and how fast."""
    if lying_s is None or not flight.flew:
        return None
    # A tumbling aircraft is upright for moments, also on the ground.
    lost = flight.lost is not None and flight.lost[0] <= lying_s <= flight.lost[1] + 1.0
    begin_s = flight.lost[0] if lost and flight.lost is not None else lying_s
    rows = within(flight.height_s, begin_s - 1.0, begin_s + 30.0)
    times_s, above_m = flight.height_s[rows], flight.height_m[rows] - flight.height_m[0]
    low = np.flatnonzero(above_m <= 1.0)
    # A log that begins in the air does not know the height of the take-off.
    if not len(low) or low[0] == 0 or not len(flight.velocity_s):
        return None
    at_s = float(times_s[low[0]])
    sink = _fastest_sink(flight, at_s - 1.0, at_s + 0.1)
    return (at_s, sink) if sink > LIMITS["touch_down"].limit else None
