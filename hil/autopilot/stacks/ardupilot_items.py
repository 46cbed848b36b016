"""ArduPilot's mission commands: those accepted here, their names, and the fields that an item keeps.

Facts from AP_Mission.cpp (names in `Mission_Command::type`, conversions to and from MAVLink) and from read-backs of
flights of ArduCopter 4.7.
"""

from __future__ import annotations

import math
from dataclasses import replace

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD, MAV_FRAME
from hil.autopilot.stacks.item_results import ACCEPTED, INVALID_HEIGHT, INVALID_LATITUDE, INVALID_LONGITUDE

COMMANDS = {
    MAV_CMD.NAV_WAYPOINT: "WP",
    MAV_CMD.NAV_LOITER_UNLIM: "LoitUnlim",
    MAV_CMD.NAV_LOITER_TURNS: "LoitTurns",
    MAV_CMD.NAV_LOITER_TIME: "LoitTime",
    MAV_CMD.NAV_RETURN_TO_LAUNCH: "RTL",
    MAV_CMD.NAV_LAND: "Land",
    MAV_CMD.NAV_TAKEOFF: "Takeoff",
    MAV_CMD.NAV_LOITER_TO_ALT: "LoitAltitude",
    MAV_CMD.NAV_SPLINE_WAYPOINT: "SplineWP",
    MAV_CMD.NAV_DELAY: "Delay",
    MAV_CMD.NAV_VTOL_TAKEOFF: "VTOLTakeoff",
    MAV_CMD.NAV_VTOL_LAND: "VTOLLand",
    MAV_CMD.CONDITION_DELAY: "CondDelay",
    MAV_CMD.CONDITION_DISTANCE: "CondDist",
    MAV_CMD.CONDITION_YAW: "CondYaw",
    MAV_CMD.DO_JUMP: "Jump",
    MAV_CMD.DO_CHANGE_SPEED: "ChangeSpeed",
    MAV_CMD.DO_SET_HOME: "SetHome",
    MAV_CMD.DO_SET_RELAY: "SetRelay",
    MAV_CMD.DO_REPEAT_RELAY: "RepeatRelay",
    MAV_CMD.DO_SET_SERVO: "SetServo",
    MAV_CMD.DO_REPEAT_SERVO: "RepeatServo",
    MAV_CMD.DO_LAND_START: "LandStart",
    MAV_CMD.DO_SET_ROI_LOCATION: "SetROI",
    MAV_CMD.DO_SET_ROI_NONE: "SetROI",
    MAV_CMD.DO_SET_ROI: "SetROI",
    MAV_CMD.DO_DIGICAM_CONFIGURE: "DigiCamCfg",
    MAV_CMD.DO_DIGICAM_CONTROL: "DigiCamCtrl",
    MAV_CMD.DO_MOUNT_CONTROL: "MountControl",
    MAV_CMD.DO_SET_CAM_TRIGG_DIST: "SetCamTrigDst",
    MAV_CMD.DO_GRIPPER: "Gripper",
    MAV_CMD.DO_GIMBAL_MANAGER_PITCHYAW: "GimbalPitchYaw",
    MAV_CMD.IMAGE_START_CAPTURE: "ImageStartCapture",
    MAV_CMD.IMAGE_STOP_CAPTURE: "ImageStopCapture",
    MAV_CMD.VIDEO_START_CAPTURE: "VideoStartCapture",
    MAV_CMD.VIDEO_STOP_CAPTURE: "VideoStopCapture",
    MAV_CMD.SET_CAMERA_ZOOM: "SetCameraZoom",
    MAV_CMD.SET_CAMERA_FOCUS: "SetCameraFocus",
}

