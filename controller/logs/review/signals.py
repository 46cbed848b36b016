"""GPS columns with a limit: satellites, and the quality of the position."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Signal
from controller.logs.review.flight import ReviewedFlight


def gps_signals(flight: ReviewedFlight) -> list[Signal]:
    """Satellites and quality of the position: HDOP for ArduPilot; for PX4, which has no limit for HDOP, its error in
    metres and PDOP."""
    gps = flight.view.channels.get("gps")
    if gps is None:
        return []
    found = []
    for number in np.unique(gps["number"]):
        rows = gps["number"] == number
        for kind in ("satellites",) if flight.log.px4 else ("satellites", "hdop"):
            found.append(
                Signal(kind, f"{gps.source}[{int(number)}].{kind}", gps.times_us[rows], gps[kind][rows])
            )
    return [*found, *flight.health.gps_accuracy()]
