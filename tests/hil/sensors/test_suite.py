"""Sensor readings of an aircraft on the ground, against their records."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.geodesy import Home
from hil.sim.loops.multirotor import MultirotorSim

HOME = Home(47.397742, 8.545594, 488.0, 90.0)


@pytest.fixture(scope="module")
def standing() -> dict[str, np.ndarray]:
    """Return readings of two minutes on the ground at 250 Hz, and GPS messages with their arrival times."""
    loop = MultirotorSim(load_airframe("quad_x"), HOME, seed=4)
    rows: dict[str, list[object]] = {"gyro": [], "accel": [], "baro": [], "mag": [], "gps": []}
    count = 0
    for k in range(30000):
        loop.advance((k + 1) * 0.004)
        got = loop.sensors
        rows["gyro"].append(got.gyro_frd)
        rows["accel"].append(got.accel_frd)
        if k % 5 == 4:
            rows["baro"].append(got.baro_hpa)
            rows["mag"].append(got.mag_frd_gauss)
        if got.gps.count != count:
            count = got.gps.count
            rows["gps"].append(
                (
                    loop.time_s,
                    got.gps.time_s,
                    got.gps.fix_type,
                    got.gps.eph_m,
                    got.gps.satellites,
                    *got.gps.vel_ned,
                )
            )
    return {name: np.array(values) for name, values in rows.items()}


def test_imu_white_noise_is_its_density_times_the_root_of_the_rate(standing: dict[str, np.ndarray]) -> None:
    # Differences of neighbours remove the biases.
    assert np.diff(standing["gyro"], axis=0).std() / math.sqrt(2.0) == pytest.approx(
        0.0003394 * math.sqrt(250.0), rel=0.02
    )
    assert np.diff(standing["accel"], axis=0).std() / math.sqrt(2.0) == pytest.approx(
        0.004 * math.sqrt(250.0), rel=0.02
    )


def test_an_accelerometer_at_rest_measures_the_ground_reaction(standing: dict[str, np.ndarray]) -> None:
    assert standing["accel"].mean(axis=0) == pytest.approx([0.0, 0.0, -9.807], abs=0.25)


def test_the_turn_on_bias_of_the_gyro_is_of_the_size_of_its_record(standing: dict[str, np.ndarray]) -> None:
    bias = standing["gyro"][:250].mean(axis=0)
    assert 0.0 < np.abs(bias).max() < 4.0 * 0.0087


def test_the_barometer_shows_the_pressure_at_home_and_centimetres_of_noise(
    standing: dict[str, np.ndarray],
) -> None:
    assert standing["baro"].mean() == pytest.approx(955.9, abs=0.3)
    assert np.diff(standing["baro"]).std() / math.sqrt(2.0) == pytest.approx(0.012, rel=0.05)


def test_heading_east_the_magnetometer_has_north_on_its_left(
    standing: dict[str, np.ndarray],
) -> None:
    x, y, z = standing["mag"].mean(axis=0)
    assert y == pytest.approx(-0.215, abs=0.02)
    assert z == pytest.approx(0.433, abs=0.02)
    assert abs(x) < 0.05


def test_gps_comes_five_times_a_second_with_latency(standing: dict[str, np.ndarray]) -> None:
    arrival, measured = standing["gps"][:, 0], standing["gps"][:, 1]
    assert np.diff(measured) == pytest.approx(0.2, abs=1e-9)
    late = arrival - measured
    assert late.min() >= 0.11
    assert late.max() <= 0.20


def test_gps_has_no_fix_at_first_and_settles_after_it(standing: dict[str, np.ndarray]) -> None:
    fix, eph, satellites = standing["gps"][:, 2], standing["gps"][:, 3], standing["gps"][:, 4]
    first = int(np.argmax(fix == 3))
    assert fix[0] == 1
    assert 3.0 <= standing["gps"][first, 1] <= 6.2
    assert np.all(fix[first:] == 3)
    assert eph[first] > 1.5 > 0.6 > eph[-1]
    assert satellites[first] < satellites[-1] == 14


def test_gps_velocity_noise_is_its_record(standing: dict[str, np.ndarray]) -> None:
    assert standing["gps"][50:, 5:7].std() == pytest.approx(0.05, rel=0.15)
