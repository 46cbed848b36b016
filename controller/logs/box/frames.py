"""The frames of a ground box's record one by one: where each stands, when the box says it came, and what makes it
the same frame as one in the laptop's record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller.logs.box.record import BoxBlock
from controller.wire.frame_format import SIGNATURE_LENGTH, V2_MAGIC
from controller.wire.tlog import TlogFrames

STAMP = 8
V1_MAGIC = 0xFE

# System, component, sequence, message number and payload: not the signature, which the box may have put on or taken
# off.
FrameKey = tuple[int, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class BoxFrame:
    """One frame: number of its block, its entry's first byte and the byte behind it, the box's time (us), the start
    of the box it belongs to, and its key.
    """

    block: int
    begin: int
    end: int
    time_us: int
    start: int
    key: FrameKey


def frame_key(frame: bytes | memoryview) -> FrameKey:
    """What is the same of a frame in both records."""
    length = frame[1]
    if frame[0] == V2_MAGIC:
        number = frame[7] | frame[8] << 8 | frame[9] << 16
        return (frame[5], frame[6], frame[4], number, bytes(frame[10 : 10 + length]).rstrip(b"\0"))
    return (frame[3], frame[4], frame[2], frame[5], bytes(frame[6 : 6 + length]).rstrip(b"\0"))


def entry_spans(entries: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry begins and ends, up to the first that is none."""
    at = 0
    while at + STAMP + 2 < len(entries):
        magic, length = entries[at + STAMP], entries[at + STAMP + 1]
        if magic == V2_MAGIC:
            size = 12 + length + (SIGNATURE_LENGTH if entries[at + STAMP + 2] & 1 else 0)
        elif magic == V1_MAGIC:
            size = 8 + length
        else:
            return
        end = at + STAMP + size
        if end > len(entries):
            return
        yield at, end
        at = end


def box_frames(blocks: Sequence[BoxBlock]) -> list[BoxFrame]:
    """All frames of a record in order."""
    return [
        BoxFrame(
            block.number,
            begin,
            end,
            int.from_bytes(block.entries[begin : begin + STAMP], "big"),
            block.start,
            frame_key(block.entries[begin + STAMP : end]),
        )
        for block in blocks
        for begin, end in entry_spans(block.entries)
    ]


def laptop_frames(frames: TlogFrames) -> tuple[list[int], list[FrameKey]]:
    """Times (us since 1970) and keys of the laptop's record."""
    data = frames.data
    ends = zip(frames.starts.tolist(), frames.stops.tolist(), strict=True)
    return frames.times_us.tolist(), [frame_key(data[begin:end]) for begin, end in ends]
