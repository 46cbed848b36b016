"""Match of a ground box's frames with the laptop's record.

Finds the frames that the laptop lacks and their times by the laptop's clock. A frame that is once in each record (most
are: they carry the aircraft's time) gives the offset between the two clocks. Between two jumps of the box's clock all
offsets must agree within two seconds; frames that disagree are not used. The offset follows the medians of groups of
frames, and is interpolated across a gap. Frames with equal keys are the same frame if they lie within two seconds of
each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from controller.logs.box.frames import BoxFrame, FrameKey

NEAR_US = 2_000_000
JUMP_US = 5_000_000  # a gap this long in the box's record may be a jump of its clock
MIN_COMMON = 8  # frames in both records for a usable offset
GROUP = 32  # frames whose median offset is used
GAP_US = 3_000_000
UTC_2020_US = 1_577_836_800_000_000
STEP_US = 1000  # offsets are whole milliseconds, so that runs of frames share one


@dataclass(frozen=True, slots=True)
class ClockSegment:
    """Frames of the box between two jumps of its clock.

    `ties` frames are in both records; 19 of 20 of them agree with the offsets used within `spread_us`; `against`
    frames disagree. `how` is the source of the offset: "ties", "between" (the segments on both sides agree),
    "clock" (the box's clock and the nearest offset) or "none" (its frames are not used).
    """

    first_us: int
    last_us: int
    frames: int
    ties: int
    how: str
    offset_us: int = 0
    spread_us: int = 0
    against: int = 0


@dataclass(frozen=True, slots=True)
class RecordGap:
    """A time span without a frame in the laptop's record, and the number of box frames in it."""

    begin_us: int
    end_us: int
    frames: int


@dataclass(slots=True)
class BoxMatch:
    """Result of a match.

    `missing` are the frames that the laptop lacks, each with its time by the laptop's clock, in order of time. `both`
    frames are in both records; `unplaced` frames of the box have no known time by the laptop's clock.
    """

    missing: list[tuple[int, BoxFrame]] = field(default_factory=list)
    segments: list[ClockSegment] = field(default_factory=list)
    gaps: list[RecordGap] = field(default_factory=list)
    both: int = 0
    unplaced: int = 0


def match_frames(
    own_us: Sequence[int],
    own_keys: Sequence[FrameKey],
    box: Sequence[BoxFrame],
    *,
    until_us: int,
    next_flight_keys: Collection[FrameKey] = (),
) -> BoxMatch:
    """Find the frames in `box` that the laptop's record lacks, between its first frame and `until_us`.

    `next_flight_keys` are the first frames of the next flight: at the end of this one they are not missing.
    """
    found = BoxMatch()
    if not own_us:
        return found
    common = _common_frames(own_keys, box)
    ranges = _split_at_jumps(box)
    offsets_of = [_offset(box, part, common, own_us) for part in ranges]
    placed_us = np.full(len(box), -1, np.int64)
    for number, part in enumerate(ranges):
        segment, offsets = _place_segment(box, part, number, offsets_of)
        found.segments.append(segment)
        if offsets is None:
            found.unplaced += len(part)
            continue
        placed_us[part.start : part.stop] = [box[i].time_us for i in part] + offsets
    shared = _in_both(own_us, own_keys, box, placed_us, common)
    found.both = len(shared)
    first_us = min(own_us)
    for i, frame in enumerate(box):
        at_us = int(placed_us[i])
        in_next_flight = at_us > until_us - NEAR_US and frame.key in next_flight_keys
        if i not in shared and first_us <= at_us <= until_us and not in_next_flight:
            found.missing.append((at_us, frame))
    found.missing.sort(key=lambda pair: pair[0])
    found.gaps = _gaps(own_us, [time_us for time_us, _ in found.missing], until_us)
    return found


def _common_frames(own_keys: Sequence[FrameKey], box: Sequence[BoxFrame]) -> dict[int, int]:
    """Return the index of the box's frame -> that of the laptop's, for keys that are once in each record."""
    box_count, own_count = Counter(frame.key for frame in box), Counter(own_keys)
    once = {key: j for j, key in enumerate(own_keys) if own_count[key] == 1 and box_count.get(key) == 1}
    return {i: once[frame.key] for i, frame in enumerate(box) if frame.key in once}


def _split_at_jumps(box: Sequence[BoxFrame]) -> list[range]:
    """Split the record where the box's clock jumps or the box starts again."""
    cuts = [0]
    for i, (before, after) in enumerate(pairwise(box)):
        passed_us = after.time_us - before.time_us
        if after.start != before.start or not 0 <= passed_us < JUMP_US:
            cuts.append(i + 1)
    return [range(a, b) for a, b in pairwise([*cuts, len(box)]) if b > a]


@dataclass(frozen=True, slots=True)
class _ClockOffset:
    """Clock offset at some of the box's times, with the number of frames it rests on and their spread."""

    at_us: Any
    offsets_us: Any
    common: int
    against: int
    spread_us: int

    @property
    def first_us(self) -> int:
        return int(self.offsets_us[0])

    @property
    def last_us(self) -> int:
        return int(self.offsets_us[-1])


def _offset(
    box: Sequence[BoxFrame], part: range, common: dict[int, int], own_us: Sequence[int]
) -> _ClockOffset | None:
    usable = [i for i in part if i in common]
    if len(usable) < MIN_COMMON:
        return None
    at_us = np.array([box[i].time_us for i in usable], np.int64)
    differences = np.array([own_us[common[i]] for i in usable], np.int64) - at_us
    # The window of two seconds with the most offsets.
    ordered = np.sort(differences)
    counts = np.searchsorted(ordered, ordered + NEAR_US, side="right") - np.arange(len(ordered))
    best = int(counts.argmax())
    good = (differences >= ordered[best]) & (differences <= ordered[best] + NEAR_US)
    if good.sum() < MIN_COMMON or good.sum() * 2 < len(usable):
        return None
    against = int((~good).sum())
    at_us, differences = at_us[good], differences[good]
    edges = _groups(at_us)
    middles = np.array([np.median(at_us[a:b]) for a, b in edges])
    offsets = np.array([np.median(differences[a:b]) for a, b in edges])
    off = np.abs(differences - np.interp(at_us, middles, offsets))
    return _ClockOffset(middles, offsets, int(good.sum()), against, int(np.quantile(off, 0.95)))


def _groups(at_us: Any) -> list[tuple[int, int]]:
    """Return groups of common frames, none of them across a gap."""
    edges, begin = [], 0
    for i in range(1, len(at_us) + 1):
        if i == len(at_us) or i - begin == GROUP or at_us[i] - at_us[i - 1] > GAP_US:
            edges.append((begin, i))
            begin = i
    return edges


def _place_segment(
    box: Sequence[BoxFrame], part: range, number: int, offsets_of: Sequence[_ClockOffset | None]
) -> tuple[ClockSegment, Any]:
    """Return a segment, and the offset to add to the time of each of its frames; None if it is not known."""
    at_us = np.array([box[i].time_us for i in part], np.int64)
    clock = offsets_of[number]
    before = next((found for found in reversed(offsets_of[:number]) if found), None)
    after = next((found for found in offsets_of[number + 1 :] if found), None)
    tied = against = spread_us = 0
    if clock is not None:
        how, tied, against, spread_us = "ties", clock.common, clock.against, clock.spread_us
        offsets = np.interp(at_us, clock.at_us, clock.offsets_us)
    elif before is not None and after is not None and abs(after.first_us - before.last_us) < NEAR_US:
        how, spread_us = (
            "between",
            max(before.spread_us, after.spread_us, abs(after.first_us - before.last_us)),
        )
        offsets = np.full(len(part), (before.last_us + after.first_us) / 2)
    elif (before is not None or after is not None) and at_us[0] > UTC_2020_US:
        how = "clock"
        nearest = before.last_us if before is not None else after.first_us if after is not None else 0
        # The nearest offset is usable only if the box's clock had the time of day on both sides.
        offsets = np.full(len(part), float(nearest))
        if abs(nearest) > UTC_2020_US // 2:
            return ClockSegment(int(at_us[0]), int(at_us[-1]), len(part), 0, "none"), None
    else:
        return ClockSegment(int(at_us[0]), int(at_us[-1]), len(part), 0, "none"), None
    steps = np.round(offsets / STEP_US).astype(np.int64) * STEP_US
    middle_us = int(steps[len(steps) // 2])
    return ClockSegment(
        int(at_us[0]), int(at_us[-1]), len(part), tied, how, middle_us, spread_us, against
    ), steps


def _in_both(
    own_us: Sequence[int],
    own_keys: Sequence[FrameKey],
    box: Sequence[BoxFrame],
    placed_us: Any,
    common: Mapping[int, int],
) -> set[int]:
    """Return the indices of the box's frames that the laptop has as well."""
    shared, taken = set(common), set(common.values())
    times: dict[FrameKey, list[int]] = {}
    for j, key in enumerate(own_keys):
        if j not in taken:
            times.setdefault(key, []).append(own_us[j])
    for waiting in times.values():
        waiting.sort(reverse=True)
    alike = [i for i, frame in enumerate(box) if i not in shared and placed_us[i] >= 0 and frame.key in times]
    for i in sorted(alike, key=lambda i: int(placed_us[i])):
        waiting = times[box[i].key]
        while waiting and waiting[-1] < placed_us[i] - NEAR_US:
            waiting.pop()
        if waiting and waiting[-1] <= placed_us[i] + NEAR_US:
            waiting.pop()
            shared.add(i)
    return shared


def _gaps(own_us: Sequence[int], missing_us: Sequence[int], until_us: int) -> list[RecordGap]:
    """Return the gaps in the laptop's record, with the number of box frames in each."""
    there = np.array(missing_us, np.int64)
    edges = sorted(own_us)
    if until_us > edges[-1] and len(there):
        edges.append(min(until_us, max(int(there[-1]), edges[-1])))
    gaps = []
    for begin_us, end_us in pairwise(edges):
        if end_us - begin_us >= GAP_US:
            frames = int(((there > begin_us) & (there <= end_us)).sum())
            gaps.append(RecordGap(begin_us, end_us, frames))
    return gaps
