"""GPS receiver model: message rate, varying latency, correlated position error and time to first fix.

Positions are NED relative to home; `hil.geodesy` converts them exactly to latitude and longitude.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import POS, VEL, Array
from hil.sensors.layout import (
    GPS_CLAIM,
    GPS_COUNT,
    GPS_DOWN_SHARE,
    GPS_DUE,
    GPS_ENABLED,
    GPS_EPH,
    GPS_EPV,
    GPS_ERROR,
    GPS_FIND_AGAIN,
    GPS_FIX,
    GPS_FIX_AT,
    GPS_H_SIGMA,
    GPS_JAMMED,
    GPS_LATENCY_MAX,
    GPS_LATENCY_MIN,
    GPS_PENDING,
    GPS_POS,
    GPS_RATE,
    GPS_SAT_COUNT,
    GPS_SATELLITES,
    GPS_SETTLING_TAU,
    GPS_SPEED_ACC,
    GPS_TAU,
    GPS_TIME,
    GPS_V_SIGMA,
    GPS_VEL,
    GPS_VEL_SIGMA,
    GPS_WHITE_SIGMA,
)
from hil.sensors.noise import GPS_RNG, Streams, gauss_markov, normal, uniform

PENDING_SIZE = GPS_SATELLITES - GPS_TIME + 1
WITHOUT_FIX = 99.99  # reported accuracy without a fix, m and m/s


@stage
def measure_gps(time_s: float, state: Array, errors: Array, records: Array, streams: Streams) -> None:
    """Take a measurement, to be delivered after the latency."""
    stream = streams[GPS_RNG : GPS_RNG + 1]
    at = GPS_PENDING - GPS_TIME  # readings index -> slot of the pending message
    if errors[GPS_JAMMED] > 0.0:
        errors[GPS_FIX_AT] = max(errors[GPS_FIX_AT], time_s + records[GPS_FIND_AGAIN])
    fixed = errors[GPS_ENABLED] > 0.0 and time_s >= errors[GPS_FIX_AT]
    since_s = time_s - errors[GPS_FIX_AT]
    settled = 1.0 - math.exp(-since_s / records[GPS_SETTLING_TAU]) if fixed else 0.0
    errors[at + GPS_TIME] = time_s
    errors[at + GPS_FIX] = 3.0 if fixed else 1.0
    for i in range(3):
        sigma = records[GPS_V_SIGMA if i == 2 else GPS_H_SIGMA]
        errors[GPS_ERROR + i] = gauss_markov(
            errors[GPS_ERROR + i], sigma, records[GPS_TAU], 1.0 / records[GPS_RATE], stream
        )
        white = records[GPS_WHITE_SIGMA] * normal(stream)
        velocity_error = (
            records[GPS_VEL_SIGMA] * (records[GPS_DOWN_SHARE] if i == 2 else 1.0) * normal(stream)
        )
        if fixed:
            errors[at + GPS_POS + i] = state[POS + i] + errors[GPS_ERROR + i] + white
            errors[at + GPS_VEL + i] = state[VEL + i] + velocity_error
    # Receivers report an accuracy somewhat larger than their true one sigma.
    claim = records[GPS_CLAIM] + records[GPS_CLAIM + 1] * (1.0 - settled)
    errors[at + GPS_EPH] = records[GPS_H_SIGMA] * claim if fixed else WITHOUT_FIX
    errors[at + GPS_EPV] = records[GPS_V_SIGMA] * claim if fixed else WITHOUT_FIX
    errors[at + GPS_SPEED_ACC] = records[GPS_VEL_SIGMA] * claim if fixed else WITHOUT_FIX
    satellites = 5.0 + (records[GPS_SAT_COUNT] - 5.0) * settled
    errors[at + GPS_SATELLITES] = math.floor(satellites + 0.5) if fixed else 0.0
    spread = records[GPS_LATENCY_MAX] - records[GPS_LATENCY_MIN]
    errors[GPS_DUE] = time_s + records[GPS_LATENCY_MIN] + spread * uniform(stream)


@stage
def deliver_gps(time_s: float, errors: Array, readings: Array) -> None:
    """Deliver the pending message once its latency is over."""
    if errors[GPS_DUE] < 0.0 or time_s < errors[GPS_DUE]:
        return
    errors[GPS_DUE] = -1.0
    for i in range(PENDING_SIZE):
        readings[GPS_TIME + i] = errors[GPS_PENDING + i]
    readings[GPS_COUNT] += 1.0
