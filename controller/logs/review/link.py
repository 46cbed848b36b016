"""The link in a telemetry log: the aircraft's silences and the frames that its sequence numbers say are missing; how long or how
many, from when, and (by the finding's place) where."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Measured, Signal
from controller.logs.review.flight import Flight
from controller.logs.review.limits import RULES
from controller.logs.series.view import Array

LOSS_WINDOW_S = 5.0
# Of a handful of frames one more or less says nothing.
_LEAST_FRAMES = 20
# A flight at the edge of the range has hundreds; the longest tell the story.
_MOST_TOLD = 10


def link_measured(flight: Flight) -> list[Measured]:
    """The silences past the limit while armed, at most ten, the longest; the longest one where none was past it."""
    times_us = np.sort(_heard(flight)[0])
    if len(times_us) < 2:
        return []
    gaps_s = np.diff(times_us) / 1e6
    armed = flight.armed(times_us[:-1])
    gaps_s = np.where(armed, gaps_s, 0.0)
    if not armed.any():
        return []
    worst = np.argsort(-gaps_s, kind="stable")[:_MOST_TOLD]
    told = [at for at in worst.tolist() if gaps_s[at] > RULES["silence"].limit] or [int(worst[0])]
    several = int((gaps_s > RULES["silence"].limit).sum())
    return [
        Measured(
            "silence",
            _frames(flight),
            float(gaps_s[at]),
            int(times_us[at]),
            int(times_us[at + 1]),
            1,
            f"one of {several} silences" if several > 1 else "",
        )
        for at in sorted(told)
    ]


def link_signals(flight: Flight) -> list[Signal]:
    """Percent of the aircraft's frames that are missing, in windows of five seconds; each stands at the window's middle."""
    times_us, sequences = _heard(flight)
    if len(times_us) < 2:
        return []
    steps: Array = np.diff(sequences.astype(np.int64))
    missing = (steps - 1) % 256
    # A large step back is a restart, a frame that came twice or out of order, not two hundred losses.
    missing = np.where(missing > 200, 0, missing)
    begin_us = int(times_us.min())
    window = ((times_us[1:] - begin_us) / 1e6 // LOSS_WINDOW_S).astype(np.int64)
    numbers, at, came = np.unique(window, return_inverse=True, return_counts=True)
    lost = np.bincount(at, weights=missing)
    middles_us = begin_us + ((numbers + 0.5) * LOSS_WINDOW_S * 1e6).astype(np.int64)
    middles_us = np.minimum(middles_us, times_us.max())
    enough = lost + came >= _LEAST_FRAMES
    return [Signal("loss", _frames(flight), middles_us[enough], (100.0 * lost / (lost + came))[enough])]


def _frames(flight: Flight) -> str:
    return f"frames of system {flight.records.aircraft[0] if flight.records.aircraft else 0}"


def _heard(flight: Flight) -> tuple[Array, Array]:
    """When anything at all was heard from the aircraft, and its sequence numbers, as they came."""
    address = flight.records.aircraft
    if flight.read.format != "tlog" or address is None:
        return np.zeros(0, np.int64), np.zeros(0, np.uint8)
    times_us, sequences = flight.read.log.sender_frames(*address)
    return times_us, sequences
