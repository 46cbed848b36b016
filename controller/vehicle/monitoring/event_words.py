"""Words of an aircraft's events from its component metadata, which it serves over MAVLink FTP."""

from __future__ import annotations

import asyncio

from controller.errors import AircraftRefused, LinkError, VerificationFailed
from controller.protocol.events.definitions import EventTable
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.files import read_metadata
from controller.wire.enums import COMP_METADATA_TYPE

WITHIN_S = 15.0


async def read_event_words(vehicle: Connection, *, within_s: float = WITHIN_S) -> bool:
    """Use the words of the aircraft's own events metadata from now on; return False where it serves none.

    The file is kept in the data folder, so that it is loaded once for each firmware. Raises nothing: without it the
    words of the package are used.
    """
    try:
        async with asyncio.timeout(within_s):
            table = await read_metadata(
                vehicle, int(COMP_METADATA_TYPE.EVENTS), "events", EventTable.from_file
            )
    except (TimeoutError, AircraftRefused, LinkError, VerificationFailed, ValueError, OSError):
        return False
    if table is None:
        return False
    vehicle.announcements.table = table
    return True
