"""Parameter values in PARAM_VALUE's and PARAM_SET's one float field: two encodings, which nothing in the message tells apart.

ArduPilot casts (an INT32 of 97539 travels as the float 97539.0, exact up to 2**24); PX4 puts the integer's four bytes
where the float's would be. Sources: MAVLink guide, services/parameter.md; ArduPilot GCS_Param.cpp; PX4 mavlink_parameters.cpp.
"""

from __future__ import annotations

import math
import struct
from enum import Enum

from controller.errors import UserError

# MAV_PARAM_TYPE
UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64, REAL32, REAL64 = range(1, 11)

_FORMATS = {
    UINT8: "<Bxxx",
    INT8: "<bxxx",
    UINT16: "<Hxx",
    INT16: "<hxx",
    UINT32: "<I",
    INT32: "<i",
    REAL32: "<f",
}
_RANGES = {
    UINT8: (0, 0xFF),
    INT8: (-0x80, 0x7F),
    UINT16: (0, 0xFFFF),
    INT16: (-0x8000, 0x7FFF),
    UINT32: (0, 0xFFFFFFFF),
    INT32: (-0x80000000, 0x7FFFFFFF),
}


class ParamEncoding(Enum):
    """How integers travel."""

    BYTEWISE = "bytewise"  # PX4
    C_CAST = "c_cast"  # ArduPilot


def is_integer(param_type: int) -> bool:
    """Whether this MAV_PARAM_TYPE is one of the integers of up to 32 bits."""
    return param_type in _RANGES


def decode(wire: float, param_type: int, encoding: ParamEncoding) -> float | int:
    """The value in a message's float field: an int for integer types, else a float (at 32 bits)."""
    if param_type not in _RANGES:
        return wire
    if encoding is ParamEncoding.BYTEWISE:
        (value,) = struct.unpack(_FORMATS[param_type], struct.pack("<f", wire))
        return int(value)
    return round(wire) if math.isfinite(wire) else wire


def encode(value: float | int, param_type: int, encoding: ParamEncoding) -> float:
    """What goes into the float field. Raises UserError where `value` cannot travel as `param_type` unchanged."""
    if param_type not in _RANGES:
        if param_type != REAL32:
            raise UserError(f"parameters of type {param_type} (64 bits) do not fit into PARAM_SET")
        try:
            struct.pack("<f", value)
        except OverflowError:
            raise UserError(f"{value} is too large for a 32-bit float parameter") from None
        return float(value)
    if not math.isfinite(value) or value != int(value):
        raise UserError(f"{value} is not a whole number, and the parameter is one")
    whole = int(value)
    low, high = _RANGES[param_type]
    if not low <= whole <= high:
        raise UserError(f"{whole} does not fit the parameter's type ({low} to {high})")
    if encoding is ParamEncoding.C_CAST:
        if int(struct.unpack("<f", struct.pack("<f", whole))[0]) != whole:
            raise UserError(f"{whole} cannot travel exactly in a 32-bit float")
        return float(whole)
    raw = struct.pack(_FORMATS[param_type], whole)
    (wire,) = struct.unpack("<f", raw)
    # Bytes that are a "signalling" NaN are changed on the way through a float of 64 bits.
    if struct.pack("<f", wire) != raw:
        raise UserError(f"{whole} cannot travel bytewise: its bytes are a signalling NaN")
    return float(wire)


def same_value(one: float | int, two: float | int, param_type: int) -> bool:
    """Whether both are one value of `param_type`: floats at 32 bits, NaN equal to NaN."""
    if param_type in _RANGES:
        return one == two
    if math.isnan(one) or math.isnan(two):
        return math.isnan(one) and math.isnan(two)
    try:
        return struct.pack("<f", one + 0.0) == struct.pack("<f", two + 0.0)
    except OverflowError:
        return False
