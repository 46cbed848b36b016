"""Telemetry logs too large to hold in memory as a whole: where each frame is, and the messages of one name at a time.

Four bytes are kept for each frame. The fields of a message are read from the mapped file when they are asked for.
"""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from controller.logs.formats.cutting import last_sure
from controller.logs.formats.tlog.clock_points import plausible
from controller.logs.series.view import Array
from controller.wire import dialect
from controller.wire.column_kernels import HEAD, gather_rows
from controller.wire.columns import (
    SENT,
    Columns,
    FoundEntries,
    MessageTable,
    find_entries,
    frame_lengths,
    frame_times_us,
    frames_of_sender,
    read_some,
    row_dtype,
)
from controller.wire.damage import NO_DAMAGE, damage_between
from controller.wire.message import MessageType

LARGE_BYTES = 64_000_000
_PIECE_BYTES = 16_000_000
_NONE = np.zeros(0, np.int64)
Times = Callable[[Array, Array], Array]


class FilePages:
    """The pages of a mapped file, which are given back to the system as soon as they were read."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.buffer = np.frombuffer(data, np.uint8)
        self._map = data.obj if isinstance(data.obj, mmap.mmap) and len(data) == len(data.obj) else None

    def release(self, begin: int, end: int) -> None:
        """Give back the pages of the bytes [begin, end)."""
        if self._map is None or not hasattr(mmap, "MADV_DONTNEED"):
            return
        first = begin // mmap.PAGESIZE * mmap.PAGESIZE
        if end > first:
            self._map.madvise(mmap.MADV_DONTNEED, first, end - first)


# Fields that series and review read. They are kept in memory; any other is read from the file when it is asked for.
_KEPT: dict[str, tuple[str, ...]] = {
    "ATTITUDE": ("roll", "pitch", "yaw"),
    "ATTITUDE_TARGET": ("q",),
    "BATTERY_STATUS": ("id", "voltages", "current_battery", "current_consumed", "battery_remaining"),
    "COMMAND_INT": ("command", "target_system"),
    "COMMAND_LONG": ("command", "target_system"),
    "EKF_STATUS_REPORT": (
        "velocity_variance",
        "pos_horiz_variance",
        "pos_vert_variance",
        "compass_variance",
    ),
    "ESTIMATOR_STATUS": ("vel_ratio", "pos_horiz_ratio", "pos_vert_ratio", "mag_ratio"),
    "FENCE_STATUS": ("breach_status", "breach_type"),
    "GLOBAL_POSITION_INT": ("lat", "lon", "alt", "relative_alt", "vx", "vy", "vz"),
    "GPS2_RAW": ("fix_type", "satellites_visible", "eph", "lat", "lon", "alt"),
    "GPS_RAW_INT": ("fix_type", "satellites_visible", "eph", "lat", "lon", "alt", "h_acc", "v_acc"),
    "HEARTBEAT": ("type", "autopilot", "base_mode", "custom_mode", "system_status"),
    "HWSTATUS": ("Vcc",),
    "MISSION_CURRENT": ("seq",),
    "MISSION_ITEM": ("seq", "command", "x", "y", "mission_type", "target_system"),
    "MISSION_ITEM_INT": ("seq", "command", "x", "y", "mission_type", "target_system"),
    "MISSION_ITEM_REACHED": ("seq",),
    "MISSION_SET_CURRENT": ("target_system",),
    "NAV_CONTROLLER_OUTPUT": ("nav_roll", "nav_pitch", "xtrack_error"),
    "PARAM_VALUE": ("param_id", "param_value"),
    "POWER_STATUS": ("Vcc",),
    "RAW_IMU": ("xmag", "ymag", "zmag"),
    "SCALED_IMU": ("xmag", "ymag", "zmag"),
    "SCALED_IMU2": ("xmag", "ymag", "zmag"),
    "SCALED_IMU3": ("xmag", "ymag", "zmag"),
    "SERVO_OUTPUT_RAW": tuple(f"servo{number}_raw" for number in range(1, 9)),
    "SET_MODE": ("target_system",),
    "STATUSTEXT": ("severity", "text"),
    "SYS_STATUS": ("voltage_battery", "current_battery", "battery_remaining"),
    "VFR_HUD": ("airspeed", "throttle"),
    "VIBRATION": (
        "vibration_x",
        "vibration_y",
        "vibration_z",
        "clipping_0",
        "clipping_1",
        "clipping_2",
    ),
}


class LargeTable(MessageTable):
    """The messages of one type: the columns that are kept, and others read from the file at each access."""

    def __init__(self, kind: MessageType, pages: FilePages, at: Array, kept: dict[str, Array]) -> None:
        super().__init__(kind, None)
        self._pages = pages
        self._at = at
        self._kept = kept
        self._times: Times | None = None

    def retime(self, times: Times) -> None:
        """Change the times to those by the frames' offsets and stamps."""
        self._times = times
        if "time_us" in self._kept:
            self._kept["time_us"][:] = times(self._at, self._kept["time_us"])

    @property
    def count(self) -> int:
        return len(self._at)

    @property
    def times_us(self) -> Any:
        return self.read(("time_us",), ())[0]

    @property
    def stamps_us(self) -> Any:
        return self._from_file(["time_us"])[0]

    def read(self, heads: tuple[str, ...], fields: tuple[str, ...]) -> list[Any]:
        names = [*heads, *(f"message_{name}" for name in fields)]
        missing = [name for name in names if name not in self._kept]
        found = dict(zip(missing, self._from_file(missing), strict=True))
        if "time_us" in found and self._times is not None:
            found["time_us"] = self._times(self._at, found["time_us"])
        return [self._kept[name] if name in self._kept else found[name] for name in names]

    def _column(self, name: str) -> Any:
        return self._kept[name] if name in self._kept else self._from_file([name])[0]

    def _from_file(self, names: list[str]) -> list[Any]:
        dtype = row_dtype(self.kind)
        for name in names:
            if name not in (dtype.names or ()):
                raise KeyError(name.removeprefix("message_"))
        columns = [np.empty(len(self._at), dtype[name]) for name in names]
        if not names:
            return columns
        done = 0
        for part in self._parts():
            rows = np.empty(len(part) * dtype.itemsize, np.uint8)
            width = np.array([dtype.itemsize - HEAD], np.int64)
            slots, base = np.zeros(len(part), np.int16), np.zeros(1, np.int64)
            gather_rows(self._pages.buffer, part, slots, width, base, rows)
            table = rows.view(dtype)
            for name, column in zip(names, columns, strict=True):
                column[done : done + len(part)] = table[name]
            done += len(part)
            self._pages.release(int(part[0]) - 8, int(part[-1]))
        return columns

    def _parts(self) -> Iterator[Array]:
        """The frames' offsets, a piece of the file at a time."""
        if len(self._at):
            edges = np.arange(int(self._at[0]), int(self._at[-1]), _PIECE_BYTES)[1:]
            for part in np.split(self._at, np.searchsorted(self._at, edges)):
                if len(part):
                    yield part.astype(np.int64)


