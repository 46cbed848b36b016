"""Framer: byte chunks of any size to frames, for MAVLink 1 and 2 mixed.

A candidate begins at a magic byte. If its flags or checksum are wrong, the search continues at the next byte, so that a
valid frame inside a broken one is found. The checksum of a message outside our dialects cannot be checked; such a frame
is accepted if another frame or the end of the data follows it directly, and is passed on undecoded.

The scan is compiled: one call finds all frames of a chunk, and Python only creates the Frame objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from controller.wire import dialect
from controller.wire.frame import Frame


@dataclass(frozen=True, slots=True)
class FramerStats:
    """Counters of a framer. `bad_bytes` were part of no frame; `bad_frames` are rejected candidates."""

    bytes: int
    frames: int
    unknown_frames: int
    bad_frames: int
    bad_bytes: int


@lru_cache(maxsize=1)
def _extras() -> Any:
    """Return the CRC extras by message number, -1 for unknown; numbers beyond the array are unknown too."""
    import numpy as np

    extras = dialect.crc_extras()
    table = np.full(max(extras) + 1, -1, np.int16)
    for msg_id, extra in extras.items():
        table[msg_id] = extra
    return table


class Framer:
    """Framer of one byte stream. Keeps the bytes of an incomplete frame until the next chunk."""

    def __init__(self) -> None:
        self._rest = b""
        self._bytes = 0
        self._counters: Any = None

    @property
    def stats(self) -> FramerStats:
        """Totals since the framer was created."""
        if self._counters is None:
            return FramerStats(0, 0, 0, 0, 0)
        return FramerStats(self._bytes, *(int(count) for count in self._counters[1:]))

    def feed(self, data: bytes) -> list[Frame]:
        """Return all frames that `data` completes, in order."""
        if self._counters is None:
            self._prepare()
        self._bytes += len(data)
        if self._rest:
            data = self._rest + data
        if len(data) >= 8 * self._rows.shape[1]:
            self._make_room(len(data))
        count = self._scan(self._view(data, self._uint8), self._extras, self._rows, self._counters)
        self._rest = data[self._counters.item(0) :]
        starts, stops, msg_ids, seqs, systems, components = self._rows[:, :count].tolist()
        # Loops in C: this line is most of the cost of a frame.
        raws = [data[start:stop] for start, stop in zip(starts, stops, strict=True)]
        undecoded: list[list[Any]] = [[] for _ in raws]
        return list(map(Frame, zip(raws, msg_ids, seqs, systems, components, undecoded, strict=True)))

    def _prepare(self) -> None:
        # numpy and numba are loaded with the first bytes, not on import.
        import numpy as np

        from controller.wire.scan_kernel import scan

        self._scan, self._view, self._uint8, self._extras = scan, np.frombuffer, np.uint8, _extras()
        self._counters = np.zeros(5, np.int64)
        self._make_room(4096)

    def _make_room(self, length: int) -> None:
        import numpy as np

        # The shortest frame is eight bytes long.
        self._rows: Any = np.empty((6, length // 8 + 1), np.int32)
