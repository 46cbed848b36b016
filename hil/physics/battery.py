"""Battery stage: open-circuit voltage over charge, internal resistance and coulomb counting.

Below 0 % charge the voltage collapses: the fit behind the airframes' tables (Chen and Rincon-Mora, IEEE Trans. Energy
Conversion 21(2), 2006) reaches 0 V at -3.6 %. Here a straight line goes from the end of the table to that point.
"""

from __future__ import annotations

from hil.jit import inlined
from hil.physics.params import AVIONICS_W, CAPACITY_C, EFFICIENCY, OCV, OCV_POINTS, RESISTANCE
from hil.physics.state import CURRENT, SHAFT_W, USED_C, VOLTAGE, VOLTAGE_LOSS, VOLTAGE_OVERRIDE, Array

COLLAPSE_SHARE = 0.036  # of the capacity, from empty to 0 V


@inlined
def open_circuit_v(charge: float, params: Array) -> float:
    """Return the open-circuit voltage at a charge of at most 1, linear between the points of the table.

    Written as a sum of ramps: without a data-dependent index the compiler vectorises it over vehicles.
    """
    x = charge * (OCV_POINTS - 1)
    volts: float = params[OCV] * (1.0 + max(min(charge, 0.0) / COLLAPSE_SHARE, -1.0))
    for i in range(OCV_POINTS - 1):
        volts += min(max(x - i, 0.0), 1.0) * (params[OCV + i + 1] - params[OCV + i])
    return volts


@inlined
def drain_battery(state: Array, inputs: Array, params: Array, dt: float) -> None:
    """Draw the power of rotor shafts and avionics; set terminal voltage and current.

    The current follows from power and voltage of the previous step; the lag of the rotors makes that harmless.
    """
    override_v = inputs[VOLTAGE_OVERRIDE]
    full_v = open_circuit_v(1.0 - state[USED_C] / params[CAPACITY_C], params)
    rest_v = max(0.5, full_v - inputs[VOLTAGE_LOSS])
    rest_v = override_v if override_v > 0.0 else rest_v
    last_v = state[VOLTAGE] if state[VOLTAGE] > 1.0 else rest_v
    current_a = (state[SHAFT_W] / params[EFFICIENCY] + params[AVIONICS_W]) / last_v
    terminal_v = max(0.5 * rest_v, rest_v - current_a * params[RESISTANCE])
    state[CURRENT] = current_a
    state[VOLTAGE] = rest_v if override_v > 0.0 else terminal_v
    state[USED_C] += current_a * dt
