"""Figures of the sensor records act: vibration of the board and properties of GPS receivers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.errors import AirframeError
from hil.geodesy import Home
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.sensors import layout as at
from hil.sensors.gps import deliver_gps, measure_gps
from hil.sensors.imu import sense_imu
from hil.sensors.load import STANDARD, sensor_records
from hil.sensors.noise import seeded_streams
from hil.sim.loops.make import make_plant
from hil.sim.plant.vehicle_kinds import vibration_sources
from hil.world.magnetic import field_at

HOME = Home(47.4, 8.5, 500.0, 0.0)


def vibration(name: str, slot: int, speed: float) -> float:
    """Return the deviation of the accelerometer along x, without noise, with a part of the state at a value."""
    records = sensor_records(HOME, field_at(HOME), vibration_sources=vibration_sources(load_airframe(name)))
    records[[at.ACCEL_NOISE, at.GYRO_NOISE]] = 0.0
    state, errors, readings = ps.level_state(), np.zeros(at.ERROR_SIZE), np.zeros(at.READING_SIZE)
    errors[[at.ACCEL_GAIN, at.ACCEL_GAIN + 4, at.ACCEL_GAIN + 8]] = 1.0
    state[ps.ROTOR + slot] = speed
    streams, seen = seeded_streams(1), []
    for _ in range(500):
        sense_imu(state, errors, records, streams, readings)
        seen.append(readings[at.ACCEL])
    return float(np.std(seen))


@pytest.mark.parametrize("name", ["plane", "elevon", "quadplane"])
def test_the_propeller_of_wings_vibrates_the_imu_and_surfaces_and_wheels_do_not(name: str) -> None:
    records = sensor_records(HOME, field_at(HOME))
    sizes = records[at.VIBRATION : at.VIBRATION + at.HARMONICS]
    assert vibration(name, wp.PROPELLER, 437.0) == pytest.approx(
        437.0**2 * math.sqrt(0.5 * (sizes**2).sum()), rel=0.02
    )
    assert vibration(name, wp.DEFLECTION, 437.0) == 0.0
    assert vibration("rover", 0, 437.0) == 0.0
    assert (vibration(name, 0, 437.0) > 0.0) is (name == "quadplane")


def test_reported_gps_accuracy_follows_its_record_and_improves_after_the_fix() -> None:
    plant = make_plant(load_airframe("quad_x"), HOME, seed=2)
    claims = []
    for k in range(1, 200):
        plant.advance(0.2 * k)
        claims.append(plant.readings[[at.GPS_FIX, at.GPS_EPH, at.GPS_SPEED_ACC]].copy())
    fixed = np.array(claims)[np.array(claims)[:, 0] == 3.0]
    assert claims[0][2] == 99.99
    assert fixed[-1, 1] == pytest.approx(1.2 * 0.4, rel=1e-3)
    assert fixed[-1, 2] == pytest.approx(1.2 * 0.05, rel=1e-3)
    assert fixed[0, 2] > 3.0 * fixed[-1, 2]
    assert np.all(np.diff(fixed[:, 2]) <= 0.0)


def altered(folder: Path, **lines: str) -> Path:
    """Return the standard records with other values of some keys."""
    text = STANDARD.read_text(encoding="utf-8").splitlines()
    file = folder / "own.toml"
    file.write_text(
        "\n".join(f"{key} = {lines[key]}" if (key := line.split(" ")[0]) in lines else line for line in text),
        encoding="utf-8",
    )
    return file


def test_reacquisition_time_and_rate_of_a_record_are_used(tmp_path: Path) -> None:
    file = altered(tmp_path, find_again_s="7.0", rate_hz="10.0", latency_s="[0.02, 0.03]")
    records = sensor_records(HOME, field_at(HOME), file=file)
    errors, readings, streams = np.zeros(at.ERROR_SIZE), np.zeros(at.READING_SIZE), seeded_streams(1)
    errors[[at.GPS_ENABLED, at.GPS_JAMMED, at.GPS_DUE]] = 1.0, 1.0, -1.0
    fixed = []
    for k in range(200):
        errors[at.GPS_JAMMED] = float(k < 10)
        measure_gps(0.1 * k, ps.level_state(), errors, records, streams)
        deliver_gps(0.1 * k + 0.05, errors, readings)
        fixed.append(readings[at.GPS_FIX] == 3.0)
    assert fixed.index(True) == pytest.approx(9 + 70, abs=1)
    plant = make_plant(load_airframe("quad_x"), HOME, seed=2)
    plant.records[at.GPS_RATE], plant.records[at.GPS_LATENCY_MIN :][:2] = 10.0, 0.02
    plant.advance(10.0)
    assert plant.readings[at.GPS_COUNT] == pytest.approx(100, abs=1)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ({"rate_hz": "3.0"}, "rate_hz must be one of 1, 2, 5, 10, is 3"),
        ({"rate_hz": "10.0"}, "latency_s must be below 0.08 s at this rate, is 0.16"),
        ({"settling_tau_s": "0.0"}, "settling_tau_s must be above 0"),
    ],
)
def test_an_impossible_receiver_is_refused(tmp_path: Path, lines: dict[str, str], complaint: str) -> None:
    with pytest.raises(AirframeError, match=complaint):
        sensor_records(HOME, field_at(HOME), file=altered(tmp_path, **lines))
