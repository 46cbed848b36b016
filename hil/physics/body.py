"""Rigid body stages: clear the wrench at the start of a step, integrate the motion at its end."""

from __future__ import annotations

from hil.frames import body_to_ned, rotated
from hil.jit import inlined
from hil.physics.integrate import integrate_rates
from hil.physics.params import INERTIA, MASS
from hil.physics.state import FORCE, GRAVITY, POS, QUAT, RATE, SPECIFIC, SPIN, TORQUE, VEL, Array


@inlined
def clear_wrench(state: Array, inputs: Array, params: Array, dt: float) -> None:  # noqa: ARG001
    """Set the forces and torques of this step to zero."""
    for i in range(3):
        state[FORCE + i] = 0.0
        state[TORQUE + i] = 0.0


@inlined
def move_body(state: Array, inputs: Array, params: Array, dt: float) -> None:
    """Integrate wrench and gravity: body rates by RK4, attitude with the mean rate, position with the mean velocity."""
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    p1, q1, r1 = integrate_rates(
        p, q, r, state[TORQUE], state[TORQUE + 1], state[TORQUE + 2],
        params[INERTIA], params[INERTIA + 1], params[INERTIA + 2], state[SPIN], dt,
    )  # fmt: skip
    for i in range(3):
        state[SPECIFIC + i] = state[FORCE + i] / params[MASS]
    w, x, y, z = state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3]
    h = 0.5 * dt
    an, ae, ad = body_to_ned(w, x, y, z, state[SPECIFIC], state[SPECIFIC + 1], state[SPECIFIC + 2])
    ad += inputs[GRAVITY]
    state[POS] += dt * (state[VEL] + h * an)
    state[POS + 1] += dt * (state[VEL + 1] + h * ae)
    state[POS + 2] += dt * (state[VEL + 2] + h * ad)
    state[VEL] += dt * an
    state[VEL + 1] += dt * ae
    state[VEL + 2] += dt * ad
    state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3] = rotated(
        w, x, y, z, h * (p + p1), h * (q + q1), h * (r + r1)
    )
    state[RATE], state[RATE + 1], state[RATE + 2] = p1, q1, r1
