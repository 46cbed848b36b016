"""Write an anonymized copy of a log and check it by reading it back: the same messages, the positions moved or
removed as the level says, and no place or serial number of the original left in its bytes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from controller.errors import UserError, VerificationFailed
from controller.geo import line_length_m
from controller.logs.box.merged_log import read_merged_log
from controller.logs.formats.base import LogFormat
from controller.logs.formats.chunked import summarize
from controller.logs.formats.cutting import as_one_chunk
from controller.logs.formats.registry import format_of
from controller.logs.privacy.anonymize_rules import NEAR_DEG, TARGET_DEG, Level, Mover
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import Channel, joined

_SEARCHED_PLACES = 50  # positions of the track that are searched for in the bytes of the copy
_LENGTH_TOLERANCE = 0.02
_LEAST_IDENTIFIER = 6  # bytes; shorter ones would be found by chance
_CHUNK_BYTES = 32_000_000
_SEARCHED_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class AnonymizedLog:
    """An anonymized copy: `messages` of the original, and `kept` ones in the copy."""

    path: Path
    level: Level
    messages: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Survey:
    """Summary of a log: messages by name, the track, serial numbers."""

    format: LogFormat
    messages: int
    counts: dict[str, int]
    position: Channel | None
    identifiers: set[bytes]


def anonymize_log(
    path: Path, target: Path, level: Level, *, chunk_bytes: int = _CHUNK_BYTES
) -> AnonymizedLog:
    """Write the copy to `target`, chunk by chunk. Raises UserError, LogUnreadable, VerificationFailed (then there is
    no copy)."""
    if target.exists() and target.samefile(path):
        raise UserError(
            "cannot write the copy: it would replace the original",
            where=str(target),
            hint="name another file or folder",
        )
    before = _surveyed(path, chunk_bytes)
    mover = Mover(level, _origin(before.position), frozenset(before.identifiers))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".unchecked")
    try:
        with beside.open("wb") as file:
            for part in _anonymized(path, mover, chunk_bytes):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        _search(beside, before, level, path)
        after = _surveyed(beside, chunk_bytes)
        _compare(before, after, level, path)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return AnonymizedLog(target, level, before.messages, after.messages)


def _surveyed(path: Path, chunk_bytes: int) -> _Survey:
    counted = summarize(path, chunk_bytes=chunk_bytes)
    tracks, identifiers = [], set[bytes]()
    for log, view in series_in_chunks(path, chunk_bytes=chunk_bytes):
        position = {"position": view.channels["position"]} if "position" in view.channels else {}
        tracks.append(replace(view, channels=position))
        identifiers |= {one for one in log.identifiers if len(one) >= _LEAST_IDENTIFIER and any(one)}
    return _Survey(
        counted.format, counted.messages, counted.counts, joined(tracks).channels.get("position"), identifiers
    )


def _anonymized(path: Path, mover: Mover, chunk_bytes: int) -> Iterator[bytes]:
    """The bytes of the copy."""
    data = read_merged_log(path).data
    log_format = format_of(data)
    if len(data) <= chunk_bytes:
        yield log_format.anonymize(as_one_chunk(data), mover)
        return
    for chunk in log_format.cut(data, str(path), chunk_bytes):
        yield bytes(data[: chunk.head])
        yield log_format.anonymize(chunk, mover)


def _origin(position: Channel | None) -> tuple[float, float] | None:
    if position is None:
        return None
    known = np.isfinite(position["lat_deg"]) & np.isfinite(position["lon_deg"])
    if not known.any():
        return None
    # The median, not the first: before the fix is good, receivers report wrong positions.
    return float(np.median(position["lat_deg"][known])), float(np.median(position["lon_deg"][known]))


def _search(copy: Path, before: _Survey, level: Level, path: Path) -> None:
    """Search the copy's bytes for places of the original, in every usual encoding, and for its serial numbers."""
    patterns: set[bytes] = set()
    position = before.position
    if position is not None and position.count:
        rows = np.unique(np.linspace(0, position.count - 1, _SEARCHED_PLACES).astype(int))
        for lat_deg, lon_deg in zip(position["lat_deg"][rows], position["lon_deg"][rows], strict=True):
            if not np.isfinite(lat_deg + lon_deg):
                continue
            lat, lon = round(float(lat_deg) * 1e7), round(float(lon_deg) * 1e7)
            patterns |= {struct.pack("<ii", lat, lon), struct.pack("<d", lat_deg), struct.pack("<d", lon_deg)}
            patterns |= {f"{lat_deg:.4f}".encode(), str(lat).encode()}
    if level == "identity":
        patterns |= before.identifiers
    at = _first_of(patterns, copy)
    if at is not None:
        raise VerificationFailed(
            f"cannot anonymize the log: the copy still holds a place or serial number of the original, at byte {at}",
            where=str(path),
            hint="no copy was written; please report which autopilot wrote the log",
        )


def _first_of(patterns: set[bytes], path: Path) -> int | None:
    """The offset of the first of these patterns in a file; None without any."""
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


def _compare(before: _Survey, after: _Survey, level: Level, path: Path) -> None:
    """Check that the copy holds the same messages, and that its positions are as the level says."""

    def wrong(reason: str) -> VerificationFailed:
        return VerificationFailed(
            f"cannot anonymize the log: {reason}", where=str(path), hint="no copy was written"
        )

    kept = {name: count for name, count in before.counts.items() if not before.format.removes(name, level)}
    if after.counts != kept:
        other = next(
            (name for name in {*kept, *after.counts} if kept.get(name) != after.counts.get(name)), ""
        )
        raise wrong(f"the copy does not hold the same messages: {other}")
    position, copied_position = before.position, after.position
    moved = copied_position is not None and bool(np.any(np.nan_to_num(copied_position["lat_deg"]) != 0))
    if level != "shift":
        if moved:
            raise wrong("the copy still holds positions")
        return
    if position is None or copied_position is None:
        return
    off = np.abs(copied_position["lat_deg"] - TARGET_DEG[0])
    if np.any(off[np.isfinite(off)] > NEAR_DEG):
        raise wrong("a position was not moved")
    lengths_m = [line_length_m(one["lat_deg"], one["lon_deg"]) for one in (position, copied_position)]
    if abs(lengths_m[1] - lengths_m[0]) > _LENGTH_TOLERANCE * lengths_m[0] + 1.0:
        raise wrong("the copy's track has another length")
