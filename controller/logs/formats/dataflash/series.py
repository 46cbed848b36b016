"""The series of ArduPilot's DataFlash logs. Times are microseconds since boot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controller.logs.formats.dataflash.reader import DataFlash
from controller.logs.series.mode_names import BANNERS, ardupilot_mode
from controller.logs.series.view import (
    Array,
    Channel,
    changes,
    floats,
    located,
    numeric,
    speed_of,
    timed,
    utc_shift_us,
)

# GPS time began on 1980-01-06 and has no leap seconds; there have been 18 since (the last on 2017-01-01, IERS
# Bulletin C).
_GPS_EPOCH_US = 315_964_800_000_000
_LEAP_US = 18_000_000
_WEEK_US = 604_800_000_000
_MODE_NUMBERS = ("ModeNum", "Mode")


def _floats(table: Mapping[str, Any], name: str, *, rows: Any = slice(None)) -> Array:
    return floats(table, name, len(table["TimeUS"][rows]), rows=rows)


def _wrapped(angle_rad: Array) -> Array:
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def dataflash_channels(log: DataFlash) -> tuple[list[Channel], int]:
    """The channels of a DataFlash log in microseconds since boot, and the microseconds to add for UTC (0: not
    known)."""
    tables = timed(log.tables, "TimeUS")
    found: list[Channel] = []
    if "POS" in tables:
        pos = tables["POS"]
        msl_m, home_m = _floats(pos, "Alt"), _floats(pos, "RelHomeAlt")
        lats_deg, lons_deg = _floats(pos, "Lat"), _floats(pos, "Lng")
        place = {"lat_deg": lats_deg, "lon_deg": lons_deg, "msl_m": msl_m, "home_m": home_m}
        known_rows = located(lats_deg, lons_deg)
        found += [
            Channel(
                "position",
                "POS",
                pos["TimeUS"][known_rows],
                {name: part[known_rows] for name, part in place.items()},
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
    found += _battery(tables)
    shift_us = 0
    if "GPS" in tables:
        gps, shift_us = _gps(tables["GPS"])
        found.append(gps)
    if "MODE" in tables and any(numeric(tables["MODE"], label, "iu") for label in _MODE_NUMBERS):
        found.append(_mode(tables))
    return found, shift_us


def _battery(tables: Mapping[str, Any]) -> list[Channel]:
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


def _gps(gps: Any) -> tuple[Channel, int]:
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
    return Channel("gps", "GPS", gps["TimeUS"], values), utc_shift_us(gps["TimeUS"], utc_us)


def _mode(tables: Mapping[str, Any]) -> Channel:
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
    # A log whose first event is disarming was started by arming.
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
