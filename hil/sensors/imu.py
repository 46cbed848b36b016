"""Gyroscope and accelerometer model: scale, misalignment, bias, vibration, noise and saturation.

Biases: a turn-on bias, a slowly drifting one and one that grows with the chip's temperature. Rotors and propeller
vibrate the board at one, two and three times their speed; sampling aliases frequencies above half the sampling rate,
as in a real log.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import RATE, ROTOR, SPECIFIC, Array
from hil.sensors import layout as at
from hil.sensors.noise import IMU_RNG, Streams, gauss_markov, normal

TURN = 2.0 * math.pi


@stage
def wander_imu(errors: Array, records: Array, streams: Streams, air_k: float, dt: float) -> None:
    """Step the bias drift, a random walk bounded by a correlation time, and the chip's temperature."""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    gyro_sigma = records[at.GYRO_WALK] * math.sqrt(0.5 * records[at.GYRO_TAU])
    accel_sigma = records[at.ACCEL_WALK] * math.sqrt(0.5 * records[at.ACCEL_TAU])
    for i in range(3):
        errors[at.GYRO_BIAS + i] = gauss_markov(
            errors[at.GYRO_BIAS + i], gyro_sigma, records[at.GYRO_TAU], dt, stream
        )
        errors[at.ACCEL_BIAS + i] = gauss_markov(
            errors[at.ACCEL_BIAS + i], accel_sigma, records[at.ACCEL_TAU], dt, stream
        )
    errors[at.IMU_WARMTH] += (
        (records[at.IMU_HEATING] - errors[at.IMU_WARMTH]) * dt / records[at.IMU_HEATING_TAU]
    )
    errors[at.IMU_OFF_K] = air_k + errors[at.IMU_WARMTH] - records[at.IMU_CALIBRATED]


@stage
def _add_vibration(state: Array, errors: Array, records: Array) -> None:
    """Add the vibration of rotors and propeller to the board's motion at this sample."""
    x, y = 0.0, 0.0
    for i in range(int(records[at.VIBRATION_SOURCES]), int(records[at.VIBRATION_SOURCES + 1])):
        speed = state[ROTOR + i]
        if speed == 0.0:
            continue
        turns = errors[at.VIBRATION_PHASE + i] + speed * records[at.IMU_DT]
        phase = turns - TURN * math.floor(turns / TURN)
        errors[at.VIBRATION_PHASE + i] = phase
        c1, s1 = math.cos(phase), math.sin(phase)
        c, s = c1, s1
        for order in range(at.HARMONICS):
            size = records[at.VIBRATION + order] * speed * speed
            x += size * c
            y += size * s
            # Next multiple of the angle by addition theorem: sines and cosines dominate the cost of a sample.
            c, s = c * c1 - s * s1, s * c1 + c * s1
    turn = records[at.VIBRATION_GYRO]
    for i in range(3):
        along = x if i == 0 else y
        errors[at.BOARD_MOTION + i] = state[RATE + i] + turn * along
        errors[at.BOARD_MOTION + 3 + i] = state[SPECIFIC + i] + along


@stage
def sense_imu(state: Array, errors: Array, records: Array, streams: Streams, readings: Array) -> None:
    """Sample gyroscope and accelerometer at the centre of mass. (A batch's rows end with the last rotor.)"""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    root_rate = math.sqrt(1.0 / records[at.IMU_DT])
    _add_vibration(state, errors, records)
    # In every array the accelerometer follows the gyroscope: axes 3 to 5.
    for i in range(6):
        density = records[at.GYRO_NOISE if i < 3 else at.ACCEL_NOISE]
        most = records[at.GYRO_RANGE if i < 3 else at.ACCEL_RANGE]
        moved, row = at.BOARD_MOTION + i // 3 * 3, at.GYRO_GAIN + 3 * i
        seen = errors[at.GYRO_TURN_ON + i] + errors[at.GYRO_BIAS + i]
        seen += errors[at.GYRO_PER_K + i] * errors[at.IMU_OFF_K] + density * root_rate * normal(stream)
        for j in range(3):
            seen += errors[row + j] * errors[moved + j]
        readings[at.GYRO + i] = min(max(seen, -most), most)
