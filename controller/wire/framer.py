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

_COLUMNS = 6


@dataclass(slots=True)
class FramerStats:
    """What went through a framer. `bad_bytes` were part of no frame; `bad_frames` are candidates that failed."""

    bytes: int = 0
    frames: int = 0
    unknown_frames: int = 0
    bad_frames: int = 0
    bad_bytes: int = 0


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
        self.stats = FramerStats()
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """All frames that `data` completes, in order."""
        import numpy as np

        from controller.wire.scan import scan

        stats = self.stats
        stats.bytes += len(data)
        if self._rest:
            data = self._rest + data
        extras = _extras()
        rows = np.empty((len(data) // 8 + 1, _COLUMNS), np.int32)
        count, consumed, bad_bytes, bad_frames, unknown = scan(np.frombuffer(data, np.uint8), extras, rows)
        self._rest = data[consumed:]
        stats.bad_bytes += bad_bytes
        stats.bad_frames += bad_frames
        stats.unknown_frames += unknown
        stats.frames += count
        new, cls = tuple.__new__, Frame
        return [
            new(cls, (data[start:stop], msg_id, seq, system, component))
            for start, stop, msg_id, seq, system, component in rows[:count].tolist()
        ]
