"""The series of a log file of any size and format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from controller.logs.formats.base import Log
from controller.logs.formats.chunked import CHUNK_BYTES, in_chunks
from controller.logs.formats.read import open_log
from controller.logs.series.view import SeriesView


def read_series(path: Path) -> SeriesView:
    """Read a log of any format. Raises what `open_log` raises."""
    return open_log(path).series()


def series_in_chunks(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[Log, SeriesView]]:
    """Each chunk of a log with its series, all of one aircraft and on one clock: those of the first chunk that has
    them."""
    for log, aircraft, shift_us in _on_one_clock(path, chunk_bytes):
        yield log, log.series(aircraft).on_clock(shift_us)


def logs_in_chunks(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[Log, int]]:
    """As `series_in_chunks`, without the series: each chunk, and the microseconds to add to its own times."""
    for log, _, shift_us in _on_one_clock(path, chunk_bytes):
        yield log, shift_us


def _on_one_clock(path: Path, chunk_bytes: int) -> Iterator[tuple[Log, tuple[int, int] | None, int]]:
    chunks = in_chunks(path, chunk_bytes=chunk_bytes)
    first, aircraft, shift_us = next(chunks), None, 0
    for log in chain([first], chunks):
        aircraft = log.aircraft
        shift_us = 0 if log.utc_times else log.series().shift_us
        if aircraft or shift_us:
            break
    # Nearly every log has both in its first chunk; otherwise the chunks are read again.
    again = in_chunks(path, chunk_bytes=chunk_bytes) if log is not first else chain([first], chunks)
    del first, log
    for log in again:
        yield log, aircraft, shift_us
