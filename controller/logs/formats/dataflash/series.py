"""The series of ArduPilot's DataFlash logs. Times are microseconds since boot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controller.logs.formats.dataflash.clock import utc_times_us
from controller.logs.formats.dataflash.modes import mode_channel
from controller.logs.formats.dataflash.reader import DataFlash
from controller.logs.formats.dataflash.tables import DataFlashTable
from controller.logs.series.view import (
    Array,
    Channel,
    floats,
    located,
    numeric,
    speed_of,
    utc_shift_us,
)

_FIX, _FIX_3D = 2, 3


def _floats(table: DataFlashTable, name: str, *, rows: Any = slice(None)) -> Array:
    return floats(table, name, len(table.times_us[rows]), rows=rows)


def _wrapped(angle_rad: Array) -> Array:
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def dataflash_channels(log: DataFlash) -> tuple[list[Channel], int]:
    """The channels of a DataFlash log in microseconds since boot, and the microseconds to add for UTC (0: not
    known)."""
    tables = {name: table for name, table in log.tables.items() if table.times_us is not None}
    gps, shift_us = _gps(tables["GPS"]) if "GPS" in tables else (None, 0)
    found = [*_place(tables, gps), *_motion(tables, gps), *_airspeed(tables), *_battery(tables)]
    if "ATT" in tables:
        att = tables["ATT"]
        angles = {
            f"{name.lower()}_rad": _wrapped(np.radians(_floats(att, name)))
            for name in ("Roll", "Pitch", "Yaw")
        }
        found.append(Channel("attitude", "ATT", att.times_us, angles))
    found += [one for one in (gps, mode_channel(tables)) if one is not None]
    return found, shift_us


def _place(tables: Mapping[str, DataFlashTable], gps: Channel | None) -> list[Channel]:
    """Position and altitude of the estimator; without one the height above home alone (the track is then the GPS's,
    see `Log.series`)."""
    if "POS" not in tables:
        return _heights(tables, gps)
    pos = tables["POS"]
    msl_m, home_m = _floats(pos, "Alt"), _floats(pos, "RelHomeAlt")
    lats_deg, lons_deg = _floats(pos, "Lat"), _floats(pos, "Lng")
    place = {"lat_deg": lats_deg, "lon_deg": lons_deg, "msl_m": msl_m, "home_m": home_m}
    known = located(lats_deg, lons_deg)
    altitude = Channel("altitude", "POS", pos.times_us, {"msl_m": msl_m, "home_m": home_m})
    if not known.any():
        return [altitude]
    position = {name: part[known] for name, part in place.items()}
    return [Channel("position", "POS", pos.times_us[known], position), altitude]


def _heights(tables: Mapping[str, DataFlashTable], gps: Channel | None) -> list[Channel]:
    """The altitude of a log without the estimator's: in GPS records until 2015, later the barometer's, which counts
    from where the aircraft was armed."""
    label = next((label for label in ("RelAlt", "RAlt") if gps and numeric(tables["GPS"], label)), None)
    if label and gps:
        own = tables["GPS"]
        # The channel's rows are in the order of their times.
        home_m = _floats(own, label)[np.argsort(own.times_us, kind="stable")]
        rows = _one_receiver(gps) & np.isfinite(gps["msl_m"])
        heights = {"msl_m": gps["msl_m"][rows], "home_m": home_m[rows]}
        return [Channel("altitude", "GPS", gps.times_us[rows], heights)]
    baro = tables.get("BARO")
    if baro is None or not numeric(baro, "Alt"):
        return []
    first = _floats(baro, "I") == 0 if numeric(baro, "I") else slice(None)
    baro_m = _floats(baro, "Alt", rows=first)
    return [
        Channel(
            "altitude",
            "BARO",
            baro.times_us[first],
            {"msl_m": np.full(len(baro_m), np.nan), "home_m": baro_m},
        )
    ]


def _one_receiver(gps: Channel) -> Array:
    """The rows of the receiver with the most positions."""
    numbers, counts = np.unique(gps["number"][np.isfinite(gps["lat_deg"])], return_counts=True)
    rows: Array = gps["number"] == (numbers[np.argmax(counts)] if len(numbers) else 0)
    return rows


def _motion(tables: Mapping[str, DataFlashTable], gps: Channel | None) -> list[Channel]:
    for name in ("XKF1", "NKF1", "EKF1"):
        if name in tables:
            kf = tables[name]
            rows = kf["C"] == 0 if numeric(kf, "C") else slice(None)
            return speed_of(
                name, kf.times_us[rows], *(_floats(kf, label, rows=rows) for label in ("VN", "VE", "VD"))
            )
    if gps is None or not numeric(tables["GPS"], "Spd") or not numeric(tables["GPS"], "GCrs"):
        return []
    own = tables["GPS"]
    order = np.argsort(own.times_us, kind="stable")
    rows = _one_receiver(gps) & (gps["fix"] >= _FIX)
    speed, course, down = (_floats(own, label)[order][rows] for label in ("Spd", "GCrs", "VZ"))
    north, east = speed * np.cos(np.radians(course)), speed * np.sin(np.radians(course))
    return speed_of("GPS", gps.times_us[rows], north, east, down) if rows.any() else []


def _airspeed(tables: Mapping[str, DataFlashTable]) -> list[Channel]:
    if "ARSP" not in tables:
        return []
    arsp = tables["ARSP"]
    rows = arsp["I"] == 0 if numeric(arsp, "I") else slice(None)
    return [
        Channel("airspeed", "ARSP", arsp.times_us[rows], {"air_m_s": _floats(arsp, "Airspeed", rows=rows)})
    ]


def _battery(tables: Mapping[str, DataFlashTable]) -> list[Channel]:
    name = next((name for name in ("BAT", "CURR") if name in tables), None)
    if name is None:
        return []
    bat = tables[name]
    number = next((label for label in ("Inst", "Instance", "I") if numeric(bat, label)), None)
    values = {
        "number": _floats(bat, number) if number else np.zeros(bat.count),
        "voltage_v": _hundredths(bat, "Volt"),
        "current_a": _hundredths(bat, "Curr"),
        "used_ah": _floats(bat, "CurrTot") / 1000,
        "left_share": _floats(bat, "RemPct") / 100,
    }
    return [Channel("battery", name, bat.times_us, values)]


def _hundredths(table: DataFlashTable, name: str) -> Array:
    """A column that old firmware logs as whole hundredths, without a letter that says so."""
    scale = 0.01 if name in table and table[name].dtype.kind in "iu" else 1.0
    return _floats(table, name) * scale


def _gps(gps: Any) -> tuple[Channel, int]:
    fix = _floats(gps, "Status")
    values = {
        "number": _floats(gps, "I") if numeric(gps, "I") else np.zeros(gps.count),
        "fix": fix,
        "satellites": _floats(gps, "NSats"),
        "hdop": _floats(gps, "HDop"),
        **{
            column: np.where(fix >= _FIX, _floats(gps, label), np.nan)
            for column, label in (("lat_deg", "Lat"), ("lon_deg", "Lng"), ("msl_m", "Alt"))
        },
    }
    utc_us = utc_times_us(gps)
    if utc_us is None:
        return Channel("gps", "GPS", gps.times_us, values), 0
    # Until 2013 a position in space was 2, too.
    best = np.nanmax(fix, initial=0)
    utc_us = np.where((fix >= _FIX) & (fix >= min(_FIX_3D, best)), utc_us, 0)
    return Channel("gps", "GPS", gps.times_us, values), utc_shift_us(gps.times_us, utc_us)
