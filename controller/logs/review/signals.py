"""What a review looks at, over the three formats: vibration, clipping, the filter's test ratios, and the quality of the GPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from controller.logs.read import ReadLog
from controller.logs.series import Array
from controller.logs.series_tlog import AircraftRows, aircraft_of

_DATAFLASH = (
    ("vibration", "VIBE", ("VibeX", "VibeY", "VibeZ")),
    ("clipping", "VIBE", ("Clip", "Clip0", "Clip1", "Clip2")),
    ("filter", "XKF4", ("SV", "SP", "SH", "SM")),
    ("filter", "NKF4", ("SV", "SP", "SH", "SM")),
)
_ULOG = (
    ("vibration_px4", "vehicle_imu_status", ("accel_vibration_metric",)),
    (
        "clipping",
        "vehicle_imu_status",
        ("accel_clipping[0]", "accel_clipping[1]", "accel_clipping[2]"),
    ),
    (
        "filter",
        "estimator_status",
        ("vel_test_ratio", "pos_test_ratio", "hgt_test_ratio", "mag_test_ratio"),
    ),
)
_TLOG = (
    ("vibration", "VIBRATION", ("vibration_x", "vibration_y", "vibration_z")),
    ("clipping", "VIBRATION", ("clipping_0", "clipping_1", "clipping_2")),
    (
        "filter",
        "EKF_STATUS_REPORT",
        ("velocity_variance", "pos_horiz_variance", "pos_vert_variance", "compass_variance"),
    ),
    ("filter", "ESTIMATOR_STATUS", ("vel_ratio", "pos_horiz_ratio", "pos_vert_ratio", "mag_ratio")),
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One column over time, in the log's own clock. `kind` names the rule that judges it; `source` is message.column."""

    kind: str
    source: str
    times_us: Array
    values: Array


def signals_of(read: ReadLog) -> list[Signal]:
    """Everything in the log that has a rule; messages that the log does not hold are left out."""
    if read.format == "tlog":
        return _from_tlog(read.log)
    if read.format == "dataflash":
        return _from_dataflash(read.log)
    return [
        Signal(kind, f"{topic}[{number}].{column}", table["timestamp"], np.asarray(table[column], np.float64))
        for kind, topic, columns in _ULOG
        for (name, number), table in sorted(read.log.tables.items())
        if name == topic
        for column in columns
        if column in table
    ]


def _from_dataflash(log: Any) -> list[Signal]:
    found = []
    for kind, name, columns in _DATAFLASH:
        table = log.tables.get(name)
        if table is None:
            continue
        # Each sensor or core has rows of its own, told apart by one of these.
        label = next((label for label in ("IMU", "C") if label in table), None)
        numbers = np.asarray(table[label]) if label else np.zeros(len(table["TimeUS"]))
        for number in np.unique(numbers):
            rows = numbers == number
            found += [
                Signal(
                    kind,
                    f"{name}[{int(number)}].{column}",
                    table["TimeUS"][rows],
                    np.asarray(table[column], np.float64)[rows],
                )
                for column in columns
                if column in table
            ]
    return found


def _from_tlog(columns: Any) -> list[Signal]:
    aircraft = aircraft_of(columns)
    if aircraft is None:
        return []
    return [
        Signal(kind, f"{name}.{column}", rows.times_us, rows[column])
        for kind, name, labels in _TLOG
        if name in columns.tables
        for rows in [AircraftRows(columns, name, aircraft)]
        for column in labels
        if len(rows.times_us)
    ]
