"""Columnar reader of telemetry logs: every field of every message as an array, without a Python object per message.

Three compiled passes: find the frames, gather the payloads of each message type into one table, and convert its rows to
columns. Damaged bytes are skipped and counted.

A telemetry log holds for each frame eight bytes of microseconds since 1970 (big-endian) and the raw frame. After a
damaged range, an entry is accepted if its time lies between 2000 and 2100, or within an hour of the entry before the
range or after it: a clock may be far off, or its unit another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from controller.wire import dialect
from controller.wire.column_kernels import HEAD, find_frames, gather_rows
from controller.wire.damage import NO_DAMAGE, DamageSummary, damage_between
from controller.wire.frame_format import SIGNATURE_LENGTH, V2_MAGIC
from controller.wire.message import MessageType

_DTYPES = {
    "char": "S1",
    "int8_t": "i1",
    "uint8_t": "u1",
    "int16_t": "<i2",
    "uint16_t": "<u2",
    "int32_t": "<i4",
    "uint32_t": "<u4",
    "int64_t": "<i8",
    "uint64_t": "<u8",
    "float": "<f4",
    "double": "<f8",
}


def row_dtype(kind: MessageType) -> np.dtype[Any]:
    """Return the dtype of a row of `gather_rows`: time and header of the frame, then the payload.

    Char arrays are bytes without trailing NULs.
    """
    fields: list[Any] = [
        ("time_us", "<i8"),
        ("frame_seq", "u1"),
        ("frame_system", "u1"),
        ("frame_component", "u1"),
    ]
    for field in kind.fields:
        # The prefix avoids collisions with the frame's own columns; no MAVLink field begins with "message_".
        name = f"message_{field.name}"
        if field.length and field.type == "char":
            fields.append((name, f"S{field.length}"))
        elif field.length:
            fields.append((name, _DTYPES[field.type], (field.length,)))
        else:
            fields.append((name, _DTYPES[field.type]))
    return np.dtype(fields)


# The columns of every table beside the message's fields: when it came, and from whom.
SENT = ("time_us", "frame_system", "frame_component")


class MessageTable(Mapping[str, Any]):
    """All messages of one type in the order of the log; `table["roll"]` is a contiguous array, created on first use.

    Shapes: (rows,) for scalars and texts, (rows, length) for arrays. Values have MAVLink's units, unconverted.
    """

    def __init__(self, kind: MessageType, rows: Any) -> None:
        self.kind = kind
        self._rows = rows
        self._columns: dict[str, Any] = {}

    def set_times(self, times_us: Any) -> None:
        """Replace the times of the messages (int64, microseconds since 1970), in their rows: without more memory."""
        self._rows["time_us"] = times_us
        self._columns.pop("time_us", None)

    def __len__(self) -> int:
        return len(self.kind.fields)

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in self.kind.fields)

    def __getitem__(self, name: str) -> Any:
        return self._column(f"message_{name}")

    def read(self, heads: tuple[str, ...], fields: tuple[str, ...]) -> list[Any]:
        """Return columns of the frame (`SENT`) and fields of the message together, which is faster where the table is
        not in memory."""
        found = [self.times_us if name == "time_us" else self._column(name) for name in heads]
        return [*found, *(self[name] for name in fields)]

    def _column(self, name: str) -> Any:
        column = self._columns.get(name)
        if column is None:
            try:
                column = self._columns[name] = np.ascontiguousarray(self._rows[name])
            except ValueError:
                raise KeyError(name.removeprefix("message_")) from None
        return column

    @property
    def count(self) -> int:
        """Number of messages."""
        return len(self._rows)

    @property
    def times_us(self) -> Any:
        """Times: microseconds since 1970 (int64), of the receiver until `set_times`."""
        return self._column("time_us")

    @property
    def sequences(self) -> Any:
        """Sequence numbers of the frames (uint8)."""
        return self._column("frame_seq")

    @property
    def systems(self) -> Any:
        """System ids of the senders (uint8)."""
        return self._column("frame_system")

    @property
    def components(self) -> Any:
        """Component ids of the senders (uint8)."""
        return self._column("frame_component")


@dataclass(frozen=True)
class Columns:
    """Log as tables by message name. `unknown` counts frames of messages outside our dialects, by message number.

    `bytes` is the size read, `bad_bytes` the bytes of no entry, `lost` their summary. `buffer` and `starts` are the
    log's bytes (uint8) and the offset of each frame in it (int64), `found` its message (index into the names of the
    dialect, -1: unknown). `time_at` returns other times of the frames, by their offsets.
    """

    tables: Mapping[str, MessageTable]
    unknown: dict[int, int]
    bytes: int
    bad_bytes: int
    lost: DamageSummary = NO_DAMAGE
    buffer: Any = None
    starts: Any = None
    found: Any = None
    time_at: Callable[[Any], Any] | None = None

    def ends_us(self) -> list[Any]:
        """Return arrays of times (int64) among which are the first and the last of the log."""
        return [table.times_us for table in self.tables.values()]

    def frames_of(self, name: str) -> Any:
        """Return the indices (int64) in `starts` of the messages of one name, in the order of its table."""
        return np.flatnonzero(self.found == _names().index(name))

    def retimed(self, time_at: Callable[[Any], Any]) -> Columns:
        """Return this log with other times of its frames, also in its tables.

        `time_at` returns the times (int64, microseconds since 1970) of frames by their offsets (int64).
        """
        for name, table in self.tables.items():
            table.set_times(time_at(self.starts[self.frames_of(name)]))
        return replace(self, time_at=time_at)

    @property
    def messages(self) -> int:
        """Number of all frames, unknown ones included."""
        return sum(table.count for table in self.tables.values()) + sum(self.unknown.values())

    def sender_frames(self, system: int, component: int) -> Iterator[tuple[Any, Any]]:
        """Yield times (int64, us) and sequence numbers (uint8) of all frames of one sender, unknown ones included, in
        the order of the log and in parts."""
        sent, sequences = frames_of_sender(self.buffer, self.starts, system, component)
        starts = self.starts[sent]
        yield frame_times_us(self.buffer, starts) if self.time_at is None else self.time_at(starts), sequences


@dataclass(frozen=True)
class FoundEntries:
    """Frames of a log: the result of the first pass.

    `starts` are the offsets of the frames' magic bytes, `found` their message type (index into `kinds`, -1: unknown),
    `counts` the frames by type, `unknown_ids` the numbers of unknown messages.
    """

    kinds: list[MessageType]
    buffer: Any
    starts: Any
    found: Any
    counts: Any
    unknown_ids: Any
    bad_bytes: int


@cache
def _names() -> list[str]:
    return dialect.message_names()


@cache
def _known() -> tuple[list[MessageType], Any, Any]:
    """Return all message types, their index by message number (-1: unknown), and the CRC extra by number."""
    kinds = [dialect.by_name(name) for name in dialect.message_names()]
    top = max(kind.msg_id for kind in kinds) + 1
    slots = np.full(top, -1, np.int16)
    extras = np.zeros(top, np.uint8)
    for slot, kind in enumerate(kinds):
        slots[kind.msg_id] = slot
        extras[kind.msg_id] = kind.crc_extra
    return kinds, slots, extras


def find_entries(data: bytes | memoryview, ahead: int = 0) -> FoundEntries:
    """Find the frames of a log in memory; the last `ahead` bytes only show that another frame follows."""
    kinds, slots, extras = _known()
    buffer = np.frombuffer(data, np.uint8)
    # The shortest entry: eight bytes of time, and a MAVLink 1 frame without payload.
    room = len(buffer) // 16 + 1
    starts, found = np.empty(room, np.int64), np.empty(room, np.int16)
    counts, unknown_ids = np.zeros(len(kinds), np.int64), np.zeros(room, np.int32)
    total, unknown, bad_bytes = find_frames(
        buffer, len(buffer) - ahead, slots, extras, starts, found, counts, unknown_ids
    )
    return FoundEntries(
        kinds, buffer, starts[:total], found[:total], counts, unknown_ids[:unknown], int(bad_bytes)
    )


def frame_starts(data: bytes | memoryview) -> Any:
    """Return the offset of each frame's magic byte (int64); its time is in the eight bytes before."""
    return find_entries(data).starts


