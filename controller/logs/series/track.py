"""The flown track of a log: where the aircraft was while armed, and how far it had come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.geo import offsets_m
from controller.logs.series.view import Array, SeriesView
from controller.track_length import have_place, track_length_m

_FIX_2D, _FIX_3D = 2, 3
_MOVING_M_S = 0.5
_PART, _AROUND = 200_000, 5_000


@dataclass(frozen=True, slots=True)
class FlownTrack:
    """Known positions in degrees, metres above home and above sea level (NaN where not known), and the distance
    flown until each. Times in the clock of the series, microseconds."""

    times_us: Array
    lats_deg: Array
    lons_deg: Array
    home_m: Array
    msl_m: Array
    flown_m: Array

    @property
    def length_m(self) -> float:
        """Distance flown, metres."""
        return float(self.flown_m[-1]) if len(self.flown_m) else 0.0


def flown_track(view: SeriesView) -> FlownTrack | None:
    """The track of a series; None with fewer than two positions.

    Only what was flown armed has a length; an aircraft that moves when it is armed, as one thrown by hand, or when it
    is disarmed was flying as long as it moved without a rest.
    """
    position = view.channels.get("position")
    if position is None:
        return None
    known = have_place(position["lat_deg"], position["lon_deg"])
    if known.sum() < 2:
        return None
    times_us = position.times_us[known]
    lats, lons, home_m, msl_m = (position[name][known] for name in ("lat_deg", "lon_deg", "home_m", "msl_m"))
    # Without a fix the estimate drifts: the track goes straight on to the next fix.
    fixed_lats = np.where(has_fix(view, times_us), lats, np.nan)
    speeds = _speeds(view, times_us)
    counted = _in_motion(
        view.armed(times_us), speeds if speeds is not None else _steps_m_s(times_us, lats, lons)
    )
    flown_m = _flown_m(times_us, fixed_lats, lons, speeds, counted)
    return FlownTrack(times_us, lats, lons, home_m, msl_m, flown_m)


def _in_motion(armed: Array, speeds: Array) -> Array:
    """The armed rows, and those before and after them in which the aircraft moves on end."""
    moving = speeds > _MOVING_M_S
    found = armed.copy()
    edges = np.flatnonzero(np.diff(moving & ~armed, prepend=False, append=False))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        beside = [row for row in (begin - 1, end) if 0 <= row < len(armed)]
        found[begin:end] = any(armed[row] and moving[row] for row in beside)
    return found


def _flown_m(times_us: Array, lats: Array, lons: Array, speeds: Array | None, counted: Array) -> Array:
    """The distance flown at each position, of a long track part by part."""
    count = len(times_us)
    found, before_m = np.zeros(count), 0.0
    for begin in range(0, count, _PART):
        end = min(begin + _PART, count)
        # With the rows around it: speeds and jumps are judged over some seconds.
        rows = slice(max(0, begin - _AROUND), min(count, end + _AROUND))
        near = None if speeds is None else speeds[rows]
        flown_m = track_length_m(times_us[rows] / 1e6, lats[rows], lons[rows], near, counted[rows])
        first = begin - rows.start
        found[begin:end] = before_m + flown_m[first : first + end - begin] - flown_m[first]
        if end < count:
            before_m += float(flown_m[first + end - begin] - flown_m[first])
    return found


def has_fix(view: SeriesView, times_us: Array) -> Array:
    """Whether a receiver had a fix at each moment; always where no receiver ever had one (flight indoors)."""
    gps = view.channels.get("gps")
    if gps is None or not (gps["fix"] >= _FIX_3D).any():
        return np.ones(len(times_us), np.bool_)
    found = np.zeros(len(times_us), np.bool_)
    for number in np.unique(gps["number"]):
        rows = gps["number"] == number
        at = np.searchsorted(gps.times_us[rows], times_us, side="right") - 1
        # A position before the receiver's first message may be good: that message is just late.
        found |= gps["fix"][rows][np.maximum(at, 0)] >= _FIX_2D
    return found


def _speeds(view: SeriesView, times_us: Array) -> Array | None:
    speed = view.channels.get("speed")
    if speed is None:
        return None
    known = np.isfinite(speed["ground_m_s"])
    # Zero throughout: an autopilot without an estimator does not measure it.
    if not (speed["ground_m_s"][known] > 0).any():
        return None
    found: Array = np.interp(times_us, speed.times_us[known], speed["ground_m_s"][known])
    return found


def _steps_m_s(times_us: Array, lats_deg: Array, lons_deg: Array) -> Array:
    """Speed over ground from one position to the next."""
    if len(times_us) < 2:
        return np.zeros(len(times_us))
    north, east = offsets_m(lats_deg, lons_deg, lats_deg[0], lons_deg[0])
    seconds = np.maximum(np.diff(times_us) / 1e6, 1e-3)
    steps = np.hypot(np.diff(north), np.diff(east)) / seconds
    found: Array = np.concatenate((steps[:1], steps))
    return found
