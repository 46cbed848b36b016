"""ArduCopter's mission commands: which it takes here, what it calls them, and what of an item it keeps.

Facts from AP_Mission.cpp (names in `Mission_Command::type`, conversions to and from MAVLink) and from read-backs of
flights of ArduCopter 4.7.
"""

from __future__ import annotations

import math
from dataclasses import replace

from controller.protocol.mission.items import MissionItem
from hil.autopilot.stacks.base import ACCEPTED, INVALID_PARAM5, INVALID_PARAM6, INVALID_PARAM7

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RTL, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
LOITER_TO_ALT, SPLINE, DELAY = 31, 82, 93

COMMANDS = {
    WAYPOINT: "WP",
    LOITER_UNLIM: "LoitUnlim",
    LOITER_TURNS: "LoitTurns",
    LOITER_TIME: "LoitTime",
    RTL: "RTL",
    LAND: "Land",
    TAKEOFF: "Takeoff",
    LOITER_TO_ALT: "LoitAltitude",
    SPLINE: "SplineWP",
    DELAY: "Delay",
    84: "VTOLTakeoff",
    85: "VTOLLand",
    112: "CondDelay",
    114: "CondDist",
    115: "CondYaw",
    177: "Jump",
    178: "ChangeSpeed",
    179: "SetHome",
    181: "SetRelay",
    182: "RepeatRelay",
    183: "SetServo",
    184: "RepeatServo",
    189: "LandStart",
    195: "SetROI",
    197: "SetROI",
    201: "SetROI",
    202: "DigiCamCfg",
    203: "DigiCamCtrl",
    205: "MountControl",
    206: "SetCamTrigDst",
    211: "Gripper",
    1000: "GimbalPitchYaw",
    2000: "ImageStartCapture",
    2001: "ImageStopCapture",
    2500: "VideoStartCapture",
    2501: "VideoStopCapture",
    531: "SetCameraZoom",
    532: "SetCameraFocus",
}

PLACED = frozenset((16, 17, 18, 19, 21, 22, 31, 82, 84, 85, 179, 189, 195, 201))
FRAMES = {0: 0, 3: 3, 5: 0, 6: 3, 10: 10, 11: 10}  # as sent -> as kept
SAYS_REACHED = frozenset((WAYPOINT, SPLINE, LOITER_TIME, LOITER_TURNS))
# The landing is over only when it is disarmed and the mission with it; LOITER_TO_ALT is left without a word.
REPORTS_REACHED = frozenset((16, 17, 18, 19, 20, 22, 82, 84, 93, 112, 114, 115, 178, 179, 195, 197, 201, 205))


def bad_place(item: MissionItem) -> int:
    """The MAV_MISSION_RESULT for the item's position."""
    if abs(item.x) > 900_000_000:
        return INVALID_PARAM5
    if abs(item.y) > 1_800_000_000:
        return INVALID_PARAM6
    if not math.isfinite(item.z) or abs(item.z) >= 83886.0:  # 24 bits of centimetres
        return INVALID_PARAM7
    return ACCEPTED


def without_place(item: MissionItem) -> MissionItem:
    """Commands without a position come back in frame 0, NaN as 0, whole numbers where they are kept as such."""
    item = replace(
        item,
        frame=0,
        param1=_number(item.param1),
        param2=_number(item.param2),
        param3=_number(item.param3),
        param4=_number(item.param4),
        z=_number(item.z),
    )
    match item.command:
        case 20:
            return replace(item, param1=0.0, param2=0.0, param3=0.0, param4=0.0, x=0, y=0, z=0.0)
        case 115 | 178 | 2000:
            return replace(item, x=0, y=0, z=0.0)
        case 177:
            return replace(
                item,
                param1=float(int(item.param1)),
                param2=float(int(item.param2)),
                param3=0.0,
                param4=0.0,
                x=0,
                y=0,
                z=0.0,
            )
    return item


def with_kept_params(item: MissionItem) -> MissionItem:
    """What is left of the parameters of a command with a position."""
    one, three = _number(item.param1), _number(item.param3)
    match item.command:
        case 16 | 82:
            return replace(item, param1=float(int(one)), param2=0.0, param3=0.0, param4=0.0)
        case 22:
            return replace(item, param1=float(int(one)), param2=0.0, param3=0.0, param4=0.0)
        case 17 | 18:
            turns = float(int(one)) if item.command == 18 else 0.0
            tangent = float(item.command == 18 and item.param4 > 0)
            return replace(item, param1=turns, param2=0.0, param3=float(int(three)), param4=tangent)
        case 19:
            return replace(
                item,
                param1=float(int(one)),
                param2=0.0,
                param3=-1.0 if three < 0 else 1.0,
                param4=float(item.param4 > 0),
            )
        case 21:
            four = _number(item.param4)
            return replace(
                item, param1=float(int(one)), param2=0.0, param3=0.0, param4=-1.0 if four < 0 else 1.0
            )
    return replace(item, param1=one, param2=_number(item.param2), param3=three, param4=_number(item.param4))


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0
