"""Encodings of parameter values in the float field of PARAM_VALUE and PARAM_SET.

The message does not name its encoding.

ArduPilot casts (an INT32 of 97539 is sent as the float 97539.0, exact up to 2**24); PX4 copies the integer's four
bytes into the float field. Sources: MAVLink guide, services/parameter.md; ArduPilot GCS_Param.cpp; PX4
mavlink_parameters.cpp.
"""

from __future__ import annotations

import math
import struct
from enum import Enum

from controller.errors import UserError
from controller.wire.enums import MAV_PARAM_TYPE

UINT8 = int(MAV_PARAM_TYPE.UINT8)
INT8 = int(MAV_PARAM_TYPE.INT8)
UINT16 = int(MAV_PARAM_TYPE.UINT16)
INT16 = int(MAV_PARAM_TYPE.INT16)
UINT32 = int(MAV_PARAM_TYPE.UINT32)
INT32 = int(MAV_PARAM_TYPE.INT32)
UINT64 = int(MAV_PARAM_TYPE.UINT64)
INT64 = int(MAV_PARAM_TYPE.INT64)
REAL32 = int(MAV_PARAM_TYPE.REAL32)
REAL64 = int(MAV_PARAM_TYPE.REAL64)

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
    """Encoding of integers on the wire."""

    BYTEWISE = "bytewise"  # PX4
    C_CAST = "c_cast"  # ArduPilot


def is_integer(param_type: int) -> bool:
    """Return whether this MAV_PARAM_TYPE is an integer of up to 32 bits."""
    return param_type in _RANGES


def decode(wire: float, param_type: int, encoding: ParamEncoding) -> float | int:
    """Decode a message's float field: an int for integer types, else a float (32-bit precision)."""
    if param_type not in _RANGES:
        return wire
    if encoding is ParamEncoding.BYTEWISE:
        (value,) = struct.unpack(_FORMATS[param_type], struct.pack("<f", wire))
        return int(value)
    return round(wire) if math.isfinite(wire) else wire


def cut_to_type(wire: float, param_type: int) -> float | int:
    """Return the value that ArduPilot stores: for an integer without its fraction, at most the ends of its range.

    0.01 is added first, for numbers that a float cannot hold. Source: AP_Param::set_float in AP_Param.cpp.
    """
    if param_type not in _RANGES or not math.isfinite(wire):
        return wire
    low, high = _RANGES[param_type]
    return min(max(int(wire + math.copysign(0.01, wire)), low), high)


def encode(value: float | int, param_type: int, encoding: ParamEncoding) -> float:
    """Encode a value for the float field.

    Raises UserError if `param_type` or the encoding cannot represent it exactly.
    """
    if param_type not in _RANGES:
        if param_type != REAL32:
            raise UserError(f"cannot encode parameter type {param_type}: 64 bits do not fit into PARAM_SET")
        try:
            struct.pack("<f", value)
        except OverflowError:
            raise UserError(f"invalid value {value}: too large for a 32-bit float parameter") from None
        return float(value)
    if not math.isfinite(value) or value != int(value):
        raise UserError(f"invalid value {value}: the parameter is an integer")
    whole = int(value)
    low, high = _RANGES[param_type]
    if not low <= whole <= high:
        raise UserError(f"invalid value {value:.10g}: outside the parameter type's range ({low} to {high})")
    if encoding is ParamEncoding.C_CAST:
        if int(struct.unpack("<f", struct.pack("<f", whole))[0]) != whole:
            raise UserError(f"cannot encode {whole}: not exact as a 32-bit float")
        return float(whole)
    raw = struct.pack(_FORMATS[param_type], whole)
    (wire,) = struct.unpack("<f", raw)
    # The bytes of a signalling NaN change in a conversion to a 64-bit float.
    if struct.pack("<f", wire) != raw:
        raise UserError(f"cannot encode {whole} bytewise: its bytes are a signalling NaN")
    return float(wire)


def raw_bytes(value: float | int, param_type: int) -> bytes:
    """Return the four bytes of a value as a 32-bit microcontroller stores it. Raises struct.error."""
    return struct.pack(_FORMATS[param_type], value)


def same_value(one: float | int, two: float | int, param_type: int) -> bool:
    """Return whether two values of `param_type` are equal: floats with 32-bit precision, NaN equal to NaN."""
    if param_type in _RANGES:
        return one == two
    if math.isnan(one) or math.isnan(two):
        return math.isnan(one) and math.isnan(two)
    try:
        return struct.pack("<f", one + 0.0) == struct.pack("<f", two + 0.0)
    except OverflowError:
        return False
