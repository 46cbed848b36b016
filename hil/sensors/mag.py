"""Magnetometer: the home's field in the body frame, what calibration left of the hard iron, and white noise."""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import stage
from hil.physics.state import QUAT, Array
from hil.sensors.layout import FIELD, MAG, MAG_BIAS, MAG_NOISE, MAG_TURN_ON_SIGMA, SLOW_DT_S
from hil.sensors.noise import MAG_RNG, Streams, normal


@stage
def switch_on_mag(errors: Array, records: Array, streams: Streams) -> None:
    stream = streams[MAG_RNG : MAG_RNG + 1]
    for i in range(3):
        errors[MAG_BIAS + i] = records[MAG_TURN_ON_SIGMA] * normal(stream)


@stage
def sense_mag(state: Array, errors: Array, records: Array, streams: Streams, readings: Array) -> None:
    """One sample in gauss."""
    stream = streams[MAG_RNG : MAG_RNG + 1]
    fx, fy, fz = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        records[FIELD],
        records[FIELD + 1],
        records[FIELD + 2],
    )
    sigma = records[MAG_NOISE] * math.sqrt(1.0 / SLOW_DT_S)
    readings[MAG] = fx + errors[MAG_BIAS] + sigma * normal(stream)
    readings[MAG + 1] = fy + errors[MAG_BIAS + 1] + sigma * normal(stream)
    readings[MAG + 2] = fz + errors[MAG_BIAS + 2] + sigma * normal(stream)
