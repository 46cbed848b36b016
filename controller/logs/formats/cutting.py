"""Where to cut a log that is larger than memory: between two messages, so that each chunk can be read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

AHEAD = 9  # bytes that show whether a message follows: a tlog's time, and the first byte of its frame
_LONGEST = 8 + 12 + 255 + 13  # bytes of a telemetry log's longest entry; a DataFlash record has at most 255


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes [begin, end) of a log. `raw` holds them behind `known` bytes of records from earlier chunks that they
    need, and before `ahead` bytes that only show what follows. `known_counts` counts the records in `known` by name;
    the first chunk may have `head` bytes of file header before it, which no chunk holds. `clock` is what the format
    knows of the times in the whole file."""

    begin: int
    end: int
    raw: memoryview
    known: int = 0
    ahead: int = 0
    known_counts: Mapping[str, int] = field(default_factory=dict)
    head: int = 0
    clock: Any = None

    @property
    def size_bytes(self) -> int:
        """Bytes of the file that it stands for."""
        return self.end - self.begin + self.head

    @property
    def own(self) -> slice:
        """Where its own bytes stand in `raw`."""
        return slice(self.known, len(self.raw) - self.ahead)


def as_one_chunk(data: memoryview) -> Chunk:
    """A log as one chunk."""
    return Chunk(0, len(data), data)


def last_sure(begins: Any, length: int) -> int:
    """The last of these message starts in a window of `length` bytes that was checked by all that follows it; 0 for
    none."""
    sure = begins[begins <= length - _LONGEST - AHEAD]
    return int(sure[-1]) if len(sure) else 0


def stretches(
    data: memoryview, begin: int, stop: int, chunk_bytes: int, last: Callable[[memoryview], int]
) -> Iterator[tuple[int, int]]:
    """Cut the bytes [begin, stop) into stretches of some `chunk_bytes`.

    `last(window)` says where the window's last sound message begins, 0 or less for none. That message is left to the
    next stretch, so that a stretch is followed by what follows it in the file.
    """
    while begin < stop:
        room = chunk_bytes
        while True:
            end = min(begin + room, stop)
            edge = 0 if end == stop else last(data[begin:end])
            if end == stop or edge > 0:
                break
            room *= 2
        end = end if end == stop else begin + edge
        yield begin, end
        begin = end
