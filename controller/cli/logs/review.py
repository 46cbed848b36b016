"""`landline logs review` and `report`: findings about a flight or a log, and its HTML report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of, log_file
from controller.cli.logs.shared import Cells, FlightOrLog, Flights, Json, System

if TYPE_CHECKING:
    from controller.logs.formats.base import Log
    from controller.logs.review.findings import Finding, Review


def review(
    flight: FlightOrLog,
    system: System = None,
    cells: Cells = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Check a flight or a log for problems.

    Each finding is printed with its evidence and the source of its limit.
    """
    from controller.logs.flights.find import find_flight
    from controller.logs.flights.store import flight_log

    log = log_file(flight) or flight_log(find_flight(folder_of(flights), flight))
    return _print_findings(log, system, cells, Output(json))


def _print_findings(log: Path, system: int | None, cells: int | None, out: Output) -> int:
    """Print the findings in one log, each with its evidence and the source of its limit."""
    from controller.logs.formats.read import open_log
    from controller.logs.review.findings import review as review_log

    read = open_log(log, system=system)
    found = review_log(read, cells=cells)
    for line in (*read.problems, *found.notes):
        out.note(line)
    if read.lost.places:
        out.result(read.lost.description)
    for one in found.findings:
        first_s, last_s = ((at_us - found.begin_us) / 1e6 for at_us in (one.first_us, one.last_us))
        out.emit("finding", **asdict(one), first_s=first_s, last_s=last_s)
        out.result(_finding_lines(one, first_s, last_s))
    out.emit(
        "summary",
        log=str(log),
        findings=len(found.findings),
        bad=sum(one.grade == "bad" for one in found.findings),
        judged=found.judged,
        never_armed=found.never_armed,
        crashed=found.crash is not None,
        crash=None if found.crash is None else {**asdict(found.crash), "text": found.crash.text},
        messages=read.messages,
        bad_bytes=read.bad_bytes,
        damaged_places=read.lost.places,
        first_damage=read.lost.first,
        cut_off=read.lost.cut_off,
        problems=list(read.problems),
        notes=list(found.notes),
        system=read.aircraft[0] if read.aircraft else None,
    )
    out.result(_verdict(read, found))
    return 0


def _verdict(read: Log, found: Review) -> str:
    """Return the last line, which names only the readable part of a damaged log."""
    log = "the readable part of this log" if read.lost.places and not read.lost.only_truncated else "this log"
    if found.never_armed:
        return f"never armed: {log} has no flight to review"
    if not found.judged and not found.findings:
        return f"nothing to review: {log} has {'no messages that are checked' if read.messages else 'no messages'}"
    number = len(found.findings)
    return (
        f"{number or 'no'} finding{'' if number == 1 else 's'} in {log}; checked: {', '.join(found.judged)}"
    )


def _finding_lines(one: Finding, first_s: float, last_s: float) -> str:
    mark = "BAD " if one.grade == "bad" else ""
    when = f"at {first_s:.1f} s" if one.last_us == one.first_us else f"{first_s:.1f} s to {last_s:.1f} s"
    if not one.rows:
        head = f"{one.text} ({one.source}), {when}"
    else:
        unit = f" {one.unit}" if one.unit else ""
        head = f"{one.worst:.4g}{unit} in {one.source} (limit {one.limit:g}), {when}"
        if one.of > one.rows:
            head += f", {one.rows} of {one.of} rows"
    lines = [f"{mark}{one.kind}: {head}"]
    if one.rows and one.text:
        lines.append(f"    {one.text}")
    if one.lat_deg is not None and one.lon_deg is not None:
        lines.append(f"    at {one.lat_deg:.6f}, {one.lon_deg:.6f}")
    lines.append(f"    {one.threshold_source}")
    return "\n".join(lines)


def report(
    flight: FlightOrLog,
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write (default: report.html in the flight's folder; NAME.html here for a log).",
        ),
    ] = None,
    system: System = None,
    cells: Cells = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Make the HTML report of a flight or a log file.

    For an encrypted flight use --out, and set LANDLINE_IDENTITY to its key file.
    """
    from controller.errors import UserError
    from controller.logs.flights.find import find_decrypted_flight, find_flight
    from controller.logs.report.report import write_report

    out = Output(json)
    if target is not None and target.is_dir():
        raise UserError(
            "cannot write the report: this is a folder", where=f"--out {target}", hint="name a file"
        )
    log = log_file(flight)
    if log is not None:
        path = write_report(log, target or Path(f"{log.stem}.html"), system=system, cells=cells)
    else:
        # An encrypted flight is read from a temporary copy: its report needs --out.
        folder = (find_decrypted_flight if target is None else find_flight)(folder_of(flights), flight)
        path = write_report(folder, target, system=system, cells=cells)
    out.emit("summary", report=str(path))
    out.result(str(path))
    return 0
