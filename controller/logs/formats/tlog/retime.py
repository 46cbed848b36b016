"""Find the clock of a telemetry log, and give its messages the times by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from controller.logs.formats.cutting import stretches
from controller.logs.formats.file_map import give_back_large_blocks
from controller.logs.formats.tlog.clock import LogClock, clocks_agree, log_clock, scaled, stamp_scale
from controller.logs.formats.tlog.clock_points import PointCollector
from controller.logs.formats.tlog.large import FilePages, LargeColumns, Times, read_large
from controller.logs.series.view import Array
from controller.wire.columns import (
    Columns,
    FoundEntries,
    MessageTable,
    find_entries,
    frame_times_us,
    read_some,
)

# Messages whose `time_boot_ms` is the moment they were sent.
_BOOT = ("ATTITUDE", "GLOBAL_POSITION_INT", "LOCAL_POSITION_NED", "ATTITUDE_QUATERNION", "SYSTEM_TIME")
_BACK_US = -500_000
_MOST_COMPARED = 20_000
# Frames taken at a time: what is made of them takes several times the memory of their log.
_BLOCK = 100_000
# A large log is looked at in these places first.
_SAMPLE_BYTES, _SAMPLE_EVERY = 16_384, 2_000_000


def clock_of(columns: Columns) -> LogClock | None:
    """The clock of a log that was read as a whole; None where its stamps are right."""
    some = columns.starts[:: max(1, len(columns.starts) // 1000)]
    scale = stamp_scale(frame_times_us(columns.buffer, some))
    if scale == 1.0 and _right(columns):
        return None
    collecting = _Collecting(scale)
    # The sender is that of the whole log, not of its first block.
    timed = [
        _Timed(columns.frames_of(name), columns.tables[name]) for name in _BOOT if name in columns.tables
    ]
    collecting.choose(timed)
    for begin in range(0, len(columns.starts), _BLOCK):
        starts = columns.starts[begin : begin + _BLOCK]
        parts = [one.between(begin, begin + _BLOCK) for one in timed]
        collecting.add(starts, frame_times_us(columns.buffer, starts), parts)
    return collecting.clock()


def clock_of_chunks(data: memoryview, chunk_bytes: int, last: Callable[[memoryview], int]) -> LogClock | None:
    """The clock of a log that is read in chunks; `last` as for `stretches`."""
    collecting = collector_of(data)
    if collecting is None:
        return None
    for begin, end in stretches(data, 0, len(data), chunk_bytes, last):
        collecting.add_piece(begin, find_entries(data[begin:end]))
    return collecting.clock()


def read_large_log(data: memoryview) -> tuple[LargeColumns, LogClock | None]:
    """A log that is too large to hold in memory, with times by its clock."""
    give_back_large_blocks()
    collecting = collector_of(data)
    if collecting is None:
        return read_large(data), None
    found: list[LogClock] = []

    def clock() -> Times | None:
        known = collecting.clock()
        if known is None:
            return None
        found.append(known)
        return known.at

    columns = read_large(data, collecting.add_piece, clock)
    return columns, found[0] if found else None


def retimed(columns: Columns, clock: LogClock, begin: int) -> Columns:
    """The same messages with the times of a clock; `columns` begin at byte `begin` of the file."""

    def time_at(starts: Array) -> Array:
        times_us = np.empty(len(starts), np.int64)
        for at in range(0, len(starts), _BLOCK):
            part = starts[at : at + _BLOCK]
            times_us[at : at + _BLOCK] = clock.at(part + begin, frame_times_us(columns.buffer, part))
        return times_us

    return columns.retimed(time_at)


def _right(columns: Columns) -> bool:
    """Whether no stamp goes back, and the stamps go as the aircraft's clock; a quick look."""
    if (np.diff(frame_times_us(columns.buffer, columns.starts)) < 0).any():
        # Stamps of different messages may be out of order.
        for table in columns.tables.values():
            if table.count > 1 and (np.diff(table.times_us) < _BACK_US).any():
                return False
    tables = [columns.tables[name] for name in _BOOT if name in columns.tables]
    if not tables:
        return True
    fullest = max(tables, key=lambda table: table.count)
    rows = _sent_most(fullest)
    rows = rows[:: max(1, len(rows) // _MOST_COMPARED)]
    return clocks_agree(fullest.times_us[rows], _boot_us(fullest)[rows])


def _boot_us(table: MessageTable) -> Array:
    found: Array = np.asarray(table["time_boot_ms"]).astype(np.int64) * 1000
    return found


def _sent_most(table: MessageTable) -> Array:
    """Rows of the sender of most of a table's messages."""
    senders = table.systems.astype(np.int64) << 8 | table.components
    found: Array = np.flatnonzero(senders == np.bincount(senders).argmax())
    return found


_Sample = tuple[Array, dict[str, tuple[Array, MessageTable]]]


def _samples(data: memoryview) -> Iterator[_Sample]:
    """The stamps of parts of a large log, in the order of the file, and their messages that have the aircraft's time.

    Each part is given back to the system: with it a file in the page cache may have megabytes around it mapped.
    """
    pages = FilePages(data)
    for begin in range(0, len(data), _SAMPLE_EVERY):
        end = min(begin + _SAMPLE_BYTES, len(data))
        entries = find_entries(data[begin:end])
        if len(entries.starts):
            yield frame_times_us(entries.buffer, entries.starts), read_some(entries, _BOOT)
        pages.release(begin, end)


def _samples_right(samples: list[_Sample]) -> bool:
    stamps_us = np.concatenate([stamps[[0, -1]] for stamps, _ in samples])
    if (np.diff(stamps_us) < _BACK_US).any():
        return False
    counted = Counter[str]()
    for _, tables in samples:
        counted.update({name: len(at) for name, (at, _) in tables.items()})
    if not counted:
        return True
    name = counted.most_common(1)[0][0]
    found = [tables[name][1] for _, tables in samples if name in tables]
    senders = np.concatenate([table.systems.astype(np.int64) << 8 | table.components for table in found])
    rows = senders == np.bincount(senders).argmax()
    stamps = np.concatenate([table.times_us for table in found])[rows]
    return clocks_agree(stamps, np.concatenate([_boot_us(table) for table in found])[rows])


def collector_of(data: memoryview) -> _Collecting | None:
    """What finds the clock of a large log; None where a look at parts of it shows that the stamps are right."""
    sampled = list(_samples(data))
    if not sampled:
        return None
    scale = stamp_scale(sampled[0][0])
    return None if scale == 1.0 and _samples_right(sampled) else _Collecting(scale)


class _Timed:
    """Messages with the aircraft's time: their indices among the frames, senders, and times (0: no UTC)."""

    def __init__(self, at: Array, table: MessageTable) -> None:
        self.at = at
        self.senders = table.systems.astype(np.int64) << 8 | table.components
        self.boot_us = _boot_us(table)
        self.utc_us = table["time_unix_usec"].astype(np.int64) if "time_unix_usec" in table else None

    def between(self, begin: int, end: int) -> _Timed:
        """Those of the frames from `begin` to before `end`, their indices from `begin` on."""
        first, last = np.searchsorted(self.at, (begin, end))
        part = _Timed.__new__(_Timed)
        part.at = self.at[first:last] - begin
        part.senders, part.boot_us = self.senders[first:last], self.boot_us[first:last]
        part.utc_us = None if self.utc_us is None else self.utc_us[first:last]
        return part


class _Collecting:
    """Collects the points of a log in the order of the file."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._collector = PointCollector()
        self._sender = -1

    def add_piece(self, begin: int, entries: FoundEntries) -> None:
        """Add the frames of a piece that begins at byte `begin`."""
        stamps = frame_times_us(entries.buffer, entries.starts)
        self.add(entries.starts + begin, stamps, [_Timed(*one) for one in read_some(entries, _BOOT).values()])

    def choose(self, found: list[_Timed]) -> None:
        """Choose the sender of most of these messages, unless one is chosen."""
        senders = np.concatenate([one.senders for one in found]) if found else np.zeros(0, np.int64)
        if self._sender < 0 and len(senders):
            self._sender = int(np.bincount(senders).argmax())

    def add(self, offsets: Array, stamps: Array, found: list[_Timed]) -> None:
        """Add frames; `found` are the messages among them that have the aircraft's time."""
        boot_us, utc_us = np.full(len(offsets), -1, np.int64), np.zeros(len(offsets), np.int64)
        self.choose(found)
        for one in found:
            mine = one.senders == self._sender
            boot_us[one.at[mine]] = one.boot_us[mine]
            if one.utc_us is not None:
                utc_us[one.at[mine]] = one.utc_us[mine]
        self._collector.add(offsets, scaled(stamps, self._scale), boot_us, utc_us)

    def clock(self) -> LogClock | None:
        """The clock; None where the stamps are right after all."""
        points = self._collector.points()
        return log_clock(points, self._scale) if len(points.offsets) else None
