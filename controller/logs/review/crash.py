"""The judge of crashes: how an armed flight ended, from its motion and the autopilot's own reports.

    for crash in crashes(trace): print(crash.text)

One sign is enough where no good landing has it: the autopilot's crash detector, a touch-down faster than any landing
that stops within a moment, an aircraft that lies on its side or back when it is disarmed, motors stopped in the air, a
record that ends in a fall, a copter that stays tilted and does not move. A sign that a good flight may have (a fast
descent, an attitude error, PX4's failure detector) counts with a second one. Nothing is judged from heights alone:
after an impact the estimate may go anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.logs.review.limits import LIMITS
from controller.logs.review.trace import ArmedSpan, FlightTrace, Report, angle_deg
from controller.logs.series.view import Array

# PX4, FD_FAIL_R and FD_FAIL_P; ArduPlane, is_flying.cpp: on the ground at more than 60 degrees.
_LYING_DEG = 60.0
_LYING_S = 1.0
_LYING_STILL_ARMED_S = 3.0
_TILTED_DEG = 45.0
_LOST_S, _TUMBLING_S, _TURNED_DEG = 1.0, 0.6, 75.0
_LOST_ON_WINGS_S = 2.5  # an aeroplane takes a second to roll into a turn, a VTOL to change its wings
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
_LONG_S = 60.0
_ENDLESS_M_S, _ENDLESS_S = 20.0, 3.0
_AIR_M, _DROP_M, _SINK_M_S = 3.0, 3.0, 3.0
_FLEW_M = 1.5
_AFTER_S = 15.0  # of the time after disarming that still belongs to the flight
_REPORT_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Crash:
    """A crash at `at_s` of the trace's clock. `signs` say why it is one, the surest first; `report` is the
    autopilot's own. Speeds in m/s, angles in degrees, heights in metres; None where not known."""

    at_s: float
    signs: tuple[str, ...]
    impact_m_s: float | None = None
    roll_deg: float | None = None
    pitch_deg: float | None = None
    fell_m: float | None = None
    lost_at_s: float | None = None
    report: str = ""

    @property
    def text(self) -> str:
        """One line for people."""
        return "; ".join(self.signs)


def crashes(trace: FlightTrace) -> list[Crash]:
    """The crashes of a trace: at most one for each armed span."""
    with np.errstate(all="ignore"):
        found = [_judged(_Span(trace, span)) for span in trace.armed]
    return [crash for crash in found if crash is not None]


def lost_control(trace: FlightTrace, span: ArmedSpan) -> tuple[float, float] | None:
    """The last stretch of a span in which the aircraft did not follow the wanted attitude; None without one."""
    return _Span(trace, span).lost


class _Span:
    """One armed span with its rows."""

    def __init__(self, trace: FlightTrace, span: ArmedSpan) -> None:
        self.trace, self.span = trace, span
        later = [one.begin_s for one in trace.armed if one.begin_s > span.begin_s]
        # The next arming ends what belongs to this flight.
        self.until_s = min([span.end_s + _AFTER_S, trace.end_s, *later])
        rows = within(trace.height_s, span.begin_s, self.until_s)
        self.height_s, self.height_m = trace.height_s[rows], trace.height_m[rows]
        rows = within(trace.velocity_s, span.begin_s, self.until_s)
        self.velocity_s, self.vel_ned = trace.velocity_s[rows], trace.vel_ned[rows]
        rows = within(trace.attitude.times_s, span.begin_s, self.until_s)
        self.attitude_s, self.down = trace.attitude.times_s[rows], trace.attitude.down(rows)
        self.roll_deg = np.degrees(trace.attitude.roll_rad[rows])
        self.pitch_deg = np.degrees(trace.attitude.pitch_rad[rows])
        self.tilt_deg = self._tilt()
        self.flew = bool(len(self.height_m)) and float(np.ptp(self.height_m)) > _FLEW_M
        self.lost = self._lost()

    def _tilt(self) -> Array:
        """Degrees off upright; a tailsitter that stands on its tail when it is armed is upright so, too."""
        if not len(self.down):
            return np.zeros(0)
        level = angle_deg(self.down, np.array([0.0, 0.0, 1.0]))
        return np.minimum(level, angle_deg(self.down, self.down[0]))

    def _lost(self) -> tuple[float, float] | None:
        """The last stretch off the wanted attitude; of a copter also one on its side or back."""
        runs = []
        error = attitude_error(self.trace, self.span)
        if error is not None:
            least_s = _LOST_S if self.trace.kind == "copter" else _LOST_ON_WINGS_S
            runs += _runs(error[0], error[1] > LIMITS["attitude_error"].limit, least_s)
        if self.trace.kind == "copter":
            past = (self.tilt_deg > _TURNED_DEG) & ~in_spans(self.attitude_s, self.trace.free)
            past &= self.attitude_s <= self.span.end_s
            runs += _runs(self.attitude_s, past, _LOST_S)
        return max(runs, key=lambda run: run[1]) if runs else None


