"""What a flight needs of a ground box's record, and where on a card that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from controller.errors import UserError, VerificationFailed
from controller.logs.box.frames import FrameKey, laptop_frames
from controller.logs.box.match import GAP_US, NEAR_US
from controller.logs.box.record import (
    BLOCK,
    MAGIC,
    RECORD_HEAD,
    BoxBlock,
    announced_heads,
    box_blocks,
    verify_box_record,
)
from controller.logs.flights import store
from controller.logs.formats.file_map import map_file
from controller.wire.columns import read_tlog
from controller.wire.tlog import TlogFrames

LATE_US = (
    200_000  # the clocks are known no better: what is the next flight's is told by the frames themselves
)
EARLIER = 64  # blocks before the first that a box told of: ten seconds of a fast link


@dataclass(frozen=True, slots=True)
class NeededBlocks:
    """Numbers of the first and the last block that are needed (None: to the end), and where the flight ends by the
    laptop's clock (None: it was never closed, and no other follows it). `first` is None where the box told of no
    block.
    """

    first: int | None
    last: int | None
    until_us: int | None
    following: frozenset[FrameKey] = frozenset()
    """The first frames of the flight after one that was never closed."""


def needed_blocks(folder: Path) -> NeededBlocks:
    """From what the flight's own record says:

    its silences, the blocks that its box told of, and the flight after it.
    """
    frames = TlogFrames((folder / store.FRAMES).read_bytes())
    times_us = frames.times_us.tolist()
    if not times_us:
        return NeededBlocks(None, None, None)
    closed = any(event.get("kind") == "end" for event in store.read_events(folder))
    told = _told_at(folder / store.FRAMES)
    following = None if closed else _after(folder)
    until_us, theirs = (times_us[-1], frozenset()) if closed else _begin(following, _speaker(frames))
    silences = [(a, b) for a, b in pairwise(times_us) if b - a >= GAP_US]
    if not closed:
        silences.append((times_us[-1], until_us or 1 << 62))
    if not told:
        return NeededBlocks(None, None, until_us, theirs)
    numbers = [number for _, number in told]
    start = max(0, numbers[0] - EARLIER)
    first = max((number for at_us, number in told if silences and at_us <= silences[0][0]), default=start)
    if closed:
        # All that the box told of in flight, which the record is held to; behind it only where it is wanted.
        last = numbers[-1] if not silences or silences[-1][1] <= told[-1][0] else None
    else:
        later = _told_at(following / store.FRAMES) if following else []
        last = later[0][1] + 1 if later else None
    return NeededBlocks(first, last, until_us, theirs)


def _after(folder: Path) -> Path | None:
    """The flight that this laptop recorded next."""
    return next((other for other in store.list_flights(folder.parent) if other.name > folder.name), None)


def _speaker(frames: TlogFrames) -> int:
    """The system that speaks most in these frames: the aircraft, next to which a ground station is silent."""
    import numpy as np

    return int(np.bincount(frames.systems).argmax())


def _begin(folder: Path | None, system: int) -> tuple[int | None, frozenset[FrameKey]]:
    """Just behind the moment when that system was first heard in a flight (None where it never was), and the
    flight's first frames.

    The ground station's own frames, which are the first of any, end no gap.
    """
    if folder is None or not (folder / store.FRAMES).is_file():
        return None, frozenset()
    frames = TlogFrames((folder / store.FRAMES).read_bytes())
    heard = frames.times_us[frames.systems == system]
    if not len(heard):
        return None, frozenset()
    times_us, keys = laptop_frames(frames)
    ends_us = int(heard[0]) + NEAR_US
    return int(heard[0]) + LATE_US, frozenset(
        key for time_us, key in zip(times_us, keys, strict=True) if time_us <= ends_us
    )


def _told_at(log: Path) -> list[tuple[int, int]]:
    """When a box told of its newest block, and its number."""
    table = read_tlog(map_file(log)).tables.get("V2_EXTENSION") if log.is_file() else None
    if table is None:
        return []
    found = []
    for kind, payload, at_us in zip(table["message_type"], table["payload"], table.times_us, strict=True):
        said = bytes(payload)
        if kind == RECORD_HEAD and said[:4] == MAGIC:
            found.append((int(at_us), int.from_bytes(said[4:8], "little")))
    return found


def blocks_at(place: Path, flight_log: Path) -> tuple[list[BoxBlock], Path]:
    """The blocks of the box's record that is `place`, or lies in that folder, once they are verified.

    Raises UserError where there is none, or more than one that may be it; VerificationFailed where it was changed.
    """
    told = announced_heads(flight_log)
    path = _record_in(place, told) if place.is_dir() else place
    found = verify_box_record(path, told)
    if not found.ok:
        why = found.first_fault.why if found.first_fault else ""
        raise VerificationFailed(
            why, where=str(path), hint="a gap is only filled from a record that is unchanged"
        )
    return box_blocks(path), path


def _record_in(folder: Path, told: Mapping[int, bytes]) -> Path:
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_record(path)]
    if not found:
        raise UserError("there is no record of a ground box", where=str(folder))
    if len(found) > 1 and told:
        fitting = [path for path in found if told.items() & _digests(path).items()]
        found = fitting or found
    if len(found) > 1:
        raise UserError(
            f"there are {len(found)} records of ground boxes", where=str(folder), hint=f"name one: {found[0]}"
        )
    return found[0]


def _is_record(path: Path) -> bool:
    size = path.stat().st_size
    if not size or size % BLOCK:
        return False
    raw = map_file(path)
    return any(raw[at : at + len(MAGIC)] == MAGIC for at in range(0, size, BLOCK))


def _digests(path: Path) -> dict[int, bytes]:
    return {block.number: block.digest for block in box_blocks(path)}
