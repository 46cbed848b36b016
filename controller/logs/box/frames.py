"""Frames of a ground box's record, one by one.

Each has its position, its time by the box's clock, and a key to find the same frame in another record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller.logs.box.record import BoxBlock
from controller.wire.frame_format import SIGNATURE_LENGTH, V2_MAGIC
from controller.wire.tlog import TlogFrames

TIME_BYTES = 8
V1_MAGIC = 0xFE

# System, component, sequence, message ID, payload. Not the signature, which the box may have added or removed.
FrameKey = tuple[int, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class BoxFrame:
    """One frame of a box record.

    `block` is the number of its block, `begin` and `end` the bytes of its entry, `time_us` the box's time, `start`
    the start of the box it belongs to (starts are counted).
    """

    block: int
    begin: int
    end: int
    time_us: int
    start: int
    key: FrameKey


def frame_key(frame: bytes | memoryview) -> FrameKey:
    """Return the key of a frame, which is the same in both records."""
    length = frame[1]
    if frame[0] == V2_MAGIC:
        number = frame[7] | frame[8] << 8 | frame[9] << 16
        return (frame[5], frame[6], frame[4], number, bytes(frame[10 : 10 + length]).rstrip(b"\0"))
    return (frame[3], frame[4], frame[2], frame[5], bytes(frame[6 : 6 + length]).rstrip(b"\0"))


def entry_spans(entries: bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each entry of a telemetry log, up to the first invalid one."""
    at = 0
    while at + TIME_BYTES + 2 < len(entries):
        magic, length = entries[at + TIME_BYTES], entries[at + TIME_BYTES + 1]
        if magic == V2_MAGIC:
            size = 12 + length + (SIGNATURE_LENGTH if entries[at + TIME_BYTES + 2] & 1 else 0)
        elif magic == V1_MAGIC:
            size = 8 + length
        else:
            return
        end = at + TIME_BYTES + size
        if end > len(entries):
            return
        yield at, end
        at = end


def box_frames(blocks: Sequence[BoxBlock]) -> list[BoxFrame]:
    """Return all frames of a record in order."""
    return [
        BoxFrame(
            block.number,
            begin,
            end,
            int.from_bytes(block.entries[begin : begin + TIME_BYTES], "big"),
            block.start,
            frame_key(block.entries[begin + TIME_BYTES : end]),
        )
        for block in blocks
        for begin, end in entry_spans(block.entries)
    ]


def laptop_frames(frames: TlogFrames) -> tuple[list[int], list[FrameKey]]:
    """Return the times (us since 1970) and the keys of the frames in the laptop's record."""
    data = frames.data
    ends = zip(frames.starts.tolist(), frames.stops.tolist(), strict=True)
    return frames.times_us.tolist(), [frame_key(data[begin:end]) for begin, end in ends]
