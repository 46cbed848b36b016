"""`landline logs geotag` and `scrub`: photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output


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
    from controller.logs.photos.geotag import Written, plan, write_copies, write_sidecars
    from controller.logs.store import FRAMES, find_flight, flights_folder

    out = Output(json)
    if by not in ("auto", "trigger", "time"):
        raise UserError(f"'{by}' is no way to match", where="--by", hint="auto, trigger or time")
    log = Path(flight)
    if not log.is_file():
        log = find_flight(flights or flights_folder(), flight) / FRAMES
    found = plan(log, folder, offset_s=offset_s, by=by)  # type: ignore[arg-type]  # checked above
    sure = found.confidence != "low" or offset_s is not None
    written = Written()
    if not dry_run and sure:
        written = write_sidecars(found) if sidecar else write_copies(found, target or folder / "geotagged")
    for path, shot in found.placed.items():
        out.emit(
            "photo",
            file=str(path),
            lat_deg=shot.lat_deg,
            lon_deg=shot.lon_deg,
            msl_m=shot.msl_m,
            utc_us=shot.utc_us,
        )
    for path, why in found.left.items():
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
        left=len(found.left),
        unseen=found.unseen,
        written=len(written.files),
    )
    out.result(
        f"{len(found.placed)} photos placed by {found.source}, {len(found.left)} not, {found.unseen} pictures of the log "
        f"without a photo; camera clock {found.offset_s:+.2f} s, confidence {found.confidence}"
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


def scrub(
    folder: Annotated[Path, typer.Argument(help="The folder of photos (JPEG).")],
    target: Annotated[
        Path | None, typer.Option("--out", help="Where the copies go (default: scrubbed, in the folder).")
    ] = None,
    level: Annotated[
        str,
        typer.Option("--level", help="position, or identity: position, serial numbers, names and comments."),
    ] = "identity",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Copy photos without what tells where and whose they are, and check by reading back."""
    from controller.errors import UserError
    from controller.logs.photos.geotag import ENDINGS
    from controller.logs.photos.jpeg import PhotoError
    from controller.logs.photos.scrub import LEVELS, scrub_photo

    out = Output(json)
    if level not in LEVELS:
        raise UserError(f"'{level}' is no level", where="--level", hint=" or ".join(LEVELS))
    if not folder.is_dir():
        raise UserError("it is no folder of photos", where=str(folder))
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    target = target or folder / "scrubbed"
    written = 0
    for path in photos:
        try:
            scrub_photo(path, target / path.name, level)
        except PhotoError as error:
            out.emit("left", file=str(path), why=error.what)
            out.note(f"{path.name}: not copied: {error.what}")
            continue
        written += 1
    out.emit("summary", level=level, written=written, left=len(photos) - written, folder=str(target))
    out.result(f"{written} copies in {target}, {len(photos) - written} photos not copied")
    return 0
