"""Gyroscope and accelerometer: truth through scale, misalignment, bias, vibration, noise and the end of their range.

Biases: one of this power-on, one that wanders slowly, one that grows with the chip's temperature. Rotors, and the propeller of
wings, shake the board at once, twice and three times their speed; sampling folds what is above half the sampling rate down,
as in a real log.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import RATE, ROTOR, SPECIFIC, Array
from hil.sensors import layout as at
from hil.sensors.noise import IMU_RNG, Streams, normal, wander

TURN = 2.0 * math.pi


@stage
def wander_imu(errors: Array, records: Array, streams: Streams, air_k: float, dt: float) -> None:
    """Let the biases drift: a random walk of the given density that a correlation time keeps bounded; warm the chip up."""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    gyro_sigma = records[at.GYRO_WALK] * math.sqrt(0.5 * records[at.GYRO_TAU])
    accel_sigma = records[at.ACCEL_WALK] * math.sqrt(0.5 * records[at.ACCEL_TAU])
    for i in range(3):
        errors[at.GYRO_BIAS + i] = wander(
            errors[at.GYRO_BIAS + i], gyro_sigma, records[at.GYRO_TAU], dt, stream
        )
        errors[at.ACCEL_BIAS + i] = wander(
            errors[at.ACCEL_BIAS + i], accel_sigma, records[at.ACCEL_TAU], dt, stream
        )
    errors[at.IMU_WARMTH] += (
        (records[at.IMU_HEATING] - errors[at.IMU_WARMTH]) * dt / records[at.IMU_HEATING_TAU]
    )
    errors[at.IMU_OFF_K] = air_k + errors[at.IMU_WARMTH] - records[at.IMU_CALIBRATED]


@stage
def _shake(state: Array, errors: Array, records: Array) -> None:
    """Add what rotors and propeller shake the board by at this sample: round and round in their plane, and along with it."""
    x, y = 0.0, 0.0
    for i in range(int(records[at.SHAKERS]), int(records[at.SHAKERS + 1])):
        speed = state[ROTOR + i]
        if speed == 0.0:
            continue
        turns = errors[at.SHAKE_PHASE + i] + speed * records[at.IMU_DT]
        phase = turns - TURN * math.floor(turns / TURN)
        errors[at.SHAKE_PHASE + i] = phase
        c1, s1 = math.cos(phase), math.sin(phase)
        c, s = c1, s1
        for order in range(at.HARMONICS):
            size = records[at.SHAKE + order] * speed * speed
            x += size * c
            y += size * s
            # The next multiple of the angle: sines and cosines are most of what a sample costs.
            c, s = c * c1 - s * s1, s * c1 + c * s1
    turn = records[at.SHAKE_TURN]
    for i in range(3):
        along = x if i == 0 else y
        errors[at.MOVED + i] = state[RATE + i] + turn * along
        errors[at.MOVED + 3 + i] = state[SPECIFIC + i] + along


@stage
def sense_imu(state: Array, errors: Array, records: Array, streams: Streams, readings: Array) -> None:
    """One sample of both, at the centre of mass. (A batch's rows end with the vehicle's last rotor.)"""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    root_rate = math.sqrt(1.0 / records[at.IMU_DT])
    _shake(state, errors, records)
    # The accelerometer's numbers lie behind the gyroscope's in every array: axes 3 to 5.
    for i in range(6):
        density = records[at.GYRO_NOISE if i < 3 else at.ACCEL_NOISE]
        most = records[at.GYRO_RANGE if i < 3 else at.ACCEL_RANGE]
        moved, row = at.MOVED + i // 3 * 3, at.GYRO_GAIN + 3 * i
        seen = errors[at.GYRO_TURN_ON + i] + errors[at.GYRO_BIAS + i]
        seen += errors[at.GYRO_PER_K + i] * errors[at.IMU_OFF_K] + density * root_rate * normal(stream)
        for j in range(3):
            seen += errors[row + j] * errors[moved + j]
        readings[at.GYRO + i] = min(max(seen, -most), most)
