"""Ground contact stage: four feet on springs and dampers, with friction that sticks.

Each foot drags a tangential spring along whose stretch is kept in the state and cut at the friction limit, so a resting
vehicle holds its place in wind instead of creeping, as velocity-regularised friction would let it.
"""

from __future__ import annotations

import math

from hil.frames import body_to_ned, ned_to_body
from hil.jit import stage
from hil.physics.params import CONTACT_DAMPING, CONTACT_STIFFNESS, FRICTION, LEGS
from hil.physics.state import CONTACT, CONTACTS, FORCE, GROUND_D, POS, QUAT, RATE, TORQUE, VEL, Array

FARTHEST_FOOT_M = 1.0  # no vehicle here has a foot farther from its centre


@stage
def touch_ground(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Add the ground's push and friction at each foot that is below the ground."""
    if state[POS + 2] < inputs[GROUND_D] - FARTHEST_FOOT_M:
        return state
    w, x, y, z = state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3]
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    stiffness, damping = params[CONTACT_STIFFNESS], params[CONTACT_DAMPING]
    for i in range(CONTACTS):
        lx, ly, lz = params[LEGS + 3 * i], params[LEGS + 3 * i + 1], params[LEGS + 3 * i + 2]
        _, _, down = body_to_ned(w, x, y, z, lx, ly, lz)
        depth = state[POS + 2] + down - inputs[GROUND_D]
        slot = CONTACT + 2 * i
        if depth <= 0.0:
            state[slot] = 0.0
            state[slot + 1] = 0.0
            continue
        vn, ve, vd = body_to_ned(w, x, y, z, q * lz - r * ly, r * lx - p * lz, p * ly - q * lx)
        vn += state[VEL]
        ve += state[VEL + 1]
        vd += state[VEL + 2]
        normal = max(0.0, stiffness * depth + damping * vd)
        state[slot] += vn * dt
        state[slot + 1] += ve * dt
        fn = -stiffness * state[slot] - damping * vn
        fe = -stiffness * state[slot + 1] - damping * ve
        size = math.sqrt(fn * fn + fe * fe)
        limit = params[FRICTION] * normal
        if size > limit:
            fn *= limit / size
            fe *= limit / size
            state[slot] = -fn / stiffness
            state[slot + 1] = -fe / stiffness
        bx, by, bz = ned_to_body(w, x, y, z, fn, fe, -normal)
        state[FORCE] += bx
        state[FORCE + 1] += by
        state[FORCE + 2] += bz
        state[TORQUE] += ly * bz - lz * by
        state[TORQUE + 1] += lz * bx - lx * bz
        state[TORQUE + 2] += lx * by - ly * bx
    return state
