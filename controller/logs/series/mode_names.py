"""Names of flight modes in logs, as `controller.autopilots` spells them, which logs may not import."""

from __future__ import annotations

from functools import lru_cache

from controller.wire import enums

# MAV_TYPE to the enum of ArduPilot's modes: every kind of multicopter and helicopter is a Copter.
_COPTER = "COPTER_MODE"
_BLIMP = "BLIMP_MODE"
_VEHICLES = {
    1: "PLANE_MODE",
    10: "ROVER_MODE",
    11: "ROVER_MODE",
    12: "SUB_MODE",
    5: "TRACKER_MODE",
    7: _BLIMP,
    **dict.fromkeys((2, 3, 4, 13, 14, 15, 29, 35, 43), _COPTER),
    **dict.fromkeys(range(19, 26), "PLANE_MODE"),
}
# ArduPilot's vehicles by the name in their banner.
ARDUPILOT_VEHICLES = {
    "Copter": _COPTER,
    "Plane": "PLANE_MODE",
    "Rover": "ROVER_MODE",
    "Sub": "SUB_MODE",
    "AntennaTracker": "TRACKER_MODE",
    "Blimp": _BLIMP,
}
# Modes that MAVLink does not have: those of ArduCopter until 2014, and all of Blimp (Blimp/mode.h).
_UNLISTED_MODES = {
    (_COPTER, 8): "POSITION",
    (_COPTER, 10): "OF_LOITER",
    **{
        (_BLIMP, number): name
        for number, name in enumerate(("LAND", "MANUAL", "VELOCITY", "LOITER", "RTL", "AUTO", "HOLD"))
    },
}
# Modes that MAVLink spells differently from the autopilot.
_SPELLED = {
    "FLY_BY_WIRE_A": "FBWA",
    "FLY_BY_WIRE_B": "FBWB",
    "INITIALIZING": "INITIALISING",
    "LOITER_ALT_QLAND": "LOITERALTQLAND",
}
# PX4's main and sub modes (px4_custom_mode.h).
_PX4_MAIN = {
    1: "MANUAL",
    2: "ALTCTL",
    3: "POSCTL",
    5: "ACRO",
    6: "OFFBOARD",
    7: "STABILIZED",
    8: "RATTITUDE",
    10: "TERMINATION",
    11: "ALTITUDE_CRUISE",
}
_PX4_AUTO = {
    1: "READY",
    2: "TAKEOFF",
    3: "LOITER",
    4: "MISSION",
    5: "RTL",
    6: "LAND",
    8: "FOLLOWME",
    9: "PRECLAND",
    10: "VTOL_TAKEOFF",
    **{10 + n: f"EXTERNAL{n}" for n in range(1, 9)},
}
_PX4_POSCTL = {1: "ORBIT", 2: "POSITION_SLOW"}
# vehicle_status.nav_state (VehicleStatus.msg, 1.13 to 1.17), by the names above.
_PX4_STATES = {
    0: "MANUAL",
    1: "ALTCTL",
    2: "POSCTL",
    3: "MISSION",
    4: "LOITER",
    5: "RTL",
    6: "POSITION_SLOW",
    8: "ALTITUDE_CRUISE",
    10: "ACRO",
    12: "DESCEND",
    13: "TERMINATION",
    14: "OFFBOARD",
    15: "STABILIZED",
    17: "TAKEOFF",
    18: "LAND",
    19: "FOLLOWME",
    20: "PRECLAND",
    21: "ORBIT",
    22: "VTOL_TAKEOFF",
    **{22 + n: f"EXTERNAL{n}" for n in range(1, 9)},
}
_ARDUPILOT, _PX4 = 3, 12


@lru_cache(maxsize=256)
def heartbeat_mode(autopilot: int, vehicle_type: int, base_mode: int, custom_mode: int) -> str:
    """The mode in a heartbeat."""
    if autopilot == _PX4:
        main, sub = custom_mode >> 16 & 0xFF, custom_mode >> 24
        name = {4: _PX4_AUTO, 3: _PX4_POSCTL}.get(main, {}).get(sub) or (
            _PX4_MAIN.get(main) if not sub else None
        )
        return name or f"MODE {main}.{sub}"
    if autopilot == _ARDUPILOT:
        return ardupilot_mode(_VEHICLES.get(vehicle_type, ""), custom_mode)
    return f"MODE {base_mode}/{custom_mode}"


def ardupilot_mode(enum: str, number: int) -> str:
    """The mode by its number in one of MAVLink's enums for ArduPilot."""
    name = _UNLISTED_MODES.get((enum, number)) or enums.describe(enum, number)
    return f"MODE {number}" if name == str(number) else _SPELLED.get(name, name)


def px4_state(number: int) -> str:
    """The mode of a `vehicle_status.nav_state`."""
    return _PX4_STATES.get(number, f"MODE {number}")