def _judged(one: _Span) -> Crash | None:
    reports = [
        report
        for report in one.trace.reports
        if one.span.begin_s <= report.at_s <= one.span.end_s + _REPORT_AFTER_S
    ]
    said = next((report for report in reports if report.weight == "crash"), None)
    hit = _hit_report(reports)
    impact = _impact(one) or _wall(one)
    lying_s = _lying(one)
    falling = _falls_at_the_end(one)
    stopped = _stopped_in_the_air(one)
    below = _falls_below_the_ground(one)
    seen = said or hit or impact or lying_s is not None or falling or stopped or below is not None
    pinned = None if seen else _pinned(one)
    if not seen and pinned is None:
        return None
    ground = _reached_the_ground(one, lying_s)
    hits = (hit.at_s, hit.impact_m_s or 0.0) if hit else None
    impacts = [found for found in (impact, ground, hits) if found]
    begun = [
        time_s
        for time_s in (
            lying_s,
            falling[0] if falling else None,
            stopped[0] if stopped else None,
            below,
            pinned[0] if pinned else None,
            said.at_s if said else None,
        )
        if time_s is not None
    ]
    # The first impact counts: the estimate of a wreck may stop for a second time.
    at_s, speed = min(impacts) if impacts else (min(begun), falling[1] if falling else None)
    if hit and hit.impact_m_s:
        speed = hit.impact_m_s
    signs: list[str] = []
    if impacts:
        signs.append(f"impact at {speed:.1f} m/s")
    elif falling:
        signs.append(f"the record ends while it falls at {falling[1]:.1f} m/s, {falling[2]:.0f} m high")
    crash = _with_attitude(one, Crash(at_s, (), impact_m_s=speed), lying_s)
    signs += _attitude_words(crash, lying_s is not None)
    if stopped:
        signs.append(stopped[2])
    if below is not None:
        signs.append("the estimate falls on below the ground")
    if pinned:
        signs.append(f"tilted for {pinned[1]:.0f} s without moving")
    if one.lost is not None and at_s - _LONG_S <= one.lost[0] <= at_s - 0.5:
        signs.append(f"out of control for {at_s - one.lost[0]:.1f} s before")
    if said:
        signs.append(f"the autopilot: {said.text}")
    return replace(
        crash,
        signs=tuple(signs),
        fell_m=_fell(one, at_s),
        lost_at_s=one.lost[0] if one.lost else None,
        report=said.text if said else "",
    )


def attitude_error(trace: FlightTrace, span: ArmedSpan) -> tuple[Array, Array] | None:
    """Degrees between the wanted and the real attitude (without yaw) over an armed span; None where nothing is
    wanted."""
    wanted, real = trace.wanted, trace.attitude
    if wanted is None or len(wanted.times_s) < 2 or len(real.times_s) < 2:
        return None
    rows = within(real.times_s, span.begin_s, span.end_s)
    times_s, down = real.times_s[rows], real.down(rows)
    at = np.searchsorted(wanted.times_s, times_s, side="right") - 1
    known = (at >= 0) & (times_s - wanted.times_s[np.maximum(at, 0)] <= 0.6)
    known &= ~in_spans(times_s, trace.free)
    error = angle_deg(down, wanted.down(np.maximum(at, 0)))
    # A step of the wanted attitude is no error yet: the smaller one against the sample before counts.
    before = angle_deg(down, wanted.down(np.maximum(at - 1, 0)))
    return times_s[known], np.minimum(error, before)[known]


def in_spans(times_s: Array, spans: tuple[tuple[float, float], ...]) -> Array:
    """Which of the moments lie in one of the spans."""
    if not spans:
        return np.zeros(len(times_s), np.bool_)
    begins_s, ends_s = np.array(spans).T
    at = np.searchsorted(begins_s, times_s, side="right") - 1
    found: Array = (at >= 0) & (times_s <= np.maximum.accumulate(ends_s)[np.maximum(at, 0)])
    return found


