"""Ground contact stage: feet, and rotor hubs for a tipped-over vehicle, on springs and dampers.

The ground is a plane, level or sloped. Each foot has a tangential spring whose stretch is kept in the state and
limited by friction, so a vehicle at rest holds its position in wind and on a slope; velocity-regularised friction
would creep. A hub uses the spring of a foot that is off the ground.
"""

from __future__ import annotations

import math

from hil.frames import body_to_ned, ned_to_body
from hil.jit import stage
from hil.physics.params import CONTACT_DAMPING, CONTACT_STIFFNESS, FEET, FRICTION, ROTOR_TABLE, ROTORS
from hil.physics.state import (
    ANCHOR,
    CONTACT,
    CONTACTS,
    FORCE,
    GROUND_D,
    POS,
    QUAT,
    RATE,
    SLOPE,
    TORQUE,
    VEL,
    Array,
)

FARTHEST_POINT_M = 2.0  # from the centre of mass; contact points farther out are ignored


@stage
def touch_ground(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Add contact forces of the ground plane through ANCHOR that falls by SLOPE."""
    north, east = inputs[SLOPE], inputs[SLOPE + 1]
    off_n, off_e = state[POS] - inputs[ANCHOR], state[POS + 1] - inputs[ANCHOR + 1]
    ground_d = inputs[GROUND_D] + north * off_n + east * off_e
    if state[POS + 2] >= ground_d - FARTHEST_POINT_M:
        push_contacts(state, params, dt, ground_d, north, east)
    return state


@stage
def touch_level_ground(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Add contact forces of level ground, the only ground of a batch."""
    if state[POS + 2] >= inputs[GROUND_D] - FARTHEST_POINT_M:
        push_contacts(state, params, dt, inputs[GROUND_D], 0.0, 0.0)
    return state


@stage
def push_contacts(
    state: Array, params: Array, dt: float, ground_d: float, slope_n: float, slope_e: float
) -> None:
    """Add contact forces of every foot and hub below the plane; `ground_d` is its NED down under the centre of mass."""
    w, x, y, z = state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3]
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    stiffness, damping = params[CONTACT_STIFFNESS], params[CONTACT_DAMPING]
    steep = 1.0 / math.sqrt(1.0 + slope_n * slope_n + slope_e * slope_e)
    held = 0  # one bit for each spring in use by a contact point
    for i in range(CONTACTS + int(params[ROTORS])):
        at = FEET + 3 * i if i < CONTACTS else ROTOR_TABLE + 4 * (i - CONTACTS)
        lx, ly, lz = params[at], params[at + 1], params[at + 2]
        north, east, down = body_to_ned(w, x, y, z, lx, ly, lz)
        depth = (state[POS + 2] + down - ground_d - slope_n * north - slope_e * east) * steep
        if depth <= 0.0:
            continue
        vn, ve, vd = body_to_ned(w, x, y, z, q * lz - r * ly, r * lx - p * lz, p * ly - q * lx)
        vn += state[VEL]
        ve += state[VEL + 1]
        vd += state[VEL + 2]
        sinking = (vd - slope_n * vn - slope_e * ve) * steep
        normal = max(0.0, stiffness * depth + damping * sinking) * steep
        # North and east components determine a motion along the plane.
        vn += sinking * slope_n * steep
        ve += sinking * slope_e * steep
        fn, fe = -damping * vn, -damping * ve
        slot = CONTACT + 2 * (i % CONTACTS)
        has_spring = held & (1 << (i % CONTACTS)) == 0
        if has_spring:
            held |= 1 << (i % CONTACTS)
            state[slot] += vn * dt
            state[slot + 1] += ve * dt
            fn -= stiffness * state[slot]
            fe -= stiffness * state[slot + 1]
        fd = slope_n * fn + slope_e * fe
        size = math.sqrt(fn * fn + fe * fe + fd * fd)
        limit = params[FRICTION] * normal / steep
        if size > limit:
            cut = limit / size
            fn, fe, fd = fn * cut, fe * cut, fd * cut
            if has_spring:
                state[slot] = -fn / stiffness
                state[slot + 1] = -fe / stiffness
        bx, by, bz = ned_to_body(w, x, y, z, fn + normal * slope_n, fe + normal * slope_e, fd - normal)
        state[FORCE] += bx
        state[FORCE + 1] += by
        state[FORCE + 2] += bz
        state[TORQUE] += ly * bz - lz * by
        state[TORQUE + 1] += lz * bx - lx * bz
        state[TORQUE + 2] += lx * by - ly * bx
    for i in range(CONTACTS):
        if held & (1 << i) == 0:
            state[CONTACT + 2 * i] = 0.0
            state[CONTACT + 2 * i + 1] = 0.0