@dataclass(frozen=True)
class LargeColumns(Columns):
    """The columns of a large log; `edges` are the offsets at which its pieces begin and end, `ends` offset and
    stamp of the first and last frames of each, by their place and by their stamps."""

    pages: FilePages | None = None
    edges: tuple[int, ...] = ()
    times: Times | None = None
    ends: tuple[Array, Array] = (_NONE, _NONE)

    def retimed_by(self, times: Times) -> LargeColumns:
        """The same log with times by the frames' offsets and stamps."""
        for table in self.tables.values():
            assert isinstance(table, LargeTable)
            # In place: the columns are large.
            table.retime(times)
        return replace(self, times=times)

    def ends_us(self) -> list[Any]:
        return [self.ends[1] if self.times is None else self.times(*self.ends)]

    def sender_frames(self, system: int, component: int) -> Iterator[tuple[Any, Any]]:
        assert self.pages is not None
        for begin, end in pairwise(self.edges):
            starts = find_entries(self.pages.data[begin:end]).starts + begin
            sent, sequences = frames_of_sender(self.pages.buffer, starts, system, component)
            stamps_us = frame_times_us(self.pages.buffer, starts[sent])
            self.pages.release(begin, end)
            yield stamps_us if self.times is None else self.times(starts[sent], stamps_us), sequences


