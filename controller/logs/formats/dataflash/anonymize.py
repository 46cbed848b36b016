"""Anonymize a DataFlash log in place: records keep their length, removed values become zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.formats.dataflash.reader import find_records
from controller.logs.formats.dataflash.tables import RecordFormat
from controller.logs.formats.record_kernels import HEAD_1, HEAD_2
from controller.logs.privacy.anonymize_rules import Kind, Mover, hides_parameter, kind_of
from controller.logs.privacy.patch_fields import blank, change, put, take

# Contents of files, raw data of GPS receivers, aircraft in sight; their times are kept.
_ALWAYS_BLANK = frozenset(
    {
        "FILE",
        "GRAW",
        "GRXH",
        "GRXS",
        "UBX1",
        "UBX2",
        "UBY",
        "UBZ",
        "SBFE",
        "ADSB",
        "RTCM",
        "UART",
        "SBPH",
        "SBRH",
        "SBRM",
        "SBRE",
    }
)
_TIME_BYTES = 8


def anonymize_dataflash(data: bytes | memoryview, mover: Mover, *, ahead: int = 0) -> bytes:
    """The copy. Bytes that belong to no record become zero; the last `ahead` bytes only show what follows."""
    raw = bytearray(data)
    records = find_records(raw, ahead=ahead)
    buffer = np.frombuffer(raw, np.uint8)
    covered = np.zeros(len(buffer) + 1, np.int32)
    for number in np.unique(records.types).tolist():
        starts = records.starts[records.types == number]
        length = int(records.lengths[number]) - 3
        np.add.at(covered, starts - 3, 1)
        np.add.at(covered, starts + length, -1)
        record_format = records.formats.get(number)
        if record_format is None or record_format.length - 3 != length or record_format.name in _ALWAYS_BLANK:
            # Nothing is known of a type without a description.
            keep = _TIME_BYTES if record_format is not None and record_format.labels[:1] == ("TimeUS",) else 0
            blank(buffer, starts + keep, np.full(len(starts), max(length - keep, 0)))
        elif record_format.name != "FMT":
            _records(buffer, starts, record_format, mover)
    no_record = np.cumsum(covered[:-1]) == 0
    # A record is only sound where another header follows: the header of a broken record is kept.
    heads = np.flatnonzero(no_record[:-1] & (buffer[:-1] == HEAD_1) & (buffer[1:] == HEAD_2))
    no_record[heads], no_record[heads + 1] = False, False
    buffer[no_record] = 0
    return bytes(raw)


def _records(buffer: Any, starts: Any, record_format: RecordFormat, mover: Mover) -> None:
    kinds = [
        _kind(record_format, label, letter, mover)
        for label, letter in zip(record_format.labels, record_format.letters, strict=False)
    ]
    hidden = _hidden(buffer, starts, record_format, mover)
    for label, kind in zip(record_format.labels, kinds, strict=False):
        field = record_format.dtype.fields
        assert field is not None
        dtype, offset = field[label][0], int(field[label][1])
        if record_format.name in ("FMTU", "UNIT", "MULT"):
            continue
        if record_format.name == "PARM":
            if label in ("Value", "Default"):
                put(buffer, starts[hidden] + offset, np.zeros(int(hidden.sum()), dtype))
            continue
        change(buffer, starts + offset, dtype, kind, mover)


def _hidden(buffer: Any, starts: Any, record_format: RecordFormat, mover: Mover) -> Any:
    """Which rows hold a parameter that is removed."""
    field = record_format.dtype.fields
    if record_format.name != "PARM" or field is None or "Name" not in field:
        return np.zeros(len(starts), np.bool_)
    names = take(buffer, starts + int(field["Name"][1]), field["Name"][0]).tolist()
    return np.array([hides_parameter(name.decode("latin1"), mover.level) for name in names], np.bool_)


def _kind(record_format: RecordFormat, label: str, letter: str, mover: Mover) -> Kind | None:
    # The letter L is a latitude or a longitude, whatever the label.
    if letter == "L":
        return "lat" if "lat" in label.lower() else "lon"
    place = "L" in record_format.letters or any(
        kind_of(other, level=mover.level) in ("lat", "lon") for other in record_format.labels
    )
    return kind_of(label, level=mover.level, beside_place=place)
