"""The few frames of a telemetry log that its clock is made from: an anchor each half second, and each jump of the
stamps.

An anchor is a message with the aircraft's `time_boot_ms`. The log is read in pieces; what is kept is small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from controller.logs.series.view import Array

STEP_US = 1_000_000  # a smaller one is a delay of the link
LONGEST_GAP_US = 30 * 86_400 * 1_000_000  # no recording pauses longer
_BACK_US, _FORWARD_US = -300_000, 1_500_000
_SPACING_US = 500_000
_EARLIEST_US, _LATEST_US = 946_684_800_000_000, 4_102_444_800_000_000  # 2000 to 2100


def plausible(time_us: Any) -> Any:
    """Whether a time in microseconds is of this century."""
    return (time_us > _EARLIEST_US) & (time_us < _LATEST_US)


@dataclass(frozen=True, slots=True)
class ClockPoints:
    """Frames in the order of the file: offset in it, stamp, the aircraft's time since boot (-1: none), UTC by its GPS
    (0: none), all int64 and microseconds; `jumps`: whether the stamp jumped from the frame before, which is a point,
    too. `outliers` frames have a damaged stamp, and are no points."""

    offsets: Array
    stamps_us: Array
    boot_us: Array
    utc_us: Array
    jumps: Array
    outliers: int = 0


@dataclass
class PointCollector:
    """Points of a log that is read piece by piece."""

    _parts: list[tuple[Array, ...]] = field(default_factory=list)
    _outliers: int = 0
    _last_us: int | None = None

    def add(self, offsets: Array, stamps_us: Array, boot_us: Array, utc_us: Array) -> None:
        """Add the frames of a piece; `boot_us` is -1 and `utc_us` 0 for frames without."""
        if not len(offsets):
            return
        before = stamps_us[0] if self._last_us is None else self._last_us
        self._last_us = int(stamps_us[-1])
        passed = np.diff(stamps_us, prepend=before)
        jumped = (passed < _BACK_US) | (passed > _FORWARD_US)
        # One damaged stamp jumps there and back.
        there = jumped[:-1] & jumped[1:] & (np.abs(passed[:-1] + passed[1:]) < STEP_US) & (passed[:-1] != 0)
        there &= (passed[:-1] < _BACK_US) | (passed[1:] < _BACK_US)
        damaged = np.flatnonzero(there)
        jumped[damaged] = jumped[damaged + 1] = False
        self._outliers += len(damaged)
        kept = jumped.copy()
        kept[:-1] |= jumped[1:]
        kept[[0, -1]] = True
        anchors = np.flatnonzero(boot_us >= 0)
        if len(anchors):
            spaced = boot_us[anchors] // _SPACING_US
            stamped = stamps_us[anchors] // _SPACING_US
            new = np.ones(len(anchors), np.bool_)
            new[1:] = (spaced[1:] != spaced[:-1]) | (stamped[1:] != stamped[:-1])
            # The anchors on both sides of a jump or a restart.
            new[:-1] |= np.abs(np.diff(boot_us[anchors])) > STEP_US
            new[:-1] |= np.abs(np.diff(stamps_us[anchors])) > STEP_US
            new[[0, -1]] = True
            kept[anchors[new]] = True
        kept[damaged] = False
        self._parts.append((offsets[kept], stamps_us[kept], boot_us[kept], utc_us[kept], jumped[kept]))

    def points(self) -> ClockPoints:
        """All points."""
        none = (np.zeros(0, np.int64),) * 4 + (np.zeros(0, np.bool_),)
        offsets, stamps_us, boot_us, utc_us, jumps = (
            np.concatenate(column) for column in zip(none, *self._parts, strict=True)
        )
        return ClockPoints(offsets, stamps_us, boot_us, utc_us, jumps, self._outliers)
