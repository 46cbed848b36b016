"""Silence of the aircraft in a telemetry log: how long, from when, and (by the finding's place) where."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Measured
from controller.logs.review.flight import Flight
from controller.logs.review.limits import RULES
from controller.logs.series import Array

# A flight at the edge of the range has hundreds; the longest tell the story.
_MOST_TOLD = 10


def link_measured(flight: Flight) -> list[Measured]:
    """The silences past the limit while armed, at most ten, the longest; the longest one where none was past it."""
    times_us = _heard(flight)
    if len(times_us) < 2:
        return []
    gaps_s = np.diff(times_us) / 1e6
    armed = flight.armed(times_us[:-1])
    gaps_s = np.where(armed, gaps_s, 0.0)
    if not armed.any():
        return []
    worst = np.argsort(-gaps_s, kind="stable")[:_MOST_TOLD]
    told = [at for at in worst.tolist() if gaps_s[at] > RULES["silence"].limit] or [int(worst[0])]
    system = flight.records.aircraft[0] if flight.records.aircraft else 0
    several = int((gaps_s > RULES["silence"].limit).sum())
    return [
        Measured(
            "silence",
            f"frames of system {system}",
            float(gaps_s[at]),
            int(times_us[at]),
            int(times_us[at + 1]),
            1,
            f"one of {several} silences" if several > 1 else "",
        )
        for at in sorted(told)
    ]


def _heard(flight: Flight) -> Array:
    """When anything at all was heard from the aircraft, in order."""
    address = flight.records.aircraft
    if flight.read.format != "tlog" or address is None:
        return np.zeros(0, np.int64)
    tables = flight.read.log.tables.values()
    parts = [
        table.times_us[(table.systems == address[0]) & (table.components == address[1])] for table in tables
    ]
    return np.sort(np.concatenate(parts).astype(np.int64)) if parts else np.zeros(0, np.int64)
