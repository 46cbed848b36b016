"""TIFF structure inside EXIF (TIFF 6.0, section 2): read, extended with a position, or rebuilt from allowed fields.

Extending only appends. Existing fields keep their place, because maker notes of many cameras hold absolute offsets
that a rewritten file would break. Only the four bytes with the offset of the first directory change.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from controller.logs.photos.exif_tags import EXIF_POINTER, GPS_POINTER
from controller.logs.photos.jpeg import PhotoError

# Size in bytes of each TIFF type, by its number.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_MAX_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: its TIFF type, and its values as bytes in the byte order of the structure."""

    kind: int
    raw: bytes

    @property
    def count(self) -> int:
        """Number of values."""
        return len(self.raw) // _SIZES[self.kind]


Directory = dict[int, Entry]


@dataclass(frozen=True)
class Tiff:
    """Directories of an EXIF block.

    `order` is the byte order as in `struct`, `first_at` the offset of directory 0.
    """

    order: Literal["<", ">"]
    first_at: int
    zeroth: Directory
    exif: Directory
    gps: Directory
    next_at: int

    def text(self, directory: Mapping[int, Entry], tag: int) -> str:
        """Return a field as text; empty if there is none."""
        entry = directory.get(tag)
        return "" if entry is None else entry.raw.partition(b"\0")[0].decode("utf-8", "replace").strip()

    def numbers(self, directory: Mapping[int, Entry], tag: int) -> list[float]:
        """Return a field as numbers, fractions divided; empty if there is none or it has another type."""
        entry = directory.get(tag)
        if entry is None:
            return []
        if entry.kind in (5, 10):
            code = "I" if entry.kind == 5 else "i"
            parts = struct.unpack(f"{self.order}{entry.count * 2}{code}", entry.raw)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return [above / below if below else 0.0 for above, below in pairs]
        code = _CODES.get(entry.kind, "")
        return (
            [float(n) for n in struct.unpack(f"{self.order}{entry.count}{code}", entry.raw)] if code else []
        )


def read_tiff(data: bytes) -> Tiff:
    """Read the directories of a block; fields that point outside of it are skipped. Raises PhotoError."""
    order: Literal["<", ">"]
    if data[:4] == b"II*\0":
        order = "<"
    elif data[:4] == b"MM\0*":
        order = ">"
    else:
        raise PhotoError("invalid EXIF data: no TIFF header")
    if len(data) < 8:
        raise PhotoError("invalid EXIF data: cut off")
    (first_at,) = struct.unpack_from(order + "I", data, 4)
    zeroth, next_at = _directory(data, order, first_at)
    return Tiff(
        order,
        first_at,
        zeroth,
        _subdirectory(data, order, zeroth, EXIF_POINTER),
        _subdirectory(data, order, zeroth, GPS_POINTER),
        next_at,
    )


def _subdirectory(data: bytes, order: str, directory: Directory, pointer: int) -> Directory:
    entry = directory.get(pointer)
    if entry is None or entry.kind not in (LONG, 13) or len(entry.raw) != 4:
        return {}
    try:
        return _directory(data, order, struct.unpack(order + "I", entry.raw)[0])[0]
    except PhotoError:
        return {}


def _directory(data: bytes, order: str, at: int) -> tuple[Directory, int]:
    """Return the fields of the directory at `at`, and the offset of the next one (0 if there is none)."""
    if at < 8 or at + 2 > len(data):
        raise PhotoError("invalid EXIF data: a directory is outside of it")
    (count,) = struct.unpack_from(order + "H", data, at)
    end = at + 2 + count * 12
    if count > _MAX_ENTRIES or end > len(data):
        raise PhotoError("invalid EXIF data: a directory is cut off")
    found: Directory = {}
    for place in range(at + 2, end, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, place)
        size = _SIZES.get(kind, 0) * values
        begin = place + 8
        if size > 4:
            (begin,) = struct.unpack_from(order + "I", data, begin)
        if kind in _SIZES and begin + size <= len(data):
            found.setdefault(tag, Entry(kind, data[begin : begin + size]))
    (next_at,) = struct.unpack_from(order + "I", data, end) if end + 4 <= len(data) else (0,)
    return found, int(next_at)


def entry(order: str, kind: int, *values: Any) -> Entry:
    """Return a field of numbers (two for each fraction), or of one text."""
    if kind == ASCII:
        return Entry(ASCII, str(values[0]).encode("ascii", "replace") + b"\0")
    code = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B"}[kind]
    return Entry(kind, struct.pack(f"{order}{len(values)}{code}", *values))


def pack_directory(order: str, directory: Mapping[int, Entry], at: int, next_at: int = 0) -> bytes:
    """Return a directory's bytes for the offset `at`, followed by its longer values."""
    entries = sorted(directory.items())
    values_at = at + 2 + 12 * len(entries) + 4
    table, values = struct.pack(order + "H", len(entries)), b""
    for tag, field in entries:
        table += struct.pack(order + "HHI", tag, field.kind, field.count)
        if len(field.raw) <= 4:
            table += field.raw.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", values_at + len(values))
            values += field.raw + b"\0" * (len(field.raw) & 1)
    return table + struct.pack(order + "I", next_at) + values


def append_gps(data: bytes, changed: Mapping[int, Entry], gps: Mapping[int, Entry]) -> bytes:
    """Return the block with another GPS directory and with `changed` fields in directory 0; nothing else changes.

    A field of directory 0 whose value could not be read keeps its twelve bytes, and so the data they point to.
    """
    tiff = read_tiff(data)
    order, at = tiff.order, tiff.first_at
    (count,) = struct.unpack_from(order + "H", data, at)
    rows: dict[int, bytes] = {}
    for place in range(at + 2, at + 2 + count * 12, 12):
        rows.setdefault(struct.unpack_from(order + "H", data, place)[0], data[place : place + 12])
    out = bytearray(data + b"\0" * (len(data) & 1))
    gps_at = len(out)
    out += pack_directory(order, gps, gps_at)
    for tag, field in {**changed, GPS_POINTER: entry(order, LONG, gps_at)}.items():
        value = field.raw.ljust(4, b"\0")
        if len(field.raw) > 4:
            value = struct.pack(order + "I", len(out))
            out += field.raw + b"\0" * (len(field.raw) & 1)
        rows[tag] = struct.pack(order + "HHI", tag, field.kind, field.count) + value
    out[4:8] = struct.pack(order + "I", len(out))
    out += struct.pack(order + "H", len(rows)) + b"".join(row for _, row in sorted(rows.items()))
    return bytes(out + struct.pack(order + "I", tiff.next_at))


def build_exif(order: str, zeroth: Mapping[int, Entry], exif: Mapping[int, Entry]) -> bytes:
    """Return a new block with these fields only."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "I", 8)
    zeroth = {tag: field for tag, field in zeroth.items() if tag != EXIF_POINTER}
    if not exif:
        return head + pack_directory(order, zeroth, 8)
    placed = {**zeroth, EXIF_POINTER: entry(order, LONG, 0)}
    below_at = 8 + len(pack_directory(order, placed, 8))
    placed[EXIF_POINTER] = entry(order, LONG, below_at)
    return head + pack_directory(order, placed, 8) + pack_directory(order, exif, below_at)
