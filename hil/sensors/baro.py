"""Barometer: the standard atmosphere's pressure at the true height, a slow drift and white noise."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.layout import (
    BARO_DRIFT,
    BARO_DRIFT_SIGMA,
    BARO_DRIFT_TAU,
    BARO_PA,
    BARO_SIGMA,
    BARO_TEMPERATURE_K,
    WARMER,
)
from hil.sensors.noise import BARO_RNG, Streams, normal, wander
from hil.world.atmosphere import pressure_pa, temperature_k


@stage
def sense_baro(
    alt_amsl_m: float, errors: Array, records: Array, streams: Streams, readings: Array, dt: float
) -> None:
    """One sample at a true height."""
    stream = streams[BARO_RNG : BARO_RNG + 1]
    errors[BARO_DRIFT] = wander(
        errors[BARO_DRIFT], records[BARO_DRIFT_SIGMA], records[BARO_DRIFT_TAU], dt, stream
    )
    noise = records[BARO_SIGMA] * normal(stream)
    readings[BARO_PA] = pressure_pa(alt_amsl_m, records[WARMER]) + errors[BARO_DRIFT] + noise
    readings[BARO_TEMPERATURE_K] = temperature_k(alt_amsl_m, records[WARMER])
