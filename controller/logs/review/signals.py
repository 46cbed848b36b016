"""The columns a review holds to a limit row by row: vibration, clipping, the filter's test ratios, and the quality of the GPS."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.read import ReadLog
from controller.logs.review.evidence import Signal
from controller.logs.review.flight import Flight
from controller.logs.review.records import Records

_WATCHED: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "dataflash": (
        ("vibration", "VIBE", ("VibeX", "VibeY", "VibeZ")),
        ("clipping", "VIBE", ("Clip", "Clip0", "Clip1", "Clip2")),
        ("filter", "XKF4", ("SV", "SP", "SH", "SM")),
        ("filter", "NKF4", ("SV", "SP", "SH", "SM")),
    ),
    "ulog": (
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
    ),
    "tlog": (
        ("vibration", "VIBRATION", ("vibration_x", "vibration_y", "vibration_z")),
        ("clipping", "VIBRATION", ("clipping_0", "clipping_1", "clipping_2")),
        (
            "filter",
            "EKF_STATUS_REPORT",
            ("velocity_variance", "pos_horiz_variance", "pos_vert_variance", "compass_variance"),
        ),
        ("filter", "ESTIMATOR_STATUS", ("vel_ratio", "pos_horiz_ratio", "pos_vert_ratio", "mag_ratio")),
    ),
}
# PX4 puts its coning and gyro metrics into VIBRATION's x and y, and the accelerometer's into z (streams/VIBRATION.hpp).
_PX4_VIBRATION = ("vibration_px4", "VIBRATION", ("vibration_z",))


def signals_of(read: ReadLog, *, px4: bool = False) -> list[Signal]:
    """Every column in the log that has a rule, in the log's own clock; messages that the log does not hold are left out."""
    records = Records(read)
    watched = _WATCHED[read.format]
    if px4 and read.format == "tlog":
        watched = (_PX4_VIBRATION, *(entry for entry in watched if entry[0] != "vibration"))
    return [
        Signal(kind, f"{rows.source}.{column}", rows.times_us, rows[column])
        for kind, name, columns in watched
        for rows in records.of(name)
        for column in columns
        if column in rows
    ]


def gps_signals(flight: Flight) -> list[Signal]:
    """Satellites, and how good the position was: HDOP for ArduPilot; for PX4, which asks for no HDOP, its error in metres
    and PDOP."""
    gps = flight.view.channels.get("gps")
    if gps is None:
        return []
    found = []
    for number in np.unique(gps["number"]):
        rows = gps["number"] == number
        for kind in ("satellites",) if flight.px4 else ("satellites", "hdop"):
            found.append(
                Signal(kind, f"{gps.source}[{int(number)}].{kind}", gps.times_us[rows], gps[kind][rows])
            )
    if flight.px4:
        found += _px4_accuracy(flight)
    return found


def _px4_accuracy(flight: Flight) -> list[Signal]:
    found = []
    for rows in flight.records.of("vehicle_gps_position", "sensor_gps"):
        times_us = flight.times_us(rows.times_us)
        found += [
            Signal(kind, f"{rows.source}.{kind}", times_us, rows[kind])
            for kind in ("eph", "epv")
            if kind in rows
        ]
        if "hdop" in rows and "vdop" in rows:
            found.append(
                Signal("pdop", f"{rows.source}.hdop, vdop", times_us, np.hypot(rows["hdop"], rows["vdop"]))
            )
    for rows in flight.records.of("GPS_RAW_INT"):
        for kind, column in (("eph", "h_acc"), ("epv", "v_acc")):
            if column in rows:
                # The extension is zero where the receiver does not tell.
                metres = np.where(rows[column] > 0, rows[column] / 1000, np.nan)
                found.append(Signal(kind, f"{rows.source}.{column}", flight.times_us(rows.times_us), metres))
    return found
