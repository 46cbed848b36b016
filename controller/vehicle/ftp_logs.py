"""The autopilot's on-board logs over MAVLink FTP: their folder is looked for, it differs between boards."""

from __future__ import annotations

from pathlib import PurePosixPath

from controller.autopilots.log_folders import LOG_FOLDERS
from controller.errors import AircraftRefused, LinkError
from controller.logs.formats.registry import onboard_endings
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.vehicle.connection import Connection
from controller.vehicle.onboard_logs import OnboardLog, logs_of_files

_NAMES = ("log", "logs")
_NEWEST = "LASTLOG.TXT"  # holds the last log number of ArduPilot
_NUMBER_BYTES = 16
_MAX_NAMED = 8


async def logs_over_ftp(vehicle: Connection) -> tuple[list[OnboardLog], str]:
    """Return the logs in the first folder that has any, with its sub-folders, and "".

    Without logs, returns an empty list and the reason. The top folder is listed first: folders that it shows are tried
    before others. Once FTP has answered, the log service is no alternative, because it numbers the logs differently.
    Raises LinkError, AircraftRefused in that case.
    """
    machine = _listing(vehicle, "/")
    try:
        top = await vehicle.run(machine)
    except LinkError:
        if machine.progress.done:
            raise
        return [], "MAVLink FTP does not answer"
    except AircraftRefused:
        top = ()
    tried = folders_to_try(vehicle.autopilot.log_folders, top)
    for folder in tried:
        try:
            entries = await _listed(vehicle, folder)
        except AircraftRefused:
            continue
        logs = await _logs_in(vehicle, folder, entries)
        if logs:
            has_number = any(entry.name == _NEWEST for entry in entries)
            newest = await _newest(vehicle, f"{folder}/{_NEWEST}") if has_number else None
            return logs_of_files(logs, newest), ""
    names = [entry.name for entry in top if entry.is_folder]
    more = ", ..." if len(names) > _MAX_NAMED else ""
    shown = f"; the top folder has {', '.join(names[:_MAX_NAMED])}{more}" if names else ""
    return [], f"MAVLink FTP shows no logs in {', '.join(tried)}{shown}"


def folders_to_try(usual: tuple[str, ...], top: tuple[FtpEntry, ...]) -> list[str]:
    """Return the folders that may hold logs: first those that the top folder shows, the autopilot's usual ones first.

    A folder `log` or `logs` in the top folder is one of them.
    """
    names = [entry.name for entry in top if entry.is_folder]
    known = [*usual, *LOG_FOLDERS]
    shown = [folder for folder in known if PurePosixPath(folder).parts[1] in names]
    shown += [f"/{name}" for name in names if name.lower() in _NAMES]
    return list(dict.fromkeys(shown + known))


async def _logs_in(vehicle: Connection, folder: str, entries: tuple[FtpEntry, ...]) -> list[tuple[str, int]]:
    found = [(f"{folder}/{entry.name}", entry.size_bytes) for entry in entries if not entry.is_folder]
    for day in entries:
        if day.is_folder and not day.name.startswith("."):
            inside = await _listed(vehicle, f"{folder}/{day.name}")
            found += [(f"{folder}/{day.name}/{entry.name}", entry.size_bytes) for entry in inside]
    return [(path, size) for path, size in found if PurePosixPath(path).suffix.lower() in onboard_endings()]


async def _newest(vehicle: Connection, path: str) -> int | None:
    """Return the number in ArduPilot's file, None where it holds none."""
    machine = FtpDownload(
        vehicle.exchange.ftp_peer(vehicle.address, vehicle.timing),
        path,
        count=_NUMBER_BYTES,
        check=False,
    )
    try:
        digits = (await vehicle.run(machine)).data.strip(b" \r\n\0")
    except AircraftRefused:
        return None
    return int(digits) if digits.isdigit() else None


async def _listed(vehicle: Connection, folder: str) -> tuple[FtpEntry, ...]:
    return await vehicle.run(_listing(vehicle, folder))


def _listing(vehicle: Connection, folder: str) -> FtpListing:
    return FtpListing(
        vehicle.exchange.ftp_peer(vehicle.address, vehicle.timing),
        folder,
    )
