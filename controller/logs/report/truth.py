"""Ground truth of a simulated flight against the autopilot's estimate: plots for the report.
Ground truth is `truth.csv` in the flight's folder, a row each 0.2 s; the estimate is the telemetry. The delay of the
link is part of the error of a moving aircraft.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.geo import offsets_m
from controller.logs.flights import store
from controller.logs.report.series import PlotLine
from controller.logs.series.view import SeriesView

Array = NDArray[np.float64]
POSITION_ERROR = "Position error of the estimate"

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


def truth_series(folder: Path, view: SeriesView, first_us: int) -> dict[str, list[PlotLine]]:
    """The plots by title; none without a ground truth file. A row that cannot be read ends it."""
    truth = _read(folder / store.TRUTH)
    position, attitude = view.channels.get("position"), view.channels.get("attitude")
    if truth is None or position is None or attitude is None:
        return {}
    at_s = (truth["utc_us"] - first_us) / 1e6

    def truth_at(name: str, times_s: Array) -> Array:
        return np.interp(times_s, at_s, truth[name], left=np.nan, right=np.nan)

    place_s, turn_s = ((channel.times_us - first_us) / 1e6 for channel in (position, attitude))
    lats, lons, alts = position["lat_deg"], position["lon_deg"], position["msl_m"]
    north, east = offsets_m(lats, lons, truth_at("lat_deg", place_s), truth_at("lon_deg", place_s))
    return {
        "Altitude above the start, estimate and ground truth": [
            PlotLine("estimate", "m", place_s, alts - truth["alt_amsl_m"][0]),
            PlotLine("ground truth", "m", at_s, truth["alt_amsl_m"] - truth["alt_amsl_m"][0]),
        ],
        POSITION_ERROR: [
            PlotLine("horizontal", "m", place_s, np.hypot(north, east)),
            PlotLine("height", "m", place_s, alts - truth_at("alt_amsl_m", place_s)),
        ],
        "Attitude error of the estimate": [
            PlotLine(
                name,
                "°",
                turn_s,
                _wrapped(np.degrees(attitude[f"{name}_rad"]) - truth_at(f"{name}_deg", turn_s)),
            )
            for name in ("roll", "pitch", "yaw")
        ],
    }


def _wrapped(angle_deg: Array) -> Array:
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
        pass  # keep the rows before
    if len(rows) < 2:
        return None
    columns = dict(zip(COLUMNS, np.array(rows).T, strict=True))
    for name in ("roll_deg", "pitch_deg", "yaw_deg"):
        columns[name] = np.degrees(
            np.unwrap(np.radians(columns[name]))
        )  # no value between 359 and 1 is interpolated
    return columns