def within(times_s: Array, begin_s: float, end_s: float) -> slice:
    return slice(int(np.searchsorted(times_s, begin_s)), int(np.searchsorted(times_s, end_s, side="right")))


def _runs(times_s: Array, past: Array, least_s: float) -> list[tuple[float, float]]:
    """First and last time of each run of at least two rows that lasts so long; a tumbling aircraft is right for a
    moment within one."""
    edges = np.diff(past.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    if len(begins):
        apart = times_s[begins[1:]] - times_s[ends[:-1]] > _TUMBLING_S
        begins, ends = begins[np.append(True, apart)], ends[np.append(apart, True)]
    return [
        (float(times_s[begin]), float(times_s[end]))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if end > begin and times_s[end] - times_s[begin] >= least_s
    ]


def _hit_report(reports: list[Report]) -> Report | None:
    """The hardest touch-down that a simulator names, if no landing is that hard."""
    named = [report for report in reports if report.impact_m_s is not None]
    hardest = max(named, key=lambda report: report.impact_m_s or 0.0, default=None)
    return hardest if hardest and (hardest.impact_m_s or 0.0) >= _IMPACT_M_S else None


def _impact(one: _Span) -> tuple[float, float] | None:
    """When a fall ended in a moment, and how fast it was; the aircraft did not fly on."""
    if one.trace.kind == "ground" or not one.flew:
        return None
    return _stop(one, one.vel_ned[:, 2], _IMPACT_M_S, _STOP_M_S2)


def _wall(one: _Span) -> tuple[float, float] | None:
    """When level flight ended in a moment, and how fast it was."""
    if one.trace.kind == "ground" or not one.flew:
        return None
    return _stop(one, np.hypot(one.vel_ned[:, 0], one.vel_ned[:, 1]), _WALL_M_S, _WALL_M_S2)


def _stop(one: _Span, speed: Array, least_m_s: float, least_m_s2: float) -> tuple[float, float] | None:
    times_s = one.velocity_s
    fast = np.flatnonzero(np.isfinite(speed) & (speed >= least_m_s))
    for at in fast[::-1][:400].tolist():
        slow = np.flatnonzero(
            (times_s[at:] <= times_s[at] + _STOP_WITHIN_S) & (np.abs(speed[at:]) <= _STOP_M_S)
        )
        if not len(slow):
            continue
        to = at + int(slow[0])
        took_s = float(times_s[to] - times_s[at])
        fastest = float(np.nanmax(speed[within(times_s, float(times_s[at]) - 1.0, float(times_s[at]))]))
        if took_s <= 0 or fastest > _FASTEST_M_S or (speed[at] - speed[to]) / took_s < least_m_s2:
            continue
        if _stays_down(one, float(times_s[to])):
            return float(times_s[to]), fastest
    return None


def _stays_down(one: _Span, from_s: float) -> bool:
    """Whether it does not fly on: it neither climbs nor moves, and the flight ends.

    After an impact the estimate may go anywhere: with a sign of a failure before, an end within some seconds is enough.
    """
    failed = (one.lost is not None and from_s - 6.0 <= one.lost[1] <= from_s + 6.0) or any(
        report.weight == "sign" and report.impact_m_s is None and from_s - 10.0 <= report.at_s <= from_s + 2.0
        for report in one.trace.reports
    )
    if failed and one.span.end_s - from_s <= _FAILED_END_S:
        return True
    # The estimate may swing for a moment after an impact.
    rows = within(one.height_s, from_s + 0.5, min(one.span.end_s, from_s + 20.0))
    heights = one.height_m[rows]
    if len(heights) >= 2 and float(np.ptp(heights)) > _STAYS_M:
        return False
    rows = within(one.velocity_s, from_s + 1.5, min(one.span.end_s, from_s + 20.0))
    speeds = np.linalg.norm(one.vel_ned[rows], axis=1)
    return not len(speeds) or float(np.nanmedian(speeds)) < _STAYS_M_S


def _lying(one: _Span) -> float | None:
    """Since when it lies on its side or back, to the end of the armed span; None where it stands."""
    times_s, end_s = one.attitude_s, one.span.end_s
    rows = within(times_s, one.span.begin_s, end_s)
    times_s, tilt = times_s[rows], one.tilt_deg[rows]
    if len(times_s) < 2 or tilt[-1] < _LYING_DEG or end_s - times_s[-1] > 5.0:
        return None
    upright = np.flatnonzero(tilt < _LYING_DEG)
    since = float(times_s[upright[-1] + 1]) if len(upright) else float(times_s[0])
    lasted_s = float(times_s[-1]) - since
    if not len(upright):
        return None  # it was armed like that
    if one.trace.kind not in ("ground", "copter") and not one.span.ended and not _low(one):
        return None  # a steep turn in which the record ends
    if not one.flew and one.trace.kind != "ground" and not _tipped(times_s, tilt, since):
        return None  # turned by hand
    return since if lasted_s >= (_LYING_S if one.span.ended else _LYING_STILL_ARMED_S) else None


def _pinned(one: _Span) -> tuple[float, float] | None:
    """Since when a copter leans against something, and for how long: tilted, off the wanted attitude, and it does not
    move. In the air such a tilt makes it fast within seconds."""
    if one.trace.kind != "copter" or not one.flew or one.lost is None:
        return None
    rows = within(one.attitude_s, one.span.begin_s, one.span.end_s)
    for begin_s, end_s in _runs(one.attitude_s[rows], one.tilt_deg[rows] > _TILTED_DEG, _PINNED_S):
        speeds = np.linalg.norm(one.vel_ned[within(one.velocity_s, begin_s + 1.0, end_s)], axis=1)
        lost_s = min(end_s, one.lost[1]) - max(begin_s, one.lost[0])
        if lost_s >= _PINNED_S and len(speeds) and float(np.nanmedian(speeds)) < _STAYS_M_S:
            return begin_s, end_s - begin_s
    return None


def _tipped(times_s: Array, tilt: Array, since_s: float) -> bool:
    """Whether it fell over within a second, as an aircraft does that takes off with a dead motor."""
    before = tilt[within(times_s, since_s - 1.0, since_s)]
    return bool(len(before)) and float(before.min()) < 30.0


def _low(one: _Span) -> bool:
    return bool(len(one.height_m)) and float(one.height_m[-1] - one.height_m[0]) < 5.0


def _falls_at_the_end(one: _Span) -> tuple[float, float, float] | None:
    """Time, speed and height of a fall in which the record ends: the power or the link was lost in the impact."""
    if one.span.ended or one.trace.kind == "ground" or not one.flew or not len(one.velocity_s):
        return None
    end_s = float(one.velocity_s[-1])
    sinks = one.vel_ned[within(one.velocity_s, end_s - _FALLING_S, end_s), 2]
    sink = float(np.nanmin(sinks)) if len(sinks) else 0.0
    high_m = float(one.height_m[-1] - one.height_m[0]) if len(one.height_m) else 0.0
    tilts = one.tilt_deg[within(one.attitude_s, end_s - 1.0, end_s + 1.0)]
    tilt = float(tilts.max()) if len(tilts) else 0.0  # a tumbling aircraft is upright for moments
    lost = one.lost is not None and one.lost[1] >= end_s - 3.0
    if not _FALLING_M_S <= sink <= _FASTEST_M_S or (
        high_m > sink * _FALL_ENDS_WITHIN_S and not (lost and tilt > _LYING_DEG)
    ):
        return None
    signs = any(report.weight == "sign" for report in one.trace.reports if report.at_s >= end_s - 10.0)
    fast = sink >= 2 * _FALLING_M_S and one.trace.kind == "copter"
    if not (tilt > _TILTED_DEG or lost or signs or fast):
        return None
    return end_s, float(np.nanmax(sinks)), max(0.0, high_m)


def _stopped_in_the_air(one: _Span) -> tuple[float, float, str] | None:
    """Time, sink and words for motors that were stopped in the air; a glider may land like that."""
    if not one.span.ended or one.trace.kind != "copter" or not one.flew:
        return None
    end_s = one.span.end_s
    at = int(np.searchsorted(one.height_s, end_s, side="right")) - 1
    if at < 0:
        return None
    rows = within(one.height_s, end_s, end_s + 6.0)
    later, known_s = one.height_m[rows], float(one.height_s[-1]) - end_s
    drop_m = float(one.height_m[at] - later.min()) if len(later) else 0.0
    sink = _sink_at(one, end_s)
    high_m = float(one.height_m[at] - one.height_m[0])
    fallen = drop_m >= _DROP_M and _fastest_sink(one, end_s, end_s + 6.0) >= _FALLING_M_S
    # A record that ends with the disarming shows no fall: then the sink rate of that moment counts.
    if high_m < _AIR_M or not (fallen or (known_s < 1.0 and sink >= _SINK_M_S)):
        return None
    return end_s, sink, f"disarmed {high_m:.0f} m high"


def _falls_below_the_ground(one: _Span) -> float | None:
    """When an estimate that falls on to the end, faster than any descent, passed the height of the take-off: without
    a sound gyroscope a wreck does not know that it lies. Its speed means nothing."""
    if one.trace.kind != "copter" or not one.flew:
        return None
    runs = _runs(one.velocity_s, one.vel_ned[:, 2] >= _ENDLESS_M_S, _ENDLESS_S)
    if not runs or one.span.end_s - runs[-1][1] > _FAILED_END_S:
        return None
    rows = within(one.height_s, runs[-1][0] - 20.0, runs[-1][1])
    low = np.flatnonzero(one.height_m[rows] <= one.height_m[0])
    return float(one.height_s[rows][low[0]]) if len(low) and low[0] else None


def _sink_at(one: _Span, at_s: float) -> float:
    at = int(np.searchsorted(one.velocity_s, at_s, side="right")) - 1
    return float(one.vel_ned[at, 2]) if at >= 0 else 0.0


def _fastest_sink(one: _Span, begin_s: float, end_s: float) -> float:
    sinks = one.vel_ned[within(one.velocity_s, begin_s, end_s), 2]
    return float(np.nanmax(sinks)) if len(sinks) else 0.0


def _reached_the_ground(one: _Span, lying_s: float | None) -> tuple[float, float] | None:
    """When it came down to the height of the take-off after it turned over, and how fast."""
    if lying_s is None or not one.flew:
        return None
    # A tumbling aircraft is upright for moments, also on the ground.
    lost = one.lost is not None and one.lost[0] <= lying_s <= one.lost[1] + 1.0
    begin_s = one.lost[0] if lost and one.lost is not None else lying_s
    rows = within(one.height_s, begin_s - 1.0, begin_s + 30.0)
    times_s, above_m = one.height_s[rows], one.height_m[rows] - one.height_m[0]
    low = np.flatnonzero(above_m <= 1.0)
    # A log that begins in the air does not know the height of the take-off.
    if not len(low) or low[0] == 0 or not len(one.velocity_s):
        return None
    at_s = float(times_s[low[0]])
    sink = _fastest_sink(one, at_s - 1.0, at_s + 0.1)
    return (at_s, sink) if sink > LIMITS["touch_down"].limit else None


def _with_attitude(one: _Span, crash: Crash, lying_s: float | None) -> Crash:
    """With the attitude at the end if it lies, else with that at the crash."""
    if not len(one.attitude_s):
        return crash
    at_s = one.span.end_s if lying_s is not None else crash.at_s
    at = max(0, int(np.searchsorted(one.attitude_s, at_s, side="right")) - 1)
    return replace(crash, roll_deg=float(one.roll_deg[at]), pitch_deg=float(one.pitch_deg[at]))


def _attitude_words(crash: Crash, lying: bool) -> list[str]:
    if crash.roll_deg is None or crash.pitch_deg is None:
        return []
    tilt = float(
        np.degrees(np.arccos(np.cos(np.radians(crash.roll_deg)) * np.cos(np.radians(crash.pitch_deg))))
    )
    if not lying and tilt < _TILTED_DEG:
        return []
    how = "upside down" if tilt > 120.0 else "on its side" if lying else "tilted"
    return [f"{how} (roll {crash.roll_deg:.0f}°, pitch {crash.pitch_deg:.0f}°)"]


def _fell(one: _Span, at_s: float) -> float | None:
    """Metres from the height at which control was lost, or the highest of the ten seconds before, to the ground."""
    if not len(one.height_m) or not one.flew:
        return None
    begin_s = one.lost[0] if one.lost is not None and one.lost[0] < at_s else at_s - 10.0
    heights = one.height_m[within(one.height_s, begin_s - 1.0, at_s)]
    if not len(heights):
        return None
    ground_m = max(float(one.height_m[0]), float(heights[-1]))
    return max(0.0, float(heights.max()) - ground_m)
