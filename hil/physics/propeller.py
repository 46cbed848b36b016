"""Propeller stage: one propeller along the body's x axis on a direct-current motor.

Thrust and torque are second-order fits over the advance ratio, the motor has three constants, as in Beard and
McLain's addendum on propulsion (Small Unmanned Aircraft, 2nd edition, 4.3). The speed controller draws current but
never feeds it back, so a propeller without throttle windmills.
"""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import stage
from hil.physics.params import EFFICIENCY
from hil.physics.state import (
    DENSITY,
    DUTY,
    FORCE,
    QUAT,
    RATE,
    ROTOR,
    SHAFT_W,
    TORQUE,
    VEL,
    VOLTAGE,
    WIND,
    Array,
)
from hil.physics.wing_params import (
    DIAMETER,
    HUB,
    MOTOR_IDLE_A,
    MOTOR_OHM,
    MOTOR_V_S,
    PROP_INERTIA,
    PROPELLER,
    THRUST_FIT,
    TORQUE_FIT,
    TURNS,
)


@stage
def propeller_fit(wing: Array, at: int, turns_s: float, speed_m_s: float) -> float:
    """Return a fitted coefficient times (revolutions per second) squared, which stays finite at standstill."""
    across = speed_m_s / wing[DIAMETER]
    fit: float = (
        wing[at] * turns_s * turns_s + wing[at + 1] * turns_s * across + wing[at + 2] * across * across
    )
    return fit


@stage
def push_propeller(state: Array, inputs: Array, params: Array, wing: Array, dt: float) -> None:
    """Step the propeller by dt, add thrust and torque to the wrench and its power to the shaft power."""
    u, _, _ = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        state[VEL] - inputs[WIND],
        state[VEL + 1] - inputs[WIND + 1],
        state[VEL + 2] - inputs[WIND + 2],
    )
    y, z = wing[HUB + 1], wing[HUB + 2]
    u = max(u + state[RATE + 1] * z - state[RATE + 2] * y, 0.0)
    omega = state[ROTOR + PROPELLER]
    turns_s = omega / (2.0 * math.pi)
    size = inputs[DENSITY] * wing[DIAMETER] ** 4
    drive_v = min(max(inputs[DUTY + PROPELLER], 0.0), 1.0) * state[VOLTAGE]
    constant, ohm = wing[MOTOR_V_S], wing[MOTOR_OHM]
    current_a = max((drive_v - constant * omega) / ohm, 0.0)
    torque = size * wing[DIAMETER] * propeller_fit(wing, TORQUE_FIT, turns_s, u)
    # Idle losses act only on a turning shaft.
    lost = constant * wing[MOTOR_IDLE_A] * min(omega, 1.0)
    # The back electromotive force is stiff: implicit integration is stable at any step.
    held = constant * constant / ohm if current_a > 0.0 else 0.0
    change = (constant * current_a - lost - torque) / (wing[PROP_INERTIA] + held * dt)
    state[ROTOR + PROPELLER] = max(omega + change * dt, 0.0)
    thrust = size * propeller_fit(wing, THRUST_FIT, turns_s, u)
    state[FORCE] += thrust
    # Reaction of the shaft torque on the airframe.
    state[TORQUE] -= wing[TURNS] * (constant * current_a - lost)
    state[TORQUE + 1] += z * thrust
    state[TORQUE + 2] -= y * thrust
    state[SHAFT_W] += params[EFFICIENCY] * drive_v * current_a
