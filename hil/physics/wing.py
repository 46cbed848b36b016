"""Wing stage: aerodynamic forces and moments of the whole aircraft, from attached flow to a flat plate.

The model is that of Beard and McLain, Small Unmanned Aircraft (2012), 4.2: linear coefficients up to the stall,
blended by a sigmoid into a flat plate. Sideslip enters by its sine and surfaces by the cosine of the angle of attack.
That changes nothing in ordinary flight and bounds the forces when a vehicle falls sideways or hovers without flow
over its tail.
"""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import stage
from hil.physics.state import DENSITY, DUTY, FORCE, QUAT, RATE, ROTOR, TORQUE, VEL, WIND, Array
from hil.physics.wing_params import (
    AREA,
    CHORD,
    DEFLECTION,
    DRAG,
    LIFT,
    PITCH,
    ROLL,
    SERVO_TAU,
    SIDE,
    SPAN,
    STALL,
    SURFACE_TABLE,
    SURFACES,
    YAW,
)

MIN_AIRSPEED_M_S = 0.1  # below, aerodynamic forces are neglected


@stage
def stalled_share(alpha: float, wing: Array) -> float:
    """Return 0 with attached flow to 1 with separated flow, at an angle of attack in rad."""
    angle, sharp = wing[STALL], wing[STALL + 1]
    below, above = math.exp(-sharp * (alpha - angle)), math.exp(sharp * (alpha + angle))
    share: float = (1.0 + below + above) / ((1.0 + below) * (1.0 + above))
    return share


@stage
def lift_coefficient(alpha: float, wing: Array) -> float:
    """Return the lift coefficient with neutral surfaces."""
    stalled = stalled_share(alpha, wing)
    sine = math.sin(alpha)
    plate = 2.0 * math.copysign(sine * sine, alpha) * math.cos(alpha)
    lift: float = (1.0 - stalled) * (wing[LIFT] + wing[LIFT + 1] * alpha) + stalled * plate
    return lift


@stage
def drag_coefficient(alpha: float, wing: Array) -> float:
    """Return the drag coefficient with neutral surfaces and no sideslip."""
    stalled = stalled_share(alpha, wing)
    plate = 2.0 * abs(math.sin(alpha)) ** 3
    attached = wing[DRAG] + wing[DRAG + 1] * alpha + wing[DRAG + 2] * alpha * alpha
    drag: float = (1.0 - stalled) * attached + stalled * (wing[DRAG] + plate)
    return drag


@stage
def pitch_coefficient(alpha: float, wing: Array) -> float:
    """Return the pitching moment coefficient with neutral surfaces."""
    stalled = stalled_share(alpha, wing)
    sine = math.sin(alpha)
    plate = wing[PITCH + 4] * math.copysign(sine * sine, alpha)
    pitch: float = (1.0 - stalled) * (wing[PITCH] + wing[PITCH + 1] * alpha) + stalled * plate
    return pitch


@stage
def move_surfaces(state: Array, inputs: Array, wing: Array, dt: float) -> None:
    """Step each surface towards its command (0..1, 0.5 is neutral) with the servo's lag."""
    share = -math.expm1(-dt / wing[SERVO_TAU])
    for i in range(int(wing[SURFACES])):
        setpoint = 2.0 * min(max(inputs[DUTY + DEFLECTION + i], 0.0), 1.0) - 1.0
        state[ROTOR + DEFLECTION + i] += share * (setpoint - state[ROTOR + DEFLECTION + i])


@stage
def deflections(state: Array, wing: Array) -> tuple[float, float, float]:
    """Return aileron, elevator and rudder deflections from the surfaces, rad."""
    aileron, elevator, rudder = 0.0, 0.0, 0.0
    for i in range(int(wing[SURFACES])):
        at = SURFACE_TABLE + 4 * i
        angle = wing[at] * state[ROTOR + DEFLECTION + i]
        aileron += wing[at + 1] * angle
        elevator += wing[at + 2] * angle
        rudder += wing[at + 3] * angle
    return aileron, elevator, rudder


@stage
def push_wing(state: Array, inputs: Array, wing: Array) -> None:
    """Add aerodynamic force and moment to the wrench."""
    u, v, w = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        state[VEL] - inputs[WIND],
        state[VEL + 1] - inputs[WIND + 1],
        state[VEL + 2] - inputs[WIND + 2],
    )
    speed = math.sqrt(u * u + v * v + w * w)
    if speed < MIN_AIRSPEED_M_S:
        return
    alpha = math.atan2(w, u)
    slip = v / speed
    flow = max(math.cos(alpha), 0.0)
    aileron, elevator, rudder = deflections(state, wing)
    aileron, elevator, rudder = flow * aileron, flow * elevator, flow * rudder
    half_span, half_chord = 0.5 * wing[SPAN] / speed, 0.5 * wing[CHORD] / speed
    p, q, r = half_span * state[RATE], half_chord * state[RATE + 1], half_span * state[RATE + 2]
    lift = lift_coefficient(alpha, wing) + wing[LIFT + 2] * q + wing[LIFT + 3] * elevator
    drag = drag_coefficient(alpha, wing) + wing[DRAG + 3] * slip * slip + wing[DRAG + 4] * elevator * elevator
    pitch = pitch_coefficient(alpha, wing) + wing[PITCH + 2] * q + wing[PITCH + 3] * elevator
    side = _lateral(wing, SIDE, slip, p, r, aileron, rudder)
    roll = _lateral(wing, ROLL, slip, p, r, aileron, rudder)
    yaw = _lateral(wing, YAW, slip, p, r, aileron, rudder)
    push = 0.5 * inputs[DENSITY] * speed * speed * wing[AREA]
    c, s = math.cos(alpha), math.sin(alpha)
    state[FORCE] += push * (lift * s - drag * c)
    state[FORCE + 1] += push * side
    state[FORCE + 2] -= push * (lift * c + drag * s)
    state[TORQUE] += push * wing[SPAN] * roll
    state[TORQUE + 1] += push * wing[CHORD] * pitch
    state[TORQUE + 2] += push * wing[SPAN] * yaw


@stage
def _lateral(wing: Array, at: int, slip: float, p: float, r: float, aileron: float, rudder: float) -> float:
    total: float = (
        wing[at] * slip + wing[at + 1] * p + wing[at + 2] * r + wing[at + 3] * aileron + wing[at + 4] * rudder
    )
    return total
