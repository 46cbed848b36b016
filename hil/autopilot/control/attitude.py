"""Attitude and rate control at 250 Hz: from the attitude setpoint to angular acceleration, tilt before heading."""

from __future__ import annotations

import math

from hil.autopilot.control.layout import (
    EQ,
    I_RATE,
    KI_RATE,
    KP_ATT,
    KP_RATE,
    KP_YAW,
    MAX_RATE,
    Q_SP,
    RATE_SP,
    RATES,
    SATURATED,
    YAW_RATE_SP,
)
from hil.frames import multiply
from hil.jit import inlined
from hil.physics.state import Array

MAX_I = 8.0  # rad/s^2


@inlined
def _limited(value: float, most: float) -> float:
    return min(max(value, -most), most)


@inlined
def attitude_control(est: Array, ctl: Array, tune: Array) -> None:
    """Set RATE_SP from the error between Q_SP and the estimate; the heading error has its own, lower gain."""
    w, x, y, z = multiply(
        est[EQ],
        -est[EQ + 1],
        -est[EQ + 2],
        -est[EQ + 3],
        ctl[Q_SP],
        ctl[Q_SP + 1],
        ctl[Q_SP + 2],
        ctl[Q_SP + 3],
    )
    sign = -1.0 if w < 0.0 else 1.0
    w, x, y, z = sign * w, sign * x, sign * y, sign * z
    # Split the error into a tilt (about an axis in the rotor plane) and a turn about body down.
    n = math.sqrt(w * w + z * z)
    cw, cz = (w / n if n > 1e-9 else 1.0), (z / n if n > 1e-9 else 0.0)
    tx, ty = x * cw - y * cz, y * cw + x * cz
    ctl[RATE_SP] = _limited(2.0 * tune[KP_ATT] * tx, tune[MAX_RATE])
    ctl[RATE_SP + 1] = _limited(2.0 * tune[KP_ATT] * ty, tune[MAX_RATE + 1])
    ctl[RATE_SP + 2] = _limited(2.0 * tune[KP_YAW] * cz + ctl[YAW_RATE_SP], tune[MAX_RATE + 2])


@inlined
def rate_control(est: Array, ctl: Array, tune: Array, i: int, dt: float) -> float:
    """Return the angular acceleration setpoint in rad/s^2 about one body axis."""
    error = ctl[RATE_SP + i] - est[RATES + i]
    integral = ctl[I_RATE + i]
    grown = _limited(integral + tune[KI_RATE + i] * error * dt, MAX_I)
    # Anti-windup: with saturated motors the integral may only shrink.
    integral = grown if (ctl[SATURATED] == 0.0) | (error * integral < 0.0) else integral
    ctl[I_RATE + i] = integral
    acceleration: float = tune[KP_RATE + i] * error + integral
    return acceleration
