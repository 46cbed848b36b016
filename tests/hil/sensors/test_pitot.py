"""Airspeed sensor: accuracy, resolution and rate of its record."""

from __future__ import annotations

import statistics

import pytest

from hil.sensors.optional import airspeed_record
from hil.sensors.pitot import Pitot


def test_it_measures_airspeed_with_its_records_errors() -> None:
    record = airspeed_record()
    pressure = 0.5 * 1.225 * 20.0**2
    means, spreads = [], []
    for seed in range(60):
        pitot = Pitot(record, seed=seed)
        pressures_pa = [pitot.read(0.02 * i, pressure).pressure_pa for i in range(200)]
        means.append(statistics.fmean(pressures_pa))
        spreads.append(statistics.stdev(pressures_pa))
    assert statistics.fmean(spreads) == pytest.approx(record.noise_pa, rel=0.1)
    # Offset and scale together, one value for each sensor.
    expected = (record.offset_pa**2 + (record.scale * pressure) ** 2) ** 0.5
    assert statistics.stdev(means) == pytest.approx(expected, rel=0.3)
    assert statistics.fmean(means) == pytest.approx(pressure, abs=3.0 * expected / 60**0.5)


def test_it_measures_at_its_rate_and_never_gives_a_negative_speed() -> None:
    pitot = Pitot(airspeed_record(), seed=1)
    first = pitot.read(0.0, 100.0)
    assert pitot.read(0.01, 900.0) is first
    assert pitot.read(0.02, 900.0).pressure_pa > 800.0
    assert pitot.read(0.04, -500.0).indicated_airspeed_m_s == 0.0
    assert pitot.read(0.06, 1e6).pressure_pa == airspeed_record().most_pa
