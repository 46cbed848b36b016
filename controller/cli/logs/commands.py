"""`landline logs`: recorded flights, and log files of any origin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.common import Output
from controller.cli.logs import download as logs_download
from controller.cli.logs import encryption as logs_encryption
from controller.cli.logs import merge_box as logs_merge_box
from controller.cli.logs import photos as logs_photos
from controller.cli.logs import query as logs_query
from controller.cli.logs import review as logs_review
from controller.cli.logs import slice as logs_slice
from controller.cli.logs import verify as logs_verify
from controller.cli.logs.find_log import folder_of, log_file
from controller.cli.logs.shared import Flight, FlightOrLog, Flights, Json

app = typer.Typer(
    help="List, verify and export recorded flights; read, review and anonymize log files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("ls", epilog='Example: landline logs ls --where "warnings > 0 AND max_alt_m > 100"')
def ls(
    where: Annotated[
        str, typer.Option("--where", help="SQL condition: duration_s > 600 AND modes LIKE '%RTL%'.")
    ] = "",
    near: Annotated[
        str,
        typer.Option("--near", help="Flights near a place: LAT,LON or LAT,LON,METRES (default 1000)."),
    ] = "",
    flights: Flights = None,
    json: Json = False,
) -> int:
    """List flights, the newest last.

    --where and --near select flights.
    """
    return logs_query.ls(folder_of(flights), where=where, near=near, json=json)


app.command(
    "sql", epilog='Example: landline logs sql "SELECT flight, max(abs(roll)) FROM ATTITUDE GROUP BY flight"'
)(logs_query.sql)


app.command("geotag", epilog="Example: landline logs geotag last photos/ --out tagged/")(logs_photos.geotag)
app.command(
    "anonymize",
    epilog="Example: landline logs anonymize flight.ulg --out public/ --level shift   (or a folder of photos)",
)(logs_photos.anonymize)

app.command("merge-box", epilog=logs_merge_box.EXAMPLE)(logs_merge_box.merge_box)
app.command("download", epilog=logs_download.EXAMPLE)(logs_download.download)

app.command("encrypt", epilog="Example: landline logs encrypt last --to age1...")(logs_encryption.encrypt)
app.command("decrypt", epilog="Example: landline logs decrypt last --identity key.txt")(
    logs_encryption.decrypt
)
app.command("erase", epilog="Example: landline logs erase --keep-days 90 --yes")(logs_encryption.erase)


def _fields(flight: Any) -> dict[str, Any]:
    return {
        "flight": str(flight.folder),
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


@app.command("show", epilog="Example: landline logs show last")
def show(flight: Flight, flights: Flights = None, json: Json = False) -> int:
    """Show the events of one flight.

    Prints links, operator actions, modes and warnings in order of time.
    """
    from controller.logs.box.merged_log import read_merged_log
    from controller.logs.flights.find import find_flight
    from controller.logs.flights.store import FRAMES, read_events, summarize_flight
    from controller.logs.record.frame_routes import read_frame_routes

    out = Output(json)
    found = summarize_flight(find_flight(folder_of(flights), flight))
    out.result(
        f"{found.folder}\nstarted {found.started_utc}, {found.duration_s:.0f} s, {found.frames:,d} frames"
    )
    if found.bad_bytes:
        out.note(f"{found.bad_bytes} bytes of the record are damaged")
    for line in read_merged_log(found.folder / FRAMES).notes if (found.folder / FRAMES).is_file() else ():
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
        details = "  ".join(f"{key}={value}" for key, value in rest.items())
        out.result(f"{since_s:9.1f} s  {event.get('kind', '')!s:8}  {details}")
    out.emit("summary", **_fields(found))
    return 0


@app.command(
    "decode", epilog="Example: landline logs decode flights/20260517T093012Z-copter-1/frames.tlog --json"
)
def decode(
    log: Annotated[
        Path, typer.Argument(help="A telemetry log (.tlog), DataFlash log (.bin) or ULog (.ulg).")
    ],
    json: Json = False,
) -> int:
    """Read a log file and count its messages.

    The content shows the format.
    """
    # Load the readers' libraries first, so that the time is that of reading the log.
    from controller.clock import stopwatch_s
    from controller.logs.formats.chunked import summarize
    from controller.wire import columns  # noqa: F401

    out = Output(json)
    started = stopwatch_s()
    read = summarize(log)
    seconds = stopwatch_s() - started
    for name, count in sorted(read.counts.items()):
        out.result(f"{count:10,d}  {name}")
    for line in read.problems:
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
        seconds=round(seconds, 6),
    )
    rate = read.size_bytes / 1e6 / seconds if seconds > 0 else 0.0
    out.result(
        f"{read.format.name}: {read.messages:,d} messages, {read.size_bytes:,d} bytes, "
        f"{seconds:.3f} s ({rate:.0f} MB/s)"
    )
    return 0


@app.command("report", epilog="Example: landline logs report last   (or landline logs report 00000012.BIN)")
def report(
    flight: FlightOrLog,
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="File to write (default: report.html in the flight's folder; NAME.html here for a log).",
        ),
    ] = None,
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
        path = write_report(log, target or Path(f"{log.stem}.html"))
    else:
        # An encrypted flight is read from a temporary copy: its report needs --out.
        folder = (find_decrypted_flight if target is None else find_flight)(folder_of(flights), flight)
        path = write_report(folder, target)
    out.emit("summary", report=str(path))
    out.result(str(path))
    return 0


@app.command("review", epilog="Example: landline logs review last")
def review(
    flight: FlightOrLog,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Check a flight or a log for problems.

    Each finding is printed with its evidence and the source of its limit.
    """
    from controller.logs.flights.find import find_flight

    log = log_file(flight) or find_flight(folder_of(flights), flight) / "frames.tlog"
    return logs_review.show(log, json=json)


