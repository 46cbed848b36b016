"""Rolling contact stage: aircraft on wheels or skids, with different friction along and across them.

As in `hil.physics.ground`, each foot has a tangential spring limited by friction; here the limits along and across
the wheel differ. The rudder steers the first two feet. Hull points have friction only.
"""

from __future__ import annotations

import math

from hil.frames import body_to_ned, ned_to_body
from hil.jit import stage
from hil.physics.ground import FARTHEST_POINT_M
from hil.physics.params import CONTACT_DAMPING, CONTACT_STIFFNESS, FEET, FRICTION
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
from hil.physics.wing import deflections
from hil.physics.wing_params import HULL, HULL_TABLE, ROLLING, STEER

STEERED = 2  # number of steered feet, from the first
STILL_M_S = 0.05  # below, hull friction fades so that the hull comes to rest


@stage
def roll_ground(state: Array, inputs: Array, params: Array, wing: Array, dt: float) -> None:
    """Add contact forces of the ground plane through ANCHOR that falls by SLOPE."""
    north, east = inputs[SLOPE], inputs[SLOPE + 1]
    off_n, off_e = state[POS] - inputs[ANCHOR], state[POS + 1] - inputs[ANCHOR + 1]
    ground_d = inputs[GROUND_D] + north * off_n + east * off_e
    if state[POS + 2] < ground_d - FARTHEST_POINT_M:
        return
    _, _, rudder = deflections(state, wing)
    steer = -wing[STEER] * rudder  # positive rudder turns left
    for i in range(CONTACTS):
        turn = steer if i < STEERED else 0.0
        push_wheel(state, params, dt, i, ground_d, north, east, turn, 0.0, wing[ROLLING], params[FRICTION])
    for i in range(int(wing[HULL])):
        at = HULL_TABLE + 3 * i
        push_hull(state, params, wing[at], wing[at + 1], wing[at + 2], ground_d, north, east)


@stage
def _touch(
    state: Array, lx: float, ly: float, lz: float, ground_d: float, slope_n: float, slope_e: float
) -> tuple[float, float, float, float, float]:
    """Return depth of a body point below the plane, its velocity along the normal, and its tangential NED velocity."""
    w, x, y, z = state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3]
    p, q, r = state[RATE], state[RATE + 1], state[RATE + 2]
    steep = 1.0 / math.sqrt(1.0 + slope_n * slope_n + slope_e * slope_e)
    north, east, down = body_to_ned(w, x, y, z, lx, ly, lz)
    depth = (state[POS + 2] + down - ground_d - slope_n * north - slope_e * east) * steep
    vn, ve, vd = body_to_ned(w, x, y, z, q * lz - r * ly, r * lx - p * lz, p * ly - q * lx)
    vn, ve, vd = vn + state[VEL], ve + state[VEL + 1], vd + state[VEL + 2]
    sinking = (vd - slope_n * vn - slope_e * ve) * steep
    return (
        depth,
        sinking,
        vn + sinking * slope_n * steep,
        ve + sinking * slope_e * steep,
        vd - sinking * steep,
    )


@stage
def _add(state: Array, lx: float, ly: float, lz: float, fn: float, fe: float, fd: float) -> None:
    """Add a NED force at a body point to the wrench."""
    bx, by, bz = ned_to_body(state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3], fn, fe, fd)
    state[FORCE] += bx
    state[FORCE + 1] += by
    state[FORCE + 2] += bz
    state[TORQUE] += ly * bz - lz * by
    state[TORQUE + 1] += lz * bx - lx * bz
    state[TORQUE + 2] += lx * by - ly * bx


@stage
def push_wheel(
    state: Array,
    params: Array,
    dt: float,
    i: int,
    ground_d: float,
    slope_n: float,
    slope_e: float,
    steer: float,
    surface_m_s: float,
    along: float,
    across: float,
) -> float:
    """Add contact forces of foot i as a wheel, steered by `steer` (rad), with rim speed `surface_m_s`.

    `along` and `across` are its friction coefficients. Returns the ground's force along the wheel, N.
    """
    lx, ly, lz = params[FEET + 3 * i], params[FEET + 3 * i + 1], params[FEET + 3 * i + 2]
    depth, sinking, vn, ve, vd = _touch(state, lx, ly, lz, ground_d, slope_n, slope_e)
    slot = CONTACT + 2 * i
    if depth <= 0.0:
        state[slot] = state[slot + 1] = 0.0
        return 0.0
    stiffness, damping = params[CONTACT_STIFFNESS], params[CONTACT_DAMPING]
    steep = 1.0 / math.sqrt(1.0 + slope_n * slope_n + slope_e * slope_e)
    nn, ne, nd = slope_n * steep, slope_e * steep, -steep
    normal = max(0.0, stiffness * depth + damping * sinking)
    # Along: direction of the wheel, projected on the plane. Across: perpendicular to it.
    an, ae, ad = body_to_ned(
        state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3], math.cos(steer), math.sin(steer), 0.0
    )
    out = an * nn + ae * ne + ad * nd
    an, ae, ad = an - out * nn, ae - out * ne, ad - out * nd
    size = max(math.sqrt(an * an + ae * ae + ad * ad), 1e-6)
    an, ae, ad = an / size, ae / size, ad / size
    cn, ce, cd = ae * nd - ad * ne, ad * nn - an * nd, an * ne - ae * nn
    fn, fe, fd = normal * nn, normal * ne, normal * nd
    driven = 0.0
    for k in range(2):
        dn, de, dd = (an, ae, ad) if k == 0 else (cn, ce, cd)
        limit = (along if k == 0 else across) * normal
        speed = vn * dn + ve * de + vd * dd - (surface_m_s if k == 0 else 0.0)
        state[slot + k] += speed * dt
        push = -stiffness * state[slot + k] - damping * speed
        if abs(push) > limit:
            push = math.copysign(limit, push)
            state[slot + k] = -push / stiffness
        fn, fe, fd = fn + push * dn, fe + push * de, fd + push * dd
        if k == 0:
            driven = push
    _add(state, lx, ly, lz, fn, fe, fd)
    return driven


@stage
def push_hull(
    state: Array,
    params: Array,
    lx: float,
    ly: float,
    lz: float,
    ground_d: float,
    slope_n: float,
    slope_e: float,
) -> None:
    """Add contact forces of a hull point: normal force and sliding friction."""
    depth, sinking, vn, ve, vd = _touch(state, lx, ly, lz, ground_d, slope_n, slope_e)
    if depth <= 0.0:
        return
    steep = 1.0 / math.sqrt(1.0 + slope_n * slope_n + slope_e * slope_e)
    normal = max(0.0, params[CONTACT_STIFFNESS] * depth + params[CONTACT_DAMPING] * sinking)
    speed = math.sqrt(vn * vn + ve * ve + vd * vd)
    drag = params[FRICTION] * normal / max(speed, STILL_M_S)
    _add(
        state,
        lx,
        ly,
        lz,
        normal * slope_n * steep - drag * vn,
        normal * slope_e * steep - drag * ve,
        -normal * steep - drag * vd,
    )
