"""`landline logs download`: the logs that an autopilot keeps on board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine, guard, run

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
            "--link", help="Where the aircraft is: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, ..."
        ),
    ],
    number: Annotated[int | None, typer.Argument(help="The number of one log, as the list has it.")] = None,
    last: Annotated[bool, typer.Option("--last", help="The newest log.")] = False,
    every: Annotated[bool, typer.Option("--all", help="All logs that are not in the folder yet.")] = False,
    target: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path(),
    system: Annotated[
        int | None, typer.Option("--system", help="The aircraft's system number, where several are heard.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Fetch on-board logs of a disarmed aircraft, over MAVLink FTP or its log service; without a choice, list them.
    A download that broke off is gone on with by the same command.
    """
    from controller.errors import UserError

    if (number is not None) + last + every > 1:
        raise UserError("one of a number, --last and --all", where="landline logs download")
    out, policy = Output(json), guard([link])[0]

    async def go() -> None:
        from controller.app.connect import connect
        from controller.vehicle.log_download import list_logs

        async with connect(link, system=system, policy=policy, streams=False) as vehicle:
            await vehicle.request_version()
            logs = await list_logs(vehicle)
            if number is None and not last and not every:
                _listing(out, logs)
                return
            chosen = _chosen(logs, number, last=last, where=str(vehicle))
            try:
                await fetch(vehicle, chosen, target, out)
            except OSError as error:
                raise UserError(f"cannot be written: {error.strerror or error}", where=str(target)) from None

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
        there = f"there are {min(numbers)} to {max(numbers)}" if logs else "there is none on board"
        raise UserError("no such log", where=where, hint=there)
    return chosen


def _listing(out: Output, logs: list[OnboardLog]) -> None:
    for log in logs:
        out.emit("log", number=log.number, utc_s=log.utc_s, bytes=log.size_bytes, name=log.name)
        out.result(f"{log.number:6d}  {log.size_bytes:>14,d}  {log.name}")
    if not logs:
        out.note("there is no log on board")
    out.emit("summary", logs=len(logs), files=[], bytes=0)


async def fetch(vehicle: Connection, logs: list[OnboardLog], target: Path, out: Output) -> None:
    """One after the other into the folder, with progress on a terminal. What is wrong with one of several keeps no
    other back: UserError in the end.
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
    out.emit("summary", logs=len(logs), files=files, bytes=news)
    if failed:
        raise UserError(f"{failed} of {len(logs)} logs were not fetched", hint="the lines above say why")


async def _fetch_one(vehicle: Connection, log: OnboardLog, target: Path, out: Output) -> DownloadedFile:
    from controller.vehicle.log_download import download_log

    line = StatusLine()

    def show(progress: Progress) -> None:
        line.show(f"{log.name}: {progress.done:,d} of {progress.total:,d} bytes")

    try:
        got = await download_log(vehicle, log, target, progress=show)
    finally:
        line.clear()
        part = target / f"{log.name}.part"
        if part.is_file():
            goes_on = "goes on from there" if log.resumable else "starts anew: the log's time is not known"
            out.note(f"{part.stat().st_size:,d} bytes are kept in {part}; the same command {goes_on}")
    fresh = got.size_bytes - got.resumed_at
    out.emit("log", number=log.number, file=str(got.path), bytes=got.size_bytes, resumed_at=got.resumed_at,
             checked=got.checked)  # fmt: skip
    before = (
        ""
        if not got.resumed_at
        else ", here already"
        if not fresh
        else f", {got.resumed_at:,d} of them before"
    )
    out.result(f"{got.path}: {got.size_bytes:,d} bytes{before}")
    return got
