"""PX4's on-board logs (ULog) as columns (https://docs.px4.io/main/en/dev_log/ulog_file_format.html).

The definitions and the few hundred information messages are read one by one, the data messages, nearly the whole
file, in compiled passes. Truncated files are read as far as they go, and appended data is read as well.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from controller.errors import UserError
from controller.logs.formats.record_kernels import find_ulog, gather
from controller.logs.series.view import EARLIEST_US, numeric
from controller.wire.damage import NO_DAMAGE, DamageSummary, damage_between

SIGNATURE = b"ULog\x01\x12\x35"
HEADER_LENGTH = 16
_INCOMPAT_APPENDED = 0x01
_TYPES = {
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
    "bool": "?",
    "char": "S1",
}
KNOWN_TYPES = "ABCDFILMOPQRS"
"""Letters of the messages that are known; a newer version of the format may have others."""
_ARRAY = re.compile(r"^(\w+)\[(\d+)\]$")


class UlogError(UserError):
    """A file that is no ULog, or one with features that are not supported."""


@dataclass(frozen=True, slots=True)
class UlogText:
    """A log message: microseconds since boot, syslog level (0 to 7), text."""

    time_us: int
    level: int
    text: str


@dataclass
class Ulog:
    """A log as tables by topic and instance.

    `info` has the information messages by name; those that come in parts are a list of the parts for each of them.
    `params` are the parameters with their last values. `dropouts_ms` are the dropouts that the logger reported.
    """

    start_us: int
    bytes: int
    tables: dict[tuple[str, int], UlogTopic] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    params: dict[str, float] = field(default_factory=dict)
    texts: list[UlogText] = field(default_factory=list)
    dropouts_ms: list[int] = field(default_factory=list)
    bad_bytes: int = 0
    broken: list[str] = field(default_factory=list)
    lost: DamageSummary = NO_DAMAGE

    @property
    def messages(self) -> int:
        """Data messages of all topics."""
        return sum(table.count for table in self.tables.values())

    @cached_property
    def published(self) -> dict[tuple[str, int], UlogTopic]:
        """The tables with a time, without samples of topics that were never published (time 0).

        A topic's last sample from before the log's begin, which the logger writes first, has the time of the begin.
        """
        timed = {key: table for key, table in self.tables.items() if numeric(table, "timestamp", "iu")}
        latest_us = max((int(table["timestamp"].max()) for table in timed.values() if table.count), default=0)
        begin_us = self.start_us if self.start_us <= latest_us else 0
        return {key: table.published(begin_us) for key, table in timed.items()}

    @property
    def utc_stamps(self) -> bool:
        """Whether its times are UTC already, as of a companion computer, and not the autopilot's."""
        return any(
            table.count and int(table["timestamp"][-1]) > EARLIEST_US for table in self.published.values()
        )


class UlogTopic(Mapping[str, Any]):
    """All samples of one topic's instance; nested and array fields are named `a.b` and `q[0]`. A column is made on
    first use."""

    def __init__(self, topic: str, instance: int, rows: Any) -> None:
        self.topic = topic
        self.instance = instance
        self.rows = rows
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.rows.dtype.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows.dtype.names)

    def __getitem__(self, name: str) -> Any:
        column = self._columns.get(name)
        if column is None:
            if name not in self.rows.dtype.names:
                raise KeyError(name)
            column = self._columns[name] = np.ascontiguousarray(self.rows[name])
        return column

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.rows)

    def published(self, begin_us: int) -> UlogTopic:
        """The samples with a time; those older than `begin_us` have that time."""
        times_us = self["timestamp"]
        if not len(times_us) or int(times_us.min()) >= max(begin_us, 1):
            return self
        known = times_us > 0
        # Nearly always the first sample alone has no time: then no row is copied.
        first = int(np.argmax(known)) if known.any() else len(times_us)
        kept = slice(first, None) if known[first:].all() else known
        own = UlogTopic(self.topic, self.instance, self.rows[kept])
        own._columns["timestamp"] = np.maximum(times_us[kept], np.uint64(begin_us))
        return own


