"""The series of on-board logs: ArduPilot's DataFlash and PX4's ULog. Times are microseconds since boot, and what to add for UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controller.logs.formats.dataflash_reader import DataFlash
from controller.logs.formats.mode_names import BANNERS, ardupilot_mode, px4_state
from controller.logs.formats.ulog_reader import Ulog
from controller.logs.series.view import Array, Channel, changes, located, numeric, speed_of, timed

# GPS time began on 1980-01-06 and has no leap seconds; there have been 18 since (the last on 2017-01-01, IERS Bulletin C).
_GPS_EPOCH_US = 315_964_800_000_000
_LEAP_US = 18_000_000
_WEEK_US = 604_800_000_000
_PX4_ARMED = 2
# A receiver without a fix may give any date; PX4 and ArduPilot did not log before.
_EARLIEST_US = 1_262_304_000_000_000
_MODE_NUMBERS = ("ModeNum", "Mode")


def _floats(table: Mapping[str, Any], name: str, *, rows: Any = slice(None)) -> Array:
    """A column in float64; NaN where the log has no such column of numbers."""
    times = table["TimeUS"] if "TimeUS" in table else table["timestamp"]
    if not numeric(table, name):
        return np.full(len(times[rows]), np.nan)
    return np.asarray(table[name][rows], np.float64)


def _wrapped(angle_rad: Array) -> Array:
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def dataflash_channels(log: DataFlash) -> tuple[list[Channel], int]:
    """The channels of a DataFlash log in microseconds since boot, and what to add for UTC (0: not known)."""
    tables = timed(log.tables, "TimeUS")
    found: list[Channel] = []
    if "POS" in tables:
        pos = tables["POS"]
        msl_m, home_m = _floats(pos, "Alt"), _floats(pos, "RelHomeAlt")
        lats_deg, lons_deg = _floats(pos, "Lat"), _floats(pos, "Lng")
        place = {"lat_deg": lats_deg, "lon_deg": lons_deg, "msl_m": msl_m, "home_m": home_m}
        there = located(lats_deg, lons_deg)
        found += [
            Channel(
                "position", "POS", pos["TimeUS"][there], {name: part[there] for name, part in place.items()}
            ),
            Channel("altitude", "POS", pos["TimeUS"], {"msl_m": msl_m, "home_m": home_m}),
        ]
    for filter_name in ("XKF1", "NKF1"):
        if filter_name in tables:
            kf = tables[filter_name]
            rows = kf["C"] == 0 if numeric(kf, "C") else slice(None)
            ned = [_floats(kf, name, rows=rows) for name in ("VN", "VE", "VD")]
            found += speed_of(filter_name, kf["TimeUS"][rows], *ned)
            break
    if "ARSP" in tables:
        arsp = tables["ARSP"]
        rows = arsp["I"] == 0 if numeric(arsp, "I") else slice(None)
        found.append(
            Channel(
                "airspeed", "ARSP", arsp["TimeUS"][rows], {"air_m_s": _floats(arsp, "Airspeed", rows=rows)}
            )
        )
    if "ATT" in tables:
        att = tables["ATT"]
        angles = {
            f"{name.lower()}_rad": _wrapped(np.radians(_floats(att, name)))
            for name in ("Roll", "Pitch", "Yaw")
        }
        found.append(Channel("attitude", "ATT", att["TimeUS"], angles))
    found += _dataflash_battery(tables)
    shift_us = 0
    if "GPS" in tables:
        gps, shift_us = _dataflash_gps(tables["GPS"])
        found.append(gps)
    if "MODE" in tables and any(numeric(tables["MODE"], label, "iu") for label in _MODE_NUMBERS):
        found.append(_dataflash_mode(tables))
    return found, shift_us


def _dataflash_battery(tables: Mapping[str, Any]) -> list[Channel]:
    name = next((name for name in ("BAT", "CURR") if name in tables), None)
    if name is None:
        return []
    bat = tables[name]
    number = next((label for label in ("Inst", "Instance", "I") if numeric(bat, label)), None)
    values = {
        "number": _floats(bat, number) if number else np.zeros(bat.count),
        "voltage_v": _floats(bat, "Volt"),
        "current_a": _floats(bat, "Curr"),
        "used_ah": _floats(bat, "CurrTot") / 1000,
        "left_share": _floats(bat, "RemPct") / 100,
    }
    return [Channel("battery", name, bat["TimeUS"], values)]


def _dataflash_gps(gps: Any) -> tuple[Channel, int]:
    fix = _floats(gps, "Status")
    values = {
        "number": _floats(gps, "I") if numeric(gps, "I") else np.zeros(gps.count),
        "fix": fix,
        "satellites": _floats(gps, "NSats"),
        "hdop": _floats(gps, "HDop"),
        **{
            column: np.where(fix >= 2, _floats(gps, label), np.nan)
            for column, label in (("lat_deg", "Lat"), ("lon_deg", "Lng"), ("msl_m", "Alt"))
        },
    }
    utc_us = np.zeros(gps.count, np.int64)
    if numeric(gps, "GWk", "iu") and numeric(gps, "GMS", "iu"):
        weeks, ms = gps["GWk"].astype(np.int64), gps["GMS"].astype(np.int64)
        utc_us = np.where(weeks > 0, _GPS_EPOCH_US - _LEAP_US + weeks * _WEEK_US + ms * 1000, 0)
    utc_us = np.where(fix >= 3, utc_us, 0)
    return Channel("gps", "GPS", gps["TimeUS"], values), _shift_us(gps["TimeUS"], utc_us)


def _shift_us(boot_us: Array, utc_us: Array) -> int:
    """What lies between the two clocks: the middle of all that were told."""
    told = utc_us > _EARLIEST_US
    if not told.any():
        return 0
    return int(np.median(utc_us[told].astype(np.int64) - boot_us[told].astype(np.int64)))


def _dataflash_mode(tables: Mapping[str, Any]) -> Channel:
    enum = _vehicle_enum(tables)
    mode = tables["MODE"]
    label = next(label for label in _MODE_NUMBERS if numeric(mode, label, "iu"))
    rows: list[tuple[int, str | None, bool | None]] = [
        (int(time_us), ardupilot_mode(enum, int(number)), None)
        for time_us, number in zip(
            mode["TimeUS"].astype(np.int64).tolist(), mode[label].tolist(), strict=True
        )
    ]
    arms: list[tuple[int, str | None, bool | None]] = []
    if "ARM" in tables and numeric(tables["ARM"], "ArmState"):
        arm = tables["ARM"]
        arms = [
            (t, None, bool(s))
            for t, s in zip(arm["TimeUS"].astype(np.int64).tolist(), arm["ArmState"].tolist(), strict=True)
        ]
    elif "EV" in tables and numeric(tables["EV"], "Id"):
        # Events 10 and 11 are armed and disarmed (ArduPilot, AP_Logger LogEvent).
        ev = tables["EV"]
        arms = [
            (t, None, i == 10)
            for t, i in zip(ev["TimeUS"].astype(np.int64).tolist(), ev["Id"].tolist(), strict=True)
            if i in (10, 11)
        ]
    # A log that begins with the disarming was begun by the arming.
    armed = bool(arms) and not min(arms)[2]
    name = ""
    times_us, names, states = [], [], []
    for time_us, to_mode, to_armed in sorted([*rows, *arms], key=lambda row: row[0]):
        name, armed = (
            to_mode if to_mode is not None else name,
            to_armed if to_armed is not None else armed,
        )
        times_us.append(time_us)
        names.append(name)
        states.append(armed)
    return changes("MODE", np.array(times_us, np.int64), names, np.array(states, np.bool_))


def _vehicle_enum(tables: Mapping[str, Any]) -> str:
    for name, label in (("VER", "FWS"), ("MSG", "Message")):
        if name in tables and label in tables[name] and tables[name][label].dtype.kind == "S":
            for text in tables[name][label].tolist():
                vehicle = text.decode("latin1").split(" ")[0]
                if vehicle in BANNERS:
                    return BANNERS[vehicle]
    return ""


def ulog_channels(log: Ulog) -> tuple[list[Channel], int]:
    """The channels of a ULog in microseconds since boot, and what to add for UTC (0: not known)."""
    tables = timed(log.tables, "timestamp")

    def first(*topics: str) -> tuple[str, Any]:
        return next(((topic, tables[topic, 0]) for topic in topics if (topic, 0) in tables), ("", None))

    found: list[Channel] = []
    topic, place = first("vehicle_global_position")
    if place is not None:
        found += _ulog_place(place, first("home_position")[1])
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
        found.append(_ulog_attitude(attitude))
    batteries = [table for (name, _), table in sorted(tables.items()) if name == "battery_status"]
    if batteries:
        found.append(_ulog_battery(batteries))
    shift_us = 0
    topic, gps = first("vehicle_gps_position", "sensor_gps")
    if gps is not None:
        found.append(_ulog_gps(topic, gps))
        if numeric(gps, "time_utc_usec", "iu"):
            shift_us = _shift_us(gps["timestamp"], gps["time_utc_usec"])
    topic, status = first("vehicle_status")
    if status is not None and numeric(status, "nav_state", "iu") and numeric(status, "arming_state"):
        names = [px4_state(number) for number in status["nav_state"].tolist()]
        found.append(changes(topic, status["timestamp"], names, status["arming_state"] == _PX4_ARMED))
    return found, shift_us


def _ulog_place(place: Any, home: Any) -> list[Channel]:
    times_us, msl_m = place["timestamp"], _floats(place, "alt")
    home_m = np.full(len(msl_m), np.nan)
    if home is not None and home.count:
        at = np.searchsorted(home["timestamp"], times_us, side="right") - 1
        home_m = msl_m - _floats(home, "alt")[np.maximum(at, 0)]
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


def _ulog_attitude(table: Any) -> Channel:
    """Hamilton quaternion, body to north-east-down, to the angles of an aircraft (yaw, pitch, roll in that order)."""
    w, x, y, z = (_floats(table, f"q[{i}]") for i in range(4))
    angles = {
        "roll_rad": np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
        "pitch_rad": np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0)),
        "yaw_rad": np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
    }
    return Channel("attitude", "vehicle_attitude", table["timestamp"], angles)


def _ulog_battery(tables: list[Any]) -> Channel:
    columns = (
        ("voltage_v", "voltage_v", 1),
        ("current_a", "current_a", 1),
        ("used_ah", "discharged_mah", 1000),
        ("left_share", "remaining", 1),
    )
    values = {"number": np.concatenate([np.full(t.count, float(i)) for i, t in enumerate(tables)])}
    for column, label, scale in columns:
        raw = np.concatenate([_floats(table, label) for table in tables])
        # PX4 says -1 for what is not measured.
        values[column] = np.where(raw >= 0, raw / scale, np.nan)
    return Channel(
        "battery", "battery_status", np.concatenate([table["timestamp"] for table in tables]), values
    )


def _ulog_gps(source: str, table: Any) -> Channel:
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
