"""Initial alignment: average the sensors at standstill for gyro bias, tilt, heading and pressure."""

from __future__ import annotations

import math

from hil.autopilot.control.kalman import reset_error
from hil.autopilot.control.layout import (
    ALIGNED,
    BG,
    D_ATTITUDE,
    D_BA,
    D_BG,
    D_POS,
    D_VEL,
    DECLINATION,
    EQ,
    ERRORS,
    PRESSURE0,
    PRESSURE_SUM,
    SAMPLES,
    SUMS,
)
from hil.frames import body_to_ned, from_euler
from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.layout import ACCEL, BARO_PA, GYRO, MAG

STILL_SAMPLES = 625  # 2.5 s at 250 Hz
STILL_GYRO_RAD_S = 0.15  # off the mean: more means that the vehicle is moved
STILL_ACCEL_M_S2 = 1.0


@stage
def collect_alignment_sample(est: Array, cov: Array, readings: Array) -> None:
    """Add a sample; start anew after a movement; align when there are enough."""
    n = est[SAMPLES]
    moved = False
    for i in range(3):
        if n > 10.0:
            moved = moved or abs(readings[ACCEL + i] - est[SUMS + i] / n) > STILL_ACCEL_M_S2
            moved = moved or abs(readings[GYRO + i] - est[SUMS + 3 + i] / n) > STILL_GYRO_RAD_S
    if moved or readings[BARO_PA] <= 0.0:
        est[SAMPLES] = 0.0
        est[PRESSURE_SUM] = 0.0
        for i in range(9):
            est[SUMS + i] = 0.0
        return
    for i in range(3):
        est[SUMS + i] += readings[ACCEL + i]
        est[SUMS + 3 + i] += readings[GYRO + i]
        est[SUMS + 6 + i] += readings[MAG + i]
    est[PRESSURE_SUM] += readings[BARO_PA]
    est[SAMPLES] = n + 1.0
    if est[SAMPLES] >= STILL_SAMPLES:
        _align(est, cov)


@stage
def _align(est: Array, cov: Array) -> None:
    n = est[SAMPLES]
    ax, ay, az = est[SUMS] / n, est[SUMS + 1] / n, est[SUMS + 2] / n
    for i in range(3):
        est[BG + i] = est[SUMS + 3 + i] / n
    est[PRESSURE0] = est[PRESSURE_SUM] / n
    roll = math.atan2(-ay, -az)
    pitch = math.atan2(ax, math.sqrt(ay * ay + az * az))
    w, x, y, z = from_euler(roll, pitch, 0.0)
    north, east, _ = body_to_ned(w, x, y, z, est[SUMS + 6] / n, est[SUMS + 7] / n, est[SUMS + 8] / n)
    yaw = est[DECLINATION] - math.atan2(east, north)
    est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3] = from_euler(roll, pitch, yaw)
    for k in range(ERRORS):
        reset_error(cov, k, 0.0)
    for k in range(3):
        reset_error(cov, D_ATTITUDE + k, 0.05 if k == 2 else 0.01)
        reset_error(cov, D_VEL + k, 0.1)
        reset_error(cov, D_POS + k, 0.5)
        reset_error(cov, D_BG + k, 0.001)
        reset_error(cov, D_BA + k, 0.06)
    est[ALIGNED] = 1.0
