"""The series of PX4's ULogs. Times are microseconds since boot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controller.logs.formats.ulog.reader import Ulog
from controller.logs.series.mode_names import px4_state
from controller.logs.series.view import (
    EARLIEST_US,
    Array,
    Channel,
    changes,
    floats,
    numeric,
    speed_of,
    utc_shift_us,
)

_PX4_ARMED = 2


def _floats(table: Mapping[str, Any], name: str) -> Array:
    return floats(table, name, len(table["timestamp"]))


def ulog_channels(log: Ulog) -> tuple[list[Channel], int]:
    """The channels of a ULog in microseconds since boot, and the microseconds to add for UTC (0: not known)."""
    tables = log.published

    def first(*topics: str) -> tuple[str, Any]:
        """The first instance of the first of these topics that the log has."""
        for topic in topics:
            instances = [number for name, number in tables if name == topic]
            if instances:
                return topic, tables[topic, min(instances)]
        return "", None

    found: list[Channel] = []
    status_topic, status = first("vehicle_status")
    topic, place = first("vehicle_global_position")
    if place is not None:
        found += _place(place, first("home_position")[1], status)
    topic, local = first("vehicle_local_position")
    if local is not None:
        found += speed_of(topic, local["timestamp"], *(_floats(local, name) for name in ("vx", "vy", "vz")))
    topic, air = first("airspeed_validated", "airspeed")
    if air is not None:
        found.append(
            Channel("airspeed", topic, air["timestamp"], {"air_m_s": _floats(air, "true_airspeed_m_s")})
        )
    topic, attitude = first("vehicle_attitude")
    if attitude is not None:
        found.append(_attitude(attitude))
    batteries = [table for (name, _), table in sorted(tables.items()) if name == "battery_status"]
    if batteries:
        found.append(_battery(batteries))
    shift_us = 0 if log.utc_stamps else _boot_time_us(log)
    topic, gps = first("vehicle_gps_position", "sensor_gps")
    if gps is not None:
        found.append(_gps(topic, gps))
        if numeric(gps, "time_utc_usec", "iu") and not log.utc_stamps:
            shift_us = utc_shift_us(gps["timestamp"], gps["time_utc_usec"]) or shift_us
    if status is not None and numeric(status, "nav_state", "iu") and numeric(status, "arming_state"):
        names = [px4_state(number) for number in status["nav_state"].tolist()]
        found.append(changes(status_topic, status["timestamp"], names, status["arming_state"] == _PX4_ARMED))
    return found, shift_us


def _boot_time_us(log: Ulog) -> int:
    """UTC of the autopilot's start, which PX4 logs since 1.17; 0 where it does not."""
    boot_us = log.info.get("boot_time_utc_us")
    return boot_us if isinstance(boot_us, int) and boot_us > EARLIEST_US else 0


def _place(place: Any, home: Any, status: Any) -> list[Channel]:
    times_us, msl_m = place["timestamp"], _floats(place, "alt")
    home_m = msl_m - _home_msl_m(times_us, home, status)
    values = {
        "lat_deg": _floats(place, "lat"),
        "lon_deg": _floats(place, "lon"),
        "msl_m": msl_m,
        "home_m": home_m,
    }
    source = "vehicle_global_position"
    return [
        Channel("position", source, times_us, values),
        Channel("altitude", source, times_us, {"msl_m": msl_m, "home_m": home_m}),
    ]


def _home_msl_m(times_us: Array, home: Any, status: Any) -> Array:
    """Altitude of home, in force when the aircraft was armed: in flight PX4 moves it by metres with the GPS's error."""
    if home is None:
        return np.full(len(times_us), np.nan)
    valid = home["valid_alt"] == 1 if numeric(home, "valid_alt") else np.ones(home.count, np.bool_)
    known_us, known_m = home["timestamp"][valid], _floats(home, "alt")[valid]
    if not len(known_us):
        return np.full(len(times_us), np.nan)
    arms_us = _armings_us(status)
    # Without arming: as it moves.
    since_us = arms_us[_last_at(arms_us, times_us)] if len(arms_us) else times_us
    msl_m: Array = known_m[_last_at(known_us, since_us)]
    return msl_m


def _armings_us(status: Any) -> Array:
    if status is None or not numeric(status, "arming_state"):
        return np.zeros(0, np.int64)
    armed = status["arming_state"] == _PX4_ARMED
    return np.asarray(status["timestamp"][armed & ~np.concatenate(([False], armed[:-1]))])


def _last_at(known_us: Array, times_us: Array) -> Array:
    """Index of the last known time until each moment; the first one before that."""
    return np.maximum(np.searchsorted(known_us, times_us, side="right") - 1, 0)


def _attitude(table: Any) -> Channel:
    """Roll, pitch and yaw (in the order yaw, pitch, roll) from a Hamilton quaternion, body to north-east-down."""
    w, x, y, z = (_floats(table, f"q[{i}]") for i in range(4))
    angles = {
        "roll_rad": np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
        "pitch_rad": np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0)),
        "yaw_rad": np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
    }
    return Channel("attitude", "vehicle_attitude", table["timestamp"], angles)


def _battery(tables: list[Any]) -> Channel:
    columns = (
        ("voltage_v", "voltage_v", 1),
        ("current_a", "current_a", 1),
        ("used_ah", "discharged_mah", 1000),
        ("left_share", "remaining", 1),
    )
    # PX4 publishes batteries that are not there, and leaves them out of its own checks.
    there = np.concatenate(
        [
            table["connected"] != 0 if "connected" in table else np.ones(table.count, np.bool_)
            for table in tables
        ]
    )
    times_us = np.concatenate([table["timestamp"] for table in tables])[there]
    values = {"number": np.concatenate([np.full(t.count, float(i)) for i, t in enumerate(tables)])[there]}
    for column, label, scale in columns:
        raw = np.concatenate([_floats(table, label) for table in tables])[there]
        # PX4 logs -1 for a value that is not measured.
        values[column] = np.where(raw >= 0, raw / scale, np.nan)
    return Channel("battery", "battery_status", times_us, values)


def _gps(source: str, table: Any) -> Channel:
    fix = _floats(table, "fix_type")
    # Until 1.14 in 1e-7 degrees and millimetres, since then in degrees and metres under other names.
    if "latitude_deg" in table:
        place = [_floats(table, name) for name in ("latitude_deg", "longitude_deg", "altitude_msl_m")]
    else:
        place = [
            _floats(table, name) * scale for name, scale in (("lat", 1e-7), ("lon", 1e-7), ("alt", 1e-3))
        ]
    located = [np.where(fix >= 2, part, np.nan) for part in place]
    values = {
        "number": np.zeros(table.count),
        "fix": fix,
        "satellites": _floats(table, "satellites_used"),
        "hdop": _floats(table, "hdop"),
        **dict(zip(("lat_deg", "lon_deg", "msl_m"), located, strict=True)),
    }
    return Channel(source=source, name="gps", times_us=table["timestamp"], values=values)
