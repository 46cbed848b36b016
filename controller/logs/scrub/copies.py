"""A scrubbed copy of a log, checked by reading it back: the same messages, positions where they belong, and none of the original's
places or numbers left in its bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from controller.errors import UserError, VerificationFailed
from controller.logs.diskfile import write_atomically
from controller.logs.mapped import map_file
from controller.logs.read import ReadLog, read_log
from controller.logs.scrub.dataflash import scrub_dataflash
from controller.logs.scrub.rules import NEAR_DEG, TARGET_DEG, Level, Mover
from controller.logs.scrub.tlog import gone, scrub_tlog
from controller.logs.scrub.ulog import scrub_ulog
from controller.logs.series import Channel, flown_m, series_of

# So many of the track's places are looked for byte by byte.
_SOUGHT = 50
_WAY_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was done: the messages of the original, and of the copy."""

    path: Path
    level: Level
    messages: int
    kept: int


def scrub_log(path: Path, target: Path, level: Level) -> Scrubbed:
    """Write the copy to `target`. Raises UserError, LogUnreadable, VerificationFailed (then there is no copy)."""
    if target.exists() and target.samefile(path):
        raise UserError("a copy never takes the place of the original", where=str(target))
    before = read_log(path)
    position = series_of(before).channels.get("position")
    mover = Mover(level, _origin(position))
    data = bytes(map_file(path))
    if before.format == "tlog":
        copy = b"".join(scrub_tlog(data, mover))
    elif before.format == "dataflash":
        copy = scrub_dataflash(data, mover)
    else:
        copy = scrub_ulog(data, mover)
    _sought(copy, position, before, level, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".unchecked")
    write_atomically(beside, copy)
    try:
        after = read_log(beside)
        _compared(before, after, position, level, path)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return Scrubbed(target, level, before.messages, after.messages)


def _origin(position: Channel | None) -> tuple[float, float] | None:
    if position is None:
        return None
    known = np.isfinite(position["lat_deg"]) & np.isfinite(position["lon_deg"])
    if not known.any():
        return None
    # The middle, not the first: before the fix is good, receivers tell tales.
    return float(np.median(position["lat_deg"][known])), float(np.median(position["lon_deg"][known]))


def _sought(copy: bytes, position: Channel | None, before: ReadLog, level: Level, path: Path) -> None:
    """Look for the places of the original, as any program may have written them, and for its numbers, in the copy's bytes."""
    patterns: set[bytes] = set()
    if position is not None and position.count:
        rows = np.unique(np.linspace(0, position.count - 1, _SOUGHT).astype(int))
        for lat_deg, lon_deg in zip(position["lat_deg"][rows], position["lon_deg"][rows], strict=True):
            if not np.isfinite(lat_deg + lon_deg):
                continue
            lat, lon = round(float(lat_deg) * 1e7), round(float(lon_deg) * 1e7)
            patterns |= {struct.pack("<ii", lat, lon), struct.pack("<d", lat_deg), struct.pack("<d", lon_deg)}
            patterns |= {f"{lat_deg:.4f}".encode(), str(lat).encode()}
    if level == "identity":
        patterns |= _numbers(before)
    for pattern in patterns:
        at = copy.find(pattern)
        if at >= 0:
            raise VerificationFailed(
                f"something of the original is still in the copy, at byte {at}",
                where=str(path),
                hint="no copy was written; please report which autopilot wrote the log",
            )


def _numbers(read: ReadLog) -> set[bytes]:
    """Serial numbers and names that the log is known to hold."""
    found: set[bytes] = set()
    if read.format == "ulog":
        found |= {str(value).encode() for key, value in read.log.info.items() if "uuid" in key}
    if read.format == "tlog":
        table = read.log.tables.get("AUTOPILOT_VERSION")
        for name in ("uid", "uid2") if table is not None else ():
            values: Any = np.ascontiguousarray(table[name])
            found |= {bytes(one).rstrip(b"\0") for one in values.view(np.uint8).reshape(len(values), -1)}
    return {one for one in found if len(one) >= 6 and any(one)}


def _compared(before: ReadLog, after: ReadLog, position: Channel | None, level: Level, path: Path) -> None:
    """The copy reads, holds the same messages, and its positions are where the level puts them."""

    def wrong(what: str) -> VerificationFailed:
        return VerificationFailed(what, where=str(path), hint="no copy was written")

    kept = {
        name: count
        for name, count in before.counts.items()
        if before.format != "tlog" or not (gone(name, level) or name.startswith("UNKNOWN_"))
    }
    if after.counts != kept:
        other = next(
            (name for name in {*kept, *after.counts} if kept.get(name) != after.counts.get(name)), ""
        )
        raise wrong(f"the copy does not hold the same messages: {other}")
    there = series_of(after).channels.get("position")
    moved = there is not None and bool(np.any(np.nan_to_num(there["lat_deg"]) != 0))
    if level != "shift":
        if moved:
            raise wrong("the copy still tells positions")
        return
    if position is None or there is None:
        return
    off = np.abs(there["lat_deg"] - TARGET_DEG[0])
    if np.any(off[np.isfinite(off)] > NEAR_DEG):
        raise wrong("a position was not moved")
    ways = [float(flown_m(one["lat_deg"], one["lon_deg"])[-1]) for one in (position, there)]
    if abs(ways[1] - ways[0]) > _WAY_SHARE * ways[0] + 1.0:
        raise wrong("the copy's track has another length")
