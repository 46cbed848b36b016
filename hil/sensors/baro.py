"""Barometer: the standard atmosphere's pressure at the true height, what flow and downwash add, a slow drift and noise."""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.params import RADIUS, ROTORS, THRUST_COEF
from hil.physics.state import DENSITY, GROUND_D, POS, ROTOR, VEL, WIND, Array
from hil.sensors.layout import (
    BARO_DRIFT,
    BARO_DRIFT_SIGMA,
    BARO_DRIFT_TAU,
    BARO_GROUND,
    BARO_PA,
    BARO_SIGMA,
    BARO_TEMPERATURE_K,
    BARO_WIND,
    WARMER,
)
from hil.sensors.noise import BARO_RNG, Streams, normal, wander
from hil.world.atmosphere import pressure_pa, temperature_k


@stage
def flow_pressure_pa(state: Array, inputs: Array, params: Array, records: Array) -> float:
    """A share of the dynamic pressure, and of the rotors' disc loading near the ground: halved one radius above it."""
    flow2, spin2 = 0.0, 0.0
    for i in range(3):
        through = state[VEL + i] - inputs[WIND + i]
        flow2 += through * through
    for i in range(int(params[ROTORS])):
        spin2 += state[ROTOR + i] * state[ROTOR + i]
    radius = max(params[RADIUS], 0.01)
    loading = params[THRUST_COEF] * spin2 / (math.pi * radius * radius * max(params[ROTORS], 1.0))
    up = (inputs[GROUND_D] - state[POS + 2]) / radius
    pressed: float = records[BARO_WIND] * 0.5 * inputs[DENSITY] * flow2 + records[BARO_GROUND] * loading / (
        1.0 + up * up
    )
    return pressed


@stage
def sense_baro(
    alt_amsl_m: float,
    state: Array,
    inputs: Array,
    params: Array,
    errors: Array,
    records: Array,
    streams: Streams,
    readings: Array,
    dt: float,
) -> None:
    """One sample at a true height."""
    stream = streams[BARO_RNG : BARO_RNG + 1]
    errors[BARO_DRIFT] = wander(
        errors[BARO_DRIFT], records[BARO_DRIFT_SIGMA], records[BARO_DRIFT_TAU], dt, stream
    )
    off = errors[BARO_DRIFT] + flow_pressure_pa(state, inputs, params, records)
    readings[BARO_PA] = pressure_pa(alt_amsl_m, records[WARMER]) + off + records[BARO_SIGMA] * normal(stream)
    readings[BARO_TEMPERATURE_K] = temperature_k(alt_amsl_m, records[WARMER])
