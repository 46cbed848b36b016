"""The records of a DJI flight record: their boundaries, the masking of versions 7 to 12, and the fields that are used.

Layouts as dji-log-parser (crates.io, MIT) and pydjirecord (PyPI, MIT) document them. A record is its type, its length,
the contents and 0xFF. The length is one byte up to version 12: pydjirecord 1.3.0 reads two, and so finds no record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

OLD_HEADER, HEADER, DETAILS_12 = 12, 100, 436
LAST_OPEN = 12  # later versions are encrypted with a key that only the maker gives
OSD, HOME, GIMBAL, CUSTOM, CENTER_BATTERY, SMART_BATTERY, TIP, WARN, RECOVER = 1, 2, 3, 5, 7, 8, 9, 10, 13
FIRMWARE, BATTERY_GROUP, SERIOUS_WARN, CAMERA = 15, 22, 24, 25
USED = frozenset(
    (
        OSD,
        HOME,
        GIMBAL,
        CUSTOM,
        CENTER_BATTERY,
        SMART_BATTERY,
        TIP,
        WARN,
        RECOVER,
        FIRMWARE,
        BATTERY_GROUP,
        SERIOUS_WARN,
        CAMERA,
    )
)
_END = 0xFF
_LAST_TYPE = 0x7F
_MASKED_FROM = 7
_MASK64 = 0xFFFF_FFFF_FFFF_FFFF
_CRC64 = 0x95AC_9329_AC4B_C9B5
_KEY_FACTOR = 0x1234_5678_9ABC_DEF0


@dataclass(frozen=True, slots=True)
class Head:
    """Version of the file, and where its details and its records are, bytes."""

    version: int
    details: int
    begin: int
    end: int


def head_of(data: memoryview) -> Head | None:
    """The head of a flight record with these first bytes; None for another file."""
    if len(data) < HEADER:
        return None
    details, _, version = struct.unpack_from("<QHB", data)
    if not 1 <= version <= 30 or details >= 1 << 32:
        return None
    if version >= 12:
        # The details follow the head. Later versions have a block of two kinds there.
        begin = HEADER + DETAILS_12
        if version > 12 and (len(data) <= HEADER or data[HEADER] > 1 or any(data[20:HEADER])):
            return None
        return Head(version, HEADER, begin, 0)
    begin = OLD_HEADER if version < 6 else HEADER
    return Head(version, details, begin, details) if details > begin else None


def begins_with_records(data: memoryview, head: Head) -> bool:
    """Whether whole records are where the first ones belong."""
    at, whole = head.begin, 0
    while whole < 3 and at + 2 < len(data):
        stop = _stop(data, at, len(data))
        if not stop:
            break
        at, whole = stop, whole + 1
    return whole >= 1 and (whole >= 3 or at + 258 >= len(data) or (head.end > 0 and at >= head.end))


def _stop(data: memoryview, at: int, end: int) -> int:
    """Where the record at this place ends; 0 where there is none."""
    if at + 3 > end or not 0 < data[at] <= _LAST_TYPE:
        return 0
    stop = at + 2 + data[at + 1]
    return stop + 1 if stop < end and data[stop] == _END else 0


def records(data: memoryview, head: Head) -> Iterator[tuple[int, bytes]]:
    """Type and contents of the records that are used; (0, skipped bytes) where there is none."""
    at, end = head.begin, min(head.end or len(data), len(data))
    raw = bytes(data)
    masked = head.version >= _MASKED_FROM
    while at < end:
        kind = raw[at]
        stop = _stop(data, at, end)
        if not stop:
            after = _next(raw, at, end)
            # A picture is no damage.
            if raw[at : at + 2] != b"\xff\xd8":
                yield 0, raw[at:after]
            at = after
            continue
        if kind in USED:
            contents = raw[at + 2 : stop - 1]
            yield kind, unmasked(contents, kind) if masked else contents
        at = stop


def _next(raw: bytes, at: int, end: int) -> int:
    """Where the next record may begin: after a picture, or where two whole records follow each other."""
    if raw[at : at + 2] == b"\xff\xd8":
        stop = raw.find(b"\xff\xd9", at + 2, end)
        if stop >= 0:
            return stop + 2
    view = memoryview(raw)
    found = at
    while True:
        found = raw.find(b"\xff", found + 1, end)
        if found < 0:
            return end
        first = _stop(view, found + 1, end)
        if first and (first == end or _stop(view, first, end)):
            return found + 1


def unmasked(contents: bytes, kind: int) -> bytes:
    """The contents of a record of version 7 to 12: its first byte is the seed of an eight-byte key."""
    if len(contents) < 2:
        return b""
    count = len(contents) - 1
    key = (_key(contents[0], kind) * (count // 8 + 1))[:count]
    return (int.from_bytes(contents[1:], "little") ^ int.from_bytes(key, "little")).to_bytes(count, "little")


@cache
def _key(seed: int, kind: int) -> bytes:
    crc = (seed + kind) & 0xFF
    for byte in ((_KEY_FACTOR * seed) & _MASK64).to_bytes(8, "little"):
        crc = _table()[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc.to_bytes(8, "little")


@cache
def _table() -> tuple[int, ...]:
    found = []
    for first in range(256):
        crc = first
        for _ in range(8):
            crc = (crc >> 1) ^ (_CRC64 if crc & 1 else 0)
        found.append(crc)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Details:
    """What the app wrote at the end of the flight."""

    start_us: int = 0
    product: int = 0
    name: str = ""
    serial: str = ""


def details_of(data: memoryview, head: Head) -> Details:
    """The details; empty ones where the file ends before them."""
    block = bytes(data[head.details : head.details + 400])
    if len(block) < 330:
        return Details()
    (start_ms,) = struct.unpack_from("<q", block, 91)
    old = head.version <= 5
    product, name, serial = (277, (278, 24), (267, 10)) if old else (271, (280, 32), (312, 16))
    return Details(utc_us(start_ms), block[product], _text(block, *name), _text(block, *serial))


def identity_of(contents: bytes, version: int) -> tuple[int, str, str]:
    """Product, name and serial number of the aircraft, of a record of type RECOVER."""
    length = 10 if version <= 7 else 16
    if len(contents) < 5 + length:
        return 0, "", ""
    return contents[0], _text(contents, 5 + length, 32), _text(contents, 5, length)


def utc_us(milliseconds: int) -> int:
    """A time of the app in microseconds; 0 for an impossible one."""
    try:
        year = datetime.fromtimestamp(milliseconds / 1000, UTC).year
    except (OSError, OverflowError, ValueError):
        return 0
    return milliseconds * 1000 if 2010 <= year <= 2100 else 0


def _text(block: bytes, begin: int, length: int) -> str:
    raw = block[begin : begin + length].partition(b"\0")[0]
    return "".join(letter for letter in raw.decode("utf-8", "replace") if letter.isprintable()).strip()
