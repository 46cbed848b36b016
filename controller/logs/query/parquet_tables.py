"""The logs of a flight as Parquet files, one for each message type, written at the first query.

   flights/<flight>/columns/ATTITUDE.parquet         the messages of frames.tlog
                            series_position.parquet  the series of all its logs (see `series`)
                            bin_XKF1.parquet         records of DataFlash logs in the folder, ulg_... topics of ULogs
                            events.parquet           events.jsonl, params.parquet params.json
                            tables.json              the files they were made from
The folder can be deleted: the next query writes it again. `time_us` is microseconds since 1970; in an on-board log
without a GPS time it counts from the autopilot's start.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.formats.base import Log
from controller.logs.formats.chunked import CHUNK_BYTES
from controller.logs.formats.registry import format_of_file
from controller.logs.query.table_writer import TableWriter, repeating
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import SeriesView

FOLDER = "columns"
MANIFEST = "tables.json"
# Raise it when the contents of the files change: older files are then written again.
VERSION = 1
EVENTS, PARAMETERS = "events", "params"
# Attempts to put the files in place while other processes do the same.
_ROUNDS = 20


class ColumnsError(UserError):
    """The Parquet files of a flight cannot be written."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The tables in `folder`: rows by name, and `problems` with logs that could not be read."""

    folder: Path
    tables: Mapping[str, int]
    problems: tuple[str, ...] = ()

    def path(self, table: str) -> Path:
        """The file of a table."""
        return self.folder / f"{table}.parquet"


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
            return TableFiles(flight / FOLDER, manifest["tables"], tuple(manifest["problems"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def ensure_tables(flight: Path) -> TableFiles:
    """The tables of a flight, written now if they do not exist. Raises ColumnsError if they cannot be written.

    They appear at once: another process finds all of them or none.
    """
    existing = existing_tables(flight)
    if existing is not None:
        return existing
    try:
        making = Path(tempfile.mkdtemp(prefix=f"{FOLDER}.", dir=flight))
    except OSError as error:
        raise ColumnsError(
            f"cannot write the flight's tables: {error.strerror or error}",
            where=str(flight),
            hint="copy the flight to a folder with write permission",
        ) from error
    try:
        written = _write_all(flight, making)
        return written if _move_into_place(making, flight / FOLDER) else existing_tables(flight) or written
    except OSError as error:
        raise ColumnsError(
            f"cannot write the flight's tables: {error.strerror or error}", where=str(flight)
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


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


def _write_all(flight: Path, folder: Path) -> TableFiles:
    sources = sources_of(flight)
    stamps = _stamps(sources)
    found: dict[str, list[Any]] = {}
    problems: list[str] = []
    # Tables that fit into memory are written at once; those of a larger log grow chunk by chunk.
    writer = TableWriter(folder, "parquet") if is_large(sources) else None
    for source in sources:
        try:
            for name, table in tables_of(source):
                if writer is None:
                    found.setdefault(name, []).append(table)
                else:
                    writer.add(name, table)
        except UserError as error:
            problems.append(str(error))
    if writer is not None:
        rows = writer.close()
    else:
        rows = {name: write_table(parts, folder / f"{name}.parquet") for name, parts in found.items()}
    manifest = {"version": VERSION, "sources": stamps, "tables": rows, "problems": problems}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return TableFiles(flight / FOLDER, rows, tuple(problems))


def is_large(sources: list[Path]) -> bool:
    """Whether one of the files is read in chunks."""
    return any(source.stat().st_size > CHUNK_BYTES for source in sources)


def write_table(parts: list[Any], path: Path) -> int:
    """Write Arrow tables as one Parquet file, with nulls for a column that a part lacks; return the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = parts[0] if len(parts) == 1 else pa.concat_tables(parts, promote_options="permissive")
    pq.write_table(
        whole, path, compression="zstd", use_dictionary=repeating(whole.schema), write_statistics=True
    )
    return int(whole.num_rows)


def tables_of(source: Path) -> Iterator[tuple[str, Any]]:
    """The Arrow tables of a file by name; tables of the same name are parts of one. Raises what `open_log` raises."""
    if source.name == store.EVENTS:
        yield from _events(source.parent)
    elif source.suffix == ".json":
        yield from _parameters(source)
    else:
        for log, view in series_in_chunks(source):
            yield from message_tables(log, view)
            yield from series_tables(view, log=source.name)


def message_tables(log: Log, view: SeriesView) -> Iterator[tuple[str, Any]]:
    """A log's messages, with a time in microseconds since 1970, from the clock of the series."""
    for table in log.export_tables(view.shift_us):
        yield table.name, arrow_table(table.columns, table.fields)


def series_tables(view: SeriesView, *, log: str) -> Iterator[tuple[str, Any]]:
    """The series, with a column that names their log."""
    import pyarrow as pa

    for name, channel in view.channels.items():
        table = arrow_table({"time_us": channel.times_us}, dict(channel))
        yield f"series_{name}", table.append_column("log", pa.array([log] * channel.count, pa.string()))


def arrow_table(first: Mapping[str, Any], rest: Mapping[str, Any]) -> Any:
    """An Arrow table. SQL ignores case: a name that differs from another in case only gets a number."""
    import pyarrow as pa

    arrays, taken = {}, set()
    for name, values in (*first.items(), *rest.items()):
        unique, number = name, 2
        while unique.lower() in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique.lower())
        arrays[unique] = _arrow(pa, values)
    return pa.table(arrays)


def _arrow(pa: Any, values: Any) -> Any:
    """One column: texts as strings, byte arrays as binaries, other arrays as lists."""
    if values.dtype.kind == "S":
        texts, at = np.unique(values, return_inverse=True)
        decoded = [text.partition(b"\0")[0].decode("utf-8", "replace") for text in texts.tolist()]
        return pa.array(decoded, pa.string()).take(pa.array(at.reshape(-1)))
    if values.dtype.kind == "O":
        return pa.array(values.tolist(), pa.string())
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    if values.ndim == 1:
        return pa.array(values)
    if values.dtype == np.uint8:
        return pa.array([row.tobytes() for row in values], pa.binary())
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _events(flight: Path) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    events = store.read_events(flight)
    if not events:
        return
    columns = {
        "time_us": pa.array([_time_us(event) for event in events], pa.int64()),
        "kind": pa.array([str(event.get("kind", "")) for event in events], pa.string()),
        "text": pa.array([str(event.get("text", "")) for event in events], pa.string()),
        "event": pa.array([json.dumps(event, ensure_ascii=False) for event in events], pa.string()),
    }
    yield EVENTS, pa.table(columns)


def _time_us(event: dict[str, object]) -> int | None:
    try:
        return round(datetime.fromisoformat(str(event.get("utc"))).timestamp() * 1e6)
    except (ValueError, OverflowError, OSError):
        return None


def _parameters(source: Path) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    try:
        values = json.loads(source.read_bytes())
    except (OSError, ValueError):
        return
    if isinstance(values, dict):
        plain = {name: value for name, value in values.items() if isinstance(value, int | float)}
        columns = {
            "name": pa.array(list(plain), pa.string()),
            "value": pa.array([float(value) for value in plain.values()], pa.float64()),
        }
        yield PARAMETERS, pa.table(columns)
