"""`landline logs ls`, `sql` and `export --as`: search of all flights, and export for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.common import Output, StatusLine
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flights, Json, counted, note_problems
from controller.errors import UserError

if TYPE_CHECKING:
    from controller.logs.flights.catalogue import CatalogueRow
    from controller.logs.query.sql import QueryResult

_BLOCK = 500
_WIDEST = 60
_MOST_NOTES = 5


def ls(
    where: Annotated[
        str,
        typer.Option(
            "--where", metavar="CONDITION", help="SQL condition: duration_s > 600 AND modes LIKE '%RTL%'."
        ),
    ] = "",
    near: Annotated[
        str,
        typer.Option(
            "--near",
            metavar="LAT,LON[,METRES]",
            help="Flights near a place: LAT,LON or LAT,LON,METRES (default 1000).",
        ),
    ] = "",
    flights: Flights = None,
    json: Json = False,
) -> int:
    """List flights in the order in which they were flown.

    --where and --near select flights.
    """
    from controller.logs.flights.catalogue import Catalogue
    from controller.logs.flights.store import all_flights, flown_utc, list_flights

    out, status = Output(json), StatusLine()
    place, folder = _place(near), folder_of(flights)
    with Catalogue(folder) as catalogue:
        catalogue.refresh(lambda done, of: status.show(f"reading flights: {done} of {of}"))
        status.clear()
        found = catalogue.find(where, near=place)
    # Only the name of an encrypted flight is known: it matches no condition.
    encrypted = sorted({*all_flights(folder)} - {*list_flights(folder)})
    shown = [] if where or place else [path.name for path in encrypted]
    if len(encrypted) > len(shown):
        many = counted(len(encrypted), "encrypted flight")
        out.note(f"{many} not searched; restore one with landline logs decrypt NAME")
    listed: list[tuple[str, str, CatalogueRow | None]] = [(row.flown_utc, row.flight, row) for row in found]
    listed += [(flown_utc(folder / name), name, None) for name in shown]
    listed.sort(key=lambda one: one[:2])
    for _, name, row in listed:
        if row is None:
            out.emit("flight", flight=str(folder / name), encrypted=True)
        else:
            out.emit("flight", **fields(row, folder), encrypted=False)
    for line in _flight_table([(name, row) for _, name, row in listed]):
        out.result(line)
    out.emit("summary", flights=len(found), folder=str(folder), encrypted=len(encrypted))
    if not found and not shown:
        out.note(f"no matching flights in {folder}" if where or near else f"no flights in {folder}")
    return 0


def fields(row: CatalogueRow, flights: Path) -> dict[str, Any]:
    """Return a row of the catalogue for JSON: the flight as its folder, lists as lists."""
    from dataclasses import asdict

    return {
        **asdict(row),
        "flight": str(flights / row.flight),
        "vehicle": row.aircraft,
        "systems": [[int(n) for n in system.split("/")] for system in row.systems.split(",") if system],
        "modes": [mode for mode in row.modes.split(",") if mode],
    }


_HEADER = (
    "flight",
    "flown (UTC)",
    "min:s",
    "latitude",
    "longitude",
    "highest",
    "distance",
    "warnings",
    "outcome",
)
_RIGHT = frozenset((2, 3, 4, 5, 6))


def _flight_table(rows: list[tuple[str, CatalogueRow | None]]) -> list[str]:
    """Return the lines of the list with its header; none without flights."""
    if not rows:
        return []
    cells = [_HEADER, *(_cells(name, row) for name, row in rows)]
    widths = [max(len(line[at]) for line in cells if at < len(line)) for at in range(len(_HEADER))]
    return [
        "  ".join(
            cell.rjust(widths[at]) if at in _RIGHT else cell.ljust(widths[at]) for at, cell in enumerate(line)
        ).rstrip()
        for line in cells
    ]


def _cells(name: str, row: CatalogueRow | None) -> tuple[str, ...]:
    if row is None:
        return name, "encrypted"
    minutes, seconds = divmod(round(row.duration_s), 60)
    simulated = f", simulated ({_minute(row.started_utc)})" if row.simulated else ""
    return (
        name,
        _minute(row.flown_utc),
        f"{minutes}:{seconds:02d}",
        "" if row.lat_deg is None else f"{row.lat_deg:.4f}",
        "" if row.lon_deg is None else f"{row.lon_deg:.4f}",
        "" if row.max_alt_m is None else f"{row.max_alt_m:.0f} m",
        "" if row.distance_m is None else f"{row.distance_m:,.0f} m",
        _warnings(row),
        f"{_outcome(row)}{simulated}",
    )


def _outcome(row: CatalogueRow) -> str:
    """Return how the flight ended; a crash is judged from the log, whatever the record says."""
    recorded = row.outcome or "no end recorded"
    return f"crashed, recorded as {recorded}" if row.crash and recorded != "crashed" else recorded


def _minute(utc: str) -> str:
    return utc[:16].replace("T", " ")


def _warnings(row: CatalogueRow) -> str:
    """Return who warned how often."""
    parts = [
        f"{number} of {source}"
        for number, source in ((row.warnings, "Landline"), (row.aircraft_warnings, "the aircraft"))
        if number
    ]
    return ", ".join(parts) or "none"


def _place(near: str) -> tuple[float, float, float] | None:
    """Parse `LAT,LON` or `LAT,LON,METRES`."""
    if not near:
        return None
    try:
        numbers = [float(part) for part in near.split(",")]
        lat_deg, lon_deg, distance_m = numbers if len(numbers) == 3 else (*numbers, 1000.0)
    except ValueError:
        raise UserError(
            f"invalid place '{near}'", where="--near", hint="for example 47.3977,8.5456,500"
        ) from None
    return lat_deg, lon_deg, distance_m


def sql(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="SELECT over flights, messages (ATTITUDE), series_..., events, params."
        ),
    ] = "",
    tables: Annotated[
        bool, typer.Option("--tables", help="List the tables, with the number of rows.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Query all flights with SQL.

    The database is DuckDB. The first query that names a table makes it from the logs.
    """
    from controller.clock import stopwatch_s
    from controller.logs.query.sql import FlightQueries

    out, status = Output(json), StatusLine()
    queries = FlightQueries(
        folder_of(flights),
        progress=lambda step, done, of: status.show(f"{step}: {done} of {of}"),
    )
    if tables:
        found = queries.tables()
        status.clear()
        for name, rows in found.items():
            out.result(f"{rows:14,d}  {name}")
        out.emit("summary", tables=found, problems=queries.problems, notes=queries.notes)
        note_problems(out, queries.problems)
        _note_few(out, queries.notes)
        return 0
    if not query.strip():
        raise UserError(
            "cannot query: no SQL given", where="sql", hint="landline logs sql --tables lists the tables"
        )
    started = stopwatch_s()
    result = queries.run(query)
    status.clear()
    count = _show(out, result, as_csv=as_csv)
    seconds = stopwatch_s() - started
    note_problems(out, result.problems)
    _note_few(out, result.notes)
    out.emit(
        "summary",
        rows=count,
        columns=result.columns,
        seconds=round(seconds, 6),
        problems=result.problems,
        notes=result.notes,
    )
    if not as_csv:
        out.note(f"{counted(count, 'row')}, {seconds:.2f} s")
    return 0


