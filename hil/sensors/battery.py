"""Battery monitor model: voltage and current with noise, and charge counted from the measured current."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.params import CAPACITY_C
from hil.physics.state import CURRENT, VOLTAGE, Array
from hil.sensors.layout import (
    BATTERY_A,
    BATTERY_A_SIGMA,
    BATTERY_MAH,
    BATTERY_REMAINING,
    BATTERY_V,
    BATTERY_V_SIGMA,
)
from hil.sensors.noise import BATTERY_RNG, Streams, normal

MAH_PER_COULOMB = 1.0 / 3.6


@stage
def sense_battery(
    state: Array, params: Array, records: Array, streams: Streams, readings: Array, dt: float
) -> None:
    """Measure voltage (V), current (A), consumed charge (mAh) and remaining charge (0..1)."""
    stream = streams[BATTERY_RNG : BATTERY_RNG + 1]
    readings[BATTERY_V] = state[VOLTAGE] + records[BATTERY_V_SIGMA] * normal(stream)
    readings[BATTERY_A] = max(0.0, state[CURRENT] + records[BATTERY_A_SIGMA] * normal(stream))
    readings[BATTERY_MAH] += readings[BATTERY_A] * dt * MAH_PER_COULOMB
    full_mah = params[CAPACITY_C] * MAH_PER_COULOMB
    readings[BATTERY_REMAINING] = max(0.0, 1.0 - readings[BATTERY_MAH] / full_mah)
