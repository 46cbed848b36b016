"""The autopilot's control step: take-off from idle, flight, and the landed detector, from estimates and commands alone."""

from __future__ import annotations

import math

from hil.autopilot.control.attitude import hold_attitude, hold_rate
from hil.autopilot.control.layout import (
    A_SP,
    ACTIVE,
    ARMED,
    ATTITUDE,
    EP,
    EQ,
    EV,
    GOTO,
    HOVER,
    I_RATE,
    I_VEL,
    IDLE,
    LAND_S,
    LANDED,
    LINE,
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
    V_SP,
    VEL_CMD,
    VELOCITY,
    YAW_CMD,
    YAW_HELD,
    YAW_SP,
)
from hil.autopilot.control.mixer import IDLE_DUTY, idle, mix
from hil.autopilot.control.position import hold_point, learn_hover
from hil.autopilot.control.trajectory import lead_setpoint, turn_setpoint
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
def wants_up(est: Array, ctl: Array) -> bool:
    """Whether the command can only mean to leave the ground."""
    up: bool = ctl[MODE] == ATTITUDE and ctl[THRUST_CMD] > 0.5 * ctl[HOVER]
    if ctl[MODE] == GOTO:
        up = ctl[TARGET + 2] < est[EP + 2] - 0.3
    elif ctl[MODE] == VELOCITY:
        up = ctl[VEL_CMD + 2] < -0.05
    return up


@stage
def stand(est: Array, ctl: Array) -> None:
    """On the ground every controller starts from where the aircraft is."""
    for i in range(3):
        ctl[P_SP + i] = est[EP + i]
        ctl[LINE + i] = est[EP + i]
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
def watch_landing(est: Array, ctl: Array, dt: float) -> None:
    """Landed: pushed down or unpowered, and not moving up or down, for a second."""
    powerless = ctl[ACTIVE] == 0.0 or ctl[THRUST] < LANDED_THRUST * ctl[HOVER]
    meant = (
        ctl[ACTIVE] == 0.0
        or ctl[V_SP + 2] > 0.05
        or ctl[P_SP + 2] > est[EP + 2] + 0.2
        or ctl[MODE] == ATTITUDE
    )
    still = abs(est[EV + 2]) < LANDED_SPEED_M_S
    # Rocking in a gust breaks the stillness for moments; what has stood for long stays so.
    ctl[LAND_S] = ctl[LAND_S] + dt if powerless and meant and still else max(ctl[LAND_S] - dt, 0.0)
    if ctl[LAND_S] >= LANDED_AFTER_S:
        ctl[LANDED] = 1.0
    elif ctl[ACTIVE] != 0.0 and est[EV + 2] < -LEFT_GROUND_M_S:
        ctl[LANDED] = 0.0


@stage
def control_slow(est: Array, ctl: Array, tune: Array, dt: float) -> None:
    """50 Hz: decide whether to fly, move the set-point, set attitude and thrust."""
    watch_landing(est, ctl, dt)
    if ctl[ARMED] == 0.0 or ctl[MODE] == IDLE:
        ctl[SPOOL] = 0.0
        stand(est, ctl)
        return
    if ctl[LANDED] != 0.0 and not wants_up(est, ctl):
        ctl[SPOOL] = 0.0
        stand(est, ctl)
        return
    if ctl[ACTIVE] == 0.0:
        if ctl[LANDED] != 0.0 and ctl[SPOOL] < 1.0:
            ctl[SPOOL] += dt / SPOOL_S
            stand(est, ctl)
            return
        stand(est, ctl)
        ctl[ACTIVE] = 1.0
        ctl[SPOOL] = 1.0
        ctl[LAND_S] = 0.0
        # In the air already: start from the motion there is.
        if ctl[LANDED] == 0.0:
            for i in range(3):
                ctl[V_SP + i] = est[EV + i]
    turn_setpoint(ctl, tune, dt)
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
        lead_setpoint(est, ctl, tune, dt)
        hold_point(est, ctl, tune, dt)
    learn_hover(est, ctl, dt)


@stage
def control_fast(est: Array, ctl: Array, tune: Array, matrix: Array, dt: float) -> None:
    """250 Hz: attitude, rates, motors."""
    if ctl[ARMED] == 0.0:
        idle(ctl, tune, 0.0)
    elif ctl[ACTIVE] == 0.0:
        share = SPOOL_SHARE * ctl[HOVER] * ctl[SPOOL]
        idle(ctl, tune, max(IDLE_DUTY, math.sqrt(share)))
        ctl[THROTTLE] = share
    else:
        hold_attitude(est, ctl, tune)
        for i in range(3):
            ctl[MOMENT + i] = tune[T_INERTIA + i] * hold_rate(est, ctl, tune, i, dt)
        mix(ctl, tune, matrix)