def read_tlog(data: bytes | memoryview, *, ahead: int = 0) -> Columns:
    """Read the columns of a telemetry log in memory (or memory-mapped: pass a memoryview of the map).

    For a chunk of a log, the last `ahead` bytes only show that another frame follows; frames in them are not read.
    """
    first = find_entries(data, ahead)
    tables = _tables(first, first.starts, first.found, first.counts)
    ids, id_counts = np.unique(first.unknown_ids, return_counts=True)
    unknown = dict(zip(ids.tolist(), id_counts.tolist(), strict=True))
    stop = len(first.buffer) - ahead
    lost = _lost(first, stop) if first.bad_bytes else NO_DAMAGE
    return Columns(tables, unknown, stop, first.bad_bytes, lost, first.buffer, first.starts, first.found)


def read_some(entries: FoundEntries, names: tuple[str, ...]) -> dict[str, tuple[Any, MessageTable]]:
    """Read the messages of these names alone: the index (int64) of each in `starts`, and their table."""
    slots = {kind.name: slot for slot, kind in enumerate(entries.kinds) if kind.name in names}
    at = {name: np.flatnonzero(entries.found == slot) for name, slot in slots.items() if entries.counts[slot]}
    if not at:
        return {}
    counts = np.zeros_like(entries.counts)
    for name, rows in at.items():
        counts[slots[name]] = len(rows)
    some = np.concatenate(list(at.values()))
    tables = _tables(entries, entries.starts[some], entries.found[some], counts)
    return {name: (rows, tables[name]) for name, rows in at.items() if len(rows)}


