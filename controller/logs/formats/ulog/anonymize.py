"""Anonymize a ULog in place: messages keep their length, removed values become zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.formats.ulog.reader import HEADER_LENGTH, KNOWN_TYPES, find_messages, topic_dtype
from controller.logs.privacy.anonymize_rules import Mover, hides_parameter, kind_of, masked
from controller.logs.privacy.patch_fields import blank, change, mask_at, put, take

_ALWAYS_BLANK = frozenset(
    {
        "gps_dump",
        "gps_inject_data",
        "satellite_info",
        "mavlink_tunnel",
        "transponder_report",
        "ulog_stream",
        "can_interface_status",
        "debug_array",
    }
)
_IDENTITY_PREFIXES = ("open_drone_id_", "cellular_")
_TIME_BYTES = 8
# Console output of the board at start-up, with serial numbers of its parts.
_IDENTITY_INFO = ("boot_console_output", "hardfault_plain", "replay")


def anonymize_ulog(data: bytes | memoryview, mover: Mover, *, ahead: int = 0) -> bytes:
    """The copy. Bytes that belong to no message become zero, those of an unknown format but for their time too; the
    last `ahead` bytes only show what follows."""
    raw = bytearray(data)
    messages = find_messages(raw, ahead=ahead)
    buffer = np.frombuffer(raw, np.uint8)
    formats: dict[str, str] = {}
    topics: dict[int, str] = {}
    # Where the values of information in several parts stand: a number may be cut in two by them.
    parts: dict[str, list[Any]] = {}
    covered = np.zeros(len(buffer) + 1, np.int32)
    covered[0] += 1
    covered[HEADER_LENGTH] -= 1
    for at in messages.others.tolist():
        size = int(buffer[at]) | int(buffer[at + 1]) << 8
        covered[at] += 1
        covered[at + 3 + size] -= 1
        letter, payload = chr(buffer[at + 2]), bytes(raw[at + 3 : at + 3 + size])
        if letter == "F":
            topic, _, fields = payload.decode("latin1").partition(":")
            formats[topic] = fields
        elif letter == "A" and size > 3:
            topics[payload[1] | payload[2] << 8] = payload[3:].decode("latin1")
        else:
            _other(buffer, letter, at + 3, size, payload, mover)
            if letter == "M" and size > 2:
                name, begin = _information(payload[1:])
                if not payload[0]:
                    _mask_parts(buffer, parts.pop(name, []), mover)
                parts.setdefault(name, []).append(np.arange(at + 4 + begin, at + 3 + size))
    for places in parts.values():
        _mask_parts(buffer, places, mover)
    lengths = (
        buffer[messages.starts - 5].astype(np.int64) | buffer[messages.starts - 4].astype(np.int64) << 8
    ) - 2
    np.add.at(covered, messages.starts - 5, 1)
    np.add.at(covered, messages.starts + lengths, -1)
    for number in np.unique(messages.subscriptions).tolist():
        of_topic = messages.subscriptions == number
        _samples(buffer, messages.starts[of_topic], lengths[of_topic], topics.get(number, ""), formats, mover)
    no_message = np.cumsum(covered[:-1]) <= 0
    # A message is only sound where another header follows: the header of a broken message is kept.
    heads = np.flatnonzero(no_message & ~np.concatenate(([False], no_message[:-1])))
    for i in range(3):
        no_message[np.minimum(heads + i, len(no_message) - 1)] = False
    buffer[no_message] = 0
    return bytes(raw)


def _samples(
    buffer: Any, starts: Any, lengths: Any, topic: str, formats: dict[str, str], mover: Mover
) -> None:
    try:
        dtype = topic_dtype(topic, formats)
    except (KeyError, TypeError, ValueError):
        dtype = np.dtype([])
    removed = topic in _ALWAYS_BLANK or (mover.level == "identity" and topic.startswith(_IDENTITY_PREFIXES))
    if not dtype.names or removed:
        blank(buffer, starts + _TIME_BYTES, np.maximum(lengths - _TIME_BYTES, 0))
        return
    place = any(kind_of(name, level=mover.level) in ("lat", "lon") for name in dtype.names)
    fields = dtype.fields
    assert fields is not None
    for name in dtype.names:
        field, offset = fields[name][0], int(fields[name][1])
        # The padding at the end is not written.
        whole = lengths >= offset + field.itemsize
        # An element of an array or of a nested format has the name of the whole before it.
        kind = kind_of(name.split(".")[-1], level=mover.level, beside_place=place)
        if kind is not None or field.kind == "S":
            change(buffer, starts[whole] + offset, field, kind, mover)
    if {"param5", "param6"} <= set(dtype.names):
        _commands(buffer, starts, fields, mover)


def _commands(buffer: Any, starts: Any, fields: Any, mover: Mover) -> None:
    """vehicle_command: parameters 5 and 6 are a place in some commands."""
    lat, lon = ((fields[name][0], int(fields[name][1])) for name in ("param5", "param6"))
    lats, lons = (take(buffer, starts + offset, dtype) for dtype, offset in (lat, lon))
    for row, (lat_deg, lon_deg) in enumerate(zip(lats.tolist(), lons.tolist(), strict=True)):
        if np.isfinite(lat_deg + lon_deg) and mover.may_be_place(lat_deg, lon_deg):
            lats[row], lons[row] = mover.pair(lat_deg, lon_deg)
    put(buffer, starts + lat[1], lats)
    put(buffer, starts + lon[1], lons)


def _other(buffer: Any, letter: str, at: int, size: int, payload: bytes, mover: Mover) -> None:
    """Information, parameters and texts; nothing is left of a message of a type that is not known."""
    if letter not in KNOWN_TYPES:
        buffer[at : at + size] = 0
    elif letter in "LC":
        skip = 9 + (2 if letter == "C" else 0)
        if size > skip:
            mask_at(buffer, np.array([at + skip]), size - skip, mover.level)
    elif letter in "IMPQ" and size > 2:
        lead = 0 if letter in "IP" else 1
        name, begin = _information(payload[lead:])
        begin += lead
        if letter in "PQ":
            if hides_parameter(name, mover.level):
                buffer[at + begin : at + size] = 0
            return
        identifies = mover.level == "identity" and (
            name in _IDENTITY_INFO or kind_of(name, level=mover.level) == "identity"
        )
        if identifies:
            buffer[at + begin : at + size] = ord(" ")
        elif size > begin:
            mask_at(buffer, np.array([at + begin]), size - begin, mover.level)


def _information(payload: bytes) -> tuple[str, int]:
    """Name of an information or parameter message, and where its value begins."""
    length = payload[0]
    return payload[1 : 1 + length].decode("latin1").partition(" ")[2], 1 + length


def _mask_parts(buffer: Any, places: list[Any], mover: Mover) -> None:
    """Mask a text that stands in several parts as one."""
    if len(places) > 1:
        at = np.concatenate(places)
        buffer[at] = np.frombuffer(masked(buffer[at].tobytes(), mover.level), np.uint8)
