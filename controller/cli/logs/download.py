"""`landline logs download`: on-board logs of the autopilot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine, guard, run
from controller.cli.logs.shared import Json

if TYPE_CHECKING:
    from controller.protocol.state_machine import Progress
    from controller.vehicle.box_files import DownloadedFile
    from controller.vehicle.connection import Connection
    from controller.vehicle.onboard_logs import OnboardLog

EXAMPLE = "Example: landline logs download --last --link serial:/dev/ttyACM0:115200 --out onboard/"


def download(
    link: Annotated[
        str,
        typer.Option(
            "--link",
            metavar="URL",
            help="Link to the aircraft: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, ...",
        ),
    ],
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="Number of one log, as in the list.")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Download the newest log.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Download all logs that are not in the folder yet.")
    ] = False,
    target: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write to.")] = Path(),
    system: Annotated[
        int | None,
        typer.Option(
            "--system",
            metavar="ID",
            help="MAVLink system id of the aircraft, where the link carries several.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Download on-board logs of a disarmed aircraft.

    Uses MAVLink FTP or the log protocol. Without a choice, the logs are listed. The same command continues a
    download that was interrupted.
    """
    from controller.errors import UserError

    if (number is not None) + last + every > 1:
        raise UserError(
            "cannot combine a number, --last and --all",
            where="logs download",
            hint="use one of them",
        )
    out, policy = Output(json), guard([link])[0]

    async def go() -> None:
        from controller.app.connect import connect
        from controller.vehicle.log_download import list_logs

        async with connect(link, system=system, policy=policy, streams=False, note=out.note) as vehicle:
            await vehicle.request_version()
            reasons: list[str] = []
            logs = await list_logs(vehicle, note=reasons.append)
            for reason in reasons:
                out.note(reason)
            service = {"service": "log" if reasons else "ftp", "why": "".join(reasons)} if logs else {}
            if number is None and not last and not every:
                _listing(out, logs, service)
                return
            chosen = _chosen(logs, number, last=last, where=str(vehicle))
            try:
                await fetch(vehicle, chosen, target, out, service)
            except OSError as error:
                raise UserError(
                    f"cannot write: {error.strerror or error}",
                    where=str(target),
                    hint="check the folder and the free space",
                ) from None

    run(go())
    return 0


def _chosen(logs: list[OnboardLog], number: int | None, *, last: bool, where: str) -> list[OnboardLog]:
    from controller.errors import UserError
    from controller.vehicle.onboard_logs import newest_log

    if last:
        return [newest_log(logs, where)]
    chosen = [log for log in logs if number is None or log.number == number]
    if not chosen and number is not None:
        numbers = [log.number for log in logs]
        hint = f"choose {min(numbers)} to {max(numbers)}" if logs else "the autopilot has no logs"
        raise UserError(f"cannot find log {number}", where=where, hint=hint)
    return chosen


def _listing(out: Output, logs: list[OnboardLog], service: dict[str, str]) -> None:
    for log in logs:
        out.emit("log", number=log.number, utc_s=log.utc_s, bytes=log.size_bytes, name=log.name)
        out.result(f"{log.number:6d}  {log.size_bytes:>14,d}  {log.name}")
    if not logs:
        out.note("no logs on board")
    out.emit("summary", logs=len(logs), files=[], bytes=0, **service)


async def fetch(
    vehicle: Connection,
    logs: list[OnboardLog],
    target: Path,
    out: Output,
    service: dict[str, str] | None = None,
) -> None:
    """Download the logs one after the other, with progress on a terminal.

    An error of one of several logs does not stop the others; UserError is raised at the end.
    """
    from controller.errors import AircraftRefused, UserError, VerificationFailed
    from controller.vehicle.log_download import transfer

    files, news, failed = [], 0, 0
    with transfer(vehicle):
        for log in logs:
            try:
                got = await _fetch_one(vehicle, log, target, out)
            except (AircraftRefused, UserError, VerificationFailed) as error:
                if len(logs) == 1:
                    raise
                out.note(str(error))
                out.emit("log", number=log.number, error=str(error), exit_code=error.exit_code)
                failed += 1
                continue
            files.append(str(got.path))
            news += got.size_bytes - got.resumed_at
    out.emit("summary", logs=len(logs), files=files, bytes=news, **(service or {}))
    if failed:
        raise UserError(f"cannot download {failed} of {len(logs)} logs", hint="see the reasons above")


async def _fetch_one(vehicle: Connection, log: OnboardLog, target: Path, out: Output) -> DownloadedFile:
    from controller.clock import stopwatch_s
    from controller.logs.record.additions import sign_additions
    from controller.vehicle.log_download import download_log

    line = StatusLine()
    began_s = stopwatch_s()

    def show(progress: Progress) -> None:
        line.show(f"{log.name}: {progress.done:,d} of {progress.total:,d} bytes")

    try:
        got = await download_log(vehicle, log, target, progress=show)
    finally:
        line.clear()
        part = target / f"{log.name}.part"
        if part.is_file():
            next_run = "continues there" if log.resumable else "starts again: the log's time is not known"
            out.note(f"{part.stat().st_size:,d} bytes are in {part}; the same command {next_run}")
    fresh = got.size_bytes - got.resumed_at
    if fresh:  # in a flight's folder it is a file of the flight
        sign_additions(target, [got.path.name])
    out.emit("log", number=log.number, file=str(got.path), bytes=got.size_bytes, resumed_at=got.resumed_at,
             checked=got.checked)  # fmt: skip
    before = (
        ""
        if not got.resumed_at
        else ", already downloaded"
        if not fresh
        else f", {got.resumed_at:,d} of them downloaded earlier"
    )
    out.result(f"{got.path}: {got.size_bytes:,d} bytes{before}")
    seconds = stopwatch_s() - began_s
    if fresh and seconds > 1:
        over = "MAVLink FTP" if log.path else "the log service"
        out.note(f"{seconds:.1f} s over {over}, {fresh / seconds / 1000:.0f} kB/s")
    return got