@app.command("fingerprint", epilog="Example: landline logs fingerprint last --svg fingerprint.svg")
def fingerprint(
    flight: Flight,
    check: Annotated[str, typer.Option("--check", help="A fingerprint noted earlier.")] = "",
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the QR code to this SVG file.")] = None,
    qr: Annotated[
        bool | None, typer.Option("--qr/--no-qr", help="Show the QR code (default: on a terminal).")
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Print the fingerprint of a flight.

    The fingerprint is a short line and a QR code of the newest signed head, to keep elsewhere. --check ends with 6
    if a fingerprint does not match the record.
    """
    import sys

    from controller.logs.flights.find import find_flight
    from controller.logs.record.append_file import write_atomically
    from controller.logs.verification.fingerprint import check_fingerprint, fingerprint_of

    out = Output(json)
    folder = find_flight(folder_of(flights), flight)
    if check:
        newest = check_fingerprint(folder, check)
        out.emit("summary", ok=True, newest=newest)
        out.result("the fingerprint matches the record" + ("" if newest else ", which continued after it"))
        return 0
    from controller.logs.verification.fingerprint_qr import qr_svg, qr_text

    line = fingerprint_of(folder)
    out.emit("summary", head=line, svg=str(svg) if svg else None)
    out.result(line)
    if svg is not None:
        write_atomically(svg, qr_svg(line))
        out.note(f"QR code written to {svg}")
    if qr or (qr is None and sys.stdout.isatty()):
        out.result(qr_text(line))
    return 0


app.command("verify", epilog="Example: landline logs verify last")(logs_verify.verify)
app.command("key", epilog="Example: landline logs key")(logs_verify.key)


@app.command(
    "export",
    epilog="Example: landline logs export last --from 2026-05-17T09:30:00Z --to 2026-05-17T09:31:00Z --proof",
)
def export(
    flight: Flight,
    form: Annotated[
        str,
        typer.Option(
            "--as", help="Format: csv, parquet, kml, geojson or mcap (default: by the ending of --out)."
        ),
    ] = "",
    target: Annotated[
        Path | None, typer.Option("--out", help="File to write; a folder for csv and parquet.")
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table, such as ATTITUDE. Repeatable.")
    ] = None,
    from_utc: Annotated[
        str, typer.Option("--from", help="Start of the time span, UTC: 2026-05-17T09:30:00Z.")
    ] = "",
    to_utc: Annotated[str, typer.Option("--to", help="End of the time span, UTC.")] = "",
    proof: Annotated[
        bool, typer.Option("--proof", help="Write a slice with proof, which anyone can check.")
    ] = False,
    files: Annotated[
        bool,
        typer.Option("--files", help="With --proof: include plans and parameters written before the end."),
    ] = False,
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
                where="landline logs export",
                hint=f"use --as {', '.join(FORMATS)}, or --proof",
            )
        return logs_query.export_as(
            flight,
            form,
            target,
            flights=folder_of(flights),
            span=TimeSpan(from_utc_us, to_utc_us),
            tables=table or [],
            json=json,
        )
    if form or table:
        raise UserError("cannot use --as or --table with --proof", where="--proof", hint="leave them out")
    folder = find_flight(folder_of(flights), flight)
    check_span(folder, TimeSpan(from_utc_us, to_utc_us))
    return logs_slice.export_slice(
        folder,
        target or Path("flight.slice"),
        from_utc_us=from_utc_us,
        to_utc_us=to_utc_us,
        files=files,
        out=Output(json),
    )


# Names of release 0.1, accepted for one more release and not shown in the help.
for old_name, command in (
    ("scrub", logs_photos.anonymize),
    ("fill", logs_merge_box.merge_box),
    ("head", fingerprint),
):
    app.command(old_name, hidden=True)(command)


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
