"""CSV telemetry as QGroundControl writes it (Application Settings, "Save CSV Telemetry Logs"): one line a second.

The first line names the columns: `Timestamp`, then the vehicle's facts and those of its fact groups (`roll`, `gps.lat`,
`battery0.voltage`; QGroundControl, src/Vehicle/Vehicle.cc, _initializeCsv, and src/Vehicle/FactGroups/*.json). Values
are not quoted; an unknown number is `--.--`. The file does not name the time zone, which is that of the ground
station's computer, nor the units, which follow its settings: times are read as UTC, lengths as metres.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.logs.formats.base import Log, LogFormat, LogUnreadable
from controller.logs.formats.contents import ExportTable
from controller.logs.formats.cutting import Chunk, stretches
from controller.logs.privacy.anonymize_rules import Mover, kind_of, masked
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, Channel, located
from controller.wire.damage import damage_between

_TABLE = "telemetry"
_FIRST = "Timestamp"
_EVERY_VERSION = b",altitudeRelative,"  # a fact that every version of QGroundControl writes
_TIME_BYTES = 23
_BLOCK_BYTES = 4_000_000
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN = ("", "--.--", "nan", "-nan")
_BATTERY = re.compile(r"battery(\d*)\.voltage")
_FIX_2D = 2
_PLACE_TEXTS = ("gps.mgrs", "gps2.mgrs")
_IDENTITY_TEXTS = ("hobbs",)
_CHANNELS = {
    "position": ("gps.lat", "gps.lon"),
    "altitude": ("altitudeRelative", "altitudeAMSL"),
    "speed": ("groundSpeed",),
    "attitude": ("roll", "pitch", "heading"),
    "battery": ("battery0.voltage", "battery1.voltage", "battery.voltage"),
    "gps": ("gps.lock", "gps.count"),
}
_ASSUMED = "times are read as UTC and lengths as metres: a CSV log of QGroundControl names neither time zone nor units"
_NEVER = "flight modes, arming, parameters and messages are not in a CSV log"


@dataclass(frozen=True, slots=True)
class _Lines:
    """Sound lines: times (microseconds), texts by column, and the bytes [begins, stops) of each in the file."""

    times_us: list[int]
    texts: dict[str, list[str]]
    begins: list[int]
    stops: list[int]


@dataclass(frozen=True, kw_only=True)
class QgcCsvLog(Log):
    """The lines of a CSV log; a column of numbers is float64 with NaN for an unknown one, any other has texts."""

    times: Array
    columns: dict[str, Array]

    @property
    def utc_times(self) -> bool:
        return True

    @property
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        return {_TABLE: self.columns} if self.messages else {}

    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        if self.messages:
            name = self.format.table_prefix + _TABLE
            yield ExportTable(
                name, len(self.times), lambda: ({"time_us": self.times + shift_us}, self.columns)
            )

    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:  # noqa: ARG002
        return [*self._place(), *self._motion(), *self._battery(), *self._gps()], 0

    def rows(self, name: str) -> list[Rows]:
        if name != _TABLE or not self.messages:
            return []
        return [Rows(_TABLE, 0, self.times, list(self.columns), self.columns.__getitem__)]

    def _number(self, name: str) -> Array:
        column = self.columns.get(name)
        if column is None or column.dtype.kind != "f":
            return np.full(len(self.times), np.nan)
        return column

    def _has(self, channel: str) -> bool:
        return any(name in self.columns for name in _CHANNELS[channel])

    def _place(self) -> list[Channel]:
        found = []
        heights = {"msl_m": self._number("altitudeAMSL"), "home_m": self._number("altitudeRelative")}
        lats_deg, lons_deg = self._number("gps.lat"), self._number("gps.lon")
        known = np.isfinite(lats_deg) & np.isfinite(lons_deg) & located(lats_deg, lons_deg)
        if known.any():
            values = {"lat_deg": lats_deg, "lon_deg": lons_deg, **heights}
            rows = {name: column[known] for name, column in values.items()}
            found.append(Channel("position", "gps.lat, gps.lon", self.times[known], rows))
        if self._has("altitude"):
            found.append(Channel("altitude", ", ".join(_CHANNELS["altitude"]), self.times, heights))
        return found

    def _motion(self) -> list[Channel]:
        found = []
        if self._has("speed"):
            values = {"ground_m_s": self._number("groundSpeed"), "climb_m_s": self._number("climbRate")}
            found.append(Channel("speed", "groundSpeed, climbRate", self.times, values))
        if "airSpeed" in self.columns:
            found.append(Channel("airspeed", "airSpeed", self.times, {"air_m_s": self._number("airSpeed")}))
        if self._has("attitude"):
            names = {"roll_rad": "roll", "pitch_rad": "pitch", "yaw_rad": "heading"}
            angles = {
                column: (np.radians(self._number(name)) + np.pi) % (2 * np.pi) - np.pi
                for column, name in names.items()
            }
            found.append(Channel("attitude", "roll, pitch, heading", self.times, angles))
        return found

    def _battery(self) -> list[Channel]:
        batteries = [found for name in self.columns if (found := _BATTERY.fullmatch(name))]
        if not batteries:
            return []
        count = len(self.times)
        values = {"number": np.concatenate([np.full(count, float(found[1] or 0)) for found in batteries])}
        for column, fact, scale in (
            ("voltage_v", "voltage", 1.0),
            ("current_a", "current", 1.0),
            ("used_ah", "mahConsumed", 1000.0),
            ("left_share", "percentRemaining", 100.0),
        ):
            parts = [self._number(f"battery{found[1]}.{fact}") for found in batteries]
            values[column] = np.concatenate(parts) / scale
        return [Channel("battery", "battery", np.tile(self.times, len(batteries)), values)]

    def _gps(self) -> list[Channel]:
        if not self._has("gps"):
            return []
        fix = self._number("gps.lock")
        values = {
            "number": np.zeros(len(self.times)),
            "fix": fix,
            "satellites": self._number("gps.count"),
            "hdop": self._number("gps.hdop"),
            **{
                column: np.where(fix >= _FIX_2D, self._number(name), np.nan)
                for column, name in (
                    ("lat_deg", "gps.lat"),
                    ("lon_deg", "gps.lon"),
                    ("msl_m", "altitudeAMSL"),
                )
            },
        }
        return [Channel("gps", "gps", self.times, values)]


class QgcCsvFormat(LogFormat):
    """A CSV log begins with its line of column names."""

    name = "qgc-csv"
    title = "QGroundControl's CSV telemetry log"
    endings = (".csv",)
    table_prefix = "csv_"
    own_endings = False

    def recognizes(self, data: memoryview) -> bool:
        return _EVERY_VERSION in _header(data) and bytes(data[: len(_FIRST)]) == _FIRST.encode()

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> QgcCsvLog:
        log = self._read(data[: len(data) - ahead])
        if not log.messages:
            raise LogUnreadable(
                "cannot read the CSV log: no line of telemetry follows its column names",
                where=name,
                hint="QGroundControl writes lines once the vehicle is armed",
            )
        return log

    def read_chunk(self, chunk: Chunk, name: str) -> QgcCsvLog:  # noqa: ARG002
        return self._read(chunk.raw)

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:  # noqa: ARG002
        header = _header(data)

        def last(window: memoryview) -> int:
            return bytes(window).rfind(b"\n") + 1

        for begin, end in stretches(data, 0, len(data), chunk_bytes, last):
            known = header if begin else b""
            raw = known + bytes(data[begin:end]) if begin else data[begin:end]
            yield Chunk(begin, end, memoryview(raw), len(known))

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:
        out = [] if chunk.known else [_header(chunk.raw)]
        for lines in _blocks(chunk.raw):
            columns = [_anonymized(name, texts, mover) for name, texts in lines.texts.items()]
            for begin, *values in zip(lines.begins, *columns, strict=True):
                time = bytes(chunk.raw[begin : begin + _TIME_BYTES]).decode()
                out.append((",".join([time, *values]) + "\n").encode())
        return b"".join(out)

    def _read(self, data: memoryview) -> QgcCsvLog:
        times_us, begins, stops = list[int](), list[int](), list[int]()
        columns: dict[str, Array] = {}
        parts: dict[str, list[Array]] = {name: [] for name in _names(_header(data))}
        unread: Counter[str] = Counter()
        for lines in _blocks(data):
            times_us += lines.times_us
            begins += lines.begins
            stops += lines.stops
            for name, texts in lines.texts.items():
                values, bad = _numbers(texts)
                parts[name].append(values)
                unread[name] += bad
        for name, arrays in parts.items():
            columns[name] = np.concatenate([np.zeros(0), *arrays])
        # Most of its values are no numbers: a column of texts.
        for name in [name for name, bad in unread.items() if bad > np.isfinite(columns[name]).sum()]:
            texts = [text for lines in _blocks(data) for text in lines.texts[name]]
            columns[name] = np.array(texts, dtype=object)
            del unread[name]
        lost = damage_between(
            np.array(begins, np.int64), np.array(stops, np.int64), len(_header(data)), len(data)
        )
        return QgcCsvLog(
            format=self,
            size_bytes=len(data),
            messages=len(times_us),
            bad_bytes=lost.bytes,
            rows_by_message={(_TABLE, 0): len(times_us)} if times_us else {},
            problems=_problems(columns, unread),
            lost=lost,
            times=np.array(times_us, np.int64),
            columns=columns,
        )


def _problems(columns: Mapping[str, Array], unread: Mapping[str, int]) -> tuple[str, ...]:
    """What the format, and this file, does not hold."""
    missing = [channel for channel, names in _CHANNELS.items() if not any(name in columns for name in names)]
    return (
        _ASSUMED,
        _NEVER,
        *([f"no column for {', '.join(missing)}"] if missing else []),
        *(f"{name}: values that are no numbers, left out: {bad}" for name, bad in unread.items() if bad),
    )


def _header(data: memoryview) -> bytes:
    """The line of column names, with its line break."""
    begin = bytes(data[:65536])
    return begin[: begin.find(b"\n") + 1] if b"\n" in begin else begin


def _names(header: bytes) -> list[str]:
    """The columns after the time; a name that comes twice gets a number."""
    names: list[str] = []
    for name in header.decode("utf-8", "replace").strip().split(",")[1:]:
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name}_{number}", number + 1
        names.append(unique)
    return names


def _blocks(data: memoryview) -> Iterator[_Lines]:
    """The sound lines, some megabytes at a time: whole, with a time, and with as many values as there are columns."""
    begin = len(_header(data))
    names = _names(_header(data))
    while begin < len(data):
        end = bytes(data[begin : begin + _BLOCK_BYTES]).rfind(b"\n") + 1
        # A longer line is no line of telemetry; neither is one that is cut off.
        end = begin + (end or _BLOCK_BYTES)
        found = _Lines([], {name: [] for name in names}, [], [])
        at = begin
        for line in bytes(data[begin:end]).split(b"\n")[:-1]:
            values = line.decode("utf-8", "replace").removesuffix("\r").split(",")
            time_us = _time_us(values[0]) if len(values) == len(names) + 1 else None
            if time_us is not None:
                found.times_us.append(time_us)
                found.begins.append(at)
                found.stops.append(at + len(line) + 1)
                for column, value in zip(found.texts.values(), values[1:], strict=True):
                    column.append(value)
            at += len(line) + 1
        yield found
        begin = end


def _time_us(text: str) -> int | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    """NaN for an unknown number; None for a text that is none."""
    try:
        return math.nan if text.strip().lower() in _UNKNOWN else float(text)
    except ValueError:
        return None


def _numbers(texts: list[str]) -> tuple[Array, int]:
    """A column as numbers, NaN for any other text, with the count of those."""
    numbers = [_number(text) for text in texts]
    bad = numbers.count(None)
    return np.array([math.nan if number is None else number for number in numbers], np.float64), bad


def _anonymized(name: str, texts: list[str], mover: Mover) -> list[str]:
    """A column without values that reveal a place or an identity at the level of `mover`."""
    kind = kind_of(name, level=mover.level)
    if name in _PLACE_TEXTS or (mover.level == "identity" and name in _IDENTITY_TEXTS):
        return [""] * len(texts)
    if kind is None:
        return [text if _number(text) is not None else _masked(text, mover) for text in texts]
    values, _ = _numbers(texts)
    moved = (
        mover.moved(values, kind) if kind in ("lat", "lon") else np.where(np.isfinite(values), 0.0, values)
    )
    return [f"{value:.7f}" if math.isfinite(value) else "--.--" for value in moved.tolist()]


def _masked(text: str, mover: Mover) -> str:
    return masked(text.encode("latin1", "replace"), mover.level).decode("latin1")


FORMAT = QgcCsvFormat()
