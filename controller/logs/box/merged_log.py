"""A flight's record as its readers see it: its own frames, and between them those that a ground box filled in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.flights import store
from controller.logs.flights.store import MERGE_INDEX, MERGED_FRAMES
from controller.logs.formats.file_map import map_file

STAMP = 8


@dataclass(frozen=True, slots=True)
class MergedLog:
    """`data` is a telemetry log; `box_frames` of its frames are the box's, in `gaps` (begin and end, us since 1970,
    and frames) and singly between. `problem` says why a fill that is there was not used.
    """

    data: memoryview
    box_frames: int = 0
    gaps: tuple[tuple[int, int, int], ...] = ()
    problem: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """Lines for people: where the frames come from."""
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
        parts = [places] * bool(places) + [f"{single:,d} that were lost singly"] * bool(single)
        return (f"{self.box_frames:,d} frames come from the ground box ({MERGE_INDEX}): {'; '.join(parts)}",)


def read_merged_log(log: Path) -> MergedLog:
    """The log, with what a fill beside it adds where it is a flight's own record. Raises LogFileError."""
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
            problem=f"{MERGE_INDEX} does not belong to this record, and is left out: landline logs verify",
        )
    return MergedLog(memoryview(_merged(bytes(own), box)), count, gaps)


def _merged(own: bytes, box: bytes) -> bytes:
    """Both by time; what is damaged stays where it was."""
    import numpy as np

    from controller.wire.tlog import TlogFrames

    ours, theirs = TlogFrames(own), TlogFrames(box)
    if not len(theirs):
        return own
    # Behind which of ours each of theirs belongs; ours are taken to go forward.
    rising = np.maximum.accumulate(ours.times_us)
    behind = np.searchsorted(rising, theirs.times_us, side="right")
    edges = np.concatenate([ours.starts - STAMP, [len(own)]])
    out, done = bytearray(), 0
    begins = (theirs.starts - STAMP).tolist()
    for place, begin, end in zip(edges[behind].tolist(), begins, theirs.stops.tolist(), strict=True):
        if place > done:
            out += own[done:place]
            done = place
        out += box[begin:end]
    return bytes(out + own[done:])
