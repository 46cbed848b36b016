"""Numbers of parameters as text: read without loss, written with all digits, compared as the aircraft stores them.

A parameter is a whole number of up to 32 bits or a 32-bit float. Text files carry no more than some seven digits of a
float; whole numbers have all of them.
"""

from __future__ import annotations

import math
import re
import struct

from controller.errors import UserError
from controller.protocol.params.wire import is_integer

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
_WHOLE_UP_TO = 1e15  # beyond this a whole number is written with an exponent
_TOLERANCE = 1e-6
_LARGEST = 3.4028235677973366e38  # rounds to the largest 32-bit float


def parse_number(text: str, where: str) -> float | int:
    """Return the number in `text`: decimal, with exponent, or hexadecimal (0x1F).

    Raises UserError with `where`; a decimal comma is named.
    """
    if _HEX.fullmatch(text):
        return int(text, 16)
    if _DECIMAL.fullmatch(text):
        value = float(text) if re.search(r"[.eE]", text) or len(text) > 40 else int(text)
        if abs(value) > _LARGEST:
            raise UserError(f"invalid value {text!r}: too large for a parameter", where=where)
        return value
    if _DECIMAL_COMMA.fullmatch(text):
        raise UserError(
            f"invalid value {text!r}: it has a decimal comma", where=where, hint="write a decimal point"
        )
    raise UserError(f"invalid value {text!r}: not a number", where=where)


def number_text(value: float | int) -> str:
    """Return the shortest decimal that reads back as the same value: 32-bit for floats, all digits for whole ones."""
    if isinstance(value, int):
        return str(value) if abs(value) < _WHOLE_UP_TO else f"{value:g}"
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) < _WHOLE_UP_TO:
        return f"{value:.0f}"
    stored = float32(value)
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if float32(float(text)) == stored:
            break
    return text


def float32(value: float | int) -> float:
    """Round to a 32-bit float; infinity where it is too large."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def same_number(one: float | int, two: float | int, param_type: int | None = None) -> bool:
    """Return whether two values of a parameter are the same.

    Whole numbers are compared exactly (as 32-bit floats where the parameter is one), others to six digits, which is
    what all ground stations write. NaN is the same as NaN. `param_type` is None for values of two text files.
    """
    if not (math.isfinite(one) and math.isfinite(two)):
        return one == two or (math.isnan(one) and math.isnan(two))
    if one == int(one) and two == int(two):
        exact = (
            isinstance(one, int) and isinstance(two, int) if param_type is None else is_integer(param_type)
        )
        return one == two if exact else float32(one) == float32(two)
    return abs(one - two) <= _TOLERANCE * max(abs(one), abs(two))
