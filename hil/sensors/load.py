"""Reader of `standard.toml`: the constants of the sensor models, with magnetic field and height of home."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.airframes.toml_check import Limit, NumberRule, TomlChecker, at_least, between, positive
from hil.errors import ScenarioError
from hil.geodesy import Home
from hil.sensors import layout as at
from hil.world.magnetic import MagneticField

STANDARD = Path(__file__).parent / "standard.toml"
# Whole physics steps a sample, and a whole number of samples in `IMU_DT_S`.
IMU_RATES_HZ = (250, 500, 1000)
STANDARD_IMU_HZ = IMU_RATES_HZ[0]


def one_of(*allowed: float) -> Limit:
    """Return a limit that allows these values only."""
    listed = ", ".join(f"{value:g}" for value in allowed)
    return lambda value: None if value in allowed else f"must be one of {listed}, is {value:g}"


RECORDS = {
    "imu": {
        "gyro_noise_rad_s_rthz": NumberRule(at.GYRO_NOISE, at_least(0.0)),
        "gyro_walk_rad_s2_rthz": NumberRule(at.GYRO_WALK, at_least(0.0)),
        "gyro_tau_s": NumberRule(at.GYRO_TAU, positive),
        "gyro_turn_on_rad_s": NumberRule(at.GYRO_TURN_ON_SIGMA, at_least(0.0)),
        "accel_noise_m_s2_rthz": NumberRule(at.ACCEL_NOISE, at_least(0.0)),
        "accel_walk_m_s3_rthz": NumberRule(at.ACCEL_WALK, at_least(0.0)),
        "accel_tau_s": NumberRule(at.ACCEL_TAU, positive),
        "accel_turn_on_m_s2": NumberRule(at.ACCEL_TURN_ON_SIGMA, at_least(0.0)),
        "gyro_scale": NumberRule(at.GYRO_SCALE, between(0.0, 0.1)),
        "gyro_misalignment_rad": NumberRule(at.GYRO_ASKEW, between(0.0, 0.1)),
        "gyro_range_rad_s": NumberRule(at.GYRO_RANGE, positive),
        "gyro_bias_rad_s_k": NumberRule(at.GYRO_PER_K_SIGMA, at_least(0.0)),
        "accel_scale": NumberRule(at.ACCEL_SCALE, between(0.0, 0.1)),
        "accel_misalignment_rad": NumberRule(at.ACCEL_ASKEW, between(0.0, 0.1)),
        "accel_range_m_s2": NumberRule(at.ACCEL_RANGE, positive),
        "accel_bias_m_s2_k": NumberRule(at.ACCEL_PER_K_SIGMA, at_least(0.0)),
        "heating_k": NumberRule(at.IMU_HEATING, at_least(0.0)),
        "heating_tau_s": NumberRule(at.IMU_HEATING_TAU, positive),
        "calibrated_k": NumberRule(at.IMU_CALIBRATED, between(200.0, 400.0)),
    },
    "vibration": {
        "harmonics_m_rad2": NumberRule(at.VIBRATION, at_least(0.0), count=at.HARMONICS),
        "turn_rad_s_per_m_s2": NumberRule(at.VIBRATION_GYRO, at_least(0.0)),
    },
    "baro": {
        "noise_pa": NumberRule(at.BARO_SIGMA, at_least(0.0)),
        "drift_pa": NumberRule(at.BARO_DRIFT_SIGMA, at_least(0.0)),
        "drift_tau_s": NumberRule(at.BARO_DRIFT_TAU, positive),
        "wind_share": NumberRule(at.BARO_WIND, between(-1.0, 1.0)),
        "ground_share": NumberRule(at.BARO_GROUND, between(-1.0, 1.0)),
    },
    "mag": {
        "noise_gauss_rthz": NumberRule(at.MAG_NOISE, at_least(0.0)),
        "turn_on_gauss": NumberRule(at.MAG_TURN_ON_SIGMA, at_least(0.0)),
        "soft_iron_scale": NumberRule(at.MAG_SCALE, between(0.0, 0.3)),
        "soft_iron_cross": NumberRule(at.MAG_ASKEW, between(0.0, 0.3)),
        "current_gauss_a": NumberRule(at.MAG_CURRENT, between(-0.1, 0.1), count=3),
    },
    "gps": {
        "wander_h_m": NumberRule(at.GPS_H_SIGMA, positive),
        "wander_v_m": NumberRule(at.GPS_V_SIGMA, positive),
        "wander_tau_s": NumberRule(at.GPS_TAU, positive),
        "white_m": NumberRule(at.GPS_WHITE_SIGMA, at_least(0.0)),
        "velocity_m_s": NumberRule(at.GPS_VEL_SIGMA, at_least(0.0)),
        "rate_hz": NumberRule(at.GPS_RATE, one_of(1.0, 2.0, 5.0, 10.0)),
        "latency_s": NumberRule(at.GPS_LATENCY_MIN, between(0.0, 0.99), count=2),
        "first_fix_s": NumberRule(at.GPS_FIX_MIN, between(0.0, 600.0), count=2),
        "satellites": NumberRule(at.GPS_SAT_COUNT, between(5.0, 60.0)),
        "find_again_s": NumberRule(at.GPS_FIND_AGAIN, between(0.0, 600.0)),
        "settling_tau_s": NumberRule(at.GPS_SETTLING_TAU, positive),
        "claimed_share": NumberRule(at.GPS_CLAIM, between(0.1, 20.0), count=2),
        "velocity_down_share": NumberRule(at.GPS_DOWN_SHARE, between(0.1, 10.0)),
    },
    "battery": {
        "voltage_noise_v": NumberRule(at.BATTERY_V_SIGMA, at_least(0.0)),
        "current_noise_a": NumberRule(at.BATTERY_A_SIGMA, at_least(0.0)),
    },
}


def sensor_records(
    home: Home,
    field: MagneticField,
    *,
    file: Path = STANDARD,
    warmer_k: float = 0.0,
    imu_hz: int = STANDARD_IMU_HZ,
    vibration_sources: tuple[int, int] = (0, 0),
) -> NDArray[np.float64]:
    """Return the constants of all sensor models, laid out by `hil.sensors.layout`.

    `vibration_sources` are the first rotating part and the end of their range, counted from ROTOR in the physics'
    state. `warmer_k` is the air temperature above the standard atmosphere, K. Raises AirframeError for an invalid
    file, ScenarioError for an IMU rate that is not one of `IMU_RATES_HZ`.
    """
    if imu_hz not in IMU_RATES_HZ:
        raise ScenarioError(
            f"must be one of {', '.join(map(str, IMU_RATES_HZ))}, is {imu_hz}",
            where="--imu-hz",
        )
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    row = np.zeros(at.RECORD_SIZE)
    with TomlChecker(str(file)) as check:
        check.known_keys(document, RECORDS, "")
        for name, rules in RECORDS.items():
            record = check.table(document, name)
            check.known_keys(record, ("source", *rules), f"{name}.")
            check.text(record, "source", f"{name}.")
            for key, rule in rules.items():
                check.numbers(record, key, f"{name}.", rule, row)
    row[at.FIELD : at.FIELD + 3] = field.north_gauss, field.east_gauss, field.down_gauss
    row[at.HOME_ALT] = home.alt_amsl_m
    row[at.WARMER] = warmer_k
    row[at.IMU_DT] = 1.0 / imu_hz
    row[at.VIBRATION_SOURCES : at.VIBRATION_SOURCES + 2] = vibration_sources
    # One message is pending at a time, and is delivered within one period of the slow sensors.
    most_s = 1.0 / row[at.GPS_RATE] - at.SLOW_DT_S
    if row[at.GPS_LATENCY_MAX] >= most_s:
        check.fail(
            "gps.latency_s", f"must be below {most_s:g} s at this rate, is {row[at.GPS_LATENCY_MAX]:g}"
        )
    return row
