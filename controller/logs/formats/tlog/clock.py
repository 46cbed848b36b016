"""Times of a telemetry log's frames, by the aircraft's clock where the computer's cannot be right.

A computer's clock may be set while it records, and a simulated aircraft may fly faster than that clock runs. Frames
stay in the order of the file; `time_boot_ms` of the aircraft's messages gives the time that passed between them. A log
whose stamps agree with the aircraft's clock keeps its stamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.logs.formats.tlog.clock_points import LONGEST_GAP_US, STEP_US, ClockPoints, plausible
from controller.logs.series.view import Array

_S = 1_000_000
# The link's delay changes, and two crystals drift apart.
_DELAY_US, _DRIFT = _S, 0.001
_WINDOW_US = 20 * _S
_LEAST_ANCHORS = 10
# A simulation may be faster or slower; beyond, `time_boot_ms` is in another unit or no clock at all.
_RATES = (0.02, 100.0)
_SAME_RATE = 0.03
_PARTS = 20
_BLOCK = 250_000  # frames at a time, to hold little in memory
# More restarts are two aircraft with one address.
_MOST_RESTARTS = 0.01
_GPS_AGREES_US = 60 * _S
_DAY_US = 86_400 * _S


@dataclass(frozen=True, slots=True)
class LogClock:
    """Times of frames (microseconds since 1970) by their offset in the file and their stamp.

    From the frame at `offsets[j]` on, with the stamp `stamps_us[j]` and the time `times_us[j]`, `rates[j]` microseconds
    pass for each of the stamps. Stamps are multiplied by `scale` first. `notes` are lines for people.
    """

    offsets: Array
    stamps_us: Array
    times_us: Array
    rates: Array
    scale: float = 1.0
    notes: tuple[str, ...] = ()

    def at(self, offsets: Array, stamps_us: Array) -> Array:
        """Times (int64) of the frames at these offsets, which ascend, with these stamps as they are in the file."""
        times_us = np.empty(len(offsets), np.int64)
        for begin in range(0, len(offsets), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            times_us[part] = self._at(offsets[part], stamps_us[part])
        return times_us

    def _at(self, offsets: Array, stamps_us: Array) -> Array:
        """As `at`; the offsets ascend, so that each point is looked for among them, which are many more."""
        first = max(int(np.searchsorted(self.offsets, offsets[0], side="right")) - 1, 0)
        last = max(int(np.searchsorted(self.offsets, offsets[-1], side="right")), first + 1)
        edges = np.searchsorted(offsets, self.offsets[first + 1 : last], side="left")
        counts = np.diff(edges, prepend=0, append=len(offsets))

        def each(values: Array) -> Array:
            return np.repeat(values[first:last], counts)

        since = (scaled(stamps_us, self.scale) - each(self.stamps_us)) * each(self.rates)
        ends_us = np.append(self.times_us[first + 1 : last + 1], np.iinfo(np.int64).max)[: last - first]
        # A damaged stamp does not leave the span between the points around it.
        found = each(self.times_us) + np.clip(since, 0, LONGEST_GAP_US).astype(np.int64)
        times_us: Array = np.minimum(found, np.repeat(ends_us, counts))
        return times_us

    def of_stamp(self, stamp_us: int) -> int:
        """Time at which the computer's clock (first) showed this stamp (microseconds)."""
        ends_us = np.append(self.stamps_us[1:], np.iinfo(np.int64).max)
        inside = np.flatnonzero((self.stamps_us <= stamp_us) & (stamp_us < ends_us))
        at = int(inside[0]) if len(inside) else 0
        return int(self.times_us[at] + (stamp_us - self.stamps_us[at]) * float(self.rates[at]))


def scaled(stamps_us: Array, scale: float) -> Array:
    """Stamps in microseconds (int64)."""
    if scale == 1.0:
        return stamps_us
    found: Array = stamps_us * int(scale) if scale > 1 else stamps_us // round(1 / scale)
    return found


def stamp_scale(stamps: Array) -> float:
    """The factor to microseconds since 1970: some programs write milliseconds, or nanoseconds."""
    if not len(stamps):
        return 1.0
    middle = float(np.median(stamps))
    fits = (factor for factor in (1.0, 1000.0, 0.001) if plausible(middle * factor))
    return next(fits, 1.0)


