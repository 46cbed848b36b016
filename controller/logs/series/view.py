"""One view of every log format: position, altitude, velocity, attitude, battery, GPS and mode under the same names
and units.

    view = open_log("frames.tlog").series()          # or a .bin, or a .ulg
    view.channels["altitude"]["home_m"]

Values are SI (metres, seconds, radians, volts, amperes; positions in decimal degrees), NaN where the log has no value.
`source` of a channel names the messages that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from controller.track_length import have_place

Array = NDArray[Any]
# A receiver without a fix may give any date; PX4 and ArduPilot did not log before 2010.
EARLIEST_US = 1_262_304_000_000_000
# Ends the source of positions where the log has none of an estimator.
FROM_GPS = " (GPS receiver)"
IN_AIR_M = 1.0  # lower, it may stand on the ground, where motors idle and compasses are near cars
# From 2000 to 2100; no autopilot runs longer than thirty days.
_POSSIBLE_US = {"utc": (946_684_800_000_000, 4_102_444_800_000_000), "boot": (-1, 2_592_000_000_000)}

# The columns of each channel; the names carry the unit, and the reference where there is more than one.
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


_MOST_KEPT = 100_000


class Scaled:
    """Values of a column in the log's own types, which take less memory, and the function that makes the column."""

    def __init__(self, make: Callable[..., Array], *raw: Array) -> None:
        self._make = make
        self._raw = raw

    def __getitem__(self, rows: Any) -> Scaled:
        return Scaled(self._make, *(values[rows] for values in self._raw))

    def made(self) -> Array:
        """The column."""
        return self._make(*self._raw)