# Commands that carry a position.
PLACED = frozenset((
    MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_LOITER_UNLIM, MAV_CMD.NAV_LOITER_TURNS, MAV_CMD.NAV_LOITER_TIME,
    MAV_CMD.NAV_LAND, MAV_CMD.NAV_TAKEOFF, MAV_CMD.NAV_LOITER_TO_ALT, MAV_CMD.NAV_SPLINE_WAYPOINT,
    MAV_CMD.NAV_VTOL_TAKEOFF, MAV_CMD.NAV_VTOL_LAND, MAV_CMD.DO_SET_HOME, MAV_CMD.DO_LAND_START,
    MAV_CMD.DO_SET_ROI_LOCATION, MAV_CMD.DO_SET_ROI,
))  # fmt: skip
# Frame as uploaded -> as stored.
FRAMES = {
    int(uploaded): int(stored)
    for uploaded, stored in (
        (MAV_FRAME.GLOBAL, MAV_FRAME.GLOBAL),
        (MAV_FRAME.GLOBAL_RELATIVE_ALT, MAV_FRAME.GLOBAL_RELATIVE_ALT),
        (MAV_FRAME.GLOBAL_INT, MAV_FRAME.GLOBAL),
        (MAV_FRAME.GLOBAL_RELATIVE_ALT_INT, MAV_FRAME.GLOBAL_RELATIVE_ALT),
        (MAV_FRAME.GLOBAL_TERRAIN_ALT, MAV_FRAME.GLOBAL_TERRAIN_ALT),
        (MAV_FRAME.GLOBAL_TERRAIN_ALT_INT, MAV_FRAME.GLOBAL_TERRAIN_ALT),
    )
}
SENDS_REACHED_TEXT = frozenset((
    MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_LOITER_TIME, MAV_CMD.NAV_LOITER_TURNS,
))  # fmt: skip
# A landing ends with the disarming, and the mission with it. No message marks the end of NAV_LOITER_TO_ALT.
REPORTS_REACHED = frozenset((
    MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_LOITER_UNLIM, MAV_CMD.NAV_LOITER_TURNS, MAV_CMD.NAV_LOITER_TIME,
    MAV_CMD.NAV_RETURN_TO_LAUNCH, MAV_CMD.NAV_TAKEOFF, MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_VTOL_TAKEOFF,
    MAV_CMD.NAV_DELAY, MAV_CMD.CONDITION_DELAY, MAV_CMD.CONDITION_DISTANCE, MAV_CMD.CONDITION_YAW,
    MAV_CMD.DO_CHANGE_SPEED, MAV_CMD.DO_SET_HOME, MAV_CMD.DO_SET_ROI_LOCATION, MAV_CMD.DO_SET_ROI_NONE,
    MAV_CMD.DO_SET_ROI, MAV_CMD.DO_MOUNT_CONTROL,
))  # fmt: skip
HEIGHT_LIMIT_M = 83886.0  # 24 bits of centimetres


def bad_place(item: MissionItem) -> int:
    """Return the MAV_MISSION_RESULT for the item's position."""
    if abs(item.x) > 900_000_000:
        return INVALID_LATITUDE
    if abs(item.y) > 1_800_000_000:
        return INVALID_LONGITUDE
    if not math.isfinite(item.z) or abs(item.z) >= HEIGHT_LIMIT_M:
        return INVALID_HEIGHT
    return ACCEPTED


def without_place(item: MissionItem) -> MissionItem:
    """Return a command without position as stored: frame 0, NaN as 0, whole numbers where they are stored as such."""
    item = replace(
        item,
        frame=int(MAV_FRAME.GLOBAL),
        param1=_number(item.param1),
        param2=_number(item.param2),
        param3=_number(item.param3),
        param4=_number(item.param4),
        z=_number(item.z),
    )
    match item.command:
        case MAV_CMD.NAV_RETURN_TO_LAUNCH:
            return replace(item, param1=0.0, param2=0.0, param3=0.0, param4=0.0, x=0, y=0, z=0.0)
        case MAV_CMD.CONDITION_YAW | MAV_CMD.DO_CHANGE_SPEED | MAV_CMD.IMAGE_START_CAPTURE:
            return replace(item, x=0, y=0, z=0.0)
        case MAV_CMD.DO_JUMP:
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
    """Return a command with position, with the parameters that are stored."""
    one, three = _number(item.param1), _number(item.param3)
    whole = float(int(one))
    match item.command:
        case MAV_CMD.NAV_WAYPOINT | MAV_CMD.NAV_SPLINE_WAYPOINT | MAV_CMD.NAV_TAKEOFF:
            return replace(item, param1=whole, param2=0.0, param3=0.0, param4=0.0)
        case MAV_CMD.NAV_LOITER_UNLIM:
            return replace(item, param1=0.0, param2=0.0, param3=float(int(three)), param4=0.0)
        case MAV_CMD.NAV_LOITER_TURNS:
            tangent = float(item.param4 > 0)
            return replace(item, param1=whole, param2=0.0, param3=float(int(three)), param4=tangent)
        case MAV_CMD.NAV_LOITER_TIME:
            direction, tangent = -1.0 if three < 0 else 1.0, float(item.param4 > 0)
            return replace(item, param1=whole, param2=0.0, param3=direction, param4=tangent)
        case MAV_CMD.NAV_LAND:
            direction = -1.0 if _number(item.param4) < 0 else 1.0
            return replace(item, param1=whole, param2=0.0, param3=0.0, param4=direction)
    return replace(item, param1=one, param2=_number(item.param2), param3=three, param4=_number(item.param4))


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0
