"""Blocks of a ground box's record that a flight needs, and the box record on a card or in a folder."""

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
    BoxBlock,
    announced_heads,
    announcements,
    box_blocks,
    is_box_record,
    verify_box_record,
)
from controller.logs.flights import store
from controller.wire.tlog import TlogFrames

# Uncertainty of the clocks. Frames at the end are assigned to this or the next flight by their content.
LATE_US = 200_000
EARLIER_BLOCKS = 64  # before the first announced block: ten seconds of a fast link


@dataclass(frozen=True, slots=True)
class NeededBlocks:
    """Range of block numbers that a flight needs, and the end of the flight.

    `first` is None if the box announced no block; `last` is None for all blocks up to the newest. `until_us` is the
    end of the flight by the laptop's clock, None for a flight that was never closed with no flight after it.
    `next_flight_keys` are the first frames of the flight after one that was never closed.
    """

    first: int | None
    last: int | None
    until_us: int | None
    next_flight_keys: frozenset[FrameKey] = frozenset()


def needed_blocks(folder: Path) -> NeededBlocks:
    """Return the blocks that a flight needs.

    They follow from the gaps in its record, the announced blocks, and the next flight.
    """
    frames = TlogFrames((folder / store.FRAMES).read_bytes())
    times_us = frames.times_us.tolist()
    if not times_us:
        return NeededBlocks(None, None, None)
    closed = any(event.get("kind") == "end" for event in store.read_events(folder))
    announced = _announced_numbers(folder / store.FRAMES)
    next_flight = None if closed else _next_flight(folder)
    until_us, next_keys = (
        (times_us[-1], frozenset()) if closed else _begin(next_flight, _aircraft_system(frames))
    )
    gaps = [(a, b) for a, b in pairwise(times_us) if b - a >= GAP_US]
    if not closed:
        gaps.append((times_us[-1], until_us or 1 << 62))
    if not announced:
        return NeededBlocks(None, None, until_us, next_keys)
    numbers = [number for _, number in announced]
    start = max(0, numbers[0] - EARLIER_BLOCKS)
    first = max((number for at_us, number in announced if gaps and at_us <= gaps[0][0]), default=start)
    if closed:
        # All announced blocks, which verification compares; later blocks only if a gap reaches past the last of them.
        last = numbers[-1] if not gaps or gaps[-1][1] <= announced[-1][0] else None
    else:
        later = _announced_numbers(next_flight / store.FRAMES) if next_flight else []
        last = later[0][1] + 1 if later else None
    return NeededBlocks(first, last, until_us, next_keys)


def _announced_numbers(log: Path) -> list[tuple[int, int]]:
    """Return time (us) and number of each block that a box announced."""
    return [(time_us, number) for time_us, number, _ in announcements(log)]


def _next_flight(folder: Path) -> Path | None:
    """Return the flight that this laptop recorded next."""
    return next((other for other in store.list_flights(folder.parent) if other.name > folder.name), None)


def _aircraft_system(frames: TlogFrames) -> int:
    """Return the system with the most frames: the aircraft, which sends far more than a ground station."""
    import numpy as np

    return int(np.bincount(frames.systems).argmax())


def _begin(folder: Path | None, system: int) -> tuple[int | None, frozenset[FrameKey]]:
    """Return the time just after the first frame of `system` in a flight (None without one), and its first frames.

    The ground station's own frames, which come first, end no gap.
    """
    if folder is None or not (folder / store.FRAMES).is_file():
        return None, frozenset()
    frames = TlogFrames((folder / store.FRAMES).read_bytes())
    received_us = frames.times_us[frames.systems == system]
    if not len(received_us):
        return None, frozenset()
    times_us, keys = laptop_frames(frames)
    ends_us = int(received_us[0]) + NEAR_US
    return int(received_us[0]) + LATE_US, frozenset(
        key for time_us, key in zip(times_us, keys, strict=True) if time_us <= ends_us
    )


def blocks_at(place: Path, flight_log: Path) -> tuple[list[BoxBlock], Path]:
    """Verify the box record that `place` is or contains. Return its blocks and its path.

    Raises UserError if there is none or more than one candidate, VerificationFailed if it was changed.
    """
    heads = announced_heads(flight_log)
    path = _record_in(place, heads) if place.is_dir() else place
    found = verify_box_record(path, heads)
    if not found.ok:
        why = found.first_fault.why if found.first_fault else ""
        raise VerificationFailed(
            f"cannot merge: {why}", where=str(path), hint="use an unchanged copy of the box's record"
        )
    return box_blocks(path), path


def _record_in(folder: Path, heads: Mapping[int, bytes]) -> Path:
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_whole_record(path)]
    if not found:
        raise UserError(
            "cannot find a box record in this folder", where=str(folder), hint="name the box's card or file"
        )
    if len(found) > 1 and heads:
        matching = [path for path in found if heads.items() & _digests(path).items()]
        found = matching or found
    if len(found) > 1:
        raise UserError(
            f"ambiguous: this folder has {len(found)} box records",
            where=str(folder),
            hint=f"name one: {found[0]}",
        )
    return found[0]


def _is_whole_record(path: Path) -> bool:
    return path.stat().st_size % BLOCK == 0 and is_box_record(path)


def _digests(path: Path) -> dict[int, bytes]:
    return {block.number: block.digest for block in box_blocks(path)}
