"""Words of an aircraft's events from its component metadata: files that it serves over MAVLink FTP.

COMPONENT_METADATA names the general file, and that names the file of the events; both may be packed with xz. Only files
on board are read, never the addresses on the internet that the metadata names too. Source: the component metadata
service of the MAVLink specification.
"""

from __future__ import annotations

import asyncio
import json
import lzma
from pathlib import Path
from typing import Any

from controller.errors import AircraftRefused, LinkError, VerificationFailed
from controller.guard.data_folder import data_folder
from controller.protocol.events.definitions import EventTable, InvalidEventDefinitionsError
from controller.protocol.ftp.client_download import FtpDownload
from controller.vehicle.connection import Connection
from controller.wire.enums import COMP_METADATA_TYPE, MAV_PROTOCOL_CAPABILITY

WITHIN_S = 15.0
_SCHEME = "mftp://"
_LARGEST = 4_000_000  # bytes of a metadata file, unpacked; PX4's have 0.2 MB
_EVENTS = int(COMP_METADATA_TYPE.EVENTS)


async def read_event_words(vehicle: Connection, *, within_s: float = WITHIN_S) -> bool:
    """Use the words of the aircraft's own events metadata from now on; return False where it serves none.

    The file is kept in the data folder, so that it is loaded once for each firmware. Raises nothing: without it the
    words of the package are used.
    """
    firmware = vehicle.firmware
    if firmware is None or not firmware.capabilities & MAV_PROTOCOL_CAPABILITY.FTP:
        return False
    try:
        async with asyncio.timeout(within_s):
            table = await _table(vehicle)
    except (TimeoutError, AircraftRefused, LinkError, VerificationFailed, ValueError, OSError):
        return False
    if table is None:
        return False
    vehicle.announcements.table = table
    return True


async def _table(vehicle: Connection) -> EventTable | None:
    uri = await _general_uri(vehicle)
    if uri is None:
        return None
    general = json.loads(_unpacked(await _load(vehicle, uri)))
    found = _events_file(general)
    if found is None:
        return None
    path, crc = found
    kept = data_folder() / "metadata" / f"events-{crc:08x}.json" if crc else None
    if kept is not None and kept.is_file():
        try:
            return EventTable.from_file(kept.read_bytes())
        except InvalidEventDefinitionsError:
            kept.unlink(missing_ok=True)
    data = _unpacked(await _load(vehicle, path))
    table = EventTable.from_file(data)
    if kept is not None:
        _keep(kept, data)
    return table


async def _general_uri(vehicle: Connection) -> str | None:
    """Return the address of the general metadata file; the older message is asked for where the newer is refused."""
    try:
        return str((await vehicle.message("COMPONENT_METADATA")).uri)
    except AircraftRefused:
        pass
    try:
        return str((await vehicle.message("COMPONENT_INFORMATION")).general_metadata_uri)
    except AircraftRefused:
        return None


def _events_file(general: Any) -> tuple[str, int] | None:
    """Return address and checksum (0: none) of the events file in a general metadata file."""
    kinds = general.get("metadataTypes", ()) if isinstance(general, dict) else ()
    for kind in kinds:
        if isinstance(kind, dict) and kind.get("type") == _EVENTS and isinstance(kind.get("uri"), str):
            crc = kind.get("fileCrc", 0)
            return kind["uri"], crc if isinstance(crc, int) else 0
    return None


async def _load(vehicle: Connection, uri: str) -> bytes:
    if not uri.startswith(_SCHEME):
        raise ValueError(f"not a file on board: {uri}")
    path = uri.removeprefix(_SCHEME)
    if path.startswith("[;comp="):
        path = path.partition("]")[2]
    peer = vehicle.exchange.ftp_peer(vehicle.address, vehicle.timing)
    return (await vehicle.run(FtpDownload(peer, "/" + path.lstrip("/")))).data


def _unpacked(data: bytes) -> bytes:
    """Return a file without its packing. Raises ValueError for one that is too large or damaged."""
    if data[:6] != b"\xfd7zXZ\0":
        return data
    try:
        unpacker = lzma.LZMADecompressor(memlimit=64 << 20)
        unpacked = unpacker.decompress(data, max_length=_LARGEST)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof:
        raise ValueError("the file is cut or too large")
    return unpacked


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole, or not at all; without a writable data folder it is loaded again next time."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
