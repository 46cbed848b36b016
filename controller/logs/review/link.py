"""The link in a telemetry log: gaps without any frame of the aircraft, and lost frames by their sequence numbers."""

from __future__ import annotations

from collections.abc import Iterator

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
    limit_s = LIMITS["silence"].limit
    longest: list[tuple[float, int, int]] = []  # seconds, begin, end
    several, last_us = 0, None
    for part_us, _ in _received(flight):
        # A frame from a ground box may stand a little late in the record.
        times_us = np.maximum.accumulate(part_us if last_us is None else np.append(last_us, part_us))
        if len(times_us) < 2:
            continue
        last_us = times_us[-1:]
        gaps_s = np.diff(times_us) / 1e6
        armed = flight.view.armed(times_us[:-1])
        several += int((armed & (gaps_s > limit_s)).sum())
        worst = np.argsort(-np.where(armed, gaps_s, -1.0), kind="stable")[:_MOST_GAPS].tolist()
        found = [(float(gaps_s[at]), int(times_us[at]), int(times_us[at + 1])) for at in worst if armed[at]]
        longest = sorted([*longest, *found], key=lambda gap: -gap[0])[:_MOST_GAPS]
    shown = [gap for gap in longest if gap[0] > limit_s] or longest[:1]
    note = f"one of {several} gaps" if several > 1 else ""
    return [
        Measurement("silence", _source(flight), gap_s, begin_us, end_us, 1, note)
        for gap_s, begin_us, end_us in sorted(shown, key=lambda gap: gap[1])
    ]


def link_signals(flight: ReviewedFlight) -> list[Signal]:
    """Percent of the aircraft's frames that were lost, in windows of five seconds, at the middle of each window."""
    # The report draws what the review compares: the frames of a long log are read once.
    if flight.link_signals is None:
        flight.link_signals = _link_signals(flight)
    return list(flight.link_signals)


def _link_signals(flight: ReviewedFlight) -> list[Signal]:
    begin_us, end_us, last = None, 0, np.zeros(0, np.int64)
    parts: list[tuple[Array, Array, Array]] = []  # window, frames received and lost
    for part_us, sequences in _received(flight):
        if not len(part_us):
            continue
        # The first frame of the log has none before it.
        times_us = part_us if len(last) else part_us[1:]
        begin_us = int(part_us.min()) if begin_us is None else begin_us
        end_us = max(end_us, int(part_us.max()))
        numbers = np.append(last, sequences.astype(np.int64))
        last = numbers[-1:]
        missing = (np.diff(numbers) - 1) % 256
        # A large step back is a restart or a repeated or reordered frame, not two hundred lost ones.
        missing = np.where(missing > 200, 0, missing)
        window = ((times_us - begin_us) / 1e6 // LOSS_WINDOW_S).astype(np.int64)
        found, at, received = np.unique(window, return_inverse=True, return_counts=True)
        parts.append((found, received, np.bincount(at, weights=missing, minlength=len(found))))
    if begin_us is None:
        return []
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    windows, at = np.unique(columns[0], return_inverse=True)
    received, lost = (np.bincount(at, weights=column, minlength=len(windows)) for column in columns[1:])
    middles_us = begin_us + ((windows + 0.5) * LOSS_WINDOW_S * 1e6).astype(np.int64)
    middles_us = np.minimum(middles_us, end_us)
    enough = lost + received >= _LEAST_FRAMES
    shares = (100.0 * lost / np.maximum(lost + received, 1.0))[enough]
    return [Signal("loss", _source(flight), middles_us[enough], shares)]


def _source(flight: ReviewedFlight) -> str:
    return f"frames of system {flight.log.aircraft[0] if flight.log.aircraft else 0}"


def _received(flight: ReviewedFlight) -> Iterator[tuple[Array, Array]]:
    """When each frame of the aircraft was received, and its sequence number, in the order of the log, in parts."""
    address, frames = flight.log.aircraft, flight.log.frames
    if frames is not None and address is not None:
        yield from frames.received(*address)
