"""Magnetometer model: field at home in the body frame, soft iron, hard iron, motor current and white noise."""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import stage
from hil.physics.state import CURRENT, QUAT, Array
from hil.sensors import layout as at
from hil.sensors.noise import MAG_RNG, Streams, normal


@stage
def sense_mag(state: Array, errors: Array, records: Array, streams: Streams, readings: Array) -> None:
    """Take one sample, gauss in FRD."""
    stream = streams[MAG_RNG : MAG_RNG + 1]
    fx, fy, fz = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        records[at.FIELD],
        records[at.FIELD + 1],
        records[at.FIELD + 2],
    )
    sigma = records[at.MAG_NOISE] * math.sqrt(1.0 / at.SLOW_DT_S)
    for i in range(3):
        row = at.MAG_GAIN + 3 * i
        seen = errors[row] * fx + errors[row + 1] * fy + errors[row + 2] * fz + errors[at.MAG_BIAS + i]
        seen += records[at.MAG_CURRENT + i] * state[CURRENT]
        readings[at.MAG + i] = seen + sigma * normal(stream)
