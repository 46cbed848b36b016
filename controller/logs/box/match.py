"""Which frames of a ground box's record the laptop's record lacks, and when they came by the laptop's clock.

A frame that stands once in either record (most do: they carry the aircraft's time) ties the two clocks together
there. Between two jumps of the box's clock the difference must be the same within two seconds; what disagrees ties
nothing. It is followed through the medians of some frames each, and taken straight across a gap. Frames that look
alike are the same when they lie within two seconds of each other.
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
JUMP_US = 5_000_000  # a silence of the box's record this long may be a jump of its clock
TIES = 8  # fewer do not place anything
BIN = 32
GAP_US = 3_000_000
UTC_2020_US = 1_577_836_800_000_000
STEP_US = 1000  # differences are kept in whole milliseconds: runs of frames share one


@dataclass(frozen=True, slots=True)
class ClockSegment:
    """Frames of the box between two jumps of its clock.

    `ties` frames stand in both records, and 19 of 20 of them agree with the differences used within `spread_us`;
    `against` disagree altogether. `how`: "ties", "between" (the stretches on both sides agree), "clock" (the box's
    clock and the difference next to it, nothing else) or "none": then its frames are not used.
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
    """A span of the laptop's clock without a frame of its own, and how many the box has in it."""

    begin_us: int
    end_us: int
    frames: int


@dataclass(slots=True)
class BoxMatch:
    """`missing` are the frames the laptop lacks, each with its time by the laptop's clock, in order of that."""

    missing: list[tuple[int, BoxFrame]] = field(default_factory=list)
    stretches: list[ClockSegment] = field(default_factory=list)
    gaps: list[RecordGap] = field(default_factory=list)
    both: int = 0
    unplaced: int = 0


def match_frames(
    own_us: Sequence[int],
    own_keys: Sequence[FrameKey],
    box: Sequence[BoxFrame],
    *,
    until_us: int,
    following: Collection[FrameKey] = (),
) -> BoxMatch:
    """What `box` has between the laptop's first frame and `until_us` that the laptop's record has not.

    `following` are the first frames of the flight after it: at its end those are not missing, they are in that one.
    """
    found = BoxMatch()
    if not own_us:
        return found
    ties = _ties(own_keys, box)
    parts = _parts(box)
    clocks = [_clock(box, part, ties, own_us) for part in parts]
    placed_us = np.full(len(box), -1, np.int64)
    for number, part in enumerate(parts):
        stretch, offsets = _placed(box, part, number, clocks)
        found.stretches.append(stretch)
        if offsets is None:
            found.unplaced += len(part)
            continue
        placed_us[part.start : part.stop] = [box[i].time_us for i in part] + offsets
    here = _same(own_us, own_keys, box, placed_us, ties)
    found.both = len(here)
    first_us = min(own_us)
    for i, frame in enumerate(box):
        at_us = int(placed_us[i])
        theirs = at_us > until_us - NEAR_US and frame.key in following
        if i not in here and first_us <= at_us <= until_us and not theirs:
            found.missing.append((at_us, frame))
    found.missing.sort(key=lambda pair: pair[0])
    found.gaps = _gaps(own_us, [time_us for time_us, _ in found.missing], until_us)
    return found


def _ties(own_keys: Sequence[FrameKey], box: Sequence[BoxFrame]) -> dict[int, int]:
    """Number of a box's frame -> number of the laptop's, where the key stands once in either."""
    box_count, own_count = Counter(frame.key for frame in box), Counter(own_keys)
    once = {key: j for j, key in enumerate(own_keys) if own_count[key] == 1 and box_count.get(key) == 1}
    return {i: once[frame.key] for i, frame in enumerate(box) if frame.key in once}


def _parts(box: Sequence[BoxFrame]) -> list[range]:
    """The record between two jumps of the box's clock, or two starts."""
    cuts = [0]
    for i, (before, after) in enumerate(pairwise(box)):
        passed_us = after.time_us - before.time_us
        if after.start != before.start or not 0 <= passed_us < JUMP_US:
            cuts.append(i + 1)
    return [range(a, b) for a, b in pairwise([*cuts, len(box)]) if b > a]


