"""Logs larger than memory, read in chunks: the same messages as in one go, one stretch of the file after the other.

A chunk ends where a message begins, so no message is cut. Records that later chunks need (formats, subscriptions,
units) are put in front of them again and left out of what they give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from controller.logs.box.merged_log import read_merged_log
from controller.logs.formats.base import Log, LogFormat
from controller.logs.formats.contents import LoggedAircraft, named_counts, several_aircraft
from controller.logs.formats.read import no_message, read_bytes
from controller.logs.formats.registry import format_of
from controller.wire.damage import NO_DAMAGE, DamageSummary

_HEAD_BYTES = 65_536
CHUNK_BYTES = 128_000_000  # a reader takes less than three times as much memory


def in_chunks(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Log]:
    """A log in chunks of some `chunk_bytes`; one that is not larger as a whole. Raises what `open_log` raises.

    Each chunk is the log of its own first aircraft.
    """
    merged = read_merged_log(path)
    if len(merged.data) <= chunk_bytes:
        yield read_bytes(merged.data, path, notes=merged.notes)
        return
    log_format, messages, notes = format_of(merged.data), 0, merged.notes
    for chunk in log_format.cut(merged.data, str(path), chunk_bytes):
        log = log_format.read_chunk(chunk, str(path))
        log = replace(
            log,
            size_bytes=chunk.size_bytes,
            problems=(*notes, *log.problems),
            lost=log.lost.shifted(chunk.begin - chunk.known),
        )
        messages, notes = messages + log.messages, ()
        yield log
    if not messages and not log_format.recognizes(merged.data):
        raise no_message(path, bytes(merged.data[:_HEAD_BYTES]))


@dataclass(frozen=True)
class LogSummary:
    """What a whole log holds, counted in chunks."""

    format: LogFormat
    size_bytes: int
    messages: int
    bad_bytes: int
    rows_by_message: dict[tuple[str, int], int]
    problems: tuple[str, ...]
    lost: DamageSummary
    aircraft: tuple[LoggedAircraft, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """Messages by name, as `Log.counts`."""
        return named_counts(self.rows_by_message)


def summarize(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> LogSummary:
    """Count the messages of a log of any size. Raises what `open_log` raises."""
    size = messages = bad_bytes = 0
    rows: Counter[tuple[str, int]] = Counter()
    problems: dict[str, None] = {}
    lost, aircraft = NO_DAMAGE, dict[int, LoggedAircraft]()
    for log in in_chunks(path, chunk_bytes=chunk_bytes):
        log_format = log.format
        size += log.size_bytes
        messages += log.messages
        bad_bytes += log.bad_bytes
        lost = lost.joined(log.lost)
        problems |= dict.fromkeys(log.problems)
        rows.update(log.rows_by_message)
        for one in log.all_aircraft:
            aircraft.setdefault(one.system, one)
    found = tuple(aircraft.values())
    return LogSummary(
        log_format,
        size,
        messages,
        bad_bytes,
        dict(rows),
        tuple(problems),
        lost,
        found,
        several_aircraft(found),
    )
