"""A flight's telemetry log with the frames that were merged from a ground box's record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.flights import store
from controller.logs.flights.store import MERGE_INDEX, MERGED_FRAMES
from controller.logs.formats.file_map import map_file

TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class MergedLog:
    """A telemetry log with `box_frames` frames of a ground box, in `gaps` and singly between.

    A gap is (begin, end, number of frames), times in us since 1970. `problem` is the reason why an existing merge
    was not used.
    """

    data: memoryview
    box_frames: int = 0
    gaps: tuple[tuple[int, int, int], ...] = ()
    problem: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return lines for the user: how many frames came from the box."""
        if self.problem:
            return (self.problem,)
        if not self.box_frames:
            return ()
        inside = sum(frames for _, _, frames in self.gaps)
        places = "; ".join(
            f"{frames:,d} in a gap of {(end - begin) / 1e6:.1f} s"
            for begin, end, frames in self.gaps
            if frames
        )
        single = self.box_frames - inside
        parts = [places] * bool(places) + [f"{single:,d} lost singly"] * bool(single)
        return (f"{self.box_frames:,d} frames come from the ground box ({MERGE_INDEX}): {'; '.join(parts)}",)


def read_merged_log(log: Path) -> MergedLog:
    """Read a log, with the merged frames if it is a flight's own record. Raises LogFileError."""
    own = map_file(log)
    if log.name != store.FRAMES or not (log.parent / MERGE_INDEX).is_file():
        return MergedLog(own)
    try:
        fields: Any = json.loads((log.parent / MERGE_INDEX).read_bytes())
        box = (log.parent / MERGED_FRAMES).read_bytes()
        gaps = tuple((int(gap["begin_us"]), int(gap["end_us"]), int(gap["frames"])) for gap in fields["gaps"])
        right = len(own) == fields["record"]["length"] and sha256(box).hexdigest() == fields["fill"]["sha256"]
        count = int(fields["fill"]["frames"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        right = False
    if not right:
        return MergedLog(
            own,
            problem=f"cannot use {MERGE_INDEX}: it does not match this record; check it with landline logs verify",
        )
    return MergedLog(memoryview(_merged(bytes(own), box)), count, gaps)


def _merged(own: bytes, box: bytes) -> bytes:
    """Return both by time; damaged bytes stay where they were."""
    import numpy as np

    from controller.wire.tlog import TlogFrames

    ours, theirs = TlogFrames(own), TlogFrames(box)
    if not len(theirs):
        return own
    # Find after which of our frames each box frame belongs; our times are taken as non-decreasing.
    rising = np.maximum.accumulate(ours.times_us)
    after = np.searchsorted(rising, theirs.times_us, side="right")
    edges = np.concatenate([ours.starts - TIME_BYTES, [len(own)]])
    out, done = bytearray(), 0
    begins = (theirs.starts - TIME_BYTES).tolist()
    for place, begin, end in zip(edges[after].tolist(), begins, theirs.stops.tolist(), strict=True):
        if place > done:
            out += own[done:place]
            done = place
        out += box[begin:end]
    return bytes(out + own[done:])
