"""`landline logs geotag` and `anonymize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of, log_file
from controller.cli.logs.shared import Flights, Json, System, counted


def geotag(
    flight: Annotated[
        str, typer.Argument(metavar="FLIGHT", help="A flight, or a log file (.tlog, .bin, .ulg, .csv).")
    ],
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS", help="Folder of JPEG photos.")],
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder for the copies (default: geotagged, in the photos' folder).",
        ),
    ] = None,
    sidecar: Annotated[
        bool, typer.Option("--sidecar", help="Write NAME.xmp beside each photo instead of copies.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="METHOD", help="auto, trigger (camera messages) or time (track).")
    ] = "auto",
    offset_s: Annotated[
        float | None,
        typer.Option("--offset", metavar="SECONDS", help="Seconds to add to the camera's time to get UTC."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the result without writing.")] = False,
    system: System = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Write the position of each photo into copies.

    The photos themselves are only read.
    """
    from controller.errors import UserError
    from controller.logs.flights.find import find_flight
    from controller.logs.flights.store import flight_log
    from controller.logs.photos.geotag import GeotagResult, plan_geotags, write_copies, write_sidecars

    out = Output(json)
    if by not in ("auto", "trigger", "time"):
        raise UserError(f"invalid value '{by}'", where="--by", hint="use auto, trigger or time")
    log = log_file(flight) or flight_log(find_flight(folder_of(flights), flight))
    found = plan_geotags(log, folder, offset_s=offset_s, by=by, system=system)  # type: ignore[arg-type]  # checked
    sure = found.confidence != "low" or offset_s is not None
    written = GeotagResult()
    if not dry_run and sure:
        written = write_sidecars(found) if sidecar else write_copies(found, target or folder / "geotagged")
    for path, event in found.placed.items():
        out.emit(
            "photo",
            file=str(path),
            lat_deg=event.lat_deg,
            lon_deg=event.lon_deg,
            msl_m=event.msl_m,
            utc_us=event.utc_us,
        )
    for path, why in found.unplaced.items():
        out.emit("left", file=str(path), why=why)
        out.note(f"{path.name}: no position: {why}")
    for path, note in written.notes.items():
        out.emit("note", file=str(path), text=note)
        out.note(f"{path.name}: {note}")
    out.emit(
        "summary",
        source=found.source,
        offset_s=round(found.offset_s, 3),
        confidence=found.confidence,
        residual_s=round(found.residual_s, 3),
        placed=len(found.placed),
        left=len(found.unplaced),
        unseen=found.unmatched_events,
        written=len(written.files),
    )
    out.result(
        f"{counted(len(found.placed), 'photo')} placed by {found.source}, {len(found.unplaced)} not placed, "
        f"{counted(found.unmatched_events, 'camera event')} without a photo; "
        f"camera clock offset {found.offset_s:+.2f} s, confidence {found.confidence}"
    )
    if not sure and not dry_run:
        raise UserError(
            "cannot write: the camera clock's offset is uncertain",
            where=str(folder),
            hint=f"check with --dry-run; if {found.offset_s:.1f} s is right, give it with --offset",
        )
    if written.files:
        out.result(f"{counted(len(written.files), 'file')} written to {written.files[0].parent}")
    return 0


def anonymize(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A log (.tlog, .bin, .ulg, .csv), a folder of photos (JPEG) and logs, or last for the newest flight.",
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder for the copies (default: anonymized, in the source folder; for last, in this folder).",
        ),
    ] = None,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            metavar="LEVEL",
            help="shift (logs only: track moved to the Atlantic), position (no positions) or identity (also no names).",
        ),
    ] = "identity",
    json: Json = False,
) -> int:
    """Copy photos and logs without private data.

    Removes positions, serial numbers and names, as --level selects. Each copy is read back and checked.
    """
    from controller.errors import UserError
    from controller.logs.formats.registry import endings, format_of_file
    from controller.logs.photos.geotag import ENDINGS
    from controller.logs.privacy.anonymize_rules import LEVELS

    out = Output(json)
    if level not in LEVELS:
        raise UserError(f"invalid level '{level}'", where="--level", hint=f"use {', '.join(LEVELS)}")
    newest = str(source) == "last" and not source.exists()
    if newest:
        from controller.logs.flights.find import find_flight
        from controller.logs.flights.store import flight_log, flights_folder

        source = flight_log(find_flight(flights_folder(), "last"))
    if source.is_file():
        files, folder = [source], source.parent
    elif source.is_dir():
        files, folder = sorted(path for path in source.iterdir() if path.is_file()), source
    else:
        raise UserError("cannot read: not a log or a folder", where=str(source), hint="check the path")
    photos = [path for path in files if path.suffix.lower() in ENDINGS]
    logs = [
        path for path in files if format_of_file(path) is not None or (path == source and path not in photos)
    ]
    if level == "shift" and photos:
        raise UserError("cannot shift the position of photos", where="--level", hint="use position")
    if not photos and not logs:
        raise UserError(
            "cannot anonymize: no photos or logs in this folder",
            where=str(source),
            hint=f"{', '.join((*ENDINGS, *endings()))} files are anonymized",
        )
    others = sorted(path.name for path in files if path not in photos and path not in logs)
    # The record of a flight is left as it is: copies of the newest flight go to the current folder.
    target = target or (Path() if newest else folder) / "anonymized"
    written = sum(_anonymized_photo(out, path, target, level) for path in photos)
    written += sum(_anonymized_log(out, path, target, level, alone=len(files) == 1) for path in logs)
    left = len(photos) + len(logs) - written
    out.emit("summary", level=level, written=written, left=left, folder=str(target), others=others)
    out.result(f"{counted(written, 'copy', 'copies')} in {target}, {counted(left, 'file')} not copied")
    if others:
        out.note(f"not photos or logs, not copied: {', '.join(others)}")
    return 0


def _anonymized_photo(out: Output, path: Path, target: Path, level: str) -> bool:
    from controller.logs.photos.anonymize import anonymize_photo
    from controller.logs.photos.jpeg import PhotoError

    try:
        anonymize_photo(path, target / path.name, "position" if level == "position" else "identity")
    except PhotoError as error:
        out.emit("left", file=str(path), why=error.what)
        out.note(f"{path.name}: not copied: {error.what}")
        return False
    return True


def _anonymized_log(out: Output, path: Path, target: Path, level: str, *, alone: bool) -> bool:
    from controller.logs.formats.base import CannotAnonymize
    from controller.logs.privacy.anonymize_log import anonymize_log
    from controller.logs.privacy.anonymize_rules import LEVELS

    try:
        done = anonymize_log(path, target / path.name, next(known for known in LEVELS if known == level))
    except CannotAnonymize as error:
        if alone:
            raise
        out.emit("left", file=str(path), why=error.what)
        out.note(f"{path.name}: not copied: {error.what}")
        return False
    out.emit("log", file=str(done.path), level=level, messages=done.messages, kept=done.kept)
    removed = f", {done.messages - done.kept:,d} removed" if done.kept < done.messages else ""
    out.result(f"{path.name}: {counted(done.kept, 'message')}{removed}")
    return True
