"""Component metadata of an aircraft: files that it serves over MAVLink FTP.

COMPONENT_METADATA names the general file, and that names the file of each kind; all may be packed with xz. Only files
on board are read; the other addresses that the metadata names are shown as text (see `named_addresses`). Source: the
component metadata service of the MAVLink specification.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from controller.autopilots.param_docs.read import unpacked
from controller.errors import AircraftRefused, UserError
from controller.guard.data_folder import data_folder
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.state_machine import Progress
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.named_addresses import ON_BOARD
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY

T = TypeVar("T")


def serves_files(vehicle: Connection) -> bool:
    """Return whether the aircraft reports that it serves files."""
    firmware = vehicle.firmware
    return firmware is not None and bool(firmware.capabilities & MAV_PROTOCOL_CAPABILITY.FTP)


async def read_metadata(vehicle: Connection, kind: int, name: str, parse: Callable[[bytes], T]) -> T | None:
    """Return what `parse` makes of the metadata file of a kind (COMP_METADATA_TYPE); None where there is none.

    The file is kept in the data folder as `name` with its checksum, so that it is loaded once for each firmware.
    Raises AircraftRefused, LinkError, VerificationFailed, or the error of `parse`.
    """
    if not serves_files(vehicle):
        return None
    uri = await _general_uri(vehicle)
    if uri is None:
        return None
    general = json.loads(unpacked(await load(vehicle, uri)))
    vehicle.named_addresses.add_metadata(general)
    found = _file_of(general, kind)
    if found is None:
        return None
    path, crc = found
    kept = data_folder() / "metadata" / f"{name}-{crc:08x}.json" if crc else None
    if kept is not None and kept.is_file():
        try:
            return parse(kept.read_bytes())
        except (ValueError, UserError):
            kept.unlink(missing_ok=True)
    data = unpacked(await load(vehicle, path))
    parsed = parse(data)
    if kept is not None:
        keep(kept, data)
    return parsed


async def load(vehicle: Connection, uri: str, *, progress: Callable[[Progress], None] | None = None) -> bytes:
    """Load a file of an `mftp://` address. Raises ValueError for another address, and the errors of the download."""
    if not uri.startswith(ON_BOARD):
        raise ValueError(f"not a file on board: {uri}")
    path = uri.removeprefix(ON_BOARD)
    if path.startswith("[;comp="):
        path = path.partition("]")[2]
    if not path.startswith("@"):
        path = "/" + path.lstrip("/")
    peer = vehicle.exchange.ftp_peer(vehicle.address, vehicle.timing)
    return (await vehicle.run(FtpDownload(peer, path), progress=progress)).data


def keep(path: Path, data: bytes) -> None:
    """Write a file whole, or not at all; without a writable data folder it is loaded again next time."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)


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


def _file_of(general: Any, wanted: int) -> tuple[str, int] | None:
    """Return address and checksum (0: none) of the file of a kind in a general metadata file."""
    kinds = general.get("metadataTypes", ()) if isinstance(general, dict) else ()
    for kind in kinds:
        if isinstance(kind, dict) and kind.get("type") == wanted and isinstance(kind.get("uri"), str):
            crc = kind.get("fileCrc", 0)
            return kind["uri"], crc if isinstance(crc, int) else 0
    return None
