"""The logs of a flight as Parquet files, one for each message type, written when a query first names it.

   flights/<flight>/columns/ATTITUDE.parquet         the messages of frames.tlog
                            series_position.parquet  the series of all its logs (see `series`)
                            bin_XKF1.parquet         records of DataFlash logs in the folder, ulg_... topics of ULogs
                            events.parquet           events.jsonl, params.parquet params.json
                            tables.json              the files they are made from, and the rows of every table
A table whose columns change within a log has a second file, `ATTITUDE~2.parquet`. Files appear whole, so a process can
be killed at any moment. The folder can be deleted: the next query writes it again. `time_us` is microseconds since
1970; in an on-board log without a GPS time it counts from the autopilot's start.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.clock import SystemClock
from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.formats.chunked import CHUNK_BYTES
from controller.logs.formats.registry import format_of_file
from controller.logs.query.table_writer import TableWriter
from controller.logs.query.tables import SERIES, tables_of

FOLDER = "columns"
MANIFEST = "tables.json"
# Raise it when the contents of the files change: older files are then written again.
VERSION = 2
# Attempts to put the files in place while other processes do the same.
_ROUNDS = 20
# Folders that a killed process left behind are removed after that time; a running one may use younger ones.
_ABANDONED_S = 86_400
_AGAIN = "~"


class ColumnsError(UserError):
    """The Parquet files of a flight cannot be written."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The tables of a flight: rows by name, whether written yet or not, `problems` with logs that could not be read,
    and `notes` about those that were. The series are among them once they were `wanted`: their making takes a third of
    the time."""

    folder: Path
    tables: Mapping[str, int]
    problems: tuple[str, ...] = ()
    series: bool = True
    notes: tuple[str, ...] = ()

    def path(self, table: str) -> Path:
        """The first file of a table."""
        return self.folder / f"{table}.parquet"

    def paths(self, table: str) -> list[Path]:
        """The files of a table that is written."""
        found, number = [self.path(table)], 2
        while (more := self.folder / f"{table}{_AGAIN}{number}.parquet").is_file():
            found.append(more)
            number += 1
        return found

    def complete(self, wanted: Collection[str] | None) -> bool:
        """Whether the tables among `wanted` (in lower case; None for all) are written."""
        return (self.series or not wants_series(wanted)) and all(
            self.path(name).is_file() for name in self.tables if wanted is None or name.lower() in wanted
        )


def wants_series(wanted: Collection[str] | None) -> bool:
    """Whether one of the tables is a series."""
    return wanted is None or any(name.startswith(SERIES) for name in wanted)


def sources_of(flight: Path) -> list[Path]:
    """The files of a flight that tables are made from, the telemetry log first."""
    named = [flight / store.FRAMES, flight / store.EVENTS, store.latest_version(flight, store.PARAMETERS)]
    found = [path for path in named if path.is_file()]
    with os.scandir(flight) as entries:
        found += sorted(flight / entry.name for entry in entries if _belongs(flight / entry.name))
    return found


def _belongs(path: Path) -> bool:
    """Whether a file in a flight's folder is a log of its own; the folder's telemetry logs are the record's."""
    log_format = format_of_file(path)
    return log_format is not None and bool(log_format.table_prefix)


def _stamps(sources: list[Path]) -> dict[str, list[int]]:
    # Frames from a ground box are read with the flight's own.
    fills = [path.with_name(store.MERGE_INDEX) for path in sources if path.name == store.FRAMES]
    stamped = [*sources, *(path for path in fills if path.is_file())]
    return {path.name: [found.st_size, found.st_mtime_ns] for path in stamped for found in (path.stat(),)}


def existing_tables(flight: Path) -> TableFiles | None:
    """The tables of a flight if they exist and their sources did not change since."""
    try:
        manifest = json.loads((flight / FOLDER / MANIFEST).read_bytes())
        if manifest["version"] == VERSION and manifest["sources"] == _stamps(sources_of(flight)):
            return _files(flight, manifest)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _files(flight: Path, manifest: Mapping[str, Any]) -> TableFiles:
    return TableFiles(
        flight / FOLDER,
        manifest["tables"],
        tuple(manifest["problems"]),
        manifest.get("series", True),
        tuple(manifest.get("notes", ())),
    )


def ensure_tables(flight: Path, wanted: Collection[str] | None = None) -> TableFiles:
    """The tables of a flight; those among `wanted` (in lower case; None for all) are written now if they do not exist.

    Another process finds a table whole or not at all. Raises ColumnsError if they cannot be written.
    """
    return write_tables(flight, wanted, existing_tables(flight))