def clocks_agree(stamps_us: Array, boot_us: Array) -> bool:
    """Whether the stamps of one aircraft's messages went as its clock; both in the order of the file."""
    if len(stamps_us) < 2 or not _usable(stamps_us, boot_us):
        return True
    elapsed_us = np.concatenate([[0], np.cumsum(_steps_us(stamps_us, boot_us))])
    return not _apart(stamps_us - elapsed_us, elapsed_us)


def log_clock(points: ClockPoints, scale: float = 1.0) -> LogClock | None:
    """The clock of a log; None where its stamps are right. Stamps of the points are scaled already."""
    at = np.flatnonzero(points.boot_us >= 0)
    if not _usable(points.stamps_us[at], points.boot_us[at]):
        at = at[:0]
    passed = np.diff(points.stamps_us)
    possible = np.where((passed >= 0) & (passed < LONGEST_GAP_US), passed, 0)
    time_steps = possible.astype(np.float64)
    if len(at):
        _by_aircraft(time_steps, points, at, passed, possible)
    times_us = np.concatenate([np.zeros(1, np.int64), np.cumsum(time_steps).astype(np.int64)])
    levels_us = points.stamps_us - times_us
    if len(at):
        apart = _apart(levels_us[at], times_us[at] - times_us[at[0]])
    else:
        apart = bool((np.abs(passed - possible) > STEP_US).any())
    if not apart and not points.outliers and scale == 1.0:
        return None
    notes = [] if scale == 1.0 else [_SCALES[scale]]
    steps: list[tuple[int, float]] = []
    if apart:
        steps = _lasting_steps(times_us, levels_us)
        notes += _notes(points, times_us, steps, at)
    base = _reference(points, stepped=bool(steps))
    times_us += points.stamps_us[base] - times_us[base]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where((passed > 0) & (time_steps > 0), time_steps / passed, 0.0)
    return LogClock(
        points.offsets, points.stamps_us, times_us, np.append(rates, 1.0), scale=scale, notes=tuple(notes)
    )


_SCALES = {
    1000.0: "the times in this log are milliseconds, not microseconds; they are read as such",
    0.001: "the times in this log are nanoseconds, not microseconds; they are read as such",
}


def _usable(stamps_us: Array, boot_us: Array) -> bool:
    """Whether the aircraft's clock runs, at a possible rate."""
    if len(boot_us) < _LEAST_ANCHORS:
        return False
    steps, passed = np.diff(boot_us), np.diff(stamps_us)
    if (steps != 0).mean() < 0.5 or (steps < -STEP_US).mean() > _MOST_RESTARTS:
        return False
    both = (steps > 0) & (passed >= 0) & (passed < LONGEST_GAP_US)
    # In parts, so that one step of the computer's clock does not count.
    ours, theirs = (_in_parts(values[both]) for values in (steps, passed))
    rates = ours[theirs > 0] / theirs[theirs > 0]
    return not len(rates) or _RATES[0] < float(np.median(rates)) < _RATES[1]


def _in_parts(values: Array) -> Array:
    """Sums of `_PARTS` parts of about the same length."""
    totals = np.concatenate([[0], np.cumsum(values)])
    sums: Array = np.diff(totals[np.linspace(0, len(values), _PARTS + 1).astype(np.int64)])
    return sums


def _steps_us(stamps_us: Array, boot_us: Array) -> Array:
    """Time between the messages by the aircraft's clock; over a restart by the computer's."""
    steps, passed = np.diff(boot_us), np.diff(stamps_us)
    possible = np.where((passed >= 0) & (passed < LONGEST_GAP_US), passed, 0)
    found: Array = np.where(steps < -STEP_US, possible, np.maximum(steps, 0))
    return found


def _apart(levels_us: Array, elapsed_us: Array) -> bool:
    """Whether the difference of the two clocks changed by more than delay and drift explain."""
    explained_us = _DELAY_US + _DRIFT * float(elapsed_us[-1])
    # Medians are no farther apart than the values.
    if np.ptp(levels_us) <= explained_us:
        return False
    windows = elapsed_us // min(_WINDOW_US, max(_S, int(elapsed_us[-1]) // 8))
    begins = np.flatnonzero(windows[1:] != windows[:-1]) + 1
    middles = [float(np.median(part)) for part in np.split(levels_us, begins)]
    return max(middles) - min(middles) > explained_us


