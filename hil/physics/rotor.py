"""Rotor stages: speed with first-order lag, then thrust, torque, drag and angular momentum.

Static thrust and torque and in-plane drag follow PX4's Gazebo motor plugin (from RotorS, Furrer et al. 2016), whose
drag is the whole force against the cross flow: of the blades and of the disc that tilts back (Mahony, Kumar and
Corke, IEEE RAM 19(3), 2012). Blades flap as derived in `hil.physics.params.derive_rotor_params`: the disc also tilts
away from the advancing blade's side, and both tilts give a hub moment. Thrust and torque in flight follow momentum
and blade element theory (Leishman, Principles of Helicopter Aerodynamics, 2006, 2.14, 3.3, 5.4): inflow by Glauert,
thrust linear in inflow and growing with the advance ratio, torque as induced, climb and profile power over speed.
Ground effect follows Cheeseman and Bennett (1955).
"""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import inlined
from hil.physics.params import (
    FLAP_BACK,
    FLAP_SIDE,
    HOVER_INFLOW,
    INDUCED_FACTOR,
    INFLOW_LOSS,
    PROFILE_TORQUE,
    RADIUS,
    ROLLING_MOMENT,
    ROTOR_DRAG,
    ROTOR_INERTIA,
    ROTOR_TABLE,
    SEA_LEVEL_DENSITY,
    SHARE_DOWN,
    SHARE_UP,
    SPEED_PER_V,
    THRUST_COEF,
)
from hil.physics.state import (
    DENSITY,
    DUTY,
    FORCE,
    GROUND_D,
    POS,
    QUAT,
    RATE,
    ROTOR,
    SHAFT_W,
    SPIN,
    TORQUE,
    VEL,
    VOLTAGE,
    WIND,
    Array,
)

MAX_THRUST_GAIN = 1.6  # limit in steep descent, where momentum theory ends (vortex ring state)
PROFILE_GROWTH = 4.65  # of profile power with the advance ratio squared (Leishman 5.4.2)
MIN_SPEED = 1.0  # rad/s; avoids a division by zero; forces below are negligible


@inlined
def spin_rotors(state: Array, inputs: Array, params: Array, dt: float, rotors: int) -> None:
    """Step rotor speeds towards duty times the speed at this voltage, and add the motors' reaction torque."""
    limit = params[SPEED_PER_V] * state[VOLTAGE]
    up, down = params[SHARE_UP], params[SHARE_DOWN]
    spin = 0.0
    for i in range(rotors):
        speed = state[ROTOR + i]
        off = min(max(inputs[DUTY + i], 0.0), 1.0) * limit - speed
        speed += off * (up if off > 0.0 else down)
        state[ROTOR + i] = speed
        spin += params[ROTOR_TABLE + 4 * i + 3] * speed
    spin *= params[ROTOR_INERTIA]
    state[TORQUE + 2] -= (spin - state[SPIN]) / dt
    state[SPIN] = spin


@inlined
def inflow_m_s(ratio: float, climb: float, still: float) -> float:
    """Return the induced velocity of a rotor, m/s, with static value `still`, at an axial climb and a cross flow.

    `ratio` is the cross flow over `still`, squared. It is exact (Glauert) for level and for axial flight, and blended
    between.
    """
    level2 = still * still * (math.sqrt(0.25 * ratio * ratio + 1.0) - 0.5 * ratio)
    axial = climb / (1.0 + ratio)
    return math.sqrt(0.25 * axial * axial + level2) - 0.5 * axial


@inlined
def _flow(state: Array, inputs: Array, params: Array) -> tuple[float, float, float, float, float]:
    """Return airflow in the body frame, relative density, and static thrust over rotor speed squared."""
    u, v, w = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        state[VEL] - inputs[WIND],
        state[VEL + 1] - inputs[WIND + 1],
        state[VEL + 2] - inputs[WIND + 2],
    )
    air = inputs[DENSITY] / SEA_LEVEL_DENSITY
    radius = params[RADIUS]
    # Ground effect at the height of the centre of mass; the law holds from half the radius up.
    near = radius / (4.0 * max(inputs[GROUND_D] - state[POS + 2], 0.5 * radius))
    return u, v, w, air, params[THRUST_COEF] * air / (1.0 - near * near)


