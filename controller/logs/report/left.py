"""In what state a record leaves the aircraft, for the head of the report."""

from __future__ import annotations

import numpy as np

from controller.logs.report.overlay import ModeSpan
from controller.logs.report.plot import clock
from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.view import IN_AIR_M


def left_in_air(flight: ReviewedFlight, modes: list[ModeSpan], first_us: int) -> str:
    """Return the last known height and mode of an aircraft that flies at the end of the record, else an empty text.

    Empty too for rovers and boats, and where the log records no arming or no height above home.
    """
    mode, altitude = flight.view.channels.get("mode"), flight.view.channels.get("altitude")
    if mode is None or altitude is None or not mode.count or not mode["armed"][-1]:
        return ""
    known = np.flatnonzero(np.isfinite(altitude["home_m"]))
    if not len(known) or flight.health.vehicle_kind() == "ground":
        return ""
    height_m = float(altitude["home_m"][known[-1]])
    if height_m <= IN_AIR_M:
        return ""
    at_s = (float(altitude.times_us[known[-1]]) - first_us) / 1e6
    return f"{height_m:.1f} m above home, armed, mode {modes[-1].name}, at {clock(at_s)} min"
