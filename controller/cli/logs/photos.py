"""`landline logs geotag` and `anonymize`: photos, and copies of logs for strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of, log_file


def geotag(
    flight: Annotated[str, typer.Argument(help="A flight, or a log file (.tlog, .bin, .ulg).")],
    folder: Annotated[Path, typer.Argument(help="The folder of photos (JPEG).")],
    target: Annotated[
        Path | None, typer.Option("--out", help="Where the copies go (default: geotagged, in the folder).")
    ] = None,
    sidecar: Annotated[
        bool, typer.Option("--sidecar", help="Only write NAME.xmp beside each photo.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="auto, trigger (messages) or time (track).")] = "auto",
    offset_s: Annotated[
        float | None, typer.Option("--offset", help="Seconds to add to the camera's time to give UTC.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what fits, write nothing.")] = False,
    flights: Annotated[
        Path | None, typer.Option("--flights", help="The folder of flights (default: Landline's own).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Write where each photo was taken into copies of them; the photos themselves are only read."""
    from controller.errors import UserError
    from controller.logs.flights.find import find_flight
    from controller.logs.flights.store import FRAMES
    from controller.logs.photos.geotag import GeotagResult, plan_geotags, write_copies, write_sidecars

    out = Output(json)
    if by not in ("auto", "trigger", "time"):
        raise UserError(f"'{by}' is no way to match", where="--by", hint="auto, trigger or time")
    log = log_file(flight) or find_flight(folder_of(flights), flight) / FRAMES
    found = plan_geotags(log, folder, offset_s=offset_s, by=by)  # type: ignore[arg-type]  # checked above
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
        out.note(f"{path.name}: no place: {why}")
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
        f"{len(found.placed)} photos placed by {found.source}, {len(found.unplaced)} not, "
        f"{found.unmatched_events} pictures of the log without a photo; "
        f"camera clock {found.offset_s:+.2f} s, confidence {found.confidence}"
    )
    if not sure and not dry_run:
        raise UserError(
            "that is too unsure to write",
            where=str(folder),
            hint=f"look with --dry-run; if {found.offset_s:.1f} s is right, say so with --offset",
        )
    if written.files:
        out.result(f"{len(written.files)} files written to {written.files[0].parent}")
    return 0


def anonymize(
    source: Annotated[
        Path, typer.Argument(help="A log (.tlog, .bin, .ulg), or a folder of photos (JPEG) and logs.")
    ],
    target: Annotated[
        Path | None,
        typer.Option("--out", help="Where the copies go (default: anonymized, in the folder)."),
    ] = None,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="shift (logs only: moved to the Atlantic), position, or identity: position, serial numbers, names.",
        ),
    ] = "identity",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Copy photos and logs without what tells where and whose they are, and check by reading back."""
    from controller.errors import UserError
    from controller.logs.formats.registry import endings, format_of_file
    from controller.logs.photos.geotag import ENDINGS
    from controller.logs.privacy.anonymize_rules import LEVELS

    out = Output(json)
    if level not in LEVELS:
        raise UserError(f"'{level}' is no level", where="--level", hint=", ".join(LEVELS))
    if source.is_file():
        files, folder = [source], source.parent
    elif source.is_dir():
        files, folder = sorted(path for path in source.iterdir() if path.is_file()), source
    else:
        raise UserError("it is neither a log nor a folder", where=str(source))
    photos = [path for path in files if path.suffix.lower() in ENDINGS]
    logs = [
        path for path in files if format_of_file(path) is not None or (path == source and path not in photos)
    ]
    if level == "shift" and photos:
        raise UserError("a photo's place cannot be shifted", where="--level", hint="position takes it away")
    if not photos and not logs:
        raise UserError(
            "there is neither a photo nor a log in it",
            where=str(source),
            hint=f"{', '.join((*ENDINGS, *endings()))} files are scrubbed",
        )
    others = sorted(path.name for path in files if path not in photos and path not in logs)
    target = target or folder / "anonymized"
    written = sum(_scrubbed_photo(out, path, target, level) for path in photos)
    written += sum(_scrubbed_log(out, path, target, level) for path in logs)
    left = len(photos) + len(logs) - written
    out.emit("summary", level=level, written=written, left=left, folder=str(target), others=others)
    out.result(f"{written} cop{'y' if written == 1 else 'ies'} in {target}, {left} files not copied")
    if others:
        out.note(f"neither photo nor log, so they stay here and are not in the copy: {', '.join(others)}")
    return 0


def _scrubbed_photo(out: Output, path: Path, target: Path, level: str) -> bool:
    from controller.logs.photos.anonymize import anonymize_photo
    from controller.logs.photos.jpeg import PhotoError

    try:
        anonymize_photo(path, target / path.name, "position" if level == "position" else "identity")
    except PhotoError as error:
        out.emit("left", file=str(path), why=error.what)
        out.note(f"{path.name}: not copied: {error.what}")
        return False
    return True


def _scrubbed_log(out: Output, path: Path, target: Path, level: str) -> bool:
    from controller.logs.privacy.anonymize_log import anonymize_log
    from controller.logs.privacy.anonymize_rules import LEVELS

    done = anonymize_log(path, target / path.name, next(known for known in LEVELS if known == level))
    out.emit("log", file=str(done.path), level=level, messages=done.messages, kept=done.kept)
    gone = f", {done.messages - done.kept:,d} left out" if done.kept < done.messages else ""
    out.result(f"{path.name}: {done.kept:,d} messages{gone}")
    return True