def _note_few(out: Output, notes: list[str]) -> None:
    """Print the first lines about the flights' logs, and how many more there are."""
    for line in notes[:_MOST_NOTES]:
        out.note(line)
    if len(notes) > _MOST_NOTES:
        out.note(f"and {len(notes) - _MOST_NOTES:,d} more lines about logs; --json prints all")


def _show(out: Output, result: QueryResult, *, as_csv: bool) -> int:
    if out.json:
        count = 0
        for row in result.rows:
            values = (value.hex() if isinstance(value, bytes) else value for value in row)
            out.emit("row", row=dict(zip(result.columns, values, strict=True)))
            count += 1
            if not out.is_open:
                break
        return count
    if as_csv:
        return _csv(out, result.columns, result.rows)
    return _table(out, result.columns, result.rows)


def _csv(out: Output, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> int:
    out.result(_csv_lines([columns]))
    count = 0
    while out.is_open and (block := list(islice(rows, _BLOCK))):
        out.result(_csv_lines([_cell(value) for value in row] for row in block))
        count += len(block)
    return count


def _csv_lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")


def _table(out: Output, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> int:
    """Print rows as a table. The first rows give the column widths, so that printing starts before the last row."""
    count, widths = 0, [0] * len(columns)
    while out.is_open and (block := list(islice(rows, _BLOCK))):
        lines = [[_cell(value) for value in row] for row in block]
        if not count:
            widths = [
                min(_WIDEST, max(len(cell) for cell in column))
                for column in zip(columns, *lines, strict=True)
            ]
            out.result(
                "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
            )
        for values, line in zip(block, lines, strict=True):
            cells = (
                cell.rjust(width) if isinstance(value, int | float) else cell.ljust(width)
                for value, cell, width in zip(values, line, widths, strict=True)
            )
            out.result("  ".join(cells).rstrip())
        count += len(block)
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:.9g}" if isinstance(value, float) else str(value)
