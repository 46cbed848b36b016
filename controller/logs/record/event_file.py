"""Events of a flight: one JSON object a line, held in memory while the disk does not take them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Literal

from controller.clock import iso_utc
from controller.logs.record.append_file import AppendFile

EventKind = Literal[
    "start",
    "action",
    "mode",
    "warning",
    "text",
    "link",
    "way",
    "check",
    "mission",
    "param",
    "record",
    "end",
    "note",
]

# Events held in memory while the disk does not take them.
MAX_WAITING_EVENTS = 10_000


class EventWriter:
    """Writer of the event file."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._unwritten: list[bytes] = []

    @property
    def missing(self) -> int:
        """Number of events that are not on the disk."""
        return len(self._unwritten)

    def add(self, kind: EventKind, fields: Mapping[str, object], *, utc_us: int, now: float) -> bytes:
        """Write one event: UTC, monotonic seconds, kind and `fields` (non-JSON values as text).

        Return the bytes written, which include events that waited, or nothing if the disk does not take them.
        """
        head = {"utc": iso_utc(utc_us), "t_s": round(now, 6), "kind": kind}
        self._unwritten.append(plain_json({**head, **fields, **head}) + b"\n")
        data = b"".join(self._unwritten)
        if self._file.append(data, now):
            self._unwritten.clear()
            return data
        if len(self._unwritten) > MAX_WAITING_EVENTS:
            del self._unwritten[0]
        return b""


def plain_json(value: Mapping[str, object], *, indent: int | None = None) -> bytes:
    """Return JSON without NaN and infinity (null instead); values that are not JSON become text."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_finite(value), ensure_ascii=False, default=str, separators=separators, indent=indent)
    return text.encode("utf-8", "backslashreplace")


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
