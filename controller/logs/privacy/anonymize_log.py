"""A scrubbed copy of a log, checked by reading it back: the same messages, positions where they belong, and none of the original's
places or numbers left in its bytes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from controller.errors import UserError, VerificationFailed
from controller.geo import track_length_m
from controller.logs.box.merged_log import read_merged_log
from controller.logs.formats.chunked import Piece, cut, joined, series_in_pieces, tally
from controller.logs.formats.dataflash_anonymize import scrub_dataflash
from controller.logs.formats.read import Format, ReadLog, form_of
from controller.logs.formats.tlog_anonymize import gone, scrub_tlog
from controller.logs.formats.ulog_anonymize import scrub_ulog
from controller.logs.privacy.anonymize_rules import NEAR_DEG, TARGET_DEG, Level, Mover
from controller.logs.series.view import Channel

# So many of the track's places are looked for byte by byte.
_SOUGHT = 50
_WAY_SHARE = 0.02
_PIECE_BYTES = 32_000_000
_SEARCHED_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was done: the messages of the original, and of the copy."""

    path: Path
    level: Level
    messages: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is known of a log without holding it: messages by name, the track, serial numbers and names."""

    format: Format
    messages: int
    counts: dict[str, int]
    position: Channel | None
    numbers: set[bytes]


def scrub_log(path: Path, target: Path, level: Level, *, piece_bytes: int = _PIECE_BYTES) -> Scrubbed:
    """Write the copy to `target`, a piece after the other. Raises UserError, LogUnreadable, VerificationFailed (then there is no
    copy)."""
    if target.exists() and target.samefile(path):
        raise UserError("a copy never takes the place of the original", where=str(target))
    before = _surveyed(path, piece_bytes)
    mover = Mover(level, _origin(before.position))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".unchecked")
    try:
        with beside.open("wb") as file:
            for part in _scrubbed(path, mover, piece_bytes):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        _sought(beside, before, level, path)
        after = _surveyed(beside, piece_bytes)
        _compared(before, after, level, path)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return Scrubbed(target, level, before.messages, after.messages)


def _surveyed(path: Path, piece_bytes: int) -> _Survey:
    counted = tally(path, piece_bytes=piece_bytes)
    tracks, numbers = [], set()
    for read, view in series_in_pieces(path, piece_bytes=piece_bytes):
        position = {"position": view.channels["position"]} if "position" in view.channels else {}
        tracks.append(replace(view, channels=position))
        numbers |= _numbers(read)
    position_of = joined(tracks).channels.get("position")
    return _Survey(counted.format, counted.messages, counted.counts, position_of, numbers)


def _scrubbed(path: Path, mover: Mover, piece_bytes: int) -> Iterator[bytes]:
    """The bytes of the copy."""
    data = read_merged_log(path).data
    if len(data) <= piece_bytes:
        yield _scrub_piece(Piece(form_of(data), 0, len(data), data), mover)
        return
    for piece in cut(data, path, piece_bytes=piece_bytes):
        yield bytes(data[: piece.head])
        yield _scrub_piece(piece, mover)


def _scrub_piece(piece: Piece, mover: Mover) -> bytes:
    own = slice(piece.known, len(piece.raw) - piece.ahead)
    if piece.form == "tlog":
        return b"".join(scrub_tlog(bytes(piece.raw[own]), mover))
    scrub = scrub_dataflash if piece.form == "dataflash" else scrub_ulog
    return scrub(piece.raw, mover, ahead=piece.ahead)[own]


def _origin(position: Channel | None) -> tuple[float, float] | None:
    if position is None:
        return None
    known = np.isfinite(position["lat_deg"]) & np.isfinite(position["lon_deg"])
    if not known.any():
        return None
    # The middle, not the first: before the fix is good, receivers tell tales.
    return float(np.median(position["lat_deg"][known])), float(np.median(position["lon_deg"][known]))


def _sought(copy: Path, before: _Survey, level: Level, path: Path) -> None:
    """Look for the places of the original, as any program may have written them, and for its numbers, in the copy's bytes."""
    patterns: set[bytes] = set()
    position = before.position
    if position is not None and position.count:
        rows = np.unique(np.linspace(0, position.count - 1, _SOUGHT).astype(int))
        for lat_deg, lon_deg in zip(position["lat_deg"][rows], position["lon_deg"][rows], strict=True):
            if not np.isfinite(lat_deg + lon_deg):
                continue
            lat, lon = round(float(lat_deg) * 1e7), round(float(lon_deg) * 1e7)
            patterns |= {struct.pack("<ii", lat, lon), struct.pack("<d", lat_deg), struct.pack("<d", lon_deg)}
            patterns |= {f"{lat_deg:.4f}".encode(), str(lat).encode()}
    if level == "identity":
        patterns |= before.numbers
    at = _first_of(patterns, copy)
    if at is not None:
        raise VerificationFailed(
            f"something of the original is still in the copy, at byte {at}",
            where=str(path),
            hint="no copy was written; please report which autopilot wrote the log",
        )


def _first_of(patterns: set[bytes], path: Path) -> int | None:
    """The first place in a file where one of the patterns stands."""
    longest = max(map(len, patterns), default=1)
    begin, kept = 0, b""
    with path.open("rb") as file:
        while block := file.read(_SEARCHED_BYTES):
            window = kept + block
            found = [at for pattern in patterns if (at := window.find(pattern)) >= 0]
            if found:
                return begin - len(kept) + min(found)
            begin += len(block)
            kept = window[-(longest - 1) :] if longest > 1 else b""
    return None


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


def _compared(before: _Survey, after: _Survey, level: Level, path: Path) -> None:
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
    position, there = before.position, after.position
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
    ways = [float(track_length_m(one["lat_deg"], one["lon_deg"])[-1]) for one in (position, there)]
    if abs(ways[1] - ways[0]) > _WAY_SHARE * ways[0] + 1.0:
        raise wrong("the copy's track has another length")
