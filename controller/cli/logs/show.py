"""`landline logs show` and `decode`: the events of a flight, and the messages of a log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.imported import show_imported
from controller.cli.logs.shared import Flight, Flights, Json


def show(flight: Flight, flights: Flights = None, json: Json = False) -> int:
    """Show the events of one flight.

    Prints links, operator actions, modes and warnings in order of time.
    """
    from controller.logs.flights.catalogue import read_catalogue_row
    from controller.logs.flights.find import find_flight, find_folder
    from controller.logs.flights.store import FRAMES, read_events, read_import, summarize_flight
    from controller.logs.record.frame_routes import read_frame_routes

    out = Output(json)
    named = find_folder(folder_of(flights), flight)
    folder = find_flight(folder_of(flights), flight)
    if read_import(folder):
        return show_imported(named, folder, out)
    found = summarize_flight(folder)
    facts = read_catalogue_row(found.folder)
    # An encrypted flight is read from a temporary copy: its own folder is named.
    simulated = f" of simulated time (flown {facts.flown_utc})" if facts.simulated else ""
    out.result(
        f"{named}\nstarted {found.started_utc}{simulated}, {found.duration_s:.0f} s, {found.frames:,d} frames"
    )
    if facts.distance_m is not None:
        highest = "" if facts.max_alt_m is None else f", highest {facts.max_alt_m:.1f} m above home"
        wall = "" if facts.wall_time_s is None else f", {facts.wall_time_s:.0f} s of real time"
        out.result(f"distance flown {facts.distance_m:.0f} m{highest}, armed {facts.armed_s:.0f} s{wall}")
    if found.bad_bytes:
        out.note(f"{found.bad_bytes} bytes of the record are damaged")
    notes = _notes(found.folder / FRAMES) if found.frames else ()
    for line in notes:
        out.note(line)
    for route in read_frame_routes(found.folder):
        out.emit("way", out=route.outbound, links=list(route.links), frames=route.frames)
        out.result(f"  {route}: {route.frames:,d} frames")
    first_s: float | None = None
    for event in read_events(found.folder):
        at_s = event.get("t_s")
        if first_s is None and isinstance(at_s, int | float):
            first_s = float(at_s)
        rest = {key: value for key, value in event.items() if key not in ("utc", "t_s", "kind")}
        out.emit("record", at=event)
        since_s = float(at_s) - (first_s or 0.0) if isinstance(at_s, int | float) else 0.0
        details = "  ".join(f"{key}={_value_text(value)}" for key, value in rest.items())
        out.result(f"{since_s:9.1f} s  {event.get('kind', '')!s:8}  {details}")
    out.emit(
        "summary",
        **_fields(found),
        flight=str(named),
        distance_m=facts.distance_m,
        max_alt_m=facts.max_alt_m,
        armed_s=facts.armed_s,
        flight_time_s=facts.flight_time_s,
        wall_time_s=facts.wall_time_s,
        flown_utc=facts.flown_utc,
        simulated=bool(facts.simulated),
        notes=list(notes),
    )
    return 0


def _value_text(value: Any) -> str:
    """Return the value of an event's field without Python's notation."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_value_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value_text(inner)}" for key, inner in value.items()) or "none"
    return "none" if value is None else str(value)


def _notes(frames: Path) -> tuple[str, ...]:
    """Lines about a flight's record: frames of a ground box, steps of the clock, several aircraft."""
    from controller.errors import UserError
    from controller.logs.formats.chunked import summarize

    try:
        read = summarize(frames)
    except UserError as error:
        return (str(error),)
    return (*read.problems, *read.notes)


def _fields(flight: Any) -> dict[str, Any]:
    return {
        "started_utc": flight.started_utc,
        "vehicle": flight.vehicle,
        "duration_s": flight.duration_s,
        "frames": flight.frames,
        "bytes": flight.bytes,
        "bad_bytes": flight.bad_bytes,
        "systems": [list(system) for system in flight.systems],
        "events": flight.events,
        "warnings": flight.warnings,
        "outcome": flight.outcome,
    }


def decode(
    log: Annotated[
        Path,
        typer.Argument(
            metavar="LOG",
            help="A telemetry log (.tlog), DataFlash log (.bin), ULog (.ulg) or CSV log of QGroundControl (.csv).",
        ),
    ],
    json: Json = False,
) -> int:
    """Read a log file and count its messages.

    The content shows the format.
    """
    # Load the readers' libraries first, so that the time is that of reading the log.
    from controller.clock import stopwatch_s
    from controller.logs.formats.chunked import summarize
    from controller.logs.formats.registry import log_formats

    out = Output(json)
    log_formats()
    started = stopwatch_s()
    read = summarize(log)
    seconds = stopwatch_s() - started
    for name, count in sorted(read.counts.items()):
        out.result(f"{count:10,d}  {name}")
    for line in (*read.problems, *read.notes):
        out.note(line)
    if read.lost.places:
        out.note(read.lost.description)
    out.emit(
        "summary",
        format=read.format.name,
        bytes=read.size_bytes,
        messages=read.messages,
        bad_bytes=read.bad_bytes,
        damaged_places=read.lost.places,
        first_damage=read.lost.first,
        cut_off=read.lost.cut_off,
        types=dict(sorted(read.counts.items())),
        problems=list(read.problems),
        aircraft=[asdict(one) for one in read.aircraft],
        seconds=round(seconds, 6),
    )
    rate = read.size_bytes / 1e6 / seconds if seconds > 0 else 0.0
    out.result(
        f"{read.format.name}: {read.messages:,d} messages, {read.size_bytes:,d} bytes, "
        f"{seconds:.3f} s ({rate:.0f} MB/s)"
    )
    return 0
