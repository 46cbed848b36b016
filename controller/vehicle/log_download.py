"""The autopilot's own logs onto this disk: over MAVLink FTP where it has that (faster, and checked), else by
the log service.

What has come stays in NAME.part, and the next try goes on there. A log is fetched from an aircraft that is
disarmed only: in the air the link belongs to the flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from controller.errors import AircraftRefused, LinkError, SafetyRefused, UserError, VerificationFailed
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.protocol.logs.client import LogDownload, LogEntry, LogListing
from controller.protocol.state_machine import Progress
from controller.vehicle.box_files import FetchedFile, append, get_file
from controller.vehicle.connection import Connection
from controller.vehicle.onboard_logs import OnboardLog, of_files, of_service
from controller.vehicle.state import VehicleState
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message

T = TypeVar("T")

_ENDINGS = (".bin", ".ulg")
_HEADS = {b"ULog": ".ulg", b"\xa3\x95": ".bin"}
_NEWEST = "LASTLOG.TXT"  # ArduPilot keeps the number that it gave last in it
_NUMBER_BYTES = 16


async def list_logs(vehicle: Connection) -> list[OnboardLog]:
    """All logs on board, the newest last. Raises SafetyRefused when it is armed, LinkError, AircraftRefused."""
    return await _on_the_ground(vehicle, _list(vehicle))


async def _list(vehicle: Connection) -> list[OnboardLog]:
    firmware = vehicle.firmware
    if firmware is not None and firmware.capabilities & MAV_PROTOCOL_CAPABILITY.FTP:
        found = await _files(vehicle)
        if found:
            return found
    entries = await vehicle.run(
        LogListing(vehicle.address, own_address=vehicle.exchange.own_address, timing=vehicle.timing)
    )
    return of_service(entries, in_order=vehicle.autopilot.log_numbers_in_order)


async def get_log(
    vehicle: Connection, log: OnboardLog, to: Path, *, progress: Callable[[Progress], None] | None = None
) -> FetchedFile:
    """Fetch a log into the folder `to`; one that is there already is left as it is.

    Raises SafetyRefused when the aircraft is armed or arms meanwhile, LinkError (with both what came so far is kept),
    AircraftRefused, VerificationFailed, UserError (another file has its name), OSError.
    """
    return await _on_the_ground(vehicle, _get(vehicle, log, to, progress))


@contextmanager
def transfer(vehicle: Connection) -> Iterator[None]:
    """Around all logs that are fetched: in the end the log service is told that no more are wanted.

    Not between them: older PX4 forgets its list by that, and sends nothing until it is asked for the list again.
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
) -> FetchedFile:
    there = _there(log, to)
    if there is not None:
        return FetchedFile(there, log.size_bytes, log.size_bytes, "size")
    if log.path:
        return await get_file(vehicle.exchange, vehicle.address, log.path, to / log.name, progress=progress)
    return await _by_service(vehicle, log, to, progress)


async def _on_the_ground(vehicle: Connection, work: Coroutine[Any, Any, T]) -> T:
    """Do the work while the aircraft is disarmed; it is broken off as soon as it arms. Raises SafetyRefused."""
    task = asyncio.ensure_future(work)

    def look(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
        if after.armed:
            task.cancel()

    stop = vehicle.watch(look)
    if vehicle.state.armed:
        task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        if not vehicle.state.armed:
            raise
        raise SafetyRefused(
            "the aircraft is armed", where=str(vehicle), hint="logs are fetched on the ground"
        ) from None
    finally:
        stop()


def _there(log: OnboardLog, to: Path) -> Path | None:
    """The file that is the log already; makes the folder."""
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
) -> FetchedFile:
    part = to / f"{log.name}.part"
    have = part.stat().st_size if part.is_file() else 0
    if have > log.size_bytes or not log.resumable:
        part.unlink(missing_ok=True)  # of another log with this number, or nobody knows
        have = 0
    entry = LogEntry(log.number, log.utc_s, log.size_bytes)
    machine = LogDownload(
        vehicle.address, entry, offset=have, own_address=vehicle.exchange.own_address, timing=vehicle.timing
    )
    await append(vehicle.exchange, machine, part, have, progress)
    if machine.size_bytes < log.size_bytes:
        # ArduPilot says that a log ends where its card cannot be read.
        raise VerificationFailed(
            f"log {log.number} ended at byte {machine.size_bytes:,d} of {log.size_bytes:,d}",
            where=str(part),
            hint="try again; if it ends there each time, its size was an estimate or the card is damaged",
        )
    with part.open("rb") as file:
        head = file.read(4)
    ending = next((ending for magic, ending in _HEADS.items() if head.startswith(magic)), ".log")
    whole = part.with_name(f"{log.name}{ending}")
    part.replace(whole)
    return FetchedFile(whole, machine.size_bytes, have, "size")


async def _files(vehicle: Connection) -> list[OnboardLog]:
    """The logs in the first folder that has any, and in those in it; none where FTP shows none.

    The log service numbers them otherwise: it is no way out once FTP has answered. Raises LinkError,
    AircraftRefused then.
    """
    answered = False
    for folder in vehicle.autopilot.log_folders:
        try:
            entries = await _listed(vehicle, folder)
        except AircraftRefused:
            answered = True
            continue
        except LinkError:
            if answered:
                raise
            return []
        answered = True
        found = [(f"{folder}/{entry.name}", entry.size_bytes) for entry in entries if not entry.is_folder]
        for day in entries:
            if day.is_folder and not day.name.startswith("."):
                inside = await _listed(vehicle, f"{folder}/{day.name}")
                found += [(f"{folder}/{day.name}/{entry.name}", entry.size_bytes) for entry in inside]
        logs = [(path, size) for path, size in found if PurePosixPath(path).suffix.lower() in _ENDINGS]
        if logs:
            told = any(entry.name == _NEWEST for entry in entries)
            return of_files(logs, await _newest(vehicle, f"{folder}/{_NEWEST}") if told else None)
    return []


async def _newest(vehicle: Connection, path: str) -> int | None:
    """The number in ArduPilot's file; None where it holds none."""
    machine = FtpDownload(
        vehicle.address,
        path,
        count=_NUMBER_BYTES,
        check=False,
        own_address=vehicle.exchange.own_address,
        timing=vehicle.timing,
    )
    try:
        digits = (await vehicle.run(machine)).data.strip(b" \r\n\0")
    except AircraftRefused:
        return None
    return int(digits) if digits.isdigit() else None


async def _listed(vehicle: Connection, folder: str) -> tuple[FtpEntry, ...]:
    return await vehicle.run(
        FtpListing(vehicle.address, folder, own_address=vehicle.exchange.own_address, timing=vehicle.timing)
    )
