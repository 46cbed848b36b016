"""Gains and limits for an airframe: fixed bandwidths, torques scaled by its inertia."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as at
from hil.physics import params as p

# Bandwidths for motors with a time constant of some 20 ms. Limits after ArduCopter's defaults (WPNAV_ACCEL 2.5 m/s^2,
# ATC angle limit, PSC jerk 5 m/s^3, ATC slew 60 deg/s).
RATE_P, RATE_I = (22.0, 22.0, 8.0), (30.0, 30.0, 3.0)
ATTITUDE_P, HEADING_P = 7.0, 2.5
QUICK_MOTOR_S = 0.025
MAX_RATE_RAD_S = (3.8, 3.8, 1.6)


def control_gains(airframe: Airframe) -> NDArray[np.float64]:
    """Return the tune array of `hil.autopilot.control.layout`."""
    tune = np.zeros(at.TUNE_SIZE)
    # Slower motors allow less bandwidth.
    pace = min(1.0, QUICK_MOTOR_S / float(max(airframe.params[p.TAU_UP], airframe.params[p.TAU_DOWN])))
    tune[at.T_INERTIA : at.T_INERTIA + 3] = airframe.params[p.INERTIA : p.INERTIA + 3]
    tune[at.KP_RATE : at.KP_RATE + 3] = [pace * gain for gain in RATE_P]
    tune[at.KI_RATE : at.KI_RATE + 3] = [pace * pace * gain for gain in RATE_I]
    tune[at.KP_ATT], tune[at.KP_YAW] = pace * ATTITUDE_P, pace * HEADING_P
    tune[at.MAX_RATE : at.MAX_RATE + 3] = MAX_RATE_RAD_S
    tune[at.KP_POS], tune[at.KP_VEL], tune[at.KI_VEL] = 1.0, 2.4, 0.6
    tune[at.KP_POS_Z], tune[at.KP_VEL_Z], tune[at.KI_VEL_Z] = 1.2, 4.0, 1.5
    tune[at.ACC_XY], tune[at.ACC_Z], tune[at.JERK] = 2.5, 2.0, 5.0
    tune[at.MAX_TILT] = math.radians(38.0)
    tune[at.HOVER_THRUST0] = airframe.params[p.MASS] * 9.80665 / airframe.full_thrust_n
    tune[at.MIN_THRUST], tune[at.MAX_THRUST] = 0.06, 0.92
    tune[at.YAW_SLEW] = math.radians(60.0)
    tune[at.MOTORS] = airframe.rotor_count
    return tune
