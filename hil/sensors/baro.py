"""Barometer model: standard atmosphere at the true height, errors by airflow and downwash, drift and noise."""

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
from hil.sensors.noise import BARO_RNG, Streams, gauss_markov, normal
from hil.world.atmosphere import pressure_pa, temperature_k


@stage
def flow_pressure_pa(state: Array, inputs: Array, params: Array, records: Array) -> float:
    """Return the pressure error from airflow and ground effect, Pa.

    It is a share of dynamic pressure, and a share of the rotors' disc loading, which halves one radius above the
    ground.
    """
    flow2, spin2 = 0.0, 0.0
    for i in range(3):
        airflow = state[VEL + i] - inputs[WIND + i]
        flow2 += airflow * airflow
    for i in range(int(params[ROTORS])):
        spin2 += state[ROTOR + i] * state[ROTOR + i]
    radius = max(params[RADIUS], 0.01)
    loading = params[THRUST_COEF] * spin2 / (math.pi * radius * radius * max(params[ROTORS], 1.0))
    up = (inputs[GROUND_D] - state[POS + 2]) / radius
    error: float = records[BARO_WIND] * 0.5 * inputs[DENSITY] * flow2 + records[BARO_GROUND] * loading / (
        1.0 + up * up
    )
    return error


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
    """Take one sample at the true height `alt_amsl_m`."""
    stream = streams[BARO_RNG : BARO_RNG + 1]
    errors[BARO_DRIFT] = gauss_markov(
        errors[BARO_DRIFT], records[BARO_DRIFT_SIGMA], records[BARO_DRIFT_TAU], dt, stream
    )
    error_pa = errors[BARO_DRIFT] + flow_pressure_pa(state, inputs, params, records)
    readings[BARO_PA] = (
        pressure_pa(alt_amsl_m, records[WARMER]) + error_pa + records[BARO_SIGMA] * normal(stream)
    )
    readings[BARO_TEMPERATURE_K] = temperature_k(alt_amsl_m, records[WARMER])
