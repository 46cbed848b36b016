"""Trajectory of the position setpoint: limited speed, acceleration and jerk, on a straight line to a target."""

from __future__ import annotations

import math

from hil.autopilot.control.layout import (
    A_SP,
    ACC_CMD,
    ACC_XY,
    ACC_Z,
    CLIMB,
    DESCEND,
    EP,
    GOTO,
    JERK,
    LINE_START,
    MODE,
    P_SP,
    SPEED,
    TARGET,
    TRACK,
    V_SP,
    VEL_CMD,
    YAW_CMD,
    YAW_RATE_CMD,
    YAW_RATE_SP,
    YAW_SLEW,
    YAW_SP,
)
from hil.frames import wrapped_pi
from hil.jit import stage
from hil.physics.state import Array

APPROACH_PER_S = 0.9  # the last metres: speed = this times distance
LEAD_XY_M, LEAD_Z_M = 3.0, 1.5  # limit of the setpoint's lead on an aircraft that cannot follow
FOLLOW_PER_S = 2.5  # gain from velocity error to acceleration
STOP_SHARE = (
    0.7  # of the acceleration limit, planned along the line and across it: their sum stays within the limit
)
TINY = 1e-6


@stage
def approach_speed(distance_m: float, decel_m_s2: float) -> float:
    """Return the speed that allows stopping within this distance: linear close in, constant deceleration beyond."""
    linear_m = decel_m_s2 / (APPROACH_PER_S * APPROACH_PER_S)
    if distance_m <= linear_m:
        return distance_m * APPROACH_PER_S
    return math.sqrt(2.0 * decel_m_s2 * (distance_m - 0.5 * linear_m))


@stage
def line_velocity(ctl: Array, tune: Array) -> tuple[float, float, float]:
    """Return the setpoint's velocity on the line from LINE_START to TARGET."""
    lx, ly, lz = (
        ctl[TARGET] - ctl[LINE_START],
        ctl[TARGET + 1] - ctl[LINE_START + 1],
        ctl[TARGET + 2] - ctl[LINE_START + 2],
    )
    ex, ey, ez = ctl[TARGET] - ctl[P_SP], ctl[TARGET + 1] - ctl[P_SP + 1], ctl[TARGET + 2] - ctl[P_SP + 2]
    length = math.sqrt(lx * lx + ly * ly + lz * lz)
    if length < 0.05:
        lx, ly, lz = ex, ey, ez
        length = math.sqrt(lx * lx + ly * ly + lz * lz)
        if length < TINY:
            return 0.0, 0.0, 0.0
    ux, uy, uz = lx / length, ly / length, lz / length
    flat = max(math.sqrt(ux * ux + uy * uy), TINY)
    steep = max(abs(uz), TINY)
    cruise = min(ctl[SPEED] / flat, (ctl[CLIMB] if uz < 0.0 else ctl[DESCEND]) / steep)
    decel = STOP_SHARE * min(tune[ACC_XY] / flat, tune[ACC_Z] / steep)
    along = ex * ux + ey * uy + ez * uz
    speed = math.copysign(min(cruise, approach_speed(abs(along), decel)), along)
    # Back to the line, where the setpoint is beside it.
    cx, cy, cz = ex - along * ux, ey - along * uy, ez - along * uz
    off = math.sqrt(cx * cx + cy * cy + cz * cz)
    back = approach_speed(off, STOP_SHARE * min(tune[ACC_XY], tune[ACC_Z])) / max(off, TINY)
    vx, vy, vz = ux * speed + cx * back, uy * speed + cy * back, uz * speed + cz * back
    fast = max(math.sqrt(vx * vx + vy * vy) / ctl[SPEED], vz / ctl[DESCEND], -vz / ctl[CLIMB], 1.0)
    return vx / fast, vy / fast, vz / fast


@stage
def advance_setpoint(est: Array, ctl: Array, tune: Array, dt: float) -> None:
    """Advance the setpoint by dt; in mode TRACK it comes from outside."""
    if ctl[MODE] == TRACK:
        for i in range(3):
            ctl[P_SP + i], ctl[V_SP + i], ctl[A_SP + i] = ctl[TARGET + i], ctl[VEL_CMD + i], ctl[ACC_CMD + i]
        return
    if ctl[MODE] == GOTO:
        vx, vy, vz = line_velocity(ctl, tune)
    else:
        vx, vy, vz = ctl[VEL_CMD], ctl[VEL_CMD + 1], ctl[VEL_CMD + 2]
    ax, ay, az = (
        FOLLOW_PER_S * (vx - ctl[V_SP]),
        FOLLOW_PER_S * (vy - ctl[V_SP + 1]),
        FOLLOW_PER_S * (vz - ctl[V_SP + 2]),
    )
    over = max(math.sqrt(ax * ax + ay * ay) / tune[ACC_XY], 1.0)
    over_z = max(abs(az) / tune[ACC_Z], 1.0)
    if ctl[MODE] == GOTO:
        # One factor for all axes keeps a slanted line straight.
        over = over_z = max(over, over_z)
    ax, ay, az = ax / over, ay / over, az / over_z
    jx, jy, jz = ax - ctl[A_SP], ay - ctl[A_SP + 1], az - ctl[A_SP + 2]
    jerk = math.sqrt(jx * jx + jy * jy + jz * jz)
    keep = min(1.0, tune[JERK] * dt / max(jerk, TINY))
    ctl[A_SP] += keep * jx
    ctl[A_SP + 1] += keep * jy
    ctl[A_SP + 2] += keep * jz
    for i in range(3):
        ctl[V_SP + i] += dt * ctl[A_SP + i]
        ctl[P_SP + i] += dt * ctl[V_SP + i]
    nx, ny = ctl[P_SP] - est[EP], ctl[P_SP + 1] - est[EP + 1]
    far = math.sqrt(nx * nx + ny * ny)
    if far > LEAD_XY_M:
        ctl[P_SP] = est[EP] + nx * LEAD_XY_M / far
        ctl[P_SP + 1] = est[EP + 1] + ny * LEAD_XY_M / far
    ctl[P_SP + 2] = min(max(ctl[P_SP + 2], est[EP + 2] - LEAD_Z_M), est[EP + 2] + LEAD_Z_M)


@stage
def advance_yaw_setpoint(ctl: Array, tune: Array, dt: float) -> None:
    """Slew the heading to its command, or turn at the commanded rate; set YAW_SP and its rate."""
    most = tune[YAW_SLEW]
    if ctl[YAW_RATE_CMD] != 0.0:
        rate = min(max(ctl[YAW_RATE_CMD], -most), most)
        ctl[YAW_CMD] = wrapped_pi(ctl[YAW_SP] + rate * dt)
        ctl[YAW_SP] = ctl[YAW_CMD]
    else:
        rate = min(max(2.0 * wrapped_pi(ctl[YAW_CMD] - ctl[YAW_SP]), -most), most)
        ctl[YAW_SP] = wrapped_pi(ctl[YAW_SP] + rate * dt)
    ctl[YAW_RATE_SP] = rate
