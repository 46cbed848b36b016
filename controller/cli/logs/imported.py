"""What `logs show` and `logs verify` say of a flight of another program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from controller.cli.common import Output
from controller.cli.logs.shared import counted


def show_imported(named: Path, folder: Path, out: Output) -> int:
    """Print where a flight came from, what it holds, and its texts and modes in order of time."""
    from controller.logs.flights.catalogue import read_catalogue_row
    from controller.logs.flights.store import flight_log, read_import
    from controller.logs.formats.read import open_log
    from controller.logs.report.log_events import logged_events
    from controller.logs.review.flight import ReviewedFlight

    told, facts = read_import(folder), read_catalogue_row(folder)
    log = open_log(flight_log(folder))
    out.result(
        f"{named}\nimported from {told.get('name', '')}: {log.format.title}, SHA-256 {told.get('sha256', '')}"
    )
    # As when it is verified: a reader takes the first lines for all of it.
    out.result("another program recorded it, without a signature of Landline")
    out.result(f"started {facts.started_utc}, {facts.duration_s:.0f} s, {counted(log.messages, 'row')}")
    aircraft = (
        ("aircraft", log.identity.model),
        ("serial number", log.identity.serial),
        ("firmware", log.identity.firmware),
    )
    known = [f"{what} {text}" for what, text in aircraft if text]
    if known:
        out.result(", ".join(known))
    if facts.distance_m is not None:
        highest = "" if facts.max_alt_m is None else f", highest {facts.max_alt_m:.1f} m above home"
        out.result(f"distance flown {facts.distance_m:.0f} m{highest}")
    photos, videos = (log.counts.get(name, 0) for name in ("photos", "videos"))
    taken = [counted(count, noun) for count, noun in ((photos, "photo"), (videos, "video")) if count]
    if taken:
        out.result(", ".join(taken))
    for line in log.problems:
        out.note(line)
    flight = ReviewedFlight(log)
    for event, at_s in zip(*logged_events(flight, flight.span_us[0]), strict=True):
        out.emit("record", at={"t_s": round(at_s, 3), **event})
        details = "  ".join(f"{key}={value}" for key, value in event.items() if key != "kind")
        out.result(f"{at_s:9.1f} s  {event['kind']:8}  {details}")
    out.emit(
        "summary",
        **{key: value for key, value in asdict(facts).items() if key != "flight"},
        flight=str(named),
        vehicle=facts.aircraft,
        imported=told,
        photos=photos,
        videos=videos,
        model=log.identity.model,
        notes=list(log.problems),
    )
    return 0


def changed_imports(flights: Path, names: Iterable[str], out: Output) -> dict[str, str]:
    """Compare the files of these flights with the hashes of their import; return why, of those that changed."""
    from controller.logs.verification.imported import import_fault

    wrong = {}
    for name in names:
        why = import_fault(flights / name)
        if why:
            wrong[name] = why
        out.result(f"{name}: {why or 'imported, unchanged since'}")
    return wrong


def verify_imported(folder: Path, out: Output) -> int:
    """Compare a flight's file with the hash of its import. Raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.verification.imported import import_fault

    why = import_fault(folder)
    out.emit("summary", ok=not why, imported=True, why=why)
    if why:
        raise VerificationFailed(why, where=str(folder), hint="import the original again")
    out.result("unchanged since it was imported; another program recorded it, without a signature")
    return 0
