"""One view over every kind of log: position, altitude, velocity, attitude, battery, gps and mode, under the same names and units.

    view = read_series(Path("frames.tlog"))          # or a .bin, or a .ulg
    view.channels["altitude"]["home_m"]

Values are SI (metres, seconds, radians, volts, amperes; positions in degrees, as everybody writes them), NaN where the log does
not know. `source` of a channel names the messages it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from controller.logs.formats.read import ReadLog, open_log

Array = NDArray[Any]
NOWHERE_DEG = 0.001
# From 2000 to 2100; no autopilot runs longer than thirty days.
_BELIEVED_US = {"utc": (946_684_800_000_000, 4_102_444_800_000_000), "boot": (-1, 2_592_000_000_000)}

# What a channel consists of; the names carry the unit, and the reference where there is more than one.
COLUMNS: dict[str, tuple[str, ...]] = {
    "position": ("lat_deg", "lon_deg", "msl_m", "home_m"),
    "altitude": ("msl_m", "home_m"),
    "velocity": ("north_m_s", "east_m_s", "down_m_s"),
    "speed": ("ground_m_s", "climb_m_s"),
    "airspeed": ("air_m_s",),
    "attitude": ("roll_rad", "pitch_rad", "yaw_rad"),
    "battery": ("number", "voltage_v", "current_a", "used_ah", "left_share"),
    "gps": ("number", "fix", "satellites", "hdop", "lat_deg", "lon_deg", "msl_m"),
    "mode": ("mode", "armed"),
}


class Channel(Mapping[str, Array]):
    """One quantity over time: `channel["roll_rad"]`; `times_us` ascend. In `mode`, a row stands where something changed."""

    def __init__(self, name: str, source: str, times_us: Array, values: Mapping[str, Array]) -> None:
        self.name = name
        self.source = source
        times_us = np.asarray(times_us).astype(np.int64)
        order = None if np.all(times_us[1:] >= times_us[:-1]) else np.argsort(times_us, kind="stable")
        self.times_us: NDArray[np.int64] = times_us if order is None else times_us[order]
        self._values = {
            column: values[column] if order is None else values[column][order] for column in COLUMNS[name]
        }

    def __getitem__(self, column: str) -> Array:
        return self._values[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.times_us)


@dataclass(frozen=True)
class SeriesView:
    """The channels that the log has anything for. `clock` says what the times count from: 1970 (`utc`), or the autopilot's start
    (`boot`), where an on-board log never saw the time of a GPS. `shift_us` is what was added to the log's own times."""

    format: Literal["tlog", "dataflash", "ulog"]
    clock: Literal["utc", "boot"]
    channels: dict[str, Channel]
    shift_us: int = 0


def read_series(path: Path) -> SeriesView:
    """Read a log of any format. Raises what `open_log` raises."""
    return series_of(open_log(path))


def series_of(read: ReadLog, aircraft: tuple[int, int] | None = None) -> SeriesView:
    """The view over a log that was read already; of a telemetry log that aircraft's (system, component), or the first one's."""
    if read.format == "tlog":
        from controller.logs.formats.tlog_series import tlog_channels

        found, shift_us = tlog_channels(read.log, aircraft), 0
    elif read.format == "dataflash":
        from controller.logs.formats.onboard_series import dataflash_channels

        found, shift_us = dataflash_channels(read.log)
    else:
        from controller.logs.formats.onboard_series import ulog_channels

        found, shift_us = ulog_channels(read.log)
    for channel in found:
        channel.times_us += shift_us
    known = read.format == "tlog" or shift_us != 0
    channels = {channel.name: channel for channel in found if channel.count}
    return SeriesView(read.format, "utc" if known else "boot", channels, shift_us)


def span_of(parts: Iterable[Array], clock: Literal["utc", "boot"]) -> tuple[int, int] | None:
    """The first and the last of all times (us) that can be: nothing in a log guards a time. None where there is none."""
    low, high = _BELIEVED_US[clock]
    sound = [part[(part > low) & (part < high)] for part in parts]
    sound = [part for part in sound if len(part)]
    return (min(int(part.min()) for part in sound), max(int(part.max()) for part in sound)) if sound else None


def on_clock(view: SeriesView, shift_us: int) -> SeriesView:
    """The view with its times moved to another shift than its own log gave (a part of a log may not know the time)."""
    if shift_us == view.shift_us:
        return view
    for channel in view.channels.values():
        channel.times_us += shift_us - view.shift_us
    return SeriesView(view.format, "utc" if shift_us else view.clock, view.channels, shift_us)


def numeric(table: Mapping[str, Any], name: str, kinds: str = "iufb") -> bool:
    """Whether a table has that column, as one number a row: what describes a column may be damaged, too."""
    if name not in table:
        return False
    column = table[name]
    return column.dtype.kind in kinds and column.ndim == 1


def timed(tables: Mapping[Any, Any], time: str) -> dict[Any, Any]:
    """The tables whose rows have a time."""
    return {key: table for key, table in tables.items() if numeric(table, time, "iu")}


def speed_of(source: str, times_us: Array, north: Array, east: Array, down: Array) -> list[Channel]:
    """Velocity, and the speed that follows from it."""
    return [
        Channel("velocity", source, times_us, {"north_m_s": north, "east_m_s": east, "down_m_s": down}),
        Channel("speed", source, times_us, {"ground_m_s": np.hypot(north, east), "climb_m_s": -down}),
    ]


def changes(source: str, times_us: Array, modes: list[str], armed: Array) -> Channel:
    """The mode channel: the rows in which the mode or the arming differs from the row before."""
    names = np.array(modes, dtype=object)
    armed = np.asarray(armed, np.bool_)
    kept = np.ones(len(names), np.bool_)
    if len(names):
        kept[1:] = (names[1:] != names[:-1]) | (armed[1:] != armed[:-1])
    return Channel("mode", source, np.asarray(times_us)[kept], {"mode": names[kept], "armed": armed[kept]})


def located(lats_deg: Array, lons_deg: Array) -> Array:
    """Which places are known: before the first fix autopilots report the Gulf of Guinea, or a few metres beside its middle."""
    known: Array = (np.abs(lats_deg) > NOWHERE_DEG) | (np.abs(lons_deg) > NOWHERE_DEG)
    return known


def armed_rows(view: SeriesView, times_us: Array) -> Array:
    """Which of the moments lie in a span in which the aircraft was armed; all of them where the log does not tell."""
    mode = view.channels.get("mode")
    if mode is None or not mode["armed"].any():
        return np.ones(len(times_us), np.bool_)
    at = np.searchsorted(mode.times_us, times_us, side="right") - 1
    return (at >= 0) & mode["armed"][np.maximum(at, 0)]
