"""The autopilot's own logs onto this disk: over MAVLink FTP where it has that (faster, and checked), else by the log service.

What has come stays in NAME.part, and the next try goes on there. A log is fetched from an aircraft that is disarmed only: in the
air the link belongs to the flight.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from controller.errors import AircraftRefused, LinkError, SafetyRefused, UserError
from controller.protocol.ftp_list import FtpEntry, FtpList
from controller.protocol.logfiles import LogEntry, LogList, LogRead
from controller.protocol.machine import Progress
from controller.vehicle.box_files import Got, append, get_file
from controller.vehicle.contact import Contact
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY

_ENDINGS = (".bin", ".ulg")
_HEADS = {b"ULog": ".ulg", b"\xa3\x95": ".bin"}
_EARLIEST_S = 1_262_304_000  # before 2010 a clock was never set


@dataclass(frozen=True, slots=True)
class OnBoard:
    """A log on board: its number, when it began (seconds of UTC, 0 where nobody knows), and over FTP its path there."""

    number: int
    utc_s: int
    size_bytes: int
    path: str = ""

    @property
    def name(self) -> str:
        """What it is called here; of the log service's the ending is that of its content."""
        if self.path:
            *_, folder, file = PurePosixPath("/", self.path).parts
            # PX4 has a folder a day, and in it times; ArduPilot numbers. The words are the aircraft's.
            name = file if file[:1].isdigit() and "_" not in file else f"{folder}_{file}"
            return re.sub(r"[^A-Za-z0-9._-]", "-", name)
        began = (
            f"-{datetime.fromtimestamp(self.utc_s, UTC):%Y%m%dT%H%M%SZ}" if self.utc_s > _EARLIEST_S else ""
        )
        return f"log{self.number}{began}"


async def list_logs(vehicle: Contact) -> list[OnBoard]:
    """All logs on board, the newest last. Raises SafetyRefused while it is armed, LinkError."""
    if vehicle.state.armed:
        raise SafetyRefused(
            "the aircraft is armed", where=str(vehicle), hint="logs are fetched on the ground"
        )
    firmware = vehicle.firmware
    if firmware is not None and firmware.capabilities & MAV_PROTOCOL_CAPABILITY.FTP:
        for folder in vehicle.autopilot.log_folders:
            if found := await _files(vehicle, folder):
                return found
    entries = await vehicle.run(LogList(vehicle.address, me=vehicle.exchange.me, timing=vehicle.timing))
    return [OnBoard(entry.id, entry.utc_s, entry.size_bytes) for entry in entries]


async def get_log(
    vehicle: Contact, log: OnBoard, to: Path, *, progress: Callable[[Progress], None] | None = None
) -> Got:
    """Fetch a log into the folder `to`; one that is there already is left as it is.

    Raises LinkError (what came so far is kept for the next try), AircraftRefused, VerificationFailed, UserError (another file
    has its name), OSError.
    """
    there = _there(log, to)
    if there is not None:
        return Got(there, log.size_bytes, log.size_bytes, "size")
    if log.path:
        return await get_file(vehicle.exchange, vehicle.address, log.path, to / log.name, progress=progress)
    return await _by_service(vehicle, log, to, progress)


def _there(log: OnBoard, to: Path) -> Path | None:
    """The file that is the log already; makes the folder."""
    to.mkdir(parents=True, exist_ok=True)
    for there in [to / log.name] if log.path else sorted(to.glob(f"{log.name}.???")):
        if there.is_file() and there.stat().st_size != log.size_bytes:
            raise UserError(
                "another file has the log's name", where=str(there), hint="--out names another folder"
            )
        if there.is_file():
            return there
    return None


async def _by_service(
    vehicle: Contact, log: OnBoard, to: Path, progress: Callable[[Progress], None] | None
) -> Got:
    part = to / f"{log.name}.part"
    have = part.stat().st_size if part.is_file() else 0
    if have > log.size_bytes:
        part.unlink()  # of another log with this number
        have = 0
    entry = LogEntry(log.number, log.utc_s, log.size_bytes)
    machine = LogRead(vehicle.address, entry, offset=have, me=vehicle.exchange.me, timing=vehicle.timing)
    try:
        await append(vehicle.exchange, machine, part, have, progress)
    finally:
        vehicle.exchange.send(
            m.LOG_REQUEST_END(
                target_system=vehicle.address.system, target_component=vehicle.address.component
            )
        )
    with part.open("rb") as file:
        head = file.read(4)
    ending = next((ending for magic, ending in _HEADS.items() if head.startswith(magic)), ".log")
    whole = part.with_name(f"{log.name}{ending}")
    part.replace(whole)
    return Got(whole, machine.size_bytes, have, "size")


async def _files(vehicle: Contact, folder: str) -> list[OnBoard]:
    """The logs in a folder on board and in those in it; empty where there is no such folder, or no answer."""
    try:
        entries = await _listed(vehicle, folder)
        found = [(f"{folder}/{entry.name}", entry.size_bytes) for entry in entries if not entry.is_folder]
        for day in entries:
            if day.is_folder and not day.name.startswith("."):
                inside = await _listed(vehicle, f"{folder}/{day.name}")
                found += [(f"{folder}/{day.name}/{entry.name}", entry.size_bytes) for entry in inside]
    except (AircraftRefused, LinkError):
        return []
    logs = sorted((path, size) for path, size in found if PurePosixPath(path).suffix.lower() in _ENDINGS)
    numbers = [PurePosixPath(path).stem for path, _ in logs]
    own = all(number.isascii() and number.isdigit() for number in numbers)
    return [
        OnBoard(int(number) if own else at, 0, size, path)
        for at, ((path, size), number) in enumerate(zip(logs, numbers, strict=True), 1)
    ]


async def _listed(vehicle: Contact, folder: str) -> tuple[FtpEntry, ...]:
    return await vehicle.run(FtpList(vehicle.address, folder, me=vehicle.exchange.me, timing=vehicle.timing))
