"""The flown track of a log: where the aircraft was while armed, and how far it had come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.logs.series.view import Array, SeriesView
from controller.track_length import have_place, track_length_m

_FIX_2D, _FIX_3D = 2, 3


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

    Only what was flown armed has a length, as `track_length_m` says.
    """
    position = view.channels.get("position")
    if position is None:
        return None
    known = have_place(position["lat_deg"], position["lon_deg"])
    if known.sum() < 2:
        return None
    if not known.all():
        position = position.of(known)
    times_us, lats, lons = position.times_us, position["lat_deg"], position["lon_deg"]
    # Without a fix the estimate drifts: the track goes straight on to the next fix.
    fixed = has_fix(view, times_us)
    fixed_lats = lats if fixed.all() else np.where(fixed, lats, np.nan)
    flown_m = track_length_m(times_us / 1e6, fixed_lats, lons, _speeds(view, times_us), view.armed(times_us))
    return FlownTrack(times_us, lats, lons, position["home_m"], position["msl_m"], flown_m)


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
    ground_m_s = speed["ground_m_s"]
    known = np.isfinite(ground_m_s)
    # Zero throughout: an autopilot without an estimator does not measure it.
    if not (ground_m_s[known] > 0).any():
        return None
    found: Array = np.interp(times_us, speed.times_us[known], ground_m_s[known])
    return found
