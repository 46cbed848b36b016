"""PX4 controller parameters of an airframe: runway takeoff, gains, speeds of a rover.

Names that a release does not have do no harm: `param set` passes them over. Gains of wings as PX4's own airframes for
simulators of that kind begin with (ROMFS/px4fmu_common/init.d-posix/airframes: 1030, 1040); of rovers: 4009, 50000.
"""

from __future__ import annotations

import math

from hil.airframes.load import Airframe
from hil.physics import rover_params as r
from hil.physics.params import FEET

PLANE = {
    "RWTO_TKOFF": 1,
    "FW_PR_P": 0.9, "FW_PR_FF": 0.5, "FW_PR_I": 0.5,
    "FW_RR_P": 0.3, "FW_RR_FF": 0.5, "FW_RR_I": 0.5,
    "FW_YR_P": 0.6, "FW_YR_FF": 0.5, "FW_YR_I": 0.5,
    "FW_W_EN": 1,
    "FW_LND_ANG": 8,
    "FW_P_LIM_MIN": -15,
    "FW_T_SINK_MAX": 2.7, "FW_T_SINK_MIN": 2.2,
    "FW_THR_MIN": 0.05,
    "MIS_TAKEOFF_ALT": 30,
    "NAV_ACC_RAD": 15,
}  # fmt: skip
VTOL = {
    "VT_TYPE": 2,  # standard VTOL with separate lifting rotors
    "FD_ACT_EN": 0,  # the simulated speed controllers report no current for motor failure detection
    "MC_AIRMODE": 1,
    "MC_ROLL_P": 4, "MC_ROLLRATE_P": 0.3, "MC_YAW_P": 1.6, "MC_YAWRATE_P": 0.3,
    "FW_PR_P": 0.9, "FW_PR_FF": 0.2,
    "FW_RR_P": 0.3, "FW_RR_FF": 0.1,
    "FW_P_LIM_MIN": -15,
    "FW_T_SINK_MAX": 2.7, "FW_T_SINK_MIN": 2.2,
    "FW_THR_MIN": 0.05,
    "MIS_TAKEOFF_ALT": 10,
    "NAV_ACC_RAD": 5,
}  # fmt: skip
MAX_TURN_DEG_S = 180.0


def tuning(airframe: Airframe) -> dict[str, float]:
    """Return the parameters of this kind of airframe; a multirotor uses PX4's default gains."""
    match airframe.kind:
        case "plane":
            return dict(PLANE)
        case "rover":
            return _rover(airframe)
    # Thrust is proportional to the square of the command.
    hover = {"MPC_THR_HOVER": min(max(math.sqrt(airframe.hover_thrust_fraction), 0.1), 0.8)}
    return hover | VTOL if airframe.kind == "vtol" else hover


def _rover(airframe: Airframe) -> dict[str, float]:
    """Return a rover's parameters: GND_ for releases up to 1.14; RO_, RD_ and PP_ for those from 1.16."""
    assert airframe.rover is not None
    feet, most = airframe.params[FEET : FEET + 12].reshape(4, 3), float(airframe.rover[r.MAX_SPEED])
    track_m, cruise = float(feet[1, 1] - feet[0, 1]), airframe.cruise_m_s
    turn_deg_s = min(MAX_TURN_DEG_S, math.degrees(most / track_m))  # half of the rate possible on the spot
    return {
        "NAV_ACC_RAD": 1,
        "GND_SPEED_TRIM": cruise, "GND_SPEED_MAX": most, "GND_THR_CRUISE": cruise / most, "GND_THR_MAX": 1,
        "RD_WHEEL_TRACK": track_m,
        "RD_TRANS_DRV_TRN": math.radians(45.0), "RD_TRANS_TRN_DRV": math.radians(10.0),
        "RO_MAX_THR_SPEED": most, "RO_SPEED_LIM": cruise, "RO_SPEED_P": 0.1, "RO_SPEED_I": 0.01, "RO_SPEED_RED": 1,
        "RO_ACCEL_LIM": 3, "RO_DECEL_LIM": 6, "RO_JERK_LIM": 10,
        "RO_YAW_P": 5, "RO_YAW_RATE_P": 0.25, "RO_YAW_RATE_I": 0.01, "RO_YAW_RATE_LIM": turn_deg_s,
        "RO_YAW_ACCEL_LIM": 400, "RO_YAW_DECEL_LIM": 800,
        "PP_LOOKAHD_GAIN": 1, "PP_LOOKAHD_MIN": 1, "PP_LOOKAHD_MAX": 10,
    }  # fmt: skip