class Channel(Mapping[str, Array]):
    """One quantity over time: `channel["roll_rad"]`; `times_us` ascend. In `mode`, each row is a change of the mode
    or of arming."""

    def __init__(self, name: str, source: str, times_us: Array, values: Mapping[str, Array | Scaled]) -> None:
        self.name = name
        self.source = source
        times_us = np.asarray(times_us).astype(np.int64, copy=False)
        order = None if np.all(times_us[1:] >= times_us[:-1]) else np.argsort(times_us, kind="stable")
        self.times_us: NDArray[np.int64] = times_us if order is None else times_us[order]
        self._values = {
            column: values[column] if order is None else values[column][order] for column in COLUMNS[name]
        }

    def __getitem__(self, column: str) -> Array:
        values = self._values[column]
        if not isinstance(values, Scaled):
            return values
        made = values.made()
        # The columns of a long log are made each time.
        if self.count <= _MOST_KEPT:
            self._values[column] = made
        return made

    def of(self, rows: Array) -> Channel:
        """The same channel with these rows."""
        values = {column: values[rows] for column, values in self._values.items()}
        return Channel(self.name, self.source, self.times_us[rows], values)

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
    """The channels that the log has data for. Times count from 1970 (`clock` is `utc`), or from the autopilot's
    start (`boot`) where an on-board log never got the time from a GPS. `shift_us` was added to the log's own
    times."""

    clock: Literal["utc", "boot"]
    channels: dict[str, Channel]
    shift_us: int = 0

    @property
    def positions_of_gps(self) -> bool:
        """Whether the positions are a GPS receiver's, not an estimator's."""
        position = self.channels.get("position")
        return position is not None and position.source.endswith(FROM_GPS)

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for people about where the values come from."""
        if not self.positions_of_gps:
            return ()
        return ("no estimated position in this log: the positions are the GPS receiver's",)

    def on_clock(self, shift_us: int) -> SeriesView:
        """The view with its times moved to another shift than its own log gave (a chunk of a log may not hold the
        time)."""
        if shift_us == self.shift_us:
            return self
        for channel in self.channels.values():
            channel.times_us = channel.times_us + (shift_us - self.shift_us)
        return SeriesView("utc" if shift_us else self.clock, self.channels, shift_us)

    def armed(self, times_us: Array) -> Array:
        """Which of the moments lie in a span in which the aircraft was armed; all of them where the log does not
        record arming."""
        mode = self.channels.get("mode")
        if mode is None or not mode["armed"].any():
            return np.ones(len(times_us), np.bool_)
        at = np.searchsorted(mode.times_us, times_us, side="right") - 1
        return (at >= 0) & mode["armed"][np.maximum(at, 0)]

    def in_air(self, times_us: Array) -> Array:
        """Armed and higher than a metre above home; only armed where the log has no height above home."""
        armed = self.armed(times_us)
        altitude = self.channels.get("altitude")
        if altitude is None:
            return armed
        known = np.isfinite(altitude["home_m"])
        if known.sum() < 2 or not len(times_us):
            return armed
        home_m = np.interp(times_us, altitude.times_us[known], altitude["home_m"][known])
        return armed & (home_m > IN_AIR_M)

    def in_mode(self, times_us: Array, names: tuple[str, ...]) -> Array:
        """Which of the moments lie in one of these flight modes."""
        mode = self.channels.get("mode")
        if mode is None or not len(times_us):
            return np.zeros(len(times_us), np.bool_)
        flying = np.array([name in names for name in mode["mode"]], np.bool_)
        at = np.searchsorted(mode.times_us, times_us, side="right") - 1
        return (at >= 0) & flying[np.maximum(at, 0)]

    def place(self, time_us: int) -> tuple[float, float] | None:
        """Latitude and longitude (degrees) of the last position until that moment; None where the log has none."""
        position = self.channels.get("position")
        if position is None:
            return None
        at = max(0, int(np.searchsorted(position.times_us, time_us, side="right")) - 1)
        lat_deg, lon_deg = float(position["lat_deg"][at]), float(position["lon_deg"][at])
        return (lat_deg, lon_deg) if np.isfinite(lat_deg + lon_deg) else None


def joined(views: list[SeriesView]) -> SeriesView:
    """The series of consecutive chunks as one; a mode that continues in the next chunk gets no new row."""
    channels: dict[str, Channel] = {}
    for name in dict.fromkeys(name for view in views for name in view.channels):
        parts = [view.channels[name] for view in views if name in view.channels]
        times_us = np.concatenate([part.times_us for part in parts])
        values = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
        if name == "mode":
            channels[name] = changes(parts[0].source, times_us, values["mode"].tolist(), values["armed"])
        else:
            channels[name] = Channel(name, parts[0].source, times_us, values)
    return replace(views[0], channels=channels)


def span_of(parts: Iterable[Array], clock: Literal["utc", "boot"]) -> tuple[int, int] | None:
    """The first and the last possible time (microseconds), of a log that may hold damaged ones; None without any."""
    low, high = _POSSIBLE_US[clock]
    sound = [part[(part > low) & (part < high)] for part in parts]
    sound = [part for part in sound if len(part)]
    return (min(int(part.min()) for part in sound), max(int(part.max()) for part in sound)) if sound else None


def numeric(table: Mapping[str, Any], name: str, kinds: str = "iufb") -> bool:
    """Whether a table has that column with one number a row: the description of a column may be damaged, too."""
    if name not in table:
        return False
    column = table[name]
    return column.dtype.kind in kinds and column.ndim == 1


def floats(table: Mapping[str, Any], name: str, count: int, *, rows: Any = slice(None)) -> Array:
    """A column in float64, of these rows; `count` times NaN where the table has no such column of numbers."""
    if not numeric(table, name):
        return np.full(count, np.nan)
    return np.asarray(table[name][rows], np.float64)


def utc_shift_us(boot_us: Array, utc_us: Array) -> int:
    """Microseconds from the autopilot's clock to UTC: the median of all pairs; 0 where no UTC time is possible."""
    known = utc_us > EARLIEST_US
    if not known.any():
        return 0
    return int(np.median(utc_us[known].astype(np.int64) - boot_us[known].astype(np.int64)))


def speed_of(source: str, times_us: Array, north: Array, east: Array, down: Array) -> list[Channel]:
    """The velocity channel, and the speed channel that follows from it."""
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
    """Which positions are known: before the first fix autopilots report 0, 0 or a few metres beside it."""
    return have_place(lats_deg, lons_deg)


def located_rows(position: Channel) -> Channel:
    """The same channel without the rows in which the position is not known."""
    known = have_place(position["lat_deg"], position["lon_deg"])
    return position if known.all() else position.of(known)


def gps_track(gps: Channel) -> list[Channel]:
    """The position and altitude channels of a log without an estimator's: those of the first receiver with a fix."""
    known = have_place(gps["lat_deg"], gps["lon_deg"])
    if not known.any():
        return []
    rows = known & (gps["number"] == gps["number"][known].min())
    source, times_us = gps.source + FROM_GPS, gps.times_us[rows]
    heights = {"msl_m": gps["msl_m"][rows], "home_m": np.full(len(times_us), np.nan)}
    place = {"lat_deg": gps["lat_deg"][rows], "lon_deg": gps["lon_deg"][rows]}
    return [
        Channel("position", source, times_us, {**place, **heights}),
        Channel("altitude", source, times_us, heights),
    ]
