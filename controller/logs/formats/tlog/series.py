"""The series of a telemetry log, from the messages that the aircraft's autopilot sent."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.series.mode_names import heartbeat_mode
from controller.logs.series.view import Array, Channel, Scaled, changes, located
from controller.wire.columns import SENT, Columns

_ARMED = 128
_UNKNOWN = 65535


class AircraftRows:
    """The messages of one name that the aircraft sent; `rows["vx"]` is in float64, `rows.raw("vx")` as sent.

    The fields in `needed` are read together.
    """

    def __init__(
        self, columns: Columns, name: str, aircraft: tuple[int, int], needed: tuple[str, ...] = ()
    ) -> None:
        self._table = columns.tables.get(name)
        self._read: dict[str, Any] = {}
        self._mine: Any = slice(None)
        if self._table is None:
            self.times_us: Array = np.zeros(0, np.int64)
            return
        times_us, systems, components, *values = self._table.read(SENT, needed)
        mine = (systems == aircraft[0]) & (components == aircraft[1])
        if not mine.all():
            self._mine = mine
        self.times_us = times_us[self._mine]
        self._read = {field: value[self._mine] for field, value in zip(needed, values, strict=True)}

    def raw(self, name: str) -> Any:
        if self._table is None:
            return np.zeros(0, np.int64)
        return self._read[name] if name in self._read else self._table[name][self._mine]

    def __getitem__(self, name: str) -> Array:
        return np.asarray(self.raw(name), np.float64)

    def scaled(self, name: str, divisor: float = 1.0) -> Scaled:
        """The field divided by a number, as a column of a channel."""
        return Scaled(lambda raw: np.asarray(raw, np.float64) / divisor, self.raw(name))


def tlog_channels(columns: Columns, aircraft: tuple[int, int]) -> list[Channel]:
    """The channels of a telemetry log, of this aircraft (system, component)."""

    def rows(name: str, *needed: str) -> AircraftRows:
        return AircraftRows(columns, name, aircraft, needed)

    return [
        *_place(rows("GLOBAL_POSITION_INT", "lat", "lon", "alt", "relative_alt", "vx", "vy", "vz")),
        *_airspeed(rows("VFR_HUD", "airspeed")),
        *_attitude(rows("ATTITUDE", "roll", "pitch", "yaw")),
        _battery(rows("BATTERY_STATUS"), rows("SYS_STATUS")),
        _gps(rows("GPS_RAW_INT"), rows("GPS2_RAW")),
        _mode(rows("HEARTBEAT")),
    ]


def _place(rows: AircraftRows) -> list[Channel]:
    source, times_us = "GLOBAL_POSITION_INT", rows.times_us
    heights = {"msl_m": rows.scaled("alt", 1000), "home_m": rows.scaled("relative_alt", 1000)}
    position = {"lat_deg": rows.scaled("lat", 1e7), "lon_deg": rows.scaled("lon", 1e7), **heights}
    # The first messages after boot are all zeros: there is no estimate of the height either. A log that never has a
    # place is one without positions, as an anonymized one.
    high = located(position["lat_deg"].made(), position["lon_deg"].made())
    if high.any():
        high |= (rows.raw("alt") != 0) | (rows.raw("relative_alt") != 0)
    else:
        high[:] = True
    altitude = Channel("altitude", source, times_us, heights)
    north, east, down = (rows.scaled(name, 100) for name in ("vx", "vy", "vz"))
    climb = Scaled(lambda raw: -np.asarray(raw, np.float64) / 100, rows.raw("vz"))
    ground = Scaled(
        lambda vx, vy: np.hypot(np.asarray(vx, np.float64) / 100, np.asarray(vy, np.float64) / 100),
        rows.raw("vx"),
        rows.raw("vy"),
    )
    return [
        Channel("position", source, times_us, position),
        altitude if high.all() else altitude.of(high),
        Channel("velocity", source, times_us, {"north_m_s": north, "east_m_s": east, "down_m_s": down}),
        Channel("speed", source, times_us, {"ground_m_s": ground, "climb_m_s": climb}),
    ]


def _airspeed(rows: AircraftRows) -> list[Channel]:
    return [Channel("airspeed", "VFR_HUD", rows.times_us, {"air_m_s": rows.scaled("airspeed")})]


def _attitude(rows: AircraftRows) -> list[Channel]:
    angles = {f"{name}_rad": rows.scaled(name) for name in ("roll", "pitch", "yaw")}
    return [Channel("attitude", "ATTITUDE", rows.times_us, angles)]


def _battery(full: AircraftRows, short: AircraftRows) -> Channel:
    """From BATTERY_STATUS where it has a voltage; otherwise from SYS_STATUS, which every autopilot sends."""
    if len(full.times_us):
        cells = full["voltages"]
        volts = np.where(cells < _UNKNOWN, cells, 0).sum(axis=1) / 1000
        if (volts > 0).any():
            values = {
                "number": full["id"],
                "voltage_v": np.where(volts > 0, volts, np.nan),
                "current_a": _known(full["current_battery"], 100),
                "used_ah": _known(full["current_consumed"], 1000),
                "left_share": _known(full["battery_remaining"], 100),
            }
            return Channel("battery", "BATTERY_STATUS", full.times_us, values)
    volts = short["voltage_battery"]
    values = {
        "number": np.zeros(len(volts)),
        "voltage_v": np.where(volts < _UNKNOWN, volts / 1000, np.nan),
        "current_a": _known(short["current_battery"], 100),
        "used_ah": np.full(len(volts), np.nan),
        "left_share": _known(short["battery_remaining"], 100),
    }
    return Channel("battery", "SYS_STATUS", short.times_us, values)


def _known(values: Array, scale: float) -> Array:
    """Values that are known, scaled: MAVLink's battery messages send -1 for an unknown one."""
    return np.where(values >= 0, values / scale, np.nan)


def _gps(first: AircraftRows, second: AircraftRows) -> Channel:
    both = [(0, first), (1, second)]
    parts: dict[str, list[Array]] = {
        "number": [np.full(len(rows.times_us), float(number)) for number, rows in both],
        "fix": [rows["fix_type"] for _, rows in both],
        "satellites": [_below(rows["satellites_visible"], 255, 1) for _, rows in both],
        "hdop": [_below(rows["eph"], _UNKNOWN, 100) for _, rows in both],
        "lat_deg": [rows["lat"] / 1e7 for _, rows in both],
        "lon_deg": [rows["lon"] / 1e7 for _, rows in both],
        "msl_m": [rows["alt"] / 1000 for _, rows in both],
    }
    values = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    for name in ("lat_deg", "lon_deg", "msl_m"):
        values[name] = np.where(values["fix"] >= 2, values[name], np.nan)
    source = "GPS_RAW_INT, GPS2_RAW" if len(second.times_us) else "GPS_RAW_INT"
    return Channel("gps", source, np.concatenate([first.times_us, second.times_us]), values)


def _below(values: Array, unknown: int, scale: float) -> Array:
    return np.where(values < unknown, values / scale, np.nan)


def _mode(rows: AircraftRows) -> Channel:
    autopilots, types, bases, customs = (
        rows.raw(name).tolist() for name in ("autopilot", "type", "base_mode", "custom_mode")
    )
    names = [heartbeat_mode(*beat) for beat in zip(autopilots, types, bases, customs, strict=True)]
    return changes("HEARTBEAT", rows.times_us, names, (rows.raw("base_mode") & _ARMED) != 0)
