"""Parameter values, names and errors shared by client and server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controller.errors import AircraftRefused, UserError
from controller.protocol.ftp.wire import checksum
from controller.protocol.params import wire as param_codec
from controller.protocol.params.wire import ParamEncoding
from controller.wire import enums
from controller.wire.address import Address
from controller.wire.message import Message

NO_INDEX = 65535
HASH_CHECK = "_HASH_CHECK"  # PX4's checksum of all values; not a parameter
NAME_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ParamValue:
    """One parameter. `value` is an int for integer types, else a float; `type` is the MAV_PARAM_TYPE."""

    name: str
    value: float | int
    type: int


class ParamRefused(AircraftRefused):
    """The aircraft answered a parameter request with PARAM_ERROR, has no such parameter, or kept the old value."""

    unknown_name = False
    """Whether the aircraft has no parameter of this name."""


def hash_of(values: Iterable[ParamValue], left_out: Callable[[str], bool] = lambda name: False) -> int:  # noqa: ARG005
    """Return PX4's hash of a parameter list: CRC over name and stored bytes, by name, without those `left_out`.

    PX4 leaves out volatile parameters. Source: param_hash_check in PX4's parameters.cpp.
    """
    crc = 0
    for value in sorted(values, key=lambda one: one.name):
        if not left_out(value.name):
            crc = checksum(value.name.encode() + param_codec.raw_bytes(value.value, value.type), crc)
    return crc


def param_from_message(message: Message, encoding: ParamEncoding) -> ParamValue:
    """Return the parameter of a PARAM_VALUE."""
    value = param_codec.decode(message.param_value, message.param_type, encoding)
    return ParamValue(message.param_id, value, message.param_type)


def validated_name(name: str) -> str:
    """Return `name` if it is a valid parameter name. Raises UserError."""
    if not 0 < len(name.encode()) <= NAME_LENGTH or not name.isprintable() or not name.isascii():
        raise UserError(f"invalid parameter name {name!r}: use 1 to {NAME_LENGTH} ASCII characters")
    return name


def refusal(what: str, message: Message, target: Address) -> ParamRefused:
    """Return the error of a PARAM_ERROR; `what` is the failed action."""
    error = ParamRefused(
        f"{what}: refused by {target} with {enums.describe('MAV_PARAM_ERROR', message.error)}"
    )
    error.unknown_name = message.error == enums.MAV_PARAM_ERROR.DOES_NOT_EXIST
    return error
