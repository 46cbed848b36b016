"""Downloads the autopilot's on-board logs: over MAVLink FTP where there is FTP, else over the log service.

FTP takes a fifth of the time and has checksums. A partial download stays in NAME.part, and the next one continues
there. Logs are downloaded from a disarmed aircraft only: in flight the link is needed for telemetry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from controller.errors import LinkError, SafetyRefused, UserError, VerificationFailed
from controller.logs.formats.registry import recognized
from controller.protocol.logs.client import LogDownload, LogEntry, LogListing
from controller.protocol.state_machine import Progress
from controller.protocol.timing import HEARTBEAT_LOST_S
from controller.vehicle.box_files import DownloadedFile, append, download_file
from controller.vehicle.connection import Connection
from controller.vehicle.ftp_logs import logs_over_ftp
from controller.vehicle.onboard_logs import OnboardLog, logs_of_service
from controller.vehicle.state import VehicleState
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message

T = TypeVar("T")

_FIRST_BYTES = 4096  # enough to recognize a log format


async def list_logs(vehicle: Connection, *, note: Callable[[str], None] | None = None) -> list[OnboardLog]:
    """Return all on-board logs, the newest last.

    Calls `note` with the reason if the logs come over the log service. Raises SafetyRefused when the aircraft is
    armed, LinkError, AircraftRefused.
    """
    return await _while_disarmed(vehicle, _list(vehicle, note))


async def _list(vehicle: Connection, note: Callable[[str], None] | None) -> list[OnboardLog]:
    firmware = vehicle.firmware
    if firmware is None:
        why = "the autopilot did not report its capabilities"
    elif not firmware.capabilities & MAV_PROTOCOL_CAPABILITY.FTP:
        why = "the autopilot does not offer MAVLink FTP"
    else:
        found, why = await logs_over_ftp(vehicle)
        if found:
            return found
    logs = await _list_of_service(vehicle)
    if logs and note is not None:
        note(f"the logs come over the log service, five times as slow as MAVLink FTP: {why}")
    return logs


async def _list_of_service(vehicle: Connection) -> list[OnboardLog]:
    silent = vehicle.autopilot.empty_log_list_silent
    machine = LogListing(
        vehicle.address,
        silence_is_empty=silent,
        own_address=vehicle.exchange.own_address,
        timing=vehicle.timing,
    )
    entries = await vehicle.run(machine)
    if not entries and silent and vehicle.silent_s > HEARTBEAT_LOST_S:
        raise LinkError(
            f"cannot list logs: no answer from {vehicle.address}, and no heartbeat for {vehicle.silent_s:.0f} s",
            hint="check the link",
        )
    return logs_of_service(entries, in_order=vehicle.autopilot.log_numbers_in_order)


async def download_log(
    vehicle: Connection, log: OnboardLog, to: Path, *, progress: Callable[[Progress], None] | None = None
) -> DownloadedFile:
    """Download a log into the folder `to`; a log that is there already is not downloaded again.

    Raises SafetyRefused when the aircraft is armed or arms meanwhile, LinkError (both keep the part downloaded so
    far), AircraftRefused, VerificationFailed, UserError when another file has its name, OSError.
    """
    return await _while_disarmed(vehicle, _get(vehicle, log, to, progress))


@contextmanager
def transfer(vehicle: Connection) -> Iterator[None]:
    """Context of one or more downloads: sends LOG_REQUEST_END at its end.

    Not after each log: older PX4 then forgets its list, and sends nothing until the list is requested again.
    """
    try:
        yield
    finally:
        vehicle.exchange.send(
            m.LOG_REQUEST_END(
                target_system=vehicle.address.system, target_component=vehicle.address.component
            )
        )


async def _get(
    vehicle: Connection, log: OnboardLog, to: Path, progress: Callable[[Progress], None] | None
) -> DownloadedFile:
    existing = _existing(log, to)
    if existing is not None:
        return DownloadedFile(existing, log.size_bytes, log.size_bytes, "size")
    if log.path:
        return await download_file(
            vehicle.exchange, vehicle.address, log.path, to / log.name, progress=progress
        )
    return await _by_service(vehicle, log, to, progress)


async def _while_disarmed(vehicle: Connection, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, and cancel it when the aircraft arms. Raises SafetyRefused."""
    task = asyncio.ensure_future(work)

    def check(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
        if after.armed:
            task.cancel()

    stop = vehicle.watch(check)
    if vehicle.state.armed:
        task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        if not vehicle.state.armed:
            raise
        raise SafetyRefused(
            "cannot download logs: the aircraft is armed", where=str(vehicle), hint="disarm it first"
        ) from None
    finally:
        stop()


def _existing(log: OnboardLog, to: Path) -> Path | None:
    """Return the file if the log is in the folder already; create the folder."""
    to.mkdir(parents=True, exist_ok=True)
    for there in [to / log.name] if log.path else sorted(to.glob(f"{log.name}.???")):
        if there.is_file() and (size := there.stat().st_size) != log.size_bytes:
            raise UserError(
                f"cannot download the log: a file of its name has {size:,d} bytes, the log {log.size_bytes:,d}",
                where=str(there),
                hint="give another folder with --out",
            )
        if there.is_file():
            return there
    return None


async def _by_service(
    vehicle: Connection, log: OnboardLog, to: Path, progress: Callable[[Progress], None] | None
) -> DownloadedFile:
    part = to / f"{log.name}.part"
    have = part.stat().st_size if part.is_file() else 0
    if have > log.size_bytes or not log.resumable:
        part.unlink(missing_ok=True)  # of another log with this number, or perhaps of one
        have = 0
    entry = LogEntry(log.number, log.utc_s, log.size_bytes)
    machine = LogDownload(
        vehicle.address, entry, offset=have, own_address=vehicle.exchange.own_address, timing=vehicle.timing
    )
    await append(vehicle.exchange, machine, part, have, progress)
    if machine.size_bytes < log.size_bytes:
        # ArduPilot ends a log early where its card cannot be read.
        raise VerificationFailed(
            f"log {log.number} ended at byte {machine.size_bytes:,d} of {log.size_bytes:,d}",
            where=str(part),
            hint="try again; if it ends there again, the listed size was an estimate or the card is damaged",
        )
    with part.open("rb") as file:
        log_format = recognized(memoryview(file.read(_FIRST_BYTES)))
    whole = part.with_name(f"{log.name}{log_format.endings[0] if log_format else '.log'}")
    part.replace(whole)
    return DownloadedFile(whole, machine.size_bytes, have, "size")
