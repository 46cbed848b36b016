"""Commands that must not be repeated: those whose repeat has a further effect."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.wire import enums
from controller.wire.enums import MAV_FRAME

_OFFSET_FRAMES = frozenset(
    (MAV_FRAME.LOCAL_OFFSET_NED, MAV_FRAME.BODY_NED, MAV_FRAME.BODY_OFFSET_NED, MAV_FRAME.BODY_FRD)
)

# Commands with an effect that a repeat would add to: MAV_CMD names.
_SEND_ONCE = frozenset(
    (
        "PREFLIGHT_REBOOT_SHUTDOWN",
        "PREFLIGHT_CALIBRATION",
        "PREFLIGHT_STORAGE",
        "DO_REPEAT_SERVO",
        "DO_REPEAT_RELAY",
        "DO_JUMP",
        "DO_DIGICAM_CONTROL",
        "DO_MOUNT_CONTROL_QUAT",
        "IMAGE_START_CAPTURE",
        "DO_TRIGGER_CONTROL",
        "DO_MOTOR_TEST",
        "ACTUATOR_TEST",
        "START_RX_PAIR",
        "MISSION_START",
        "DO_INVERTED_FLIGHT",
        "DO_ENGINE_CONTROL",
        "DO_SEND_BANNER",
        "DO_ACCEPT_MAG_CAL",
        "DO_START_MAG_CAL",
        "PAYLOAD_PREPARE_DEPLOY",
        "PAYLOAD_CONTROL_DEPLOY",
        "INJECT_FAILURE",
        "DO_GUIDED_LIMITS",
        "CONDITION_DISTANCE",
        "CONDITION_DELAY",
        "NAV_DELAY",
        "SET_CAMERA_ZOOM",
        "SET_CAMERA_FOCUS",
        "DO_WINCH",
        "OBLIQUE_SURVEY",
        "DO_REPEAT_AIRSPEED_CAL",
    )
)


def safe_to_retry(command: int, params: Sequence[float]) -> bool:
    """Return whether executing this command twice has the same effect as once.

    False for the commands of `_SEND_ONCE`, and for commands in a relative form: CONDITION_YAW and DO_CHANGE_SPEED with
    param4 set, DO_SET_MISSION_CURRENT with a reset (param2), DO_CHANGE_ALTITUDE in a frame relative to the current
    position. Sources: MAVLink's common.xml, ArduPilot's handlers.
    """
    name = enums.describe("MAV_CMD", command)
    if name in _SEND_ONCE:
        return False
    second, fourth = params[1], params[3]
    if name in ("CONDITION_YAW", "DO_CHANGE_SPEED"):
        return fourth == 0 or math.isnan(fourth)
    if name == "DO_SET_MISSION_CURRENT":
        return second == 0 or math.isnan(second)
    if name == "DO_CHANGE_ALTITUDE":
        return second not in _OFFSET_FRAMES
    return True