@inlined
def push_rotors(state: Array, inputs: Array, params: Array, dt: float, rotors: int) -> None:  # noqa: ARG001
    """Add forces and moments of all rotors to the wrench and set their shaft power."""
    u, v, w, air, coef = _flow(state, inputs, params)
    state[SHAFT_W] = 0.0
    for i in range(rotors):
        _push_rotor(state, params, i, u, v, w, air, coef)


@inlined
def push_rotors_unrolled(state: Array, inputs: Array, params: Array, dt: float, rotors: int) -> None:  # noqa: ARG001
    """Do `push_rotors` without an inner loop, which lets the compiler vectorise over lanes."""
    u, v, w, air, coef = _flow(state, inputs, params)
    state[SHAFT_W] = 0.0
    _push_rotor(state, params, 0, u, v, w, air, coef)
    _push_rotor(state, params, 1, u, v, w, air, coef)
    _push_rotor(state, params, 2, u, v, w, air, coef)
    _push_rotor(state, params, 3, u, v, w, air, coef)
    if rotors > 4:
        _push_rotor(state, params, 4, u, v, w, air, coef)
    if rotors > 5:
        _push_rotor(state, params, 5, u, v, w, air, coef)
    if rotors > 6:
        _push_rotor(state, params, 6, u, v, w, air, coef)
    if rotors > 7:
        _push_rotor(state, params, 7, u, v, w, air, coef)


@inlined
def _push_rotor(
    state: Array, params: Array, i: int, u: float, v: float, w: float, air: float, coef: float
) -> None:
    """Add one rotor: airflow (u, v, w), relative density `air`, static thrust over speed squared `coef`."""
    row = ROTOR_TABLE + 4 * i
    x, y, z, turn = params[row], params[row + 1], params[row + 2], params[row + 3]
    radius, loss, inflow_m = params[RADIUS], params[INFLOW_LOSS], params[HOVER_INFLOW]
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    speed = state[ROTOR + i]
    hub_u, hub_v, hub_w = u + q * z - r * y, v + r * x - p * z, w + p * y - q * x
    turning = max(speed, MIN_SPEED)
    cross2 = hub_u * hub_u + hub_v * hub_v
    still = inflow_m * turning
    per_tip = 1.0 / (turning * radius)
    advance2 = cross2 * per_tip * per_tip
    tips = radius / inflow_m
    through = inflow_m_s(advance2 * tips * tips, -hub_w, still) - hub_w
    static = coef * speed * speed
    growth = 1.5 * (1.0 + loss * inflow_m / radius)
    gain = 1.0 + growth * advance2 - loss * (through - still) * per_tip
    thrust = static * min(max(gain, 0.0), MAX_THRUST_GAIN)
    blades = params[PROFILE_TORQUE] * static * (1.0 + PROFILE_GROWTH * advance2)
    torque = max(0.0, blades + INDUCED_FACTOR * thrust * through * radius * per_tip)
    drag, lean = params[ROTOR_DRAG] * air * speed, params[FLAP_SIDE] * air * speed * turn
    fx, fy, fz = -drag * hub_u - lean * hub_v, -drag * hub_v + lean * hub_u, -thrust
    roll, back = params[ROLLING_MOMENT] * air * speed * turn, params[FLAP_BACK] * air * speed
    state[FORCE] += fx
    state[FORCE + 1] += fy
    state[FORCE + 2] += fz
    state[TORQUE] += y * fz - z * fy + roll * hub_u - back * hub_v
    state[TORQUE + 1] += z * fx - x * fz + roll * hub_v + back * hub_u
    state[TORQUE + 2] += x * fy - y * fx - turn * torque
    state[SHAFT_W] += torque * speed
