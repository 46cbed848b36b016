"""Position and velocity control at 50 Hz: from the position setpoint to thrust and attitude setpoint."""

from __future__ import annotations

import math

from hil.autopilot.control.layout import (
    A_SP,
    ACC_XY,
    ACC_Z,
    ACTIVE,
    EP,
    EQ,
    EV,
    F_SP,
    GRAVITY_M_S2,
    HOVER_THRUST,
    I_VEL,
    KI_VEL,
    KI_VEL_Z,
    KP_POS,
    KP_POS_Z,
    KP_VEL,
    KP_VEL_Z,
    LANDED,
    LANDED_FOR_S,
    MAX_THRUST,
    MAX_TILT,
    MIN_THRUST,
    MODE,
    P_SP,
    Q_SP,
    SPECIFIC_FORCE,
    THRUST,
    TRACK,
    V_SP,
    YAW_SP,
)
from hil.frames import body_to_ned, to_euler
from hil.jit import stage
from hil.physics.state import Array

MAX_I_XY, MAX_I_Z = 4.0, 5.0  # m/s^2
TOUCHING_S = 0.3  # of landing conditions
LEVEL = 0.985  # cosine of the tilt up to which the hover thrust is updated (10 deg, in still air 5 m/s)
LEVEL_CLIMB_M_S = 0.6
HOVER_TAU_S = 4.0
MIN_HOVER, MAX_HOVER = 0.12, 0.85


@stage
def position_control(est: Array, ctl: Array, tune: Array, dt: float) -> None:
    """Set Q_SP and THRUST so that the aircraft follows the position setpoint."""
    g = est[GRAVITY_M_S2]
    near, near_z = 1.0, 1.0
    if ctl[MODE] == TRACK:
        # A target far off is approached at a speed that allows stopping there.
        off = math.sqrt((ctl[P_SP] - est[EP]) ** 2 + (ctl[P_SP + 1] - est[EP + 1]) ** 2)
        near = near_share(off, tune[KP_POS], tune[ACC_XY])
        near_z = near_share(abs(ctl[P_SP + 2] - est[EP + 2]), tune[KP_POS_Z], tune[ACC_Z])
    for i in range(3):
        ctl[F_SP + i] = _demand(est, ctl, tune, i, near if i < 2 else near_z, dt)
    if ctl[LANDED_FOR_S] > TOUCHING_S:
        # In contact with the ground, tilt would only tip the aircraft over.
        for i in range(2):
            ctl[F_SP + i] = 0.0
            ctl[I_VEL + i] = 0.0
            ctl[P_SP + i] = est[EP + i]
            ctl[V_SP + i] = 0.0
        _, _, ctl[YAW_SP] = to_euler(est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3])
    fx, fy, fz = ctl[F_SP], ctl[F_SP + 1], ctl[F_SP + 2] - g
    # At least a third of the weight upwards keeps the tilt limit effective.
    fz = min(fz, -0.33 * g)
    flat = math.sqrt(fx * fx + fy * fy)
    most = -fz * math.tan(tune[MAX_TILT])
    if flat > most:
        fx *= most / flat
        fy *= most / flat
    ctl[Q_SP], ctl[Q_SP + 1], ctl[Q_SP + 2], ctl[Q_SP + 3] = attitude_from_force(fx, fy, fz, ctl[YAW_SP])
    # Thrust along the present body axis, not along the setpoint's.
    zn, ze, zd = body_to_ned(est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3], 0.0, 0.0, 1.0)
    push = max(0.0, -(fx * zn + fy * ze + fz * zd))
    ctl[THRUST] = min(max(ctl[HOVER_THRUST] * push / g, tune[MIN_THRUST]), tune[MAX_THRUST])


@stage
def near_share(off_m: float, gain_per_s: float, decel_m_s2: float) -> float:
    """Return the share of gain times distance that still allows stopping: 1 close in."""
    linear_m = decel_m_s2 / (gain_per_s * gain_per_s)
    if off_m <= linear_m:
        return 1.0
    return math.sqrt(2.0 * decel_m_s2 * (off_m - 0.5 * linear_m)) / (gain_per_s * off_m)


@stage
def _demand(est: Array, ctl: Array, tune: Array, i: int, near: float, dt: float) -> float:
    """Return the acceleration setpoint along one NED axis; `near` scales the pull to the position setpoint."""
    flat = i < 2
    kp, kv = (tune[KP_POS], tune[KP_VEL]) if flat else (tune[KP_POS_Z], tune[KP_VEL_Z])
    ki, most = (tune[KI_VEL], MAX_I_XY) if flat else (tune[KI_VEL_Z], MAX_I_Z)
    error = ctl[V_SP + i] + near * kp * (ctl[P_SP + i] - est[EP + i]) - est[EV + i]
    at_limit = not flat and (
        (ctl[THRUST] <= tune[MIN_THRUST] and error > 0.0) or (ctl[THRUST] >= tune[MAX_THRUST] and error < 0.0)
    )
    if not at_limit:
        ctl[I_VEL + i] = min(max(ctl[I_VEL + i] + ki * error * dt, -most), most)
    demand: float = ctl[A_SP + i] + kv * error + ctl[I_VEL + i]
    return demand


@stage
def attitude_from_force(fx: float, fy: float, fz: float, yaw_rad: float) -> tuple[float, float, float, float]:
    """Return the attitude with this heading whose up axis lies along the force (fx, fy, fz)."""
    size = math.sqrt(fx * fx + fy * fy + fz * fz)
    zx, zy, zz = -fx / size, -fy / size, -fz / size
    # Shortest rotation of the down axis onto z, after the rotation by yaw alone.
    w = math.sqrt(0.5 * (1.0 + zz))
    x, y = -zy / (2.0 * w), zx / (2.0 * w)
    c, s = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    return w * c, x * c + y * s, y * c - x * s, w * s


@stage
def update_hover_thrust(est: Array, ctl: Array, dt: float) -> None:
    """Update the hover thrust from the acceleration that the last thrust gave."""
    if ctl[ACTIVE] == 0.0 or ctl[LANDED] != 0.0:
        return
    lift = -est[SPECIFIC_FORCE + 2]
    lean = 1.0 - 2.0 * (est[EQ + 1] * est[EQ + 1] + est[EQ + 2] * est[EQ + 2])
    if (
        lift < 0.5 * est[GRAVITY_M_S2]
        or abs(est[EV + 2]) > LEVEL_CLIMB_M_S
        or lean < LEVEL
        or ctl[LANDED_FOR_S] > 0.0
    ):
        return
    seen = ctl[THRUST] * est[GRAVITY_M_S2] / lift
    seen = min(max(seen, MIN_HOVER), MAX_HOVER)
    ctl[HOVER_THRUST] += (seen - ctl[HOVER_THRUST]) * dt / HOVER_TAU_S
