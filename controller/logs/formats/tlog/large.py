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


@dataclass(frozen=True)
class LargeSource:
    """A large log in its file: the offsets at which its pieces begin and end, and its clock."""

    pages: FilePages
    edges: tuple[int, ...]
    times: Times | None = None

    def times_us(self, offsets: Array, stamps_us: Array) -> Array:
        """Times of frames by their offsets and stamps."""
        return stamps_us if self.times is None else self.times(offsets, stamps_us)

    def pieces(self) -> Iterator[tuple[int, FoundEntries]]:
        """The offset and the frames of each piece."""
        for begin, end in pairwise(self.edges):
            yield begin, find_entries(self.pages.data[begin:end])
            self.pages.release(begin, end)


# Fields that series and review read. They are kept in memory; any other is read from the file when it is asked for.
_KEPT: dict[str, tuple[str, ...]] = {
    **{
        name: tuple(field.name for field in dialect.by_name(name).fields)
        for name in ("EVENT", "HEARTBEAT", "STATUSTEXT", "V2_EXTENSION")
    },
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

    def __init__(self, kind: MessageType, source: LargeSource, count: int, kept: dict[str, Array]) -> None:
        super().__init__(kind, None)
        self._source = source
        self._count = count
        self._kept = kept

    @property
    def count(self) -> int:
        return self._count

    @property
    def times_us(self) -> Any:
        return self.read(("time_us",), ())[0]

    @property
    def stamps_us(self) -> Any:
        return self._from_file(["time_us"], stamps=True)[0]

    def read(self, heads: tuple[str, ...], fields: tuple[str, ...]) -> list[Any]:
        names = [*heads, *(f"message_{name}" for name in fields)]
        missing = [name for name in names if name not in self._kept]
        found = dict(zip(missing, self._from_file(missing), strict=True))
        return [self._kept[name] if name in self._kept else found[name] for name in names]

    def _column(self, name: str) -> Any:
        return self._kept[name] if name in self._kept else self._from_file([name])[0]

    def _from_file(self, names: list[str], *, stamps: bool = False) -> list[Any]:
        dtype = row_dtype(self.kind)
        for name in names:
            if name not in (dtype.names or ()):
                raise KeyError(name.removeprefix("message_"))
        columns = [np.empty(self._count, dtype[name]) for name in names]
        done = 0
        for begin, entries in self._source.pieces() if names else ():
            found = read_some(entries, (self.kind.name,)).get(self.kind.name)
            if found is None:
                continue
            rows = slice(done, done + len(found[0]))
            done = rows.stop
            for name, column in zip(names, columns, strict=True):
                values = found[1]._column(name)
                if name == "time_us" and not stamps:
                    values = self._source.times_us(entries.starts[found[0]] + begin, values)
                column[rows] = values
        return columns


@dataclass(frozen=True)
class LargeColumns(Columns):
    """The columns of a large log; `ends` are offset and stamp of the first and last frames of each piece of it, by
    their place and by their stamps."""

    source: LargeSource | None = None
    ends: tuple[Array, Array] = (_NONE, _NONE)

    def ends_us(self) -> list[Any]:
        assert self.source is not None
        return [self.source.times_us(*self.ends)]

    def sender_frames(self, system: int, component: int) -> Iterator[tuple[Any, Any]]:
        assert self.source is not None
        for begin, entries in self.source.pieces():
            sent, sequences = frames_of_sender(entries.buffer, entries.starts, system, component)
            starts = entries.starts[sent]
            stamps_us = frame_times_us(entries.buffer, starts)
            yield self.source.times_us(starts + begin, stamps_us), sequences


def read_large(
    data: memoryview,
    each: Callable[[int, FoundEntries], None] | None = None,
    clock: Callable[[], Times | None] = lambda: None,
) -> LargeColumns:
    """Read the kept fields of a log. `each` is called with the offset and the frames of each piece of it, and then
    `clock`, which gives the times of all frames by offset and stamp; None where the stamps are right."""
    pages, begin = FilePages(data), 0
    counts = np.zeros(len(dialect.message_names()), np.int64)
    unknown: Counter[int] = Counter()
    bad_bytes, lost, edges, ends = 0, NO_DAMAGE, [0], [(_NONE, _NONE)]
    while begin < len(data):
        found, end = _piece(data, begin)
        counts += found.counts
        unknown.update(found.unknown_ids.tolist())
        bad_bytes += found.bad_bytes
        if found.bad_bytes:
            ends_at = found.starts + frame_lengths(found.buffer, found.starts)
            places = damage_between(found.starts - 8, ends_at, 0, end - begin)
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
    source = LargeSource(pages, tuple(edges), clock())
    tables = _tables(source, counts)
    return LargeColumns(
        tables,
        dict(unknown),
        len(data),
        bad_bytes,
        lost,
        pages.buffer,
        source=source,
        ends=(first[0], first[1]),
    )


def _tables(source: LargeSource, counts: Array) -> dict[str, MessageTable]:
    """The tables, filled piece by piece: their sizes are known, so that nothing is moved in memory."""
    names = dialect.message_names()
    rows = {names[slot]: int(counts[slot]) for slot in np.flatnonzero(counts).tolist()}
    kept = {name: _kept_columns(dialect.by_name(name), count) for name, count in rows.items()}
    done = dict.fromkeys(rows, 0)
    for begin, entries in source.pieces():
        for name, (at, table) in read_some(entries, tuple(_KEPT)).items():
            part = slice(done[name], done[name] + len(at))
            done[name] = part.stop
            for column, target in kept[name].items():
                values = table._column(column)
                if column == "time_us":
                    values = source.times_us(entries.starts[at] + begin, values)
                target[part] = values
    for columns in kept.values():
        for name in columns.keys() & {"frame_system", "frame_component"}:
            values = columns[name]
            if (values == values[0]).all():
                # One sender: the column takes no memory.
                columns[name] = np.broadcast_to(values[:1].copy(), values.shape)
    return {name: LargeTable(dialect.by_name(name), source, rows[name], kept[name]) for name in sorted(rows)}


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
            after = found.starts[~kept]
            of_frames = int(frame_lengths(found.buffer, after).sum()) + 8 * len(after)
            known = int((found.found[kept] < 0).sum())
            return (
                replace(
                    found,
                    starts=found.starts[kept],
                    found=found.found[kept],
                    unknown_ids=found.unknown_ids[:known],
                    bad_bytes=found.bad_bytes - (end - begin - edge - of_frames),
                    counts=np.bincount(found.found[kept & (found.found >= 0)], minlength=len(found.kinds)),
                ),
                begin + edge,
            )
        room *= 2
