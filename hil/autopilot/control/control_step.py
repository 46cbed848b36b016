"""Control step of a multirotor: spool-up, position loop, rate loop, landing detector. Inputs: estimate and command."""

from __future__ import annotations

import math

from hil.autopilot.control.attitude import attitude_control, rate_control
from hil.autopilot.control.layout import (
    A_SP,
    ACTIVE,
    ARMED,
    ATTITUDE,
    EP,
    EQ,
    EV,
    GOTO,
    HOVER_THRUST,
    I_RATE,
    I_VEL,
    IDLE,
    LANDED,
    LANDED_FOR_S,
    LINE_START,
    MAX_THRUST,
    MIN_THRUST,
    MODE,
    MOMENT,
    P_SP,
    PITCH_CMD,
    Q_SP,
    RATE_SP,
    ROLL_CMD,
    SPOOL,
    T_INERTIA,
    TARGET,
    THROTTLE,
    THRUST,
    THRUST_CMD,
    TRACK,
    V_SP,
    VEL_CMD,
    VELOCITY,
    YAW_CMD,
    YAW_HELD,
    YAW_SP,
)
from hil.autopilot.control.mixer import IDLE_DUTY, mix, set_all_duties
from hil.autopilot.control.position import position_control, update_hover_thrust
from hil.autopilot.control.trajectory import advance_setpoint, advance_yaw_setpoint
from hil.frames import from_euler, to_euler
from hil.jit import stage
from hil.physics.state import Array

SPOOL_S = 0.8  # idle to nearly flying
SPOOL_SHARE = 0.7  # of hover thrust, still standing
LANDED_AFTER_S = 1.0
LANDED_SPEED_M_S = 0.3
LANDED_THRUST = 0.55  # of hover thrust
LEFT_GROUND_M_S = 0.3


@stage
def takeoff_commanded(est: Array, ctl: Array) -> bool:
    """Return whether the command leads off the ground."""
    up: bool = ctl[MODE] == ATTITUDE and ctl[THRUST_CMD] > 0.5 * ctl[HOVER_THRUST]
    if ctl[MODE] == GOTO:
        up = ctl[TARGET + 2] < est[EP + 2] - 0.3
    elif ctl[MODE] == TRACK:
        up = ctl[VEL_CMD + 2] < -0.05 or ctl[TARGET + 2] < est[EP + 2] - 0.3
    elif ctl[MODE] == VELOCITY:
        up = ctl[VEL_CMD + 2] < -0.05
    return up


@stage
def reset_on_ground(est: Array, ctl: Array) -> None:
    """Reset setpoints and integrators to the present position on the ground."""
    for i in range(3):
        ctl[P_SP + i] = est[EP + i]
        ctl[LINE_START + i] = est[EP + i]
        ctl[V_SP + i] = 0.0
        ctl[A_SP + i] = 0.0
        ctl[I_VEL + i] = 0.0
        ctl[I_RATE + i] = 0.0
        ctl[RATE_SP + i] = 0.0
    _, _, ctl[YAW_SP] = to_euler(est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3])
    if ctl[YAW_HELD] != 0.0:
        ctl[YAW_CMD] = ctl[YAW_SP]
    ctl[ACTIVE] = 0.0
    ctl[THRUST] = 0.0


@stage
def detect_landing(est: Array, ctl: Array, dt: float) -> None:
    """Detect landing: for a second a descent is commanded or the motors idle, with low thrust and no vertical speed."""
    powerless = ctl[ACTIVE] == 0.0 or ctl[THRUST] < LANDED_THRUST * ctl[HOVER_THRUST]
    meant = (
        ctl[ACTIVE] == 0.0
        or ctl[V_SP + 2] > 0.05
        or ctl[P_SP + 2] > est[EP + 2] + 0.2
        or ctl[MODE] == ATTITUDE
    )
    still = abs(est[EV + 2]) < LANDED_SPEED_M_S
    # A gust rocks a standing aircraft for moments; the time counts down instead of starting anew.
    ctl[LANDED_FOR_S] = (
        ctl[LANDED_FOR_S] + dt if powerless and meant and still else max(ctl[LANDED_FOR_S] - dt, 0.0)
    )
    if ctl[LANDED_FOR_S] >= LANDED_AFTER_S:
        ctl[LANDED] = 1.0
    elif ctl[ACTIVE] != 0.0 and est[EV + 2] < -LEFT_GROUND_M_S:
        ctl[LANDED] = 0.0


@stage
def position_loop(est: Array, ctl: Array, tune: Array, dt: float) -> None:
    """At 50 Hz: detect landing and takeoff, advance the setpoint, set attitude and thrust."""
    detect_landing(est, ctl, dt)
    if ctl[ARMED] == 0.0 or ctl[MODE] == IDLE:
        ctl[SPOOL] = 0.0
        reset_on_ground(est, ctl)
        return
    if ctl[LANDED] != 0.0 and not takeoff_commanded(est, ctl):
        ctl[SPOOL] = 0.0
        reset_on_ground(est, ctl)
        return
    if ctl[ACTIVE] == 0.0:
        if ctl[LANDED] != 0.0 and ctl[SPOOL] < 1.0:
            ctl[SPOOL] += dt / SPOOL_S
            reset_on_ground(est, ctl)
            return
        reset_on_ground(est, ctl)
        ctl[ACTIVE] = 1.0
        ctl[SPOOL] = 1.0
        ctl[LANDED_FOR_S] = 0.0
        # Started in the air: begin with the present velocity.
        if ctl[LANDED] == 0.0:
            for i in range(3):
                ctl[V_SP + i] = est[EV + i]
    advance_yaw_setpoint(ctl, tune, dt)
    if ctl[MODE] == ATTITUDE:
        ctl[Q_SP], ctl[Q_SP + 1], ctl[Q_SP + 2], ctl[Q_SP + 3] = from_euler(
            ctl[ROLL_CMD], ctl[PITCH_CMD], ctl[YAW_SP]
        )
        ctl[THRUST] = min(max(ctl[THRUST_CMD], tune[MIN_THRUST]), tune[MAX_THRUST])
        for i in range(3):
            ctl[P_SP + i] = est[EP + i]
            ctl[V_SP + i] = est[EV + i]
            ctl[A_SP + i] = 0.0
    else:
        advance_setpoint(est, ctl, tune, dt)
        position_control(est, ctl, tune, dt)
    update_hover_thrust(est, ctl, dt)


@stage
def rate_loop(est: Array, ctl: Array, tune: Array, matrix: Array, dt: float) -> None:
    """At 250 Hz: attitude control, rate control, mixer."""
    if ctl[ARMED] == 0.0:
        set_all_duties(ctl, tune, 0.0)
    elif ctl[ACTIVE] == 0.0:
        share = SPOOL_SHARE * ctl[HOVER_THRUST] * ctl[SPOOL]
        set_all_duties(ctl, tune, max(IDLE_DUTY, math.sqrt(share)))
        ctl[THROTTLE] = share
    else:
        attitude_control(est, ctl, tune)
        for i in range(3):
            ctl[MOMENT + i] = tune[T_INERTIA + i] * rate_control(est, ctl, tune, i, dt)
        mix(ctl, tune, matrix)
