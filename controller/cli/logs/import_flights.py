"""`landline logs import`: the flights of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine
from controller.cli.logs.shared import Json, counted

if TYPE_CHECKING:
    from controller.logs.flights.imports import FileImport

EXAMPLE = "Example: landline logs import ~/DJI/FlightRecord ~/airdata/*.csv"
BAD_FILES = 2


def import_flights(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Files or folders: DJI flight records, AirData, PhantomHelp and Litchi CSV, DJI .SRT, GPX tracks.",
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder of the flights. [./flights if it holds flights, else that of the data folder]",
        ),
    ] = None,
    utc_offset: Annotated[
        str,
        typer.Option(
            "--utc-offset",
            metavar="HH:MM",
            help="Offset from UTC of times whose zone the file does not name, as +02:00 (default: UTC).",
        ),
    ] = "",
    json: Json = False,
) -> int:
    """Import flights that other programs recorded.

    Each file is copied unchanged into a flight of its own; one that was imported before is skipped. Ends with 2 if any
    could not be read.
    """
    from controller.errors import UserError
    from controller.logs.flights.imports import import_files
    from controller.logs.flights.store import flights_folder
    from controller.logs.formats.history.times import offset_s

    out, status = Output(json), StatusLine()
    seconds = offset_s(utc_offset) if utc_offset else None
    if utc_offset and seconds is None:
        raise UserError(f"invalid offset '{utc_offset}'", where="--utc-offset", hint="write it as +02:00")
    folder = target or flights_folder()
    counts = dict.fromkeys(("imported", "known", "failed", "left"), 0)
    for done in import_files(sources, folder, utc_offset_s=seconds):
        counts[done.state] += 1
        status.clear()
        _report(out, done)
        status.show(f"importing: {sum(counts.values())} files, {counts['imported']} new; {done.path.name}")
    status.clear()
    out.emit("summary", folder=str(folder), **counts)
    left = f", {counts['left']} left out (no flight)" if counts["left"] else ""
    out.result(
        f"{counted(counts['imported'], 'flight')} imported into {folder}, {counts['known']} known before, "
        f"{counts['failed']} failed{left}"
    )
    return BAD_FILES if counts["failed"] else 0


def _report(out: Output, done: FileImport) -> None:
    out.emit(
        "file", path=str(done.path), state=done.state, flight=done.flight, why=done.why, **(done.facts or {})
    )
    if done.state == "failed":
        out.note(done.why)
    elif done.state == "known":
        out.result(f"{done.path.name}: imported before, as {done.flight}")
    elif done.state == "imported":
        facts = done.facts or {}
        minutes, seconds = divmod(round(facts["duration_s"]), 60)
        distance = "" if facts["distance_m"] is None else f", {facts['distance_m']:,.0f} m"
        taken = "".join(
            f", {counted(facts[f'{one}s'], one)}" for one in ("photo", "video") if facts[f"{one}s"]
        )
        out.result(f"{done.path.name}: {done.flight}, {minutes}:{seconds:02d} min{distance}{taken}")
