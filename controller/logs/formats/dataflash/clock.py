"""The times of DataFlash records, of every year's firmware, in microseconds since the autopilot's start.

Since 2015 every record has TimeUS. Logs of 2014 and 2015 have TimeMS instead; in their GPS records TimeMS is GPS time
of week, and T the autopilot's. Records without a time (MODE, EV, CMD, ...) have that of the timed record before them.
Logs of 2013 have no time but that of the GPS: there the records between two GPS records are spaced evenly, and times
count from the first. Source: ArduPilot, libraries/DataFlash/DataFlash.h and ArduCopter/Log.pde of those years.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controller.logs.series.view import Array, numeric

# GPS time began on 1980-01-06 and has no leap seconds.
_GPS_EPOCH_US = 315_964_800_000_000
_WEEK_US = 604_800_000_000
# Leap seconds since then, from these dates on, in microseconds since 1970 (IERS Bulletin C).
_LEAPS = (
    (1_136_073_600_000_000, 14),  # 2006-01-01
    (1_230_768_000_000_000, 15),  # 2009-01-01
    (1_341_100_800_000_000, 16),  # 2012-07-01
    (1_435_708_800_000_000, 17),  # 2015-07-01
    (1_483_228_800_000_000, 18),  # 2017-01-01
)
_WEEKS, _WEEK_TIMES_MS = ("GWk", "Week"), ("GMS", "TimeMS", "Time")
_GPS = ("GPS", "GPS2")


def own_times_us(name: str, table: Mapping[str, Any]) -> Array | None:
    """The times that records hold themselves; None where they hold none."""
    if numeric(table, "TimeUS", "iu"):
        times_us = np.asarray(table["TimeUS"])
        # The column is shared, not copied: it is a sixth of a log's size.
        return times_us.view(np.int64) if times_us.dtype == np.uint64 else times_us.astype(np.int64)
    label = "T" if name in _GPS else "TimeMS"
    if numeric(table, label, "iu"):
        return np.asarray(table[label]).astype(np.int64) * 1000
    # PX4's logs in this format (sdlog2, until 2016).
    if name == "TIME" and numeric(table, "StartTime", "iu"):
        return np.asarray(table["StartTime"]).astype(np.int64)
    return None


def gps_times_us(table: Mapping[str, Any]) -> Array | None:
    """GPS time of GPS records, microseconds since 1980-01-06; without a week number, since a week's or day's begin.

    Zero where the receiver had none.
    """
    ms = next((label for label in _WEEK_TIMES_MS if numeric(table, label, "iu")), None)
    if ms is None:
        return None
    week = next((label for label in _WEEKS if numeric(table, label, "iu")), None)
    times_us = np.asarray(table[ms]).astype(np.int64) * 1000
    if week is None:
        return times_us
    weeks = np.asarray(table[week]).astype(np.int64)
    return np.where(weeks > 0, weeks * _WEEK_US + times_us, 0)


def utc_times_us(table: Mapping[str, Any]) -> Array | None:
    """UTC of GPS records, microseconds since 1970; 0 where it is not known, None where they have no date."""
    if not any(numeric(table, label, "iu") for label in _WEEKS):
        return None
    gps_us = gps_times_us(table)
    if gps_us is None:
        return None
    utc_us = gps_us + _GPS_EPOCH_US
    leap_s = np.zeros(len(utc_us), np.int64)
    for since_us, seconds in _LEAPS:
        leap_s[utc_us - seconds * 1_000_000 >= since_us] = seconds
    return np.where(gps_us > 0, utc_us - leap_s * 1_000_000, 0)


def record_times_us(
    tables: Mapping[str, Mapping[str, Any]], places: Mapping[str, Array], records: int
) -> dict[str, Array]:
    """The times of the records by table; a table is missing where no record of the log has a time.

    `places` are the numbers of each table's records in the order of the log, which has `records`.
    """
    own = {
        name: times_us
        for name, table in tables.items()
        if (times_us := own_times_us(name, table)) is not None
    }
    others = [name for name in tables if name not in own]
    if not own:
        every = _spaced_us(tables, places, records)
    elif others:
        every = _filled_us(own, places, records)
    if not others or every is None:
        return own
    return own | {name: every[places[name]] for name in others}


def _filled_us(own: Mapping[str, Array], places: Mapping[str, Array], records: int) -> Array | None:
    """A time for every record: that of the timed one before it; before the first one, that one's."""
    every = np.zeros(records, np.int64)
    timed = np.zeros(records, np.bool_)
    for name, times_us in own.items():
        every[places[name]] = times_us
        timed[places[name]] = True
    if not timed.any():
        return None
    before = np.maximum.accumulate(np.where(timed, np.arange(records), int(np.argmax(timed))))
    filled: Array = every[before]
    return filled


def _spaced_us(
    tables: Mapping[str, Mapping[str, Any]], places: Mapping[str, Array], records: int
) -> Array | None:
    """A time for every record of a log whose only times are those of its GPS records."""
    gps = tables.get("GPS")
    gps_us = gps_times_us(gps) if gps is not None else None
    if gps_us is None:
        return None
    # A time that goes back is the receiver's; times of a log ascend.
    known = gps_us > 0
    known[known] = gps_us[known] >= np.maximum.accumulate(gps_us[known])
    if known.sum() < 2:
        return None
    begin_us = gps_us[known][0]
    spaced: Array = np.interp(np.arange(records), places["GPS"][known], gps_us[known] - begin_us).astype(
        np.int64
    )
    return spaced