@dataclass(frozen=True, slots=True)
class _Clock:
    """The difference of the clocks at some of the box's times, how many ties it rests on, and how well they agree."""

    at_us: Any
    offsets_us: Any
    ties: int
    against: int
    spread_us: int

    @property
    def first_us(self) -> int:
        return int(self.offsets_us[0])

    @property
    def last_us(self) -> int:
        return int(self.offsets_us[-1])


def _clock(
    box: Sequence[BoxFrame], part: range, ties: dict[int, int], own_us: Sequence[int]
) -> _Clock | None:
    mine = [i for i in part if i in ties]
    if len(mine) < TIES:
        return None
    at_us = np.array([box[i].time_us for i in mine], np.int64)
    differences = np.array([own_us[ties[i]] for i in mine], np.int64) - at_us
    # The two seconds into which most of them fall.
    ordered = np.sort(differences)
    counts = np.searchsorted(ordered, ordered + NEAR_US, side="right") - np.arange(len(ordered))
    best = int(counts.argmax())
    good = (differences >= ordered[best]) & (differences <= ordered[best] + NEAR_US)
    if good.sum() < TIES or good.sum() * 2 < len(mine):
        return None
    against = int((~good).sum())
    at_us, differences = at_us[good], differences[good]
    edges = _bins(at_us)
    middles = np.array([np.median(at_us[a:b]) for a, b in edges])
    offsets = np.array([np.median(differences[a:b]) for a, b in edges])
    off = np.abs(differences - np.interp(at_us, middles, offsets))
    return _Clock(middles, offsets, int(good.sum()), against, int(np.quantile(off, 0.95)))


def _bins(at_us: Any) -> list[tuple[int, int]]:
    """Some ties each, never across a gap: those on its two sides stay apart."""
    edges, begin = [], 0
    for i in range(1, len(at_us) + 1):
        if i == len(at_us) or i - begin == BIN or at_us[i] - at_us[i - 1] > GAP_US:
            edges.append((begin, i))
            begin = i
    return edges


def _placed(
    box: Sequence[BoxFrame], part: range, number: int, clocks: Sequence[_Clock | None]
) -> tuple[ClockSegment, Any]:
    """What is known of a stretch, and what to add to the box's time of each of its frames;

    None where that is not known.
    """
    at_us = np.array([box[i].time_us for i in part], np.int64)
    clock = clocks[number]
    before = next((found for found in reversed(clocks[:number]) if found), None)
    after = next((found for found in clocks[number + 1 :] if found), None)
    ties = against = spread_us = 0
    if clock is not None:
        how, ties, against, spread_us = "ties", clock.ties, clock.against, clock.spread_us
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
        # Only while the box's clock told the time of day on both sides can the difference have stayed.
        offsets = np.full(len(part), float(nearest))
        if abs(nearest) > UTC_2020_US // 2:
            return ClockSegment(int(at_us[0]), int(at_us[-1]), len(part), 0, "none"), None
    else:
        return ClockSegment(int(at_us[0]), int(at_us[-1]), len(part), 0, "none"), None
    steps = np.round(offsets / STEP_US).astype(np.int64) * STEP_US
    middle_us = int(steps[len(steps) // 2])
    return ClockSegment(
        int(at_us[0]), int(at_us[-1]), len(part), ties, how, middle_us, spread_us, against
    ), steps


def _same(
    own_us: Sequence[int],
    own_keys: Sequence[FrameKey],
    box: Sequence[BoxFrame],
    placed_us: Any,
    ties: Mapping[int, int],
) -> set[int]:
    """The box's frames that the laptop has as well."""
    here, taken = set(ties), set(ties.values())
    times: dict[FrameKey, list[int]] = {}
    for j, key in enumerate(own_keys):
        if j not in taken:
            times.setdefault(key, []).append(own_us[j])
    for waiting in times.values():
        waiting.sort(reverse=True)
    alike = [i for i, frame in enumerate(box) if i not in here and placed_us[i] >= 0 and frame.key in times]
    for i in sorted(alike, key=lambda i: int(placed_us[i])):
        waiting = times[box[i].key]
        while waiting and waiting[-1] < placed_us[i] - NEAR_US:
            waiting.pop()
        if waiting and waiting[-1] <= placed_us[i] + NEAR_US:
            waiting.pop()
            here.add(i)
    return here


def _gaps(own_us: Sequence[int], missing_us: Sequence[int], until_us: int) -> list[RecordGap]:
    """Where the laptop's record is silent for long, and what the box has there."""
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