def _by_aircraft(time_steps: Array, points: ClockPoints, at: Array, passed: Array, possible: Array) -> None:
    """Set the time between two points to that of the aircraft's clock, from the first anchor to the last."""
    first, last = int(at[0]), int(at[-1])
    by_boot = _steps_us(points.stamps_us[at], points.boot_us[at]).astype(np.float64)
    restarted = np.diff(points.boot_us[at]) < -STEP_US
    by_stamps = np.diff(points.stamps_us[at]).astype(np.float64)
    begins = at[:-1] - first
    jumped = points.jumps[first + 1 : last + 1]
    span, jump_count = passed[first:last], np.add.reduceat(jumped.astype(np.int64), begins)
    interval = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, last - first)))
    even = (jump_count == 0) & (by_stamps > 0) & (by_boot > 0)
    usual = float(np.median(by_boot[even] / by_stamps[even])) if even.any() else 1.0
    # A pause is a jump of the stamps that the aircraft's clock made, too.
    stepped = (jump_count > 0) & (np.abs(by_stamps - by_boot) > STEP_US) & ~restarted
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(by_stamps > 0, by_boot / by_stamps, 0.0)
    found = span * rate[interval]
    known = np.where(jumped, 0.0, np.maximum(span, 0) * usual)
    left = np.maximum(by_boot - np.add.reduceat(known, begins), 0.0) / np.maximum(jump_count, 1)
    inside = stepped[interval]
    found[inside] = np.where(jumped, left[interval], known)[inside]
    # Points at the same stamp: all of the time passes before the last of them.
    flat = (by_stamps <= 0) & ~stepped & ~restarted
    found[flat[interval]] = 0.0
    ends = at[1:] - 1 - first
    found[ends[flat]] = by_boot[flat]
    found[restarted[interval]] = possible[first:last][restarted[interval]]
    time_steps[first:last] = found


def _lasting_steps(times_us: Array, levels_us: Array) -> list[tuple[int, float]]:
    """Points after which the computer's clock stayed ahead or behind, with the step (microseconds)."""
    found = []
    for at in np.flatnonzero(np.abs(np.diff(levels_us)) > STEP_US).tolist():
        step_us = float(levels_us[at + 1] - levels_us[at])
        begin, end = np.searchsorted(times_us, (times_us[at] - _WINDOW_US, times_us[at + 1] + _WINDOW_US))
        before = float(np.median(levels_us[begin : at + 1]))
        after = float(np.median(levels_us[at + 1 : max(int(end), at + 2)]))
        if abs(after - before) > abs(step_us) / 2 and (after - before) * step_us > 0:
            found.append((at + 1, step_us))
    return found


def _notes(points: ClockPoints, times_us: Array, steps: list[tuple[int, float]], at: Array) -> list[str]:
    rate = 1.0
    if len(at):
        passed, time_steps = np.diff(points.stamps_us), np.diff(times_us)
        even = (passed > 0) & (np.abs(passed - time_steps) < STEP_US)
        total = float(passed[even].sum())
        rate = float(time_steps[even].sum()) / total if total else 1.0
    lines = []
    if abs(rate - 1) > _SAME_RATE:
        lines.append(
            f"the aircraft's clock ran {rate:.2g} times as fast as the computer's: times are the aircraft's"
        )
        # A busy computer stops a simulated aircraft for a moment.
        steps = [(point, step_us) for point, step_us in steps if not 0 < step_us < 60 * _S]
    kept = "times are the aircraft's" if len(at) else "the frames stay in the order of the file"
    if steps:
        point, step_us = steps[0]
        when = f"{_duration(step_us)} at {(times_us[point] - times_us[0]) / 1e6:.1f} s"
        many = "by" if len(steps) == 1 else f"{len(steps):,d} times, first by"
        against = " against the aircraft's" if len(at) else ""
        lines.append(f"the computer's clock jumped {many} {when}{against}: {kept}")
    return lines or [f"the computer's clock did not run as the aircraft's: {kept}"]


def _duration(step_us: float) -> str:
    return f"{step_us / _DAY_US:+,.0f} days" if abs(step_us) > _DAY_US else f"{step_us / _S:+,.1f} s"


def _reference(points: ClockPoints, *, stepped: bool) -> int:
    """The point whose stamp is taken as right: by a GPS time after a step, otherwise the first that can be right."""
    known = points.utc_us > 0
    if stepped and known.any():
        off_us = np.where(known, np.abs(points.stamps_us - points.utc_us), np.iinfo(np.int64).max)
        nearest = int(np.argmin(off_us))
        if off_us[nearest] < _GPS_AGREES_US:
            return nearest
    right = np.flatnonzero(plausible(points.stamps_us))
    return int(right[0]) if len(right) else 0
