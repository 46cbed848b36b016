"""The tables of a flight's files: messages, series, events and parameters as Arrow tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from controller.logs.flights import store
from controller.logs.formats.base import Log
from controller.logs.formats.contents import ExportTable
from controller.logs.series.read import logs_in_chunks, series_in_chunks
from controller.logs.series.view import Channel, SeriesView

EVENTS, PARAMETERS = "events", "params"
SERIES = "series_"


@dataclass(frozen=True, slots=True)
class Part:
    """A table of one file, or of a chunk of it: its name, its number of rows, and `table()`, which makes the Arrow
    table."""

    name: str
    rows: int
    table: Callable[[], Any]


def tables_of(
    source: Path, *, series: bool = True, system: int | None = None, notes: list[str] | None = None
) -> Iterator[Part]:
    """The tables of a file, with or without the series; those of the same name are parts of one.

    `system` as for `open_log`. Lines for people are added to `notes`. Raises what `open_log` raises.
    """
    if source.name == store.EVENTS:
        yield from _events(source.parent)
    elif source.suffix == ".json":
        yield from _parameters(source)
    elif series:
        for log, view in series_in_chunks(source, system=system):
            _add_notes(notes, (*log.problems, *log.notes, *view.notes))
            yield from message_tables(log if system else log.of_all_aircraft(), view.shift_us)
            yield from series_tables(view, log=source.name)
    else:
        for log, shift_us in logs_in_chunks(source, system=system):
            _add_notes(notes, (*log.problems, *log.notes))
            yield from message_tables(log if system else log.of_all_aircraft(), shift_us)


def _add_notes(notes: list[str] | None, lines: tuple[str, ...]) -> None:
    if notes is not None:
        notes += [line for line in lines if line not in notes]


def message_tables(log: Log, shift_us: int) -> Iterator[Part]:
    """A log's messages, with a time on the clock of the series, `shift_us` after the log's own."""
    for table in log.export_tables(shift_us):
        yield Part(table.name, table.rows, partial(_message_table, table))


def _message_table(table: ExportTable) -> Any:
    return arrow_table(*table.read())


def series_tables(view: SeriesView, *, log: str) -> Iterator[Part]:
    """The series, with a column that names their log."""
    for name, channel in view.channels.items():
        yield Part(SERIES + name, channel.count, partial(_series_table, channel, log))


def _series_table(channel: Channel, log: str) -> Any:
    import pyarrow as pa

    table = arrow_table({"time_us": channel.times_us}, dict(channel))
    return table.append_column("log", pa.repeat(pa.scalar(log, pa.string()), channel.count))


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


def _events(flight: Path) -> Iterator[Part]:
    events = store.read_events(flight)
    if events:
        yield Part(EVENTS, len(events), partial(_events_table, events))


def _events_table(events: list[dict[str, object]]) -> Any:
    import pyarrow as pa

    return pa.table(
        {
            "time_us": pa.array([_time_us(event) for event in events], pa.int64()),
            "kind": pa.array([str(event.get("kind", "")) for event in events], pa.string()),
            "text": pa.array([str(event.get("text", "")) for event in events], pa.string()),
            "event": pa.array([json.dumps(event, ensure_ascii=False) for event in events], pa.string()),
        }
    )


def _time_us(event: dict[str, object]) -> int | None:
    try:
        return round(datetime.fromisoformat(str(event.get("utc"))).timestamp() * 1e6)
    except (ValueError, OverflowError, OSError):
        return None


def _parameters(source: Path) -> Iterator[Part]:
    try:
        values = json.loads(source.read_bytes())
    except (OSError, ValueError):
        return
    if isinstance(values, dict):
        plain = {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
        yield Part(PARAMETERS, len(plain), partial(_parameters_table, plain))


def _parameters_table(values: dict[str, float]) -> Any:
    import pyarrow as pa

    return pa.table(
        {"name": pa.array(list(values), pa.string()), "value": pa.array(list(values.values()), pa.float64())}
    )
