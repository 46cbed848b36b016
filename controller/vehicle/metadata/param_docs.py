"""Documentation of an aircraft's parameters: its own file, the operator's, a bundle's, or the package's."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

from controller.autopilots.param_docs.bundled_docs import bundled_docs
from controller.autopilots.param_docs.docs import Number, ParamDocs
from controller.autopilots.param_docs.read import packed_docs, read_docs
from controller.errors import AircraftRefused, LinkError, UserError, VerificationFailed
from controller.guard.data_folder import data_folder
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.files import keep, read_metadata
from controller.vehicle.vehicle import Vehicle
from controller.wire.enums import COMP_METADATA_TYPE

WITHIN_S = 60.0


async def read_own_docs(vehicle: Connection, *, within_s: float = WITHIN_S) -> ParamDocs | None:
    """Return the documentation that the aircraft serves, None where it serves none or not in time. Raises nothing."""
    source = f"the aircraft's own file ({vehicle})"
    try:
        async with asyncio.timeout(within_s):
            return await read_metadata(
                vehicle,
                int(COMP_METADATA_TYPE.PARAMETER),
                "parameters",
                lambda data: read_docs(data, source),
            )
    except (TimeoutError, AircraftRefused, LinkError, VerificationFailed, UserError, ValueError, OSError):
        return None


def kept_docs(vehicle: Connection) -> ParamDocs:
    """Return the documentation on this machine: a file that the operator gave, else one of the bundle that
    Landline was installed from, else that of the package.
    """
    path = _kept(vehicle)
    name = path.with_suffix(".name")
    if path.is_file():
        try:
            return read_docs(path.read_bytes(), name.read_text(encoding="utf-8"))
        except (OSError, UserError):
            path.unlink(missing_ok=True)
    autopilot = vehicle.autopilot
    bundled = bundled_docs(autopilot.name, autopilot.kind)
    return bundled if bundled.docs else packed_docs(autopilot.name)


def known_defaults(vehicle: Vehicle, docs: ParamDocs) -> dict[str, Number]:
    """Return the defaults of the parameters that were read: as the aircraft told them, else as documented."""
    found: dict[str, Number] = {}
    for name in vehicle.params.known:
        default = vehicle.params.defaults.get(name, docs[name].default)
        if default is not None and math.isfinite(default):
            found[name] = default
    return found


def give_docs(vehicle: Connection, data: bytes, name: str) -> ParamDocs:
    """Read a documentation file and keep it for aircraft of this autopilot and class. Raises UserError."""
    docs = read_docs(data, name)
    keep(_kept(vehicle).with_suffix(".name"), name.encode())
    keep(_kept(vehicle), data)
    return docs


def _kept(vehicle: Connection) -> Path:
    autopilot = vehicle.autopilot
    return data_folder() / "metadata" / f"given-{autopilot.name}-{autopilot.kind.value}.pdef".lower()
