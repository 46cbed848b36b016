"""A flight, or a single log, in the formats of other programs.

    export(folder, "kml", Path("flight.kml"))

csv, parquet: tables (see `query_columns`), one file each in a folder, or the one table asked for as a file.
kml, geojson: the track with its mode changes and warnings.   mcap: everything as JSON channels, for viewers of robots.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.clock import iso_utc
from controller.errors import UserError
from controller.logs.export.result import Exported, ExportError, TimeSpan
from controller.logs.flights import store
from controller.logs.query.parquet_tables import is_large, sources_of, tables_of
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import span_of

FORMATS = ("csv", "parquet", "kml", "geojson", "mcap")
# What makes a folder unless one table alone is asked for.
TABULAR = ("csv", "parquet")


def export(
    source: Path,
    form: str,
    target: Path,
    *,
    span: TimeSpan | None = None,
    tables: frozenset[str] | None = None,
) -> Exported:
    """Write a flight folder or a log in one of `FORMATS`; `tables` limits it to those, in any case of letters.

    Raises ExportError, and what `open_log` raises where the source is a single log.
    """
    if form not in FORMATS:
        raise ExportError(f"'{form}' is no format", hint=f"there are {', '.join(FORMATS)}")
    span = span or TimeSpan()
    check_span(source, span)
    sources = sources_of(source) if source.is_dir() else [source]
    if not sources:
        raise ExportError("there is no log to export", where=str(source))
    if target.exists() and any(target.samefile(one) for one in sources):
        raise ExportError("this would overwrite the record itself", where=str(target))
    with _told(target):
        if form in ("kml", "geojson"):
            from controller.logs.export.track_map import write_map

            return write_map(sources, form, target, name=source.stem, span=span)
        problems: list[str] = []
        if form in TABULAR and is_large(sources):
            return _write_chunked(sources, form, target, span, tables, problems)
        found = _collected(sources, span, tables, problems, alone=not source.is_dir())
        if not found:
            raise ExportError(
                "there is no such table in it" if tables else "there is nothing in that span",
                where=str(source),
                hint="landline logs sql --tables names them all",
            )
        if form == "mcap":
            from controller.logs.export.mcap import write_mcap

            return Exported(target, 1, write_mcap(found, target), tuple(problems))
        from controller.logs.export.tables import write_tables

        return write_tables(
            found, form, target, alone=tables is not None and len(tables) == 1, problems=problems
        )


def check_span(source: Path, span: TimeSpan) -> None:
    """Raises ExportError where nothing of a flight folder, or of a log, lies in a span, and tells the one it lies
    in."""
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
        "there is nothing in that span", where=str(source), hint=f"it runs from {begin} to {end}{clock}"
    )


def _span_us(source: Path) -> tuple[int, int] | None:
    """When a log begins and ends; None where it cannot be read, which the export itself will tell, or has no time of
    day."""
    spans = []
    try:
        for log, view in series_in_chunks(source / store.FRAMES if source.is_dir() else source):
            if view.clock == "utc":
                spans.append(span_of(log.times_us(view), "utc"))
    except UserError:
        return None
    known = [span for span in spans if span]
    return (min(span[0] for span in known), max(span[1] for span in known)) if known else None


def _write_chunked(
    sources: list[Path],
    form: str,
    target: Path,
    span: TimeSpan,
    tables: frozenset[str] | None,
    problems: list[str],
) -> Exported:
    """Tables of logs that are read in chunks, each growing in its file."""
    from controller.logs.export.tables import with_utc
    from controller.logs.query.table_writer import TableWriter

    alone = tables is not None and len(tables) == 1
    wanted = None if tables is None else {name.lower() for name in tables}
    writer = TableWriter(target.parent if alone else target, form, file=target if alone else None)
    for source in sources:
        try:
            for name, table in tables_of(source):
                if wanted is None or name.lower() in wanted:
                    writer.add(name, with_utc(span.cut(table)))
        except UserError as error:
            problems.append(str(error))
    rows = writer.close()
    if not rows:
        raise ExportError("there is no such table in it, or nothing in that span", where=str(sources[0]))
    return Exported(target, len(rows), sum(rows.values()), tuple(problems))


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"cannot be written: {error.strerror or error}", where=str(error.filename or target)
        ) from error


def _collected(
    sources: list[Path], span: TimeSpan, tables: frozenset[str] | None, problems: list[str], *, alone: bool
) -> dict[str, Any]:
    """The tables of all logs, cut to the span; those of one name joined, empty ones left out."""
    import pyarrow as pa

    wanted = None if tables is None else {name.lower() for name in tables}
    parts: dict[str, list[Any]] = {}
    for source in sources:
        try:
            for name, table in tables_of(source):
                if wanted is None or name.lower() in wanted:
                    parts.setdefault(name, []).append(span.cut(table))
        except UserError as error:
            if alone:
                raise
            problems.append(str(error))
    joined = {
        name: found[0] if len(found) == 1 else pa.concat_tables(found, promote_options="permissive")
        for name, found in parts.items()
    }
    return {name: table for name, table in joined.items() if table.num_rows}
