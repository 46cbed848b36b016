"""Export a flight, or a single log, for other programs.

    export(folder, "kml", Path("flight.kml"))

csv, parquet: tables (see `controller.logs.query`), one file each in a folder; a single table as one file.
kml, geojson, gpx: the track with mode changes and warnings. mcap: all tables as JSON channels, for robotics viewers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.clock import iso_utc
from controller.errors import UserError
from controller.logs.export.result import Exported, ExportError, TimeSpan
from controller.logs.flights import store
from controller.logs.query.parquet_tables import is_large, sources_of
from controller.logs.query.tables import tables_of
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import span_of

FORMATS = ("csv", "parquet", "kml", "geojson", "gpx", "mcap")
# Formats that make a folder, unless a single table is exported.
TABULAR = ("csv", "parquet")
# Formats of the track.
MAPS = ("kml", "geojson", "gpx")


def export(
    source: Path,
    export_format: str,
    target: Path,
    *,
    span: TimeSpan | None = None,
    tables: frozenset[str] | None = None,
    system: int | None = None,
) -> Exported:
    """Write a flight folder or a log in one of `FORMATS`; `tables` limits it to these, ignoring case.

    `system` as for `open_log`. Raises ExportError, and what `open_log` raises where the source is a single log.
    """
    if export_format not in FORMATS:
        raise ExportError(f"invalid format '{export_format}'", hint=f"use one of {', '.join(FORMATS)}")
    span = span or TimeSpan()
    check_span(source, span)
    sources = sources_of(source) if source.is_dir() else [source]
    if not sources:
        raise ExportError("cannot export: the folder holds no log", where=str(source))
    if target.exists() and any(target.samefile(one) for one in sources):
        raise ExportError("cannot export: the file would overwrite the record itself", where=str(target))
    with _told(target):
        if export_format in MAPS:
            from controller.logs.export.track_map import write_map

            return write_map(sources, export_format, target, name=source.stem, span=span, system=system)
        reading = _Reading(span, tables, system)
        if export_format in TABULAR and is_large(sources):
            return _write_chunked(sources, export_format, target, reading)
        found = _collected(sources, reading, single=not source.is_dir())
        if not found:
            raise ExportError(
                "cannot export: no such table" if tables else "cannot export: no data in the time span",
                where=str(source),
                hint="landline logs sql --tables names them all",
            )
        if export_format == "mcap":
            from controller.logs.export.mcap import write_mcap

            return reading.exported(target, 1, write_mcap(found, target))
        from controller.logs.export.tables import write_tables

        rows = write_tables(found, export_format, target, single=reading.single)
        return reading.exported(target, len(found), rows)


@dataclass
class _Reading:
    """What is read, and what there is to say about it."""

    span: TimeSpan
    tables: frozenset[str] | None
    system: int | None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        return self.tables is not None and len(self.tables) == 1

    def parts_of(self, source: Path) -> Iterator[tuple[str, Any]]:
        """Name and Arrow table, cut to the span, of the selected tables of a file."""
        selected = None if self.tables is None else {name.lower() for name in self.tables}
        for part in tables_of(source, system=self.system, notes=self.notes):
            if selected is None or part.name.lower() in selected:
                yield part.name, self.span.cut(part.table())

    def exported(self, target: Path, files: int, rows: int) -> Exported:
        return Exported(target, files, rows, tuple(self.problems), tuple(self.notes))


def check_span(source: Path, span: TimeSpan) -> None:
    """Raise ExportError if a flight folder, or a log, has no data in a time span; the error names the log's own
    span."""
    if span == TimeSpan():
        return
    found = _span_us(source)
    if found is None or (found[0] <= span.to_utc_us and found[1] >= span.from_utc_us):
        return
    begin, end = (iso_utc(at_us).partition(".")[0] + "Z" for at_us in found)
    simulated = source.is_dir() and any(
        event.get("seed") is not None for event in store.read_events(source)[:1]
    )
    clock = ", by the simulation's clock" if simulated else ""
    raise ExportError(
        "cannot export: no data in the time span",
        where=str(source),
        hint=f"the log runs from {begin} to {end}{clock}",
    )


def _span_us(source: Path) -> tuple[int, int] | None:
    """When a log begins and ends; None if it has no UTC time, or cannot be read, which the export itself reports."""
    spans = []
    try:
        for log, view in series_in_chunks(store.flight_log(source) if source.is_dir() else source):
            if view.clock == "utc":
                spans.append(span_of(log.times_us(view), "utc"))
    except UserError:
        return None
    known = [span for span in spans if span]
    return (min(span[0] for span in known), max(span[1] for span in known)) if known else None


def _write_chunked(sources: list[Path], export_format: str, target: Path, reading: _Reading) -> Exported:
    """Export tables of logs that are read in chunks; each file grows chunk by chunk."""
    from controller.logs.export.tables import with_utc
    from controller.logs.query.table_writer import TableWriter

    folder, file = (target.parent, target) if reading.single else (target, None)
    writer = TableWriter(folder, export_format, file=file)
    for source in sources:
        try:
            for name, table in reading.parts_of(source):
                writer.add(name, with_utc(table))
        except UserError as error:
            reading.problems.append(str(error))
    rows = writer.close()
    if not rows:
        raise ExportError("cannot export: no such table, or no data in the time span", where=str(sources[0]))
    return reading.exported(target, len(rows), sum(rows.values()))


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"cannot write the export: {error.strerror or error}", where=str(error.filename or target)
        ) from error


def _collected(sources: list[Path], reading: _Reading, *, single: bool) -> dict[str, Any]:
    """The tables of all logs; tables of one name are joined, empty ones left out."""
    import pyarrow as pa

    parts: dict[str, list[Any]] = {}
    for source in sources:
        try:
            for name, table in reading.parts_of(source):
                parts.setdefault(name, []).append(table)
        except UserError as error:
            if single:
                raise
            reading.problems.append(str(error))
    joined = {
        name: found[0] if len(found) == 1 else pa.concat_tables(found, promote_options="permissive")
        for name, found in parts.items()
    }
    return {name: table for name, table in joined.items() if table.num_rows}
