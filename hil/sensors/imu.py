"""Gyroscope and accelerometer: truth plus turn-on bias, a slowly wandering bias and white noise."""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import RATE, SPECIFIC, Array
from hil.sensors.layout import (
    ACCEL,
    ACCEL_BIAS,
    ACCEL_NOISE,
    ACCEL_TAU,
    ACCEL_TURN_ON,
    ACCEL_TURN_ON_SIGMA,
    ACCEL_WALK,
    GYRO,
    GYRO_BIAS,
    GYRO_NOISE,
    GYRO_TAU,
    GYRO_TURN_ON,
    GYRO_TURN_ON_SIGMA,
    GYRO_WALK,
    IMU_DT_S,
)
from hil.sensors.noise import IMU_RNG, Streams, normal, wander


@stage
def switch_on_imu(errors: Array, records: Array, streams: Streams) -> None:
    """Draw the biases of this power-on."""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    for i in range(3):
        errors[GYRO_TURN_ON + i] = records[GYRO_TURN_ON_SIGMA] * normal(stream)
        errors[ACCEL_TURN_ON + i] = records[ACCEL_TURN_ON_SIGMA] * normal(stream)


@stage
def wander_imu(errors: Array, records: Array, streams: Streams, dt: float) -> None:
    """Let the biases drift: a random walk of the given density that a correlation time keeps bounded."""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    gyro_sigma = records[GYRO_WALK] * math.sqrt(0.5 * records[GYRO_TAU])
    accel_sigma = records[ACCEL_WALK] * math.sqrt(0.5 * records[ACCEL_TAU])
    for i in range(3):
        errors[GYRO_BIAS + i] = wander(errors[GYRO_BIAS + i], gyro_sigma, records[GYRO_TAU], dt, stream)
        errors[ACCEL_BIAS + i] = wander(errors[ACCEL_BIAS + i], accel_sigma, records[ACCEL_TAU], dt, stream)


@stage
def sense_imu(state: Array, errors: Array, records: Array, streams: Streams, readings: Array) -> None:
    """One sample of both, at the centre of mass."""
    stream = streams[IMU_RNG : IMU_RNG + 1]
    root_rate = math.sqrt(1.0 / IMU_DT_S)
    for i in range(3):
        bias = errors[GYRO_TURN_ON + i] + errors[GYRO_BIAS + i]
        readings[GYRO + i] = state[RATE + i] + bias + records[GYRO_NOISE] * root_rate * normal(stream)
        bias = errors[ACCEL_TURN_ON + i] + errors[ACCEL_BIAS + i]
        readings[ACCEL + i] = state[SPECIFIC + i] + bias + records[ACCEL_NOISE] * root_rate * normal(stream)
