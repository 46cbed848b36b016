"""The series of a log file of any size and format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from controller.logs.formats.base import Log, NoSuchAircraft
from controller.logs.formats.chunked import CHUNK_BYTES, in_chunks
from controller.logs.formats.read import open_log
from controller.logs.series.view import SeriesView


def read_series(path: Path, *, system: int | None = None) -> SeriesView:
    """Read a log of any format; `system` as for `open_log`. Raises what it raises."""
    return open_log(path, system=system).series()


def series_in_chunks(
    path: Path, *, chunk_bytes: int = CHUNK_BYTES, system: int | None = None
) -> Iterator[tuple[Log, SeriesView]]:
    """Each chunk of a log with its series, all of one aircraft and on one clock: those of the first chunk that has
    them. `system` as for `open_log`."""
    by_gps = None
    for log, aircraft, shift_us in _on_one_clock(path, chunk_bytes, system):
        view = log.series(aircraft, positions_of_gps=by_gps is not False)
        if by_gps is None and "position" in view.channels:
            by_gps = view.positions_of_gps
        yield log, view.on_clock(shift_us)


def logs_in_chunks(
    path: Path, *, chunk_bytes: int = CHUNK_BYTES, system: int | None = None
) -> Iterator[tuple[Log, int]]:
    """As `series_in_chunks`, without the series: each chunk, and the microseconds to add to its own times."""
    for log, _, shift_us in _on_one_clock(path, chunk_bytes, system):
        yield log, shift_us


def _on_one_clock(
    path: Path, chunk_bytes: int, system: int | None
) -> Iterator[tuple[Log, tuple[int, int] | None, int]]:
    chunks = in_chunks(path, chunk_bytes=chunk_bytes)
    first, aircraft, shift_us, missing = next(chunks), None, 0, None
    for log in chain([first], chunks):
        try:
            aircraft = (log if system is None else log.of_system(system)).aircraft
        except NoSuchAircraft as error:
            missing = error
            continue
        shift_us = 0 if log.utc_times else log.series().shift_us
        if aircraft or shift_us:
            break
    if missing and not aircraft:
        raise missing
    # Nearly every log has both in its first chunk; otherwise the chunks are read again.
    again = in_chunks(path, chunk_bytes=chunk_bytes) if log is not first else chain([first], chunks)
    del first, log
    for log in again:
        # A chunk may begin with the heartbeat of another aircraft.
        other = system is not None or (aircraft is not None and log.aircraft not in (None, aircraft))
        mine = log.of_system(system or aircraft[0], missing_ok=True) if aircraft and other else log
        yield mine, aircraft, shift_us
