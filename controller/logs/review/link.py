"""The link in a telemetry log: gaps without any frame of the aircraft, and lost frames by their sequence numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from controller.logs.review.evidence import LinkEvidence, Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.limits import LIMITS
from controller.logs.series.view import Array, SeriesView

_LOSS_WINDOW_US = 5_000_000
# A percentage of fewer frames means nothing.
_LEAST_FRAMES = 20
# A flight at the edge of the range has hundreds of gaps; the longest are shown.
_MOST_GAPS = 10


def link_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """The longest gaps past the limit while armed, ten at most; the longest gap where none was past it."""
    return list(_evidence(flight).measurements)


def link_signals(flight: ReviewedFlight) -> list[Signal]:
    """Percent of the aircraft's frames that were lost, in windows of five seconds, at the middle of each window."""
    return list(_evidence(flight).signals)


def _evidence(flight: ReviewedFlight) -> LinkEvidence:
    # Gaps and losses are found together, and kept for the report: the frames of a long log are read once.
    if flight.link is None:
        gaps, losses = _Gaps(flight.view), _Losses()
        for times_us, sequences in _received(flight):
            if len(times_us):
                gaps.add(times_us)
                losses.add(times_us, sequences)
        source = _source(flight)
        flight.link = LinkEvidence(gaps.measurements(source), losses.signals(source))
    return flight.link


class _Gaps:
    """The gaps between the frames of a log that is read in parts."""

    def __init__(self, view: SeriesView) -> None:
        self._view = view
        self._last_us: Array = np.zeros(0, np.int64)
        self._longest: list[tuple[float, int, int]] = []  # seconds, begin, end
        self._past_limit = 0

    def add(self, part_us: Array) -> None:
        # A frame from a ground box may stand a little late in the record.
        times_us = np.maximum.accumulate(np.append(self._last_us, part_us))
        self._last_us = times_us[-1:]
        gaps_s = np.where(self._view.armed(times_us[:-1]), np.diff(times_us) / 1e6, -1.0)
        self._past_limit += int((gaps_s > LIMITS["silence"].limit).sum())
        found = [
            (float(gaps_s[at]), int(times_us[at]), int(times_us[at + 1]))
            for at in _largest(gaps_s, _MOST_GAPS)
            if gaps_s[at] >= 0
        ]
        self._longest = sorted([*self._longest, *found], key=lambda gap: -gap[0])[:_MOST_GAPS]

    def measurements(self, source: str) -> list[Measurement]:
        limit_s = LIMITS["silence"].limit
        shown = [gap for gap in self._longest if gap[0] > limit_s] or self._longest[:1]
        note = f"one of {self._past_limit} gaps" if self._past_limit > 1 else ""
        return [
            Measurement("silence", source, gap_s, begin_us, end_us, 1, note)
            for gap_s, begin_us, end_us in sorted(shown, key=lambda gap: gap[1])
        ]


class _Losses:
    """The frames received and lost in each window of a log that is read in parts."""

    def __init__(self) -> None:
        self._begin_us = self._end_us = 0
        self._last: Array = np.zeros(0, np.uint8)
        none = np.zeros(0, np.int64)
        self._parts = [(none, none, none)]  # window, frames received and lost

    def add(self, part_us: Array, sequences: Array) -> None:
        if not len(self._last):
            self._begin_us = int(part_us.min())
        self._end_us = max(self._end_us, int(part_us.max()))
        # The first frame of the log has none before it.
        times_us = part_us if len(self._last) else part_us[1:]
        numbers = np.append(self._last, sequences)
        self._last = numbers[-1:]
        missing = np.diff(numbers) - np.uint8(1)  # modulo 256, as the numbers are
        # A large step back is a restart or a repeated or reordered frame, not two hundred lost ones.
        missing[missing > 200] = 0
        if len(missing):
            windows = (times_us - self._begin_us) // _LOSS_WINDOW_US
            first = np.append(0, np.flatnonzero(np.diff(windows)) + 1)
            received = np.diff(first, append=len(windows))
            self._parts.append((windows[first], received, np.add.reduceat(missing, first, dtype=np.int64)))

    def signals(self, source: str) -> list[Signal]:
        if not len(self._last):
            return []
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
        windows, at = np.unique(columns[0], return_inverse=True)
        received, lost = (np.bincount(at, weights=column, minlength=len(windows)) for column in columns[1:])
        middles_us = self._begin_us + windows * _LOSS_WINDOW_US + _LOSS_WINDOW_US // 2
        middles_us = np.minimum(middles_us, self._end_us)
        enough = lost + received >= _LEAST_FRAMES
        shares = (100.0 * lost / np.maximum(lost + received, 1.0))[enough]
        return [Signal("loss", source, middles_us[enough], shares)]


def _largest(values: Array, most: int) -> list[int]:
    """Where the largest values are, in their order; the first of equal ones first."""
    at = np.arange(len(values))
    if len(values) > most:
        at = np.flatnonzero(values >= np.partition(values, -most)[-most])
    found: list[int] = at[np.argsort(-values[at], kind="stable")][:most].tolist()
    return found


def _source(flight: ReviewedFlight) -> str:
    return f"frames of system {flight.log.aircraft[0] if flight.log.aircraft else 0}"


def _received(flight: ReviewedFlight) -> Iterator[tuple[Array, Array]]:
    """When each frame of the aircraft was received, and its sequence number, in the order of the log, in parts."""
    address, frames = flight.log.aircraft, flight.log.frames
    if frames is not None and address is not None:
        yield from frames.received(*address)
