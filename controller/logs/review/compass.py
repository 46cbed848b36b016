"""The compass: how strong its field is, against the earth's field, against the other compasses, and with the motors running."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from controller.logs.review.evidence import Measured, Signal
from controller.logs.review.flight import Flight
from controller.logs.review.records import Rows
from controller.logs.series.view import Array

_GAUSS_TO_MILLI = 1000.0
_NANOTESLA_PER_MILLIGAUSS = 100.0
_FIRST_MODEL = 2010.0
# Fewer rows in the air, or a throttle that hardly moves, tell nothing of the motors.
_LEAST_ROWS = 50
_LEAST_THROTTLE_SPAN = 0.1


@dataclass(frozen=True, slots=True)
class _Field:
    """One compass: corrected for its own offsets, body frame, milligauss; columns x, y, z."""

    source: str
    times_us: Array
    xyz_mgauss: Array

    @property
    def strength(self) -> Array:
        # A compass that has nothing to say is logged as zeros.
        length = np.linalg.norm(self.xyz_mgauss, axis=1)
        return np.where(length > 0, length, np.nan)


def compass_signals(flight: Flight) -> list[Signal]:
    """Strength of each compass, how far it is off the earth's field at the place, and the angle between each two."""
    fields = _fields(flight)
    found = []
    for field in fields:
        found += [
            Signal(kind, field.source, field.times_us, field.strength) for kind in ("mag_low", "mag_high")
        ]
        expected = _expected_mgauss(flight, field.times_us)
        if expected is not None:
            off = np.abs(field.strength - expected)
            found.append(
                Signal("mag_expected", f"{field.source} against {expected:.0f} mGauss", field.times_us, off)
            )
    for one, other in pairwise(fields):
        found.append(_apart(one, other))
    return found


def compass_measured(flight: Flight) -> list[Measured]:
    """By how much of itself the field's strength changes with the throttle, from none to full, in a straight-line fit."""
    throttle = _throttle(flight)
    if throttle is None:
        return []
    throttle_us, share = throttle
    found = []
    for field in _fields(flight):
        air = flight.in_air(field.times_us) & np.isfinite(field.strength)
        times_us, strength = field.times_us[air], field.strength[air]
        if len(times_us) < _LEAST_ROWS:
            continue
        pushed = np.interp(times_us, throttle_us, share)
        low, high = np.percentile(pushed, (5, 95))
        if high - low < _LEAST_THROTTLE_SPAN:
            continue
        slope = np.polyfit(pushed, strength, 1)[0]
        percent = abs(float(slope)) / float(np.median(strength)) * 100
        found.append(
            Measured(
                "mag_throttle",
                field.source,
                percent,
                int(times_us[0]),
                int(times_us[-1]),
                len(times_us),
                f"from no throttle to full; flown between {low:.0%} and {high:.0%}",
            )
        )
    return found


def _fields(flight: Flight) -> list[_Field]:
    records = flight.records
    found: list[tuple[Rows, tuple[str, ...], float]] = []
    if flight.read.format == "dataflash":
        found = [(rows, ("MagX", "MagY", "MagZ"), 1.0) for rows in records.of("MAG", "COMPASS")]
    elif flight.read.format == "tlog":
        # RAW_IMU and SCALED_IMU are the same sensor.
        names = ("RAW_IMU" if records.of("RAW_IMU") else "SCALED_IMU", "SCALED_IMU2", "SCALED_IMU3")
        found = [(rows, ("xmag", "ymag", "zmag"), 1.0) for name in names for rows in records.of(name)]
    else:
        axes = tuple(f"magnetometer_ga[{axis}]" for axis in range(3))
        found = [(rows, axes, _GAUSS_TO_MILLI) for rows in records.of("vehicle_magnetometer")]
    return [
        _Field(
            rows.source, flight.times_us(rows.times_us), np.stack([rows[axis] for axis in axes], 1) * scale
        )
        for rows, axes, scale in found
        if all(axis in rows for axis in axes) and np.any(rows[axes[0]] != 0)
    ]


def _expected_mgauss(flight: Flight, times_us: Array) -> float | None:
    """The earth's field where and when it flew; None where the log knows no place, or a date the model does not cover."""
    place = flight.place(int(times_us[len(times_us) // 2])) if len(times_us) else None
    year = flight.utc_year
    if place is None:
        return None
    from datetime import datetime

    from pygeomag import GeoMag

    # A log without a date, or from before the models: the newest one's first year (the field drifts 0.1 % a year).
    first, last = GeoMag().life_span
    year = year if year is not None and _FIRST_MODEL <= year < last else float(first)
    model = GeoMag(base_year=datetime(int(year), 1, 1))
    return (
        float(model.calculate(glat=place[0], glon=place[1], alt=0.0, time=year).f) / _NANOTESLA_PER_MILLIGAUSS
    )


def _apart(one: _Field, other: _Field) -> Signal:
    at = np.clip(np.searchsorted(other.times_us, one.times_us), 0, len(other.times_us) - 1)
    a, b = one.xyz_mgauss, other.xyz_mgauss[at]
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        angle = np.degrees(np.arccos(np.clip((a * b).sum(1) / lengths, -1.0, 1.0)))
    return Signal("mag_apart", f"{one.source} and {other.source}", one.times_us, angle)


def _throttle(flight: Flight) -> tuple[Array, Array] | None:
    """The throttle, 0 to 1, over time."""
    if flight.read.format == "ulog":
        rows = flight.records.first("vehicle_thrust_setpoint")
        if rows is not None and "xyz[2]" in rows:
            return flight.times_us(rows.times_us), np.abs(rows["xyz[2]"])
        rows = flight.records.first("actuator_controls_0")
        column, scale = "control[3]", 1.0
    elif flight.read.format == "dataflash":
        rows, column, scale = flight.records.first("CTUN"), "ThO", 1.0
    else:
        rows, column, scale = flight.records.first("VFR_HUD"), "throttle", 100.0
    if rows is None or column not in rows or len(rows.times_us) < _LEAST_ROWS:
        return None
    values = rows[column] / scale
    # Before Copter 3.4 and in Plane the throttle out is in percent.
    return flight.times_us(rows.times_us), values / 100 if np.nanmax(values) > 1.5 else values
