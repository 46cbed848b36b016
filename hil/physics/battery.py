"""Battery stage: open-circuit voltage over charge, one internal resistance, coulomb counting."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.params import (
    AVIONICS_W,
    CAPACITY_C,
    EFFICIENCY,
    MOMENT_COEF,
    OCV,
    OCV_POINTS,
    RESISTANCE,
    ROTORS,
    SEA_LEVEL_DENSITY,
    THRUST_COEF,
)
from hil.physics.state import CURRENT, DENSITY, ROTOR, USED_C, VOLTAGE, VOLTAGE_OVERRIDE, Array


@stage
def open_circuit_v(charge: float, params: Array) -> float:
    """Volts without load at a charge of 0..1, between the points of the table by straight lines."""
    x = min(max(charge, 0.0), 1.0) * (OCV_POINTS - 1)
    i = min(int(x), OCV_POINTS - 2)
    volts: float = params[OCV + i] + (x - i) * (params[OCV + i + 1] - params[OCV + i])
    return volts


@stage
def drain_battery(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Draw the power that the rotors' drag and the avionics take; set terminal voltage and current.

    The current follows from power at the voltage of the step before, which the lag of the rotors makes harmless.
    """
    shaft_w = 0.0
    torque_coef = params[MOMENT_COEF] * params[THRUST_COEF] * inputs[DENSITY] / SEA_LEVEL_DENSITY
    for i in range(int(params[ROTORS])):
        speed = state[ROTOR + i]
        shaft_w += torque_coef * speed * speed * speed
    rest_v = open_circuit_v(1.0 - state[USED_C] / params[CAPACITY_C], params)
    if inputs[VOLTAGE_OVERRIDE] > 0.0:
        rest_v = inputs[VOLTAGE_OVERRIDE]
    last_v = state[VOLTAGE] if state[VOLTAGE] > 1.0 else rest_v
    current_a = (shaft_w / params[EFFICIENCY] + params[AVIONICS_W]) / last_v
    state[CURRENT] = current_a
    state[VOLTAGE] = (
        rest_v
        if inputs[VOLTAGE_OVERRIDE] > 0.0
        else max(0.5 * rest_v, rest_v - current_a * params[RESISTANCE])
    )
    state[USED_C] += current_a * dt
    return state
