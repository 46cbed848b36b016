"""Mixer: thrust and moments to motor duties. On saturation it gives up yaw first, then thrust, then roll and pitch.

The matrix is the pseudo-inverse of the airframe's lever arms, so one mixer serves all rotor layouts.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control.layout import MOMENT, MOTORS, OUT, SATURATED, THROTTLE, THRUST
from hil.jit import inlined, stage
from hil.physics import params as p
from hil.physics.state import Array

IDLE_DUTY = 0.1  # propellers turn, no lift (ArduCopter MOT_SPIN_ARM)
MIN_DUTY = 0.15  # in flight (ArduCopter MOT_SPIN_MIN)
MIN_MOTOR_THRUST = MIN_DUTY * MIN_DUTY
YAW_RESERVE = 0.04  # thrust fraction that yaw may always use


def mixing_matrix(airframe: Airframe) -> NDArray[np.float64]:
    """Return motors x (roll, pitch, yaw): fraction of a motor's full thrust per N m of moment."""
    row = airframe.params
    table = row[p.ROTOR_TABLE : p.ROTOR_TABLE + 4 * airframe.rotor_count].reshape(-1, 4)
    moments = np.vstack([-table[:, 1], table[:, 0], -table[:, 3] * row[p.MOMENT_COEF], np.ones(len(table))])
    full_n = airframe.full_thrust_n / airframe.rotor_count
    return np.ascontiguousarray(np.linalg.pinv(moments)[:, :3] / full_n)


@stage
def mix(ctl: Array, tune: Array, matrix: Array) -> None:
    """Set OUT (duty), THROTTLE and SATURATED from THRUST and MOMENT."""
    mix_motors(ctl, matrix, int(tune[MOTORS]))


@inlined
def mix_motors(ctl: Array, matrix: Array, n: int) -> None:
    """Set OUT, THROTTLE and SATURATED for n motors."""
    thrust, roll, pitch, yaw = ctl[THRUST], ctl[MOMENT], ctl[MOMENT + 1], ctl[MOMENT + 2]
    low, high = 0.0, 0.0
    for i in range(n):
        tilt = matrix[i, 0] * roll + matrix[i, 1] * pitch
        low, high = min(low, tilt), max(high, tilt)
    span = 1.0 - MIN_MOTOR_THRUST
    scale = min(1.0, span / max(high - low, 1e-9))
    # Shift the collective so that roll and pitch fit.
    collective = min(max(thrust, MIN_MOTOR_THRUST - scale * low), 1.0 - scale * high)
    share = 1.0
    for i in range(n):
        turn = matrix[i, 2] * yaw
        rest = collective + scale * (matrix[i, 0] * roll + matrix[i, 1] * pitch)
        room = max(YAW_RESERVE, 1.0 - rest if turn > 0.0 else rest - MIN_MOTOR_THRUST)
        share = min(share, room / max(abs(turn), 1e-12))
    total = 0.0
    for i in range(n):
        out = collective + scale * (matrix[i, 0] * roll + matrix[i, 1] * pitch) + share * matrix[i, 2] * yaw
        out = min(max(out, MIN_MOTOR_THRUST), 1.0)
        total += out
        ctl[OUT + i] = math.sqrt(out)
    ctl[THROTTLE] = total / n
    ctl[SATURATED] = 1.0 if (scale < 1.0) | (share < 1.0) else 0.0


@stage
def set_all_duties(ctl: Array, tune: Array, duty: float) -> None:
    """Run all motors at one duty, without control."""
    for i in range(int(tune[MOTORS])):
        ctl[OUT + i] = duty
    ctl[THROTTLE] = 0.0
    ctl[SATURATED] = 0.0
