"""All parameters with their defaults in one file over MAVLink FTP, where the aircraft serves it (ArduPilot).

It is some three times shorter than the list in messages, and exact for large integers. Every failure returns None: then
the list is requested in messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.errors import AircraftRefused, LinkError, VerificationFailed
from controller.protocol.ftp.client_generated import FtpGeneratedFile
from controller.protocol.ftp.wire import FAIL, NO_SESSIONS, FtpRefused
from controller.protocol.mission.items import float32
from controller.protocol.params import packed
from controller.protocol.params.packed import PackedParams
from controller.protocol.params.values import ParamValue, param_from_message
from controller.protocol.params.wire import REAL32, same_value
from controller.protocol.state_machine import Progress
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.files import serves_files
from controller.vehicle.state import VehicleState
from controller.wire.message import Message

_BUSY = (FAIL, NO_SESSIONS)
TRIES = 2  # a parameter that appears or goes while the file is sent spoils one copy


class ParamFile:
    """The parameter file of one aircraft. After a refusal or silence it is not asked for again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._refused = False

    async def read(self, progress: Callable[[Progress], None] | None = None) -> PackedParams | None:
        """Read all parameters; None where the aircraft has no such file, is sending another one, or it does not come
        whole.
        """
        connection = self._connection
        busy = connection.exchange.transfers_files(connection.address)
        if self._refused or busy or not connection.autopilot.packs_params or not serves_files(connection):
            return None
        for _ in range(TRIES):
            try:
                found = await self._read(progress)
            except VerificationFailed:
                continue
            except FtpRefused as error:
                self._refused = error.code not in _BUSY
                return None
            except (AircraftRefused, LinkError):
                self._refused = True
                return None
            if len(found.values) == found.on_board:
                return found
        return None

    async def _read(self, progress: Callable[[Progress], None] | None) -> PackedParams:
        connection = self._connection
        peer = connection.exchange.ftp_peer(connection.address, connection.timing)
        machine = FtpGeneratedFile(peer, packed.PATH_WITH_DEFAULTS, most_bytes=packed.LARGEST)
        newer: dict[str, ParamValue] = {}

        def note(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
            if message.name == "PARAM_VALUE":
                value = param_from_message(message, connection.encoding)
                newer[value.name] = value

        def show(bytes_done: Progress) -> None:
            if progress is not None:
                progress(_in_params(bytes_done, machine.received_from()))

        stop = connection.watch(note)
        try:
            file = await connection.run(machine, progress=show)
        finally:
            stop()
        found = packed.read_packed(file.data)
        # What the aircraft reported during the transfer is newer than the part of the file that came before.
        changed = {name: value for name, value in newer.items() if _differs(found.values.get(name), value)}
        return replace(found, values={**found.values, **changed})


def _differs(in_file: ParamValue | None, value: ParamValue) -> bool:
    """Return whether a reported value is another one; the file is exact where a float in a message is not."""
    if in_file is None or in_file.type != value.type:
        return False
    return not same_value(float32(in_file.value), float32(value.value), REAL32)


def _in_params(read: Progress, head: bytes) -> Progress:
    """Return the progress in parameters; their number is at the begin of the file."""
    count = packed.HEADER.unpack_from(head)[1] if len(head) >= packed.HEADER.size else 0
    return Progress(count * read.done // max(1, read.total), count, "reading parameters")
