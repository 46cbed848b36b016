"""Reader of ArduPilot's packed parameter file, `@PARAM/param.pck`.

The file has a header of three 16-bit numbers (kind, parameters in it, parameters on board), then one entry a parameter:
type and flags in a byte, two lengths in a byte, the rest of the name, the value, and the default where that differs
from the value. A name shares its first characters with the name before. Bytes of zero before an entry are padding:
with them no value crosses the end of an FTP packet. All numbers are little-endian. Source: AP_Filesystem/README.md and
AP_Filesystem_Param.cpp of ArduPilot.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from controller.errors import VerificationFailed
from controller.protocol.params.values import NAME_LENGTH, ParamValue
from controller.protocol.params.wire import INT8, INT16, INT32, REAL32

PATH = "@PARAM/param.pck"
PATH_WITH_DEFAULTS = f"{PATH}?withdefaults=1"
LARGEST = 1 << 20
"""Bytes of a file that is read at most; 1,400 parameters with defaults have about 20,000."""

HEADER = struct.Struct("<HHH")
MAGIC, MAGIC_WITH_DEFAULTS = 0x671B, 0x671C
HAS_DEFAULT = 1
# Type of AP_Param -> MAV_PARAM_TYPE and layout of a value.
TYPES = {1: (INT8, "<b"), 2: (INT16, "<h"), 3: (INT32, "<i"), 4: (REAL32, "<f")}


@dataclass(frozen=True, slots=True)
class PackedParams:
    """Parameters of a file, in its order. `defaults` is None for a file without them. `on_board`: of the aircraft."""

    values: Mapping[str, ParamValue]
    defaults: Mapping[str, float | int] | None
    on_board: int


def read_packed(data: bytes) -> PackedParams:
    """Read a whole file. Raises VerificationFailed, with the byte at which it is damaged."""
    if len(data) < HEADER.size:
        raise _damaged(f"{len(data)} bytes, too few for its header", 0)
    magic, count, on_board = HEADER.unpack_from(data)
    if magic not in (MAGIC, MAGIC_WITH_DEFAULTS):
        raise _damaged(f"unknown kind 0x{magic:04x}", 0)
    values: dict[str, ParamValue] = {}
    defaults: dict[str, float | int] = {}
    at, name = HEADER.size, b""
    for _ in range(count):
        at = _after_padding(data, at)
        name, at, value, default = _entry(data, at, name)
        if value.name in values:
            raise _damaged(f"{value.name} is in it twice", at)
        values[value.name] = value
        defaults[value.name] = value.value if default is None else default
    if data[at:].strip(b"\0"):
        raise _damaged(f"more bytes than {count} parameters have", at)
    return PackedParams(values, defaults if magic == MAGIC_WITH_DEFAULTS else None, on_board)


def _after_padding(data: bytes, at: int) -> int:
    while at < len(data) and not data[at]:
        at += 1
    return at


def _entry(data: bytes, at: int, before: bytes) -> tuple[bytes, int, ParamValue, float | int | None]:
    """Return name, end, value and default (None: it is the value) of the entry at a byte."""
    if at + 2 > len(data):
        raise _damaged("it ends before its last parameter", len(data))
    kind, flags = data[at] & 0x0F, data[at] >> 4
    shared, length = data[at + 1] & 0x0F, (data[at + 1] >> 4) + 1
    if kind not in TYPES or flags & ~HAS_DEFAULT:
        raise _damaged(f"unknown type {kind} with flags {flags}", at)
    param_type, layout = TYPES[kind]
    size, begin = struct.calcsize(layout), at + 2 + length
    end = begin + size * (2 if flags & HAS_DEFAULT else 1)
    if end > len(data):
        raise _damaged("it ends within a parameter", len(data))
    name = before[:shared] + data[at + 2 : begin]
    if shared > len(before) or len(name) > NAME_LENGTH or not _is_name(name):
        raise _damaged(f"invalid name {name!r}", at)
    (value,) = struct.unpack_from(layout, data, begin)
    default = struct.unpack_from(layout, data, begin + size)[0] if flags & HAS_DEFAULT else None
    return name, end, ParamValue(name.decode("ascii"), value, param_type), default


def _is_name(name: bytes) -> bool:
    return name.isascii() and name.replace(b"_", b"").isalnum()


def _damaged(why: str, at: int) -> VerificationFailed:
    return VerificationFailed(
        f"cannot read the packed parameters: {why} (byte {at})", hint="read the parameters again"
    )
