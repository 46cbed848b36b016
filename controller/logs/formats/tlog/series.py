"""The series of a telemetry log, from the messages that the aircraft's autopilot sent."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.series.mode_names import heartbeat_mode
from controller.logs.series.view import Array, Channel, changes, located, speed_of
from controller.wire.columns import Columns

_ARMED = 128
_UNKNOWN = 65535


class AircraftRows:
    """The messages of one name that the aircraft sent; `rows["vx"]` is in float64."""

    def __init__(self, columns: Columns, name: str, aircraft: tuple[int, int]) -> None:
        self._table = columns.tables.get(name)
        if self._table is None:
            self.times_us: Array = np.zeros(0, np.int64)
            return
        self._mine = (self._table.systems == aircraft[0]) & (self._table.components == aircraft[1])
        self.times_us = self._table.times_us[self._mine]

    def raw(self, name: str) -> Any:
        return np.zeros(0, np.int64) if self._table is None else self._table[name][self._mine]

    def __getitem__(self, name: str) -> Array:
        return np.asarray(self.raw(name), np.float64)


def tlog_channels(columns: Columns, aircraft: tuple[int, int]) -> list[Channel]:
    """The channels of a telemetry log, of this aircraft (system, component)."""

    def rows(name: str) -> AircraftRows:
        return AircraftRows(columns, name, aircraft)

    return [
        *_place(rows("GLOBAL_POSITION_INT")),
        *_airspeed(rows("VFR_HUD")),
        *_attitude(rows("ATTITUDE")),
        _battery(rows("BATTERY_STATUS"), rows("SYS_STATUS")),
        _gps(rows("GPS_RAW_INT"), rows("GPS2_RAW")),
        _mode(rows("HEARTBEAT")),
    ]


def _place(rows: AircraftRows) -> list[Channel]:
    source, times_us = "GLOBAL_POSITION_INT", rows.times_us
    lats_deg, lons_deg, msl_m, home_m = (
        rows["lat"] / 1e7,
        rows["lon"] / 1e7,
        rows["alt"] / 1000,
        rows["relative_alt"] / 1000,
    )
    position = {"lat_deg": lats_deg, "lon_deg": lons_deg, "msl_m": msl_m, "home_m": home_m}
    # The first messages after boot are all zeros: there is no estimate of the height either. A log that never has a
    # place is one without positions, as an anonymized one.
    placed = located(lats_deg, lons_deg)
    high = placed | (msl_m != 0) | (home_m != 0) if placed.any() else np.ones(len(times_us), np.bool_)
    return [
        Channel("position", source, times_us, position),
        Channel("altitude", source, times_us[high], {"msl_m": msl_m[high], "home_m": home_m[high]}),
        *speed_of(source, times_us, rows["vx"] / 100, rows["vy"] / 100, rows["vz"] / 100),
    ]


def _airspeed(rows: AircraftRows) -> list[Channel]:
    return [Channel("airspeed", "VFR_HUD", rows.times_us, {"air_m_s": rows["airspeed"]})]


def _attitude(rows: AircraftRows) -> list[Channel]:
    angles = {"roll_rad": rows["roll"], "pitch_rad": rows["pitch"], "yaw_rad": rows["yaw"]}
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
