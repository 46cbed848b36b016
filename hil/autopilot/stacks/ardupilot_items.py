"""ArduPilot's mission commands: those accepted here, their names, and the items that are refused.

Names from AP_Mission.cpp (`Mission_Command::type`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ardupilot_fence, ardupilot_mission, ardupilot_rally
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from controller.wire.enums import MAV_CMD
from hil.autopilot.stacks.fence_kinds import CIRCLES, POLYGONS
from hil.autopilot.stacks.item_results import (
    ACCEPTED,
    ERROR,
    INVALID_HEIGHT,
    INVALID_LATITUDE,
    INVALID_LONGITUDE,
)

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
COPTER_COMMANDS = {MAV_CMD.NAV_ARC_WAYPOINT: "ArcWP"}  # of ArduCopter alone
NAMES = COMMANDS | COPTER_COMMANDS

_FACTS = StackFacts(ARDUPILOT)
# Commands that are stored and, where they are not simulated, skipped with a text; NAV commands must be flown.
_STORED = (name for name in _FACTS.table("stored_params") if not name.startswith("NAV_"))
ACCEPTED_COMMANDS = frozenset(COMMANDS) | {int(MAV_CMD[name]) for name in _STORED}
PLACED = ardupilot_mission(winged=False).placed
# Frames in which items with a place are accepted, by MAV_MISSION_TYPE.
FRAMES = {
    MISSION: ardupilot_mission(winged=False).frames,
    FENCE: ardupilot_fence().frames,
    RALLY: ardupilot_rally().frames,
}
SENDS_REACHED_TEXT = frozenset((
    MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_LOITER_TIME, MAV_CMD.NAV_LOITER_TURNS,
    MAV_CMD.NAV_ARC_WAYPOINT,
))  # fmt: skip
# A landing ends with the disarming, and the mission with it. No message marks the end of NAV_LOITER_TO_ALT.
REPORTS_REACHED = frozenset((
    MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_LOITER_UNLIM, MAV_CMD.NAV_LOITER_TURNS, MAV_CMD.NAV_LOITER_TIME,
    MAV_CMD.NAV_RETURN_TO_LAUNCH, MAV_CMD.NAV_TAKEOFF, MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_VTOL_TAKEOFF,
    MAV_CMD.NAV_DELAY, MAV_CMD.CONDITION_DELAY, MAV_CMD.CONDITION_DISTANCE, MAV_CMD.CONDITION_YAW,
    MAV_CMD.DO_CHANGE_SPEED, MAV_CMD.DO_SET_HOME, MAV_CMD.DO_SET_ROI_LOCATION, MAV_CMD.DO_SET_ROI_NONE,
    MAV_CMD.DO_SET_ROI, MAV_CMD.DO_MOUNT_CONTROL, MAV_CMD.NAV_ARC_WAYPOINT,
))  # fmt: skip
_HEIGHT_LIMIT_M = _FACTS.number("altitude_limit")
_NAN_RESULTS = _FACTS.table("nan_refused")  # field -> MAV_MISSION_RESULT
_FEWEST_VERTICES = _FACTS.table("fence_refused")["fewest_vertices"]


def not_a_number(item: MissionItem) -> int:
    """Return the MAV_MISSION_RESULT for fields that are NaN or infinite; `ACCEPTED` for none."""
    bad = (result for field, result in _NAN_RESULTS.items() if not math.isfinite(getattr(item, field)))
    return int(next(bad, ACCEPTED))


def bad_place(item: MissionItem) -> int:
    """Return the MAV_MISSION_RESULT for the item's position."""
    if abs(item.x) > 900_000_000:
        return INVALID_LATITUDE
    if abs(item.y) > 1_800_000_000:
        return INVALID_LONGITUDE
    if not math.isfinite(item.z) or abs(item.z) >= _HEIGHT_LIMIT_M:
        return INVALID_HEIGHT
    return ACCEPTED


def bad_fence(items: Sequence[MissionItem]) -> int:
    """Return the MAV_MISSION_RESULT for a complete fence: polygons with all their corners, circles with a radius."""
    left = 0
    for item in items:
        if item.command in CIRCLES and not item.param1 > 0.0:
            return ERROR
        if item.command in POLYGONS:
            left = left or int(item.param1)
            if item.param1 < _FEWEST_VERTICES:
                return ERROR
            left -= 1
        elif left:
            return ERROR
    return ERROR if left else ACCEPTED
