"""`landline logs export`: flights and logs for other programs, and slices with proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of, log_file
from controller.cli.logs.shared import Flight, Flights, Json, System, counted, note_problems
from controller.cli.logs.slice import export_slice

if TYPE_CHECKING:
    from controller.logs.export.result import TimeSpan


def export(
    flight: Flight,
    form: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help="Format: csv, parquet, kml, geojson, gpx or mcap (default: by the ending of --out).",
        ),
    ] = "",
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="File to write; a folder for csv and parquet."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="TABLE", help="Only this table, such as ATTITUDE. Repeatable."),
    ] = None,
    from_utc: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Start of the time span, UTC: 2026-05-17T09:30:00Z.")
    ] = "",
    to_utc: Annotated[str, typer.Option("--to", metavar="TIME", help="End of the time span, UTC.")] = "",
    proof: Annotated[
        bool, typer.Option("--proof", help="Write a slice with proof, which anyone can check.")
    ] = False,
    files: Annotated[
        bool,
        typer.Option("--files", help="With --proof: include plans and parameters written before the end."),
    ] = False,
    system: System = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Export a flight or a log for other programs.

    With --proof, export a time span with proof that it is part of the signed record.
    """
    from controller.errors import UserError
    from controller.logs.export.export import FORMATS, check_span
    from controller.logs.export.result import TimeSpan
    from controller.logs.flights.find import find_flight

    from_utc_us, to_utc_us = _utc_us(from_utc, 0), _utc_us(to_utc, 2**62)
    if from_utc_us > to_utc_us:
        raise UserError(
            f"invalid time span: {from_utc} is after {to_utc}",
            where="--from, --to",
            hint="give the earlier time as --from",
        )
    if files and not proof:
        raise UserError("cannot use --files without --proof", where="--files", hint="add --proof")
    if not proof:
        form = form or (target.suffix.removeprefix(".") if target else "")
        if not form:
            raise UserError(
                "cannot export: no format given",
                where="logs export",
                hint=f"use --as {', '.join(FORMATS)}, or --proof",
            )
        return _export_as(
            flight,
            form,
            target,
            flights=folder_of(flights),
            span=TimeSpan(from_utc_us, to_utc_us),
            tables=table or [],
            system=system,
            json=json,
        )
    if form or table:
        raise UserError("cannot use --as or --table with --proof", where="--proof", hint="leave them out")
    folder = find_flight(folder_of(flights), flight)
    check_span(folder, TimeSpan(from_utc_us, to_utc_us))
    return export_slice(
        folder,
        target or Path("flight.slice"),
        from_utc_us=from_utc_us,
        to_utc_us=to_utc_us,
        files=files,
        out=Output(json),
    )


def _utc_us(text: str, otherwise: int) -> int:
    from datetime import UTC, datetime

    from controller.errors import UserError

    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"invalid time '{text}'", hint="write it as 2026-05-17T09:30:00Z") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


def _export_as(
    flight: str,
    form: str,
    target: Path | None,
    *,
    flights: Path,
    span: TimeSpan,
    tables: list[str],
    system: int | None,
    json: bool,
) -> int:
    """Export a flight or a log file in another program's format."""
    from controller.logs.export.export import TABULAR
    from controller.logs.export.export import export as write_export
    from controller.logs.flights.find import find_flight

    out = Output(json)
    source = log_file(flight) or find_flight(flights, flight)
    folder = form in TABULAR and len(tables) != 1
    written = write_export(
        source,
        form,
        target or Path(f"{source.stem}-{form}" if folder else f"{source.stem}.{form}"),
        span=span,
        tables=frozenset(tables) if tables else None,
        system=system,
    )
    out.emit(
        "summary",
        file=str(written.target),
        format=form,
        files=written.files,
        rows=written.rows,
        problems=list(written.problems),
        notes=list(written.notes),
    )
    note_problems(out, written.problems)
    for line in written.notes:
        out.note(line)
    many = f"{written.files} files, " if written.files > 1 else ""
    unit = "position" if form in ("kml", "geojson", "gpx") else "message" if form == "mcap" else "row"
    out.result(f"{written.target}: {many}{counted(written.rows, unit)}")
    return 0
