"""Rotor stages: speed with first-order lag, then thrust, torque, drag and angular momentum.

Forces follow the model of PX4's Gazebo motor plugin (from RotorS, Furrer et al. 2016): thrust and torque by speed squared,
in-plane drag and rolling moment by speed times cross flow, thrust lost in proportion to the climb along the axis.
"""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import stage
from hil.physics.params import (
    AXIAL_LOSS_SPEED,
    MAX_SPEED,
    MOMENT_COEF,
    REF_VOLTAGE,
    ROLLING_MOMENT,
    ROTOR_DRAG,
    ROTOR_INERTIA,
    ROTOR_TABLE,
    ROTORS,
    SEA_LEVEL_DENSITY,
    TAU_DOWN,
    TAU_UP,
    THRUST_COEF,
)
from hil.physics.state import DENSITY, DUTY, FORCE, QUAT, RATE, ROTOR, SPIN, TORQUE, VEL, VOLTAGE, WIND, Array

# Descent gains thrust at first; past a quarter more the linear law has left its range (vortex ring state follows).
MOST_THRUST_GAIN = 1.25


@stage
def spin_rotors(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Let each rotor's speed go to duty x what the voltage allows; the motors' reaction turns the body the other way."""
    limit = params[MAX_SPEED] * state[VOLTAGE] / params[REF_VOLTAGE]
    up = 1.0 - math.exp(-dt / params[TAU_UP])
    down = 1.0 - math.exp(-dt / params[TAU_DOWN])
    spin = 0.0
    for i in range(int(params[ROTORS])):
        speed = state[ROTOR + i]
        wanted = min(max(inputs[DUTY + i], 0.0), 1.0) * limit
        speed += (wanted - speed) * (up if wanted > speed else down)
        state[ROTOR + i] = speed
        spin += params[ROTOR_TABLE + 4 * i + 3] * params[ROTOR_INERTIA] * speed
    state[TORQUE + 2] -= (spin - state[SPIN]) / dt
    state[SPIN] = spin
    return state


@stage
def push_rotors(state: Array, inputs: Array, params: Array, dt: float) -> Array:  # noqa: ARG001
    """Add every rotor's force and moment to the wrench."""
    air = inputs[DENSITY] / SEA_LEVEL_DENSITY
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    u, v, w = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        state[VEL] - inputs[WIND],
        state[VEL + 1] - inputs[WIND + 1],
        state[VEL + 2] - inputs[WIND + 2],
    )
    for i in range(int(params[ROTORS])):
        row = ROTOR_TABLE + 4 * i
        x, y, z, turn = params[row], params[row + 1], params[row + 2], params[row + 3]
        speed = state[ROTOR + i]
        hub_u, hub_v, hub_w = u + q * z - r * y, v + r * x - p * z, w + p * y - q * x
        still = params[THRUST_COEF] * air * speed * speed
        gain = 1.0 + hub_w / params[AXIAL_LOSS_SPEED]
        fz = -still * min(max(gain, 0.0), MOST_THRUST_GAIN)
        drag = params[ROTOR_DRAG] * air * speed
        fx, fy = -drag * hub_u, -drag * hub_v
        roll = params[ROLLING_MOMENT] * air * speed
        state[FORCE] += fx
        state[FORCE + 1] += fy
        state[FORCE + 2] += fz
        state[TORQUE] += y * fz - z * fy + roll * hub_u * turn
        state[TORQUE + 1] += z * fx - x * fz + roll * hub_v * turn
        state[TORQUE + 2] += x * fy - y * fx - turn * params[MOMENT_COEF] * still
    return state