def _flat(fields: str, formats: dict[str, str], prefix: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """A format as (name, numpy type) in the order of the bytes, nested formats and arrays expanded."""
    if depth > 8:
        raise UlogError("invalid ULog: its formats contain one another")
    flat: list[tuple[str, str]] = []
    for part in filter(None, fields.split(";")):
        kind, _, name = part.strip().partition(" ")
        array = _ARRAY.match(kind)
        kind, length = (array[1], int(array[2])) if array else (kind, 0)
        if kind == "char" and length:
            flat.append((prefix + name, f"S{length}"))
            continue
        for i in range(max(1, length)):
            full_name = f"{prefix}{name}[{i}]" if length else prefix + name
            if kind in _TYPES:
                flat.append((full_name, _TYPES[kind]))
            else:
                flat += _flat(formats[kind], formats, full_name + ".", depth + 1)
    return flat


def topic_dtype(topic: str, formats: dict[str, str]) -> np.dtype[Any]:
    """A sample of the topic as packed numpy fields. Raises KeyError, TypeError, ValueError for an invalid format."""
    flat = _flat(formats[topic], formats)
    names = [
        f"_padding{i}" if name.split(".")[-1].startswith("_padding") else name
        for i, (name, _) in enumerate(flat)
    ]
    return np.dtype(list(zip(names, (kind for _, kind in flat), strict=True)))


def _value(kind: str, raw: bytes) -> Any:
    """The value of an information or parameter message."""
    if kind.startswith("char["):
        return raw.decode("utf-8", "replace")
    array = _ARRAY.match(kind)
    if array and array[1] == "uint8_t":
        return raw
    code = _TYPES.get(array[1] if array else kind)
    if code is None or (not array and len(raw) < np.dtype(code).itemsize):
        return raw
    values = np.frombuffer(raw[: len(raw) // np.dtype(code).itemsize * np.dtype(code).itemsize], code)
    return values.tolist() if array else values[0].item()


def _key(payload: bytes) -> tuple[str, str, bytes]:
    """Type, name and value of a message with a key (information, parameter)."""
    length = payload[0]
    kind, _, name = payload[1 : 1 + length].decode("utf-8", "replace").partition(" ")
    return kind, name, payload[1 + length :]


@dataclass(frozen=True)
class MessageMap:
    """Offsets of a log's messages: of each data message's payload, with its subscription ID, and of the headers of
    all others."""

    start_us: int
    buffer: Any
    starts: Any
    subscriptions: Any
    counts: Any
    others: Any
    bad_bytes: int


def find_messages(data: bytes | bytearray | memoryview, *, name: str = "log", ahead: int = 0) -> MessageMap:
    """Find the messages; the last `ahead` bytes only show what follows.

    Raises UlogError if the file is no ULog, or has features that are not supported.
    """
    head = bytes(data[:HEADER_LENGTH])
    if not head.startswith(SIGNATURE) or len(head) < HEADER_LENGTH:
        raise UlogError("invalid ULog: wrong first bytes", where=name)
    bad_bytes = 0
    buffer = np.frombuffer(data, np.uint8)
    # A data message has a header of five bytes and at least its time.
    starts, found = np.empty(len(buffer) // 6 + 1, np.int64), np.empty(len(buffer) // 6 + 1, np.uint16)
    others, counts, bad = (
        np.empty(len(buffer) // 4 + 1, np.int64),
        np.zeros(65536, np.int64),
        np.zeros(1, np.int64),
    )

    total = rest = 0
    stretches = _stretches(bytes(data[HEADER_LENGTH : HEADER_LENGTH + 64]), len(data) - ahead, name)
    for begin, stop in stretches:
        visible_stop = len(data) if stop == len(data) - ahead else stop
        more, extra, end = find_ulog(
            buffer, begin, stop, visible_stop, starts[total:], found[total:], counts, others[rest:], bad
        )
        total, rest = total + more, rest + extra
        bad_bytes += stop - end
    return MessageMap(
        struct.unpack_from("<Q", head, 8)[0],
        buffer,
        starts[:total],
        found[:total],
        counts,
        others[:rest],
        bad_bytes + int(bad[0]),
    )


def read_ulog(data: bytes | memoryview, *, name: str = "log", ahead: int = 0) -> Ulog:
    """The columns of a ULog. For `ahead`, and what is raised, see `find_messages`."""
    located = find_messages(data, name=name, ahead=ahead)
    log = Ulog(located.start_us, len(data) - ahead, bad_bytes=located.bad_bytes)
    buffer, starts, found, counts = located.buffer, located.starts, located.subscriptions, located.counts
    formats: dict[str, str] = {}
    subscribed: dict[int, tuple[str, int]] = {}
    parts: dict[str, list[list[Any]]] = {}
    for at in located.others.tolist():
        size = int(buffer[at]) | int(buffer[at + 1]) << 8
        try:
            _process(
                log, chr(buffer[at + 2]), bytes(data[at + 3 : at + 3 + size]), formats, subscribed, parts
            )
        except (IndexError, ValueError, struct.error):
            log.broken.append(f"a broken message of type {chr(buffer[at + 2])} at byte {at}")
    letters = bytes(buffer[located.others + 2]).decode("latin1")
    log.broken += [
        f"{letters.count(letter)} messages of type {letter}, which is not known, are left out"
        for letter in sorted(set(letters) - set(KNOWN_TYPES))
    ]
    log.info |= parts
    _tables(log, buffer, starts, found, counts, formats, subscribed)
    if located.bad_bytes:
        begins = np.sort(np.concatenate([starts - 5, located.others]))
        lengths = 3 + (buffer[begins].astype(np.int64) | buffer[begins + 1].astype(np.int64) << 8)
        log.lost = damage_between(begins, begins + lengths, HEADER_LENGTH, len(buffer) - ahead)
    return log


def stretches_of(data: bytes | memoryview, *, name: str = "log") -> list[tuple[int, int]]:
    """The parts of a log that are read separately. Raises UlogError for features that are not supported."""
    return _stretches(bytes(data[HEADER_LENGTH : HEADER_LENGTH + 43]), len(data), name)


def _stretches(begin: bytes, length: int, name: str) -> list[tuple[int, int]]:
    """The parts of the file that are read separately: the whole file, or the stretches between the offsets of
    appended data."""
    if len(begin) < 43 or begin[2:3] != b"B":
        return [(HEADER_LENGTH, length)]
    incompat = begin[11:19]
    if incompat[0] & ~_INCOMPAT_APPENDED or any(incompat[1:]):
        raise UlogError(
            "cannot read the ULog: it has incompatible features that are not supported", where=name
        )
    offsets = sorted(o for o in struct.unpack_from("<3Q", begin, 19) if HEADER_LENGTH < o < length)
    edges = [HEADER_LENGTH, *offsets, length]
    return list(pairwise(edges))


def _process(
    log: Ulog,
    kind: str,
    payload: bytes,
    formats: dict[str, str],
    subscribed: dict[int, tuple[str, int]],
    parts: dict[str, list[list[Any]]],
) -> None:
    """Process a message that is not a data message; `parts` collects information in several parts."""
    match kind:
        case "F":
            topic, _, fields = payload.decode("ascii").partition(":")
            formats[topic] = fields
        case "A":
            number = payload[1] | payload[2] << 8
            subscribed[number] = (payload[3:].decode("ascii"), payload[0])
        case "I":
            type_name, key, raw = _key(payload)
            log.info[key] = _value(type_name, raw)
        case "M":
            type_name, key, raw = _key(payload[1:])
            wholes = parts.setdefault(key, [])
            if not payload[0] or not wholes:
                wholes.append([])
            wholes[-1].append(_value(type_name, raw))
        case "P":
            type_name, key, raw = _key(payload)
            log.params[key] = _value(type_name, raw)
        case "L" | "C":
            skip = 2 if kind == "C" else 0
            level = payload[0] - 0x30 if 0x30 <= payload[0] <= 0x37 else payload[0]
            (time_us,) = struct.unpack_from("<Q", payload, 1 + skip)
            log.texts.append(UlogText(time_us, level, payload[9 + skip :].decode("utf-8", "replace")))
        case "O":
            log.dropouts_ms.append(payload[0] | payload[1] << 8)


def _tables(
    log: Ulog,
    buffer: Any,
    starts: Any,
    found: Any,
    counts: Any,
    formats: dict[str, str],
    subscribed: dict[int, tuple[str, int]],
) -> None:
    """Gather the data messages by subscription."""
    dtypes: dict[int, np.dtype[Any]] = {}
    for number in np.flatnonzero(counts).tolist():
        topic = subscribed.get(number, ("", 0))[0]
        try:
            dtype = topic_dtype(topic, formats)
            if not dtype.itemsize:
                raise ValueError("no fields")
            dtypes[number] = dtype
        except (KeyError, TypeError, ValueError):
            log.broken.append(
                f"{int(counts[number])} samples of {topic or f'subscription {number}'} without a valid format"
            )
    widths = np.zeros(65536, np.int64)
    for number, dtype in dtypes.items():
        widths[number] = dtype.itemsize
    bases = np.zeros(65536, np.int64)
    bases[1:] = np.cumsum(counts * widths)[:-1]
    rows = np.zeros(int((counts * widths).sum()), np.uint8)
    # Header of a data message: two bytes of size, type, subscription ID; `starts` is the offset after it.
    lengths = (buffer[starts - 5].astype(np.int64) | buffer[starts - 4].astype(np.int64) << 8) - 2
    gather(buffer, starts, found, lengths, widths, bases, rows)
    for number, dtype in dtypes.items():
        base, count = int(bases[number]), int(counts[number])
        table = rows[base : base + count * dtype.itemsize].view(dtype)
        topic, instance = subscribed[number]
        before = log.tables.get((topic, instance))
        if before is not None and before.rows.dtype == dtype:
            # One topic may have two subscription IDs; together its samples are sorted by time.
            table = np.concatenate([before.rows, table])
            table = (
                table[np.argsort(table["timestamp"], kind="stable")]
                if "timestamp" in (dtype.names or ())
                else table
            )
        log.tables[topic, instance] = UlogTopic(topic, instance, table)
