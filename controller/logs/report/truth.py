"""What a simulated aircraft really did, beside what its autopilot believed: plots and figures for the report.
 The truth is `truth.csv` in the flight's folder, one row each 0.2 s; the belief is what the autopilot sent. What the
link's delay makes of a moving aircraft is part of the difference.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.geo import offsets_m
from controller.logs.flights import store
from controller.logs.report.series import Series
from controller.logs.series.view import SeriesView

Array = NDArray[np.float64]
COLUMNS = (
    "utc_us",
    "lat_deg",
    "lon_deg",
    "alt_amsl_m",
    "vel_n_m_s",
    "vel_e_m_s",
    "vel_d_m_s",
    "roll_deg",
    "pitch_deg",
    "yaw_deg",
)


def truth_series(folder: Path, view: SeriesView, first_us: int) -> dict[str, list[Series]]:
    """The plots, by title; none where no truth was kept. A row that cannot be read ends it."""
    truth = _read(folder / store.TRUTH)
    position, attitude = view.channels.get("position"), view.channels.get("attitude")
    if truth is None or position is None or attitude is None:
        return {}
    at_s = (truth["utc_us"] - first_us) / 1e6

    def really(name: str, times_s: Array) -> Array:
        return np.interp(times_s, at_s, truth[name], left=np.nan, right=np.nan)

    place_s, turn_s = ((channel.times_us - first_us) / 1e6 for channel in (position, attitude))
    lats, lons, alts = position["lat_deg"], position["lon_deg"], position["msl_m"]
    north, east = offsets_m(lats, lons, really("lat_deg", place_s), really("lon_deg", place_s))
    return {
        "Height above the start, believed and true": [
            Series("believed", "m", place_s, alts - truth["alt_amsl_m"][0]),
            Series("true", "m", at_s, truth["alt_amsl_m"] - truth["alt_amsl_m"][0]),
        ],
        "Position believed, off the truth": [
            Series("across the ground", "m", place_s, np.hypot(north, east)),
            Series("height", "m", place_s, alts - really("alt_amsl_m", place_s)),
        ],
        "Attitude believed, off the truth": [
            Series(
                name,
                "°",
                turn_s,
                _turned(np.degrees(attitude[f"{name}_rad"]) - really(f"{name}_deg", turn_s)),
            )
            for name in ("roll", "pitch", "yaw")
        ],
    }


def _turned(angle_deg: Array) -> Array:
    """The same angles from -180 to 180 degrees."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _read(path: Path) -> dict[str, Array] | None:
    rows: list[list[float]] = []
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            if tuple(file.readline().strip().split(",")) != COLUMNS:
                return None
            for line in file:
                row = [float(part) for part in line.split(",")]
                if len(row) != len(COLUMNS) or not line.endswith("\n"):
                    break
                rows.append(row)
    except (OSError, ValueError):
        pass  # what was read until here is good
    if len(rows) < 2:
        return None
    columns = dict(zip(COLUMNS, np.array(rows).T, strict=True))
    for name in ("roll_deg", "pitch_deg", "yaw_deg"):
        columns[name] = np.degrees(np.unwrap(np.radians(columns[name])))  # nothing lies between 359 and 1
    return columns
