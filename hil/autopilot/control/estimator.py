"""Estimator: attitude, velocity, position and sensor biases from the sensor readings alone.

Strapdown integration at 250 Hz; an error-state Kalman filter at 50 Hz fuses GPS (against the estimate at the time of
measurement), barometer and compass heading. Height is the barometer's, zero at the place of power-on.
"""

from __future__ import annotations

import math

from hil.autopilot.control.align import collect_alignment_sample
from hil.autopilot.control.kalman import fuse_scalar, predict_covariance, reset_error
from hil.autopilot.control.layout import (
    ACCEL_NED,
    ALIGNED,
    BA,
    BG,
    D_ATTITUDE,
    D_POS,
    D_VEL,
    DECLINATION,
    EP,
    EQ,
    EV,
    GPS_FUSED_S,
    GPS_GOOD,
    GPS_LAST_COUNT,
    GPS_USED,
    GRAVITY_M_S2,
    HEAD,
    HEIGHT_FUSED_S,
    HISTORY,
    PRESSURE0,
    RATES,
    SLOW_DT_S,
    SLOW_TICK,
    SPECIFIC_FORCE,
)
from hil.frames import body_to_ned, rotated, wrapped_pi
from hil.geodesy import MEAN_RADIUS_M
from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.layout import (
    ACCEL,
    BARO_PA,
    GPS_COUNT,
    GPS_EPH,
    GPS_FIX,
    GPS_POS,
    GPS_SATELLITES,
    GPS_VEL,
    GYRO,
    MAG,
)
from hil.world.atmosphere import pressure_altitude_m

GPS_DELAY_STEPS = 7  # slow steps: 0.135 s of typical latency and half a step of polling
GPS_GOOD_ROW = 10  # messages before the first use, 2 s
GPS_LOST_S = 5.0  # of dead reckoning until the position counts as lost
GPS_RESET_S = 3.0  # of refused messages until the filter is reset to the receiver
HEIGHT_RESET_S = 5.0  # of refused heights until the filter is reset to the barometer (EKF3's hgtRetryTime)
MAX_EPH_M = 2.5
MIN_SATELLITES = 6.0
GPS_POS_SIGMA_M, GPS_VEL_SIGMA_M_S = 0.7, 0.12
BARO_SIGMA_M, HEADING_SIGMA_RAD = 0.35, 0.06
GATE = 5.0


@stage
def predict_state(est: Array, cov: Array, readings: Array, dt: float) -> None:
    """At 250 Hz: predict attitude, velocity and position by the IMU."""
    if est[ALIGNED] == 0.0:
        collect_alignment_sample(est, cov, readings)
        return
    for i in range(3):
        est[RATES + i] = readings[GYRO + i] - est[BG + i]
        est[SPECIFIC_FORCE + i] = readings[ACCEL + i] - est[BA + i]
    w, x, y, z = est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3]
    n, e, d = body_to_ned(w, x, y, z, est[SPECIFIC_FORCE], est[SPECIFIC_FORCE + 1], est[SPECIFIC_FORCE + 2])
    d += est[GRAVITY_M_S2]
    est[ACCEL_NED], est[ACCEL_NED + 1], est[ACCEL_NED + 2] = n, e, d
    for i in range(3):
        est[EP + i] += dt * (est[EV + i] + 0.5 * dt * est[ACCEL_NED + i])
        est[EV + i] += dt * est[ACCEL_NED + i]
    est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3] = rotated(
        w, x, y, z, dt * est[RATES], dt * est[RATES + 1], dt * est[RATES + 2]
    )


@stage
def update_estimate(
    time_s: float, est: Array, cov: Array, jac: Array, work: Array, gain: Array, past: Array, readings: Array
) -> None:
    """At 50 Hz: predict the covariance, record the estimate, fuse new measurements."""
    if est[ALIGNED] == 0.0:
        return
    predict_covariance(est, cov, jac, work, SLOW_DT_S)
    head = (int(est[HEAD]) + 1) % HISTORY
    est[HEAD] = head
    for i in range(6):
        past[head, i] = est[EV + i]
    if readings[GPS_COUNT] != est[GPS_LAST_COUNT]:
        est[GPS_LAST_COUNT] = readings[GPS_COUNT]
        _fuse_gps(time_s, est, cov, gain, past, readings)
    if time_s - est[GPS_FUSED_S] > GPS_LOST_S:
        est[GPS_USED] = 0.0
        est[GPS_GOOD] = min(est[GPS_GOOD], GPS_GOOD_ROW - 1.0)
    tick = int(est[SLOW_TICK])
    est[SLOW_TICK] = tick + 1
    if tick % 5 == 0:
        _fuse_heading(est, cov, gain, readings)
    elif tick % 5 == 2:
        _fuse_height(time_s, est, cov, gain, past, readings)
    elif tick % 5 == 4 and est[GPS_FUSED_S] <= 0.0:
        _stand_still(est, cov, gain)


