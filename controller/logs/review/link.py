"""The link in a telemetry log: gaps without any frame of the aircraft, and lost frames by their sequence numbers."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.limits import LIMITS
from controller.logs.series.view import Array

LOSS_WINDOW_S = 5.0
# A percentage of fewer frames means nothing.
_LEAST_FRAMES = 20
# A flight at the edge of the range has hundreds of gaps; the longest are shown.
_MOST_GAPS = 10


def link_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """The longest gaps past the limit while armed, ten at most; the longest gap where none was past it."""
    times_us = np.sort(_received(flight)[0])
    if len(times_us) < 2:
        return []
    gaps_s = np.diff(times_us) / 1e6
    armed = flight.view.armed(times_us[:-1])
    gaps_s = np.where(armed, gaps_s, 0.0)
    if not armed.any():
        return []
    worst = np.argsort(-gaps_s, kind="stable")[:_MOST_GAPS]
    shown = [at for at in worst.tolist() if gaps_s[at] > LIMITS["silence"].limit] or [int(worst[0])]
    several = int((gaps_s > LIMITS["silence"].limit).sum())
    return [
        Measurement(
            "silence",
            _source(flight),
            float(gaps_s[at]),
            int(times_us[at]),
            int(times_us[at + 1]),
            1,
            f"one of {several} gaps" if several > 1 else "",
        )
        for at in sorted(shown)
    ]


def link_signals(flight: ReviewedFlight) -> list[Signal]:
    """Percent of the aircraft's frames that were lost, in windows of five seconds, at the middle of each window."""
    times_us, sequences = _received(flight)
    if len(times_us) < 2:
        return []
    steps: Array = np.diff(sequences.astype(np.int64))
    missing = (steps - 1) % 256
    # A large step back is a restart or a repeated or reordered frame, not two hundred lost ones.
    missing = np.where(missing > 200, 0, missing)
    begin_us = int(times_us.min())
    window = ((times_us[1:] - begin_us) / 1e6 // LOSS_WINDOW_S).astype(np.int64)
    numbers, at, received = np.unique(window, return_inverse=True, return_counts=True)
    lost = np.bincount(at, weights=missing)
    middles_us = begin_us + ((numbers + 0.5) * LOSS_WINDOW_S * 1e6).astype(np.int64)
    middles_us = np.minimum(middles_us, times_us.max())
    enough = lost + received >= _LEAST_FRAMES
    return [Signal("loss", _source(flight), middles_us[enough], (100.0 * lost / (lost + received))[enough])]


def _source(flight: ReviewedFlight) -> str:
    return f"frames of system {flight.log.aircraft[0] if flight.log.aircraft else 0}"


def _received(flight: ReviewedFlight) -> tuple[Array, Array]:
    """When each frame of the aircraft was received, and its sequence number, in the order of the log."""
    address, frames = flight.log.aircraft, flight.log.frames
    if frames is None or address is None:
        return np.zeros(0, np.int64), np.zeros(0, np.uint8)
    return frames.received(*address)
