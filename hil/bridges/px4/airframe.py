"""PX4 parameters of an airframe: control allocation, speeds of a wing, GPS delay.

Source: src/modules/control_allocator/module.yaml of PX4-Autopilot: rotors in m FRD about the centre of mass,
counter-clockwise positive; surfaces up, and rudders to the right, positive.
"""

from __future__ import annotations

import math

from hil.airframes.load import Airframe
from hil.autopilot.plane.tuning import plane_tune
from hil.bridges.px4.outputs import outputs_of
from hil.bridges.px4.tuning import tuning
from hil.bridges.surfaces import ROLES, surfaces_of
from hil.physics.params import MASS, ROTOR_TABLE
from hil.physics.trim import level_trim

MOMENT = 0.05  # default of CA_ROTORn_KM; only its sign depends on the airframe
AIRFRAMES = {"multirotor": 0, "plane": 1, "vtol": 2, "rover": 6}  # CA_AIRFRAME
# MAV_TYPE of a multirotor by its rotors; PX4's default is 2. PX4 sets the type of other kinds itself.
TYPES = {4: 2, 6: 13, 8: 14}
BOTH_WHEELS = 0b11  # CA_R_REV: reversible motors
SURFACES = {  # CA_SV_CSn_TYPE
    "aileron": 15,
    "elevator": 3,
    "rudder": 4,
    "elevon_left": 5,
    "elevon_right": 6,
    "vtail_left": 7,
    "vtail_right": 8,
}
MAX_OUTPUTS = 9  # used by PX4's airframes for simulators
STALL_MARGIN = 1.1
# From 2026 on each receiver has its own (src/lib/parameters/param_translation.cpp); a release passes over the others'
# names.
GPS_DELAYS = ("EKF2_GPS_DELAY", "SENS_GPS0_DELAY", "SENS_GPS1_DELAY")
GPS_DELAY_MS = 135  # mean latency of the simulated receiver; PX4's start-up files for simulators set 10


def airframe_params(airframe: Airframe, *, outputs: str = "PWM_MAIN") -> dict[str, float]:
    """Return all parameters; `outputs` is PWM_MAIN in SITL, HIL_ACT on a board in HITL. Raises AirframeError."""
    made: dict[str, float] = {"CA_AIRFRAME": AIRFRAMES[airframe.kind]} | tuning(airframe)
    made |= dict.fromkeys(GPS_DELAYS, GPS_DELAY_MS)
    if airframe.kind == "multirotor" and airframe.rotor_count in TYPES:
        made["MAV_TYPE"] = TYPES[airframe.rotor_count]
    if airframe.kind == "rover":
        made["CA_R_REV"] = BOTH_WHEELS
    else:
        made |= _rotors(airframe)
    if airframe.wing is not None:
        made |= _surfaces(airframe) | _speeds(airframe)
    if airframe.kind != "multirotor":
        made |= {f"{outputs}_FUNC{number}": 0 for number in range(1, MAX_OUTPUTS + 1)} | {f"{outputs}_REV": 0}
    return made | {f"{outputs}_FUNC{output.number}": output.function for output in outputs_of(airframe)}


def _rotors(airframe: Airframe) -> dict[str, float]:
    """Return the parameters of lifting rotors, then of the propeller of a wing."""
    lifting, pulling = airframe.rotor_count, airframe.wing is not None
    made: dict[str, float] = {"CA_ROTOR_COUNT": lifting + pulling}
    for i in range(lifting):
        x, y, z, turn = (float(v) for v in airframe.params[ROTOR_TABLE + 4 * i : ROTOR_TABLE + 4 * i + 4])
        made |= {
            f"CA_ROTOR{i}_PX": x,
            f"CA_ROTOR{i}_PY": y,
            f"CA_ROTOR{i}_PZ": z,
            f"CA_ROTOR{i}_KM": -MOMENT if turn > 0.0 else MOMENT,
        }
    if pulling:
        made |= {f"CA_ROTOR{lifting}_AX": 1, f"CA_ROTOR{lifting}_AZ": 0}
        made |= {f"CA_ROTOR{lifting}_P{axis}": 0 for axis in "XYZ"}
    return made


def _surfaces(airframe: Airframe) -> dict[str, float]:
    """Return the parameters of surfaces; those on one axis share its torque equally, as PX4's defaults do."""
    surfaces = surfaces_of(airframe)
    made: dict[str, float] = {"CA_SV_CS_COUNT": len(surfaces)}
    about = [sum(abs(ROLES[surface.role][axis]) for surface in surfaces) for axis in range(3)]
    for i, surface in enumerate(surfaces):
        made[f"CA_SV_CS{i}_TYPE"] = SURFACES[surface.role]
        for axis, name in enumerate("RPY"):
            turns = ROLES[surface.role][axis]
            made[f"CA_SV_CS{i}_TRQ_{name}"] = turns / about[axis] if turns else 0.0
    return made


def _speeds(airframe: Airframe) -> dict[str, float]:
    tune, wing = plane_tune(airframe), airframe.wing
    assert wing is not None
    level = level_trim(wing, float(airframe.params[MASS]), tune.cruise_m_s)
    assert level is not None  # otherwise there is no tune
    made = {
        "FW_AIRSPD_STALL": tune.min_m_s / STALL_MARGIN,
        "FW_AIRSPD_MIN": tune.min_m_s,
        "FW_AIRSPD_TRIM": tune.cruise_m_s,
        "FW_AIRSPD_MAX": tune.max_m_s,
        "FW_THR_TRIM": tune.energy.trim_throttle,
        "FW_THR_MAX": 1.0,
        "FW_PSP_OFF": math.degrees(level.alpha_rad),
        "FW_T_CLMB_MAX": tune.energy.climb_m_s,
        "TRIM_PITCH": 0.0,
    }
    if airframe.kind == "vtol":
        made |= {
            "VT_ARSP_BLEND": 0.7 * tune.min_m_s,
            "VT_ARSP_TRANS": tune.min_m_s,
            "VT_F_TRANS_THR": 1.0,
        }
    return made