@stage
def _fuse_gps(time_s: float, est: Array, cov: Array, gain: Array, past: Array, readings: Array) -> None:
    good = (
        readings[GPS_FIX] >= 3.0
        and readings[GPS_EPH] < MAX_EPH_M
        and readings[GPS_SATELLITES] >= MIN_SATELLITES
    )
    est[GPS_GOOD] = est[GPS_GOOD] + 1.0 if good else 0.0
    if not good or est[GPS_GOOD] < GPS_GOOD_ROW:
        return
    then = (int(est[HEAD]) - GPS_DELAY_STEPS) % HISTORY
    # A reset shifts the estimate by the difference at the time of measurement.
    if est[GPS_FUSED_S] <= 0.0 or time_s - est[GPS_FUSED_S] > GPS_RESET_S:
        for i in range(2):
            _shift(est, past, i, readings[GPS_VEL + i] - past[then, i])
            _shift(est, past, 3 + i, readings[GPS_POS + i] - past[then, 3 + i])
            reset_error(cov, D_VEL + i, 0.2)
            reset_error(cov, D_POS + i, readings[GPS_EPH])
        # The first message sets no vertical speed: the vehicle has stood until then.
        if est[GPS_FUSED_S] > 0.0:
            _shift(est, past, 2, readings[GPS_VEL + 2] - past[then, 2])
            reset_error(cov, int(D_VEL + 2), 0.2)
        est[GPS_USED] = 1.0
        est[GPS_FUSED_S] = time_s
        return
    taken = True
    for i in range(2):
        innovation = readings[GPS_POS + i] - past[then, 3 + i]
        taken = (
            fuse_scalar(est, cov, gain, D_POS + i, 1.0, 0.0, 0.0, innovation, GPS_POS_SIGMA_M, GATE) and taken
        )
    for i in range(3):
        innovation = readings[GPS_VEL + i] - past[then, i]
        taken = (
            fuse_scalar(est, cov, gain, D_VEL + i, 1.0, 0.0, 0.0, innovation, GPS_VEL_SIGMA_M_S, GATE)
            and taken
        )
    if taken:
        est[GPS_FUSED_S] = time_s
        est[GPS_USED] = 1.0


@stage
def _shift(est: Array, past: Array, at: int, by: float) -> None:
    """Shift one value of velocity or position, now and in the history."""
    est[EV + at] += by
    for row in range(HISTORY):
        past[row, at] += by


@stage
def _fuse_heading(est: Array, cov: Array, gain: Array, readings: Array) -> None:
    if readings[MAG] == 0.0 and readings[MAG + 1] == 0.0:
        return  # no compass
    w, x, y, z = est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3]
    north, east, _ = body_to_ned(w, x, y, z, readings[MAG], readings[MAG + 1], readings[MAG + 2])
    error = wrapped_pi(est[DECLINATION] - math.atan2(east, north))
    # Heading change per small body rotation: the third row of the rotation matrix.
    hx, hy, hz = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)
    # int(): numba would compile the filter once more for the constant 0.
    fuse_scalar(est, cov, gain, int(D_ATTITUDE), hx, hy, hz, error, HEADING_SIGMA_RAD, GATE)


@stage
def _fuse_height(time_s: float, est: Array, cov: Array, gain: Array, past: Array, readings: Array) -> None:
    if readings[BARO_PA] <= 0.0:
        return  # no barometer
    height = pressure_altitude_m(readings[BARO_PA]) - pressure_altitude_m(est[PRESSURE0])
    # Pressure altitude follows the curved Earth, the NED frame does not.
    bend = (est[EP] * est[EP] + est[EP + 1] * est[EP + 1]) / (2.0 * MEAN_RADIUS_M)
    off = bend - height - est[EP + 2]
    if fuse_scalar(est, cov, gain, int(D_POS + 2), 1.0, 0.0, 0.0, off, BARO_SIGMA_M, GATE):
        est[HEIGHT_FUSED_S] = time_s
    elif time_s - est[HEIGHT_FUSED_S] > HEIGHT_RESET_S:
        # After an impact that the accelerometer could not measure, the prediction is what is wrong.
        _shift(est, past, 5, off)
        reset_error(cov, int(D_POS + 2), BARO_SIGMA_M)
        est[HEIGHT_FUSED_S] = time_s


@stage
def _stand_still(est: Array, cov: Array, gain: Array) -> None:
    """Fuse zero velocity and position: without GPS the vehicle is assumed to stand at the place of power-on."""
    for i in range(3):
        fuse_scalar(est, cov, gain, D_VEL + i, 1.0, 0.0, 0.0, -est[EV + i], 0.05, 100.0)
    for i in range(2):
        fuse_scalar(est, cov, gain, D_POS + i, 1.0, 0.0, 0.0, -est[EP + i], 0.5, 100.0)