def write_tables(flight: Path, wanted: Collection[str] | None, existing: TableFiles | None) -> TableFiles:
    """As `ensure_tables`, where the tables that exist were looked up already."""
    try:
        for _ in range(_ROUNDS):
            if existing is None:
                written = _write_new(flight, wanted)
                if written is not None:
                    return written
            elif existing.complete(wanted):
                return existing
            else:
                with contextlib.suppress(_Replaced):
                    _write_more(flight, wanted)
            existing = existing_tables(flight)
    except OSError as error:
        raise ColumnsError(
            f"cannot write the flight's tables: {error.strerror or error}",
            where=str(flight),
            hint="copy the flight to a folder with write permission",
        ) from error
    raise ColumnsError("cannot write the flight's tables: its files keep changing", where=str(flight))


class _Replaced(Exception):
    """Another process has replaced the folder, because the flight changed."""


def _write_new(flight: Path, wanted: Collection[str] | None) -> TableFiles | None:
    """Replace the folder by a new one with the tables wanted; both appear at once. None if another process has done so
    first."""
    _remove_abandoned(flight)
    making = Path(tempfile.mkdtemp(prefix=f"{FOLDER}.", dir=flight))
    try:
        manifest = _write_tables(flight, making, wanted)
        (making / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        return _files(flight, manifest) if _move_into_place(making, flight / FOLDER) else None
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write_more(flight: Path, wanted: Collection[str] | None) -> None:
    """Write more tables into the folder. Raises _Replaced."""
    folder = flight / FOLDER
    _remove_abandoned(folder)
    try:
        # In the folder itself: when another process replaces it, these files are gone with it.
        making = Path(tempfile.mkdtemp(prefix=f"{FOLDER}.", dir=folder))
    except FileNotFoundError as error:
        raise _Replaced from error
    try:
        # The folder that `making` is in, which may be a newer one.
        now = existing_tables(flight)
        if now is None:
            raise _Replaced
        there = {name.lower() for name in now.tables if now.path(name).is_file()}
        written = _write_tables(flight, making, wanted, there)
        if existing_tables(flight) is None:
            raise _Replaced
        # A table counts as written once its first file is there.
        for path in sorted(making.iterdir(), key=lambda path: _AGAIN not in path.name):
            path.replace(folder / path.name)
        if written["series"] and not now.series:
            (making / MANIFEST).write_text(json.dumps(written), encoding="utf-8")
            (making / MANIFEST).replace(folder / MANIFEST)
    except FileNotFoundError as error:
        if making.exists():
            raise
        raise _Replaced from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{FOLDER}.*"):
        with contextlib.suppress(FileNotFoundError):
            if SystemClock().utc_us() / 1e6 - left.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)


def _move_into_place(making: Path, target: Path) -> bool:
    """Move the finished folder into place; False if another process has done so first.

    A folder that is not empty cannot be replaced in one step: another process may act between removing the old one
    and moving the new one. In each round at least one process succeeds.
    """
    making.chmod(0o755)
    for last in (False,) * (_ROUNDS - 1) + (True,):
        try:
            making.rename(target)
        except OSError:
            if existing_tables(target.parent) is not None:
                return False
            if last:
                raise
            _remove_old(target)
        else:
            break
    return True


def _remove_old(target: Path) -> None:
    """Remove an outdated folder, or a file with its name."""
    old = Path(tempfile.mkdtemp(prefix=f"{FOLDER}.", dir=target.parent))
    try:
        with contextlib.suppress(FileNotFoundError):  # Another process removed it.
            target.rename(old / FOLDER)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write_tables(
    flight: Path, folder: Path, wanted: Collection[str] | None, there: Collection[str] = ()
) -> dict[str, Any]:
    """Write the tables wanted that are not `there` (both in lower case); return the manifest, which counts all."""
    sources = sources_of(flight)
    stamps = _stamps(sources)
    rows: dict[str, int] = {}
    problems: list[str] = []
    notes: list[str] = []
    series = wants_series(wanted)
    with TableWriter(folder, "parquet", again=_AGAIN, quick=True) as writer:
        for source in sources:
            try:
                for part in tables_of(source, series=series, notes=notes):
                    if not part.rows:
                        continue
                    rows[part.name] = rows.get(part.name, 0) + part.rows
                    name = part.name.lower()
                    if (wanted is None or name in wanted) and name not in there:
                        writer.add(part.name, part.table())
            except UserError as error:
                problems.append(str(error))
    return {
        "version": VERSION,
        "sources": stamps,
        "tables": rows,
        "problems": problems,
        "series": series,
        "notes": notes,
    }


def is_large(sources: list[Path]) -> bool:
    """Whether one of the files is read in chunks."""
    return any(source.stat().st_size > CHUNK_BYTES for source in sources)
