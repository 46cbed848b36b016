"""One armed flight of a trace: its rows of height, velocity and attitude, and where control was lost."""

from __future__ import annotations

import numpy as np

from controller.logs.review.limits import LIMITS
from controller.logs.review.trace import ArmedSpan, FlightTrace, angle_deg
from controller.logs.series.view import Array

_LOST_S, _TUMBLING_S, _TURNED_DEG = 1.0, 0.6, 75.0
_LOST_ON_WINGS_S = 2.5  # an aeroplane takes a second to roll into a turn, a VTOL to change its wings
_FLEW_M = 1.5
_AFTER_S = 15.0  # of the time after disarming that still belongs to the flight


class ArmedFlight:
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
            runs += lasting_runs(error[0], error[1] > LIMITS["attitude_error"].limit, least_s)
        if self.trace.kind == "copter":
            past = (self.tilt_deg > _TURNED_DEG) & ~in_spans(self.attitude_s, self.trace.free)
            past &= self.attitude_s <= self.span.end_s
            runs += lasting_runs(self.attitude_s, past, _LOST_S)
        return max(runs, key=lambda run: run[1]) if runs else None


def attitude_error(trace: FlightTrace, span: ArmedSpan) -> tuple[Array, Array] | None:
    """Degrees between the wanted and the real attitude (without yaw) over an armed span; None where nothing is
    wanted."""
    wanted, real = trace.wanted, trace.attitude
    if wanted is None or len(wanted.times_s) < 2 or len(real.times_s) < 2:
        return None
    rows = within(real.times_s, span.begin_s, span.end_s)
    times_s, down = real.times_s[rows], real.down(rows)
    # The wanted attitude from the last sample before the span on; several samples of the real one have the same.
    asked = within(wanted.times_s, span.begin_s, span.end_s)
    asked = slice(max(asked.start - 2, 0), max(asked.stop, 1))
    asked_s, asked_down = wanted.times_s[asked], wanted.down(asked)
    at = np.searchsorted(asked_s, times_s, side="right") - 1
    known = (at >= 0) & (times_s - asked_s[np.maximum(at, 0)] <= 0.6)
    known &= ~in_spans(times_s, trace.free)
    error = angle_deg(down, asked_down[np.maximum(at, 0)])
    # A step of the wanted attitude is no error yet: the smaller one against the sample before counts.
    before = angle_deg(down, asked_down[np.maximum(at - 1, 0)])
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


def lasting_runs(times_s: Array, past: Array, least_s: float) -> list[tuple[float, float]]:
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