def read_large(data: memoryview, each: Callable[[int, FoundEntries], None] | None = None) -> LargeColumns:
    """Read the kept fields of a log. `each` is called with the offset and the frames of each piece of it."""
    pages, begin = FilePages(data), 0
    counts = np.zeros(len(dialect.message_names()), np.int64)
    unknown: Counter[int] = Counter()
    bad_bytes, lost, edges, ends = 0, NO_DAMAGE, [0], [(_NONE, _NONE)]
    while begin < len(data):
        found, end = _piece(data, begin)
        counts += found.counts
        unknown.update(found.unknown_ids.tolist())
        lengths = frame_lengths(found.buffer, found.starts)
        missed = end - begin - int(lengths.sum()) - 8 * len(found.starts)
        bad_bytes += missed
        if missed:
            places = damage_between(found.starts - 8, found.starts + lengths, 0, end - begin)
            lost = lost.joined(places.shifted(begin))
        elif lost.cut_off:
            lost = replace(lost, cut_off=False)
        if len(found.starts):
            ends.append(_ends(begin, found))
        if each is not None:
            each(begin, found)
        pages.release(begin, end)
        begin = end
        edges.append(end)
    first = [np.concatenate(column) for column in zip(*ends, strict=True)]
    return LargeColumns(
        _tables(pages, edges, counts),
        dict(unknown),
        len(data),
        bad_bytes,
        lost,
        pages.buffer,
        pages=pages,
        edges=tuple(edges),
        ends=(first[0], first[1]),
    )


def _tables(pages: FilePages, edges: list[int], counts: Array) -> dict[str, MessageTable]:
    """The tables, filled piece by piece: their sizes are known, so that nothing is moved in memory."""
    number = np.uint32 if len(pages.data) < 1 << 32 else np.int64
    found = {slot: np.empty(counts[slot], number) for slot in np.flatnonzero(counts).tolist()}
    kinds = {
        slot: dialect.by_name(name) for slot, name in enumerate(dialect.message_names()) if slot in found
    }
    kept = {kinds[slot].name: _kept_columns(kinds[slot], int(counts[slot])) for slot in found}
    done = dict.fromkeys(found, 0)
    for begin, end in pairwise(edges):
        entries = find_entries(pages.data[begin:end])
        order = np.argsort(entries.found, kind="stable")
        slots, firsts = np.unique(entries.found[order], return_index=True)
        tables = read_some(entries, tuple(_KEPT))
        for slot, at in zip(slots.tolist(), np.split(order, firsts[1:]), strict=True):
            if slot < 0:
                continue
            rows = slice(done[slot], done[slot] + len(at))
            done[slot] += len(at)
            found[slot][rows] = entries.starts[at] + begin
            name = kinds[slot].name
            if name in tables:
                columns = kept[name]
                fields = tuple(column[8:] for column in columns if column not in SENT)
                for column, values in zip(columns, tables[name][1].read(SENT, fields), strict=True):
                    columns[column][rows] = values
        pages.release(begin, end)
    for columns in kept.values():
        for name in columns.keys() & {"frame_system", "frame_component"}:
            values = columns[name]
            if (values == values[0]).all():
                # One sender: the column takes no memory.
                columns[name] = np.broadcast_to(values[:1].copy(), values.shape)
    return {
        kind.name: LargeTable(kind, pages, found[slot], kept[kind.name])
        for slot, kind in sorted(kinds.items())
    }


def _kept_columns(kind: MessageType, count: int) -> dict[str, Array]:
    if kind.name not in _KEPT:
        return {}
    dtype = row_dtype(kind)
    names = [*SENT, *(f"message_{field}" for field in _KEPT[kind.name])]
    return {name: np.empty(count, dtype[name]) for name in names if name in (dtype.names or ())}


def _ends(begin: int, found: FoundEntries) -> tuple[Array, Array]:
    """Offset and stamp of the first and last frames of a piece."""
    stamps_us = frame_times_us(found.buffer, found.starts)
    right = np.flatnonzero(plausible(stamps_us))
    at = np.unique([0, len(stamps_us) - 1, *_extremes(stamps_us, right)])
    return found.starts[at] + begin, stamps_us[at]


def _extremes(stamps_us: Array, right: Array) -> list[int]:
    """Where the lowest and the highest of the possible stamps are."""
    if not len(right):
        return []
    return [int(right[np.argmin(stamps_us[right])]), int(right[np.argmax(stamps_us[right])])]


def _piece(data: memoryview, begin: int) -> tuple[FoundEntries, int]:
    """The frames of a piece that begins with a frame, and where it ends: where a frame begins, or the log ends."""
    room = _PIECE_BYTES
    while True:
        end = min(begin + room, len(data))
        found = find_entries(data[begin:end])
        if end == len(data):
            return found, end
        edge = last_sure(found.starts - 8, end - begin)
        if edge > 0:
            kept = found.starts - 8 < edge
            known = int((found.found[kept] < 0).sum())
            return (
                replace(
                    found,
                    starts=found.starts[kept],
                    found=found.found[kept],
                    unknown_ids=found.unknown_ids[:known],
                    counts=np.bincount(found.found[kept & (found.found >= 0)], minlength=len(found.kinds)),
                ),
                begin + edge,
            )
        room *= 2
