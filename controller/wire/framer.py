"""Bytes to frames, for MAVLink 1 and 2 mixed, whatever the chunks.

A candidate begins at a magic byte. If its flags or its checksum are wrong, the search goes on at the very next byte, so
that a true frame inside a broken one is found. A frame whose type no dialect of ours knows cannot be checked; it is
taken when another frame (or the end of the data) follows it at once, and is passed on undecoded.

The scan is compiled: one call a chunk finds all frames, Python then only makes the Frame objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from controller.wire import dialect
from controller.wire.frame import Frame


@dataclass(frozen=True, slots=True)
class FramerStats:
    """What went through a framer. `bad_bytes` were part of no frame; `bad_frames` are candidates that failed."""

    bytes: int
    frames: int
    unknown_frames: int
    bad_frames: int
    bad_bytes: int


@lru_cache(maxsize=1)
def _extras() -> Any:
    """CRC extra by message number, -1 where there is none; numbers beyond the table are unknown."""
    import numpy as np

    extras = dialect.crc_extras()
    table = np.full(max(extras) + 1, -1, np.int16)
    for msg_id, extra in extras.items():
        table[msg_id] = extra
    return table


class Framer:
    """One for each stream: keeps what an incomplete frame left over."""

    def __init__(self) -> None:
        self._rest = b""
        self._bytes = 0
        self._counters: Any = None

    @property
    def stats(self) -> FramerStats:
        """Totals since the framer was made."""
        if self._counters is None:
            return FramerStats(0, 0, 0, 0, 0)
        return FramerStats(self._bytes, *(int(count) for count in self._counters[1:]))

    def feed(self, data: bytes) -> list[Frame]:
        """All frames that `data` completes, in order."""
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
        # Loops in C: this line is most of what a frame costs.
        raws = [data[start:stop] for start, stop in zip(starts, stops, strict=True)]
        undecoded: list[list[Any]] = [[] for _ in raws]
        return list(map(Frame, zip(raws, msg_ids, seqs, systems, components, undecoded, strict=True)))

    def _prepare(self) -> None:
        # numpy and numba are loaded by the first bytes, not by whoever imports this file.
        import numpy as np

        from controller.wire.scan_kernel import scan

        self._scan, self._view, self._uint8, self._extras = scan, np.frombuffer, np.uint8, _extras()
        self._counters = np.zeros(5, np.int64)
        self._make_room(4096)

    def _make_room(self, length: int) -> None:
        import numpy as np

        # The shortest frame has eight bytes.
        self._rows: Any = np.empty((6, length // 8 + 1), np.int32)
