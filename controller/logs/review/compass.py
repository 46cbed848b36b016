"""The compasses: strength of the field, deviation from the earth's field and between compasses, and influence of the
motors."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from controller.logs.formats.health import Magnetometer
from controller.logs.review.evidence import Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.view import Array

_NANOTESLA_PER_MILLIGAUSS = 100.0
_FIRST_MODEL = 2010.0
# With fewer rows in the air, or a nearly constant throttle, the influence of the motors cannot be measured.
_LEAST_ROWS = 50
_LEAST_THROTTLE_SPAN = 0.1


def compass_signals(flight: ReviewedFlight) -> list[Signal]:
    """Strength of each compass, its deviation from the earth's field at the place, and the angle between each two."""
    fields = flight.health.magnetometers()
    found = []
    for field in fields:
        strength = _strength(field)
        found += [Signal(kind, field.source, field.times_us, strength) for kind in ("mag_low", "mag_high")]
        expected = _expected_mgauss(flight, field.times_us)
        if expected is not None:
            off = np.abs(strength - expected)
            found.append(
                Signal("mag_expected", f"{field.source} against {expected:.0f} mGauss", field.times_us, off)
            )
    for one, other in pairwise(fields):
        found.append(_apart(one, other))
    return found


def compass_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """Change of the field's strength from no throttle to full, in percent of the field, by a straight-line fit."""
    throttle = _throttle(flight)
    if throttle is None:
        return []
    throttle_us, throttle_share = throttle
    found = []
    for field in flight.health.magnetometers():
        strength = _strength(field)
        air = flight.view.in_air(field.times_us) & np.isfinite(strength)
        times_us, strength = field.times_us[air], strength[air]
        if len(times_us) < _LEAST_ROWS:
            continue
        throttle_at = np.interp(times_us, throttle_us, throttle_share)
        low, high = np.percentile(throttle_at, (5, 95))
        if high - low < _LEAST_THROTTLE_SPAN:
            continue
        slope = np.polyfit(throttle_at, strength, 1)[0]
        percent = abs(float(slope)) / float(np.median(strength)) * 100
        found.append(
            Measurement(
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


def _strength(field: Magnetometer) -> Array:
    """The field's strength in milligauss; NaN where the compass has no value, which is logged as zeros."""
    length = np.linalg.norm(field.xyz_mgauss, axis=1)
    return np.where(length > 0, length, np.nan)


def _expected_mgauss(flight: ReviewedFlight, times_us: Array) -> float | None:
    """The earth's field at the place and date of the flight; None where the log has no position."""
    place = flight.view.place(int(times_us[len(times_us) // 2])) if len(times_us) else None
    year = flight.utc_year
    if place is None:
        return None
    from datetime import datetime

    from pygeomag import GeoMag

    # For a log without a date, or from before the models: the first year of the newest one (the field drifts 0.1 % a
    # year).
    first, last = GeoMag().life_span
    year = year if year is not None and _FIRST_MODEL <= year < last else float(first)
    model = GeoMag(base_year=datetime(int(year), 1, 1))
    return (
        float(model.calculate(glat=place[0], glon=place[1], alt=0.0, time=year).f) / _NANOTESLA_PER_MILLIGAUSS
    )


def _apart(one: Magnetometer, other: Magnetometer) -> Signal:
    at = np.clip(np.searchsorted(other.times_us, one.times_us), 0, len(other.times_us) - 1)
    a, b = one.xyz_mgauss, other.xyz_mgauss[at]
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        angle = np.degrees(np.arccos(np.clip((a * b).sum(1) / lengths, -1.0, 1.0)))
    return Signal("mag_apart", f"{one.source} and {other.source}", one.times_us, angle)


def _throttle(flight: ReviewedFlight) -> tuple[Array, Array] | None:
    """The throttle, 0 to 1, over time."""
    found = flight.health.throttle()
    if found is None or len(found.times_us) < _LEAST_ROWS:
        return None
    # Before Copter 3.4 and in Plane the throttle output is in percent.
    percent = np.nanmax(found.values) > 1.5
    return found.times_us, found.values / 100 if percent else found.values