def _tables(entries: FoundEntries, starts: Any, found: Any, counts: Any) -> dict[str, MessageTable]:
    kinds = entries.kinds
    widths = np.array([kind.length for kind in kinds], np.int64)
    sizes = counts * (widths + HEAD)
    bases = np.zeros(len(kinds), np.int64)
    bases[1:] = np.cumsum(sizes)[:-1]
    rows = np.empty(int(sizes.sum()), np.uint8)
    gather_rows(entries.buffer, starts, found, widths, bases, rows)
    tables: dict[str, MessageTable] = {}
    for slot in np.flatnonzero(counts).tolist():
        kind, base, size = kinds[slot], int(bases[slot]), int(sizes[slot])
        tables[kind.name] = MessageTable(kind, rows[base : base + size].view(row_dtype(kind)))
    return tables


def _lost(found: FoundEntries, stop: int) -> DamageSummary:
    at, buffer = found.starts, found.buffer
    return damage_between(at - 8, at + frame_lengths(buffer, at), 0, stop)


def frame_times_us(buffer: Any, at: Any) -> Any:
    """Return the receive times (int64, us) of the frames whose magic bytes are at the offsets `at`."""
    if not len(at):
        return np.zeros(0, np.int64)
    # Eight bytes from each byte on, as big-endian integers.
    stamps = np.ndarray((len(buffer) - 7,), ">i8", buffer, strides=(1,))
    return stamps[at - 8].astype(np.int64)


def frames_of_sender(buffer: Any, at: Any, system: int, component: int) -> tuple[Any, Any]:
    """Return which of the frames at the offsets `at` one sender sent, and the sequence numbers of those (uint8)."""
    heads = at + np.where(buffer[at] == V2_MAGIC, 4, 2)
    sent = (buffer[heads + 1] == system) & (buffer[heads + 2] == component)
    return sent, buffer[heads[sent]]


def frame_lengths(buffer: Any, at: Any) -> Any:
    """Return the lengths in bytes (int64) of the valid frames whose magic bytes are at the offsets `at`."""
    new = buffer[at] == V2_MAGIC
    signed = new & ((buffer[at + 2] & 1) == 1)
    return buffer[at + 1].astype(np.int64) + np.where(new, 12, 8) + np.where(signed, SIGNATURE_LENGTH, 0)
