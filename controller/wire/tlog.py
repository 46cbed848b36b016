"""Telemetry log (tlog) as a sequence of frames: eight bytes of microseconds since 1970 (big-endian), then the raw
frame.

Damaged ranges are skipped and reported. Use `columns` to read whole logs as arrays, and this module to read frame by
frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from controller.wire import dialect
from controller.wire.frame import Frame
from controller.wire.frame_format import V2_MAGIC

_BLOCK = 4096
_SHORTEST_ENTRY = 16


def entries(utc_us: int, frames: Iterable[Frame]) -> bytes:
    """Return the log entries of `frames`, all with the time `utc_us` (microseconds since 1970)."""
    stamp = utc_us.to_bytes(8, "big")
    return b"".join([stamp + frame[0] for frame in frames])


@dataclass(frozen=True, slots=True)
class DamagedRange:
    """Range of `length` bytes from `offset` on that belongs to no entry."""

    offset: int
    length: int


@lru_cache(maxsize=1)
def _known() -> tuple[Any, Any]:
    import numpy as np

    crc_extras = dialect.crc_extras()
    slots = np.full(max(crc_extras) + 1, -1, np.int16)
    extras = np.zeros(max(crc_extras) + 1, np.uint8)
    for msg_id, extra in crc_extras.items():
        slots[msg_id], extras[msg_id] = 0, extra
    return slots, extras


class TlogFrames:
    """Entries of a log in memory: `len()`, iteration over (utc_us, Frame), and the damaged ranges (`damage`).

    `times_us`, `starts` and `stops` are int64 arrays: receive time of each frame, and its range in `data`. Any bytes
    are accepted; bytes that are no log give no frames and one damaged range.
    """

    def __init__(self, data: bytes) -> None:
        import numpy as np

        from controller.wire.column_kernels import find_frames

        slots, extras = _known()
        room = len(data) // _SHORTEST_ENTRY + 1
        starts, found = np.empty(room, np.int64), np.empty(room, np.int16)
        counts, unknown_ids = np.zeros(1, np.int64), np.empty(room, np.int32)
        buffer = np.frombuffer(data, np.uint8)
        count, unknown, bad_bytes = find_frames(
            buffer, len(buffer), slots, extras, starts, found, counts, unknown_ids
        )
        self.data = data
        self.unknown_frames = int(unknown)
        self.bad_bytes = int(bad_bytes)
        self.starts = starts[:count].copy()
        self._measure(buffer)

    def _measure(self, buffer: Any) -> None:
        import numpy as np

        from controller.wire.columns import frame_lengths, frame_times_us

        at = self.starts
        new = buffer[at] == V2_MAGIC
        self.stops = at + frame_lengths(buffer, at)
        self.times_us = frame_times_us(buffer, at)
        heads = at + np.where(new, 4, 2)
        self.sequences, self.systems, self.components = buffer[heads], buffer[heads + 1], buffer[heads + 2]
        ids = buffer[heads + 3].astype(np.int64)
        more = at[new] + 8
        ids[new] |= buffer[more].astype(np.int64) << 8 | buffer[more + 1].astype(np.int64) << 16
        self.msg_ids = ids

    @property
    def damage(self) -> list[DamagedRange]:
        """Damaged ranges in order; the last one may be a truncated entry."""
        ends = [0, *self.stops.tolist()]
        begins = [*(self.starts - 8).tolist(), len(self.data)]
        return [
            DamagedRange(end, begin - end) for end, begin in zip(ends, begins, strict=True) if begin > end
        ]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, Frame]]:
        columns = (
            self.times_us,
            self.starts,
            self.stops,
            self.msg_ids,
            self.sequences,
            self.systems,
            self.components,
        )
        data, new, cls = self.data, tuple.__new__, Frame
        for first in range(0, len(self), _BLOCK):
            block = [column[first : first + _BLOCK].tolist() for column in columns]
            for time_us, start, stop, *head in zip(*block, strict=True):
                yield time_us, new(cls, (data[start:stop], *head, []))
