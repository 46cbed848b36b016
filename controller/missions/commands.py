"""Properties of MAVLink commands for planning: whether they have a position, and whether the aircraft flies there.

The lists follow MAVLink's common.xml (parameters 5 and 6 labelled Latitude and Longitude) and ArduPilot's commands
with a stored location (AP_Mission, `stored_in_location`); if they differ, MAVLink's definition is used.
"""

from __future__ import annotations

from typing import Any

from controller.wire import enums

CMD: Any = enums.MAV_CMD
FRAME: Any = enums.MAV_FRAME

#: Commands to whose position the aircraft flies.
DESTINATIONS = frozenset(
    {
        CMD.NAV_WAYPOINT,
        CMD.NAV_LOITER_UNLIM,
        CMD.NAV_LOITER_TURNS,
        CMD.NAV_LOITER_TIME,
        CMD.NAV_LAND,
        CMD.NAV_TAKEOFF,
        CMD.NAV_LOITER_TO_ALT,
        CMD.NAV_ARC_WAYPOINT,
        CMD.NAV_PATHPLANNING,
        CMD.NAV_SPLINE_WAYPOINT,
        CMD.NAV_VTOL_TAKEOFF,
        CMD.NAV_VTOL_LAND,
        CMD.NAV_PAYLOAD_PLACE,
        CMD.PAYLOAD_PREPARE_DEPLOY,
        CMD.WAYPOINT_USER_1,
        CMD.WAYPOINT_USER_2,
        CMD.WAYPOINT_USER_3,
        CMD.WAYPOINT_USER_4,
        CMD.WAYPOINT_USER_5,
    }
)

#: Commands with a position that the aircraft does not fly to (region of interest, home, gate, fence, rally point, ...).
_OTHER_POSITIONS = frozenset(
    {
        CMD.NAV_FOLLOW,
        CMD.DO_ORBIT,
        CMD.DO_FIGURE_EIGHT,
        CMD.NAV_ROI,
        CMD.DO_SET_HOME,
        CMD.DO_RETURN_PATH_START,
        CMD.DO_LAND_START,
        CMD.DO_REPOSITION,
        CMD.DO_SET_ROI_LOCATION,
        CMD.DO_SET_ROI,
        CMD.CONDITION_GATE,
        CMD.NAV_FENCE_RETURN_POINT,
        CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION,
        CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION,
        CMD.NAV_FENCE_CIRCLE_INCLUSION,
        CMD.NAV_FENCE_CIRCLE_EXCLUSION,
        CMD.NAV_RALLY_POINT,
        CMD.SPATIAL_USER_1,
        CMD.SPATIAL_USER_2,
        CMD.SPATIAL_USER_3,
        CMD.SPATIAL_USER_4,
        CMD.SPATIAL_USER_5,
    }
)

POSITIONS = DESTINATIONS | _OTHER_POSITIONS

#: Commands for which MAVLink defines an omitted position (null) as the current position.
POSITION_MAY_BE_ABSENT = frozenset({CMD.NAV_TAKEOFF, CMD.NAV_VTOL_TAKEOFF, CMD.NAV_LAND, CMD.NAV_VTOL_LAND})

TAKEOFFS = frozenset({CMD.NAV_TAKEOFF, CMD.NAV_VTOL_TAKEOFF})
LANDINGS = frozenset({CMD.NAV_LAND, CMD.NAV_VTOL_LAND})
#: Commands that end a mission (an endless loiter holds position).
ENDINGS = LANDINGS | {CMD.NAV_RETURN_TO_LAUNCH, CMD.NAV_LOITER_UNLIM}
#: Parameter 7 of DO_MOUNT_CONTROL: aimed by its angles (MAV_MOUNT_MODE_MAVLINK_TARGETING).
MOUNT_TARGETING = 2.0

#: Commands whose parameter 1 is the number of another item of the mission.
POINTS_TO_AN_ITEM = frozenset({CMD.DO_JUMP, CMD.DO_SET_MISSION_CURRENT})

GLOBAL_FRAMES = frozenset(
    {
        FRAME.GLOBAL,
        FRAME.GLOBAL_INT,
        FRAME.GLOBAL_RELATIVE_ALT,
        FRAME.GLOBAL_RELATIVE_ALT_INT,
        FRAME.GLOBAL_TERRAIN_ALT,
        FRAME.GLOBAL_TERRAIN_ALT_INT,
    }
)
AMSL_FRAMES = frozenset({FRAME.GLOBAL, FRAME.GLOBAL_INT})
RELATIVE_FRAMES = frozenset({FRAME.GLOBAL_RELATIVE_ALT, FRAME.GLOBAL_RELATIVE_ALT_INT})
TERRAIN_FRAMES = frozenset({FRAME.GLOBAL_TERRAIN_ALT, FRAME.GLOBAL_TERRAIN_ALT_INT})

_KNOWN_COMMANDS = frozenset(int(command) for command in CMD)
_KNOWN_FRAMES = frozenset(int(frame) for frame in FRAME if not frame.name.startswith("RESERVED"))


def is_known(command: int) -> bool:
    """Return whether this number is a command of our MAVLink dialect."""
    return command in _KNOWN_COMMANDS


def is_known_frame(frame: int) -> bool:
    """Return whether this number is a defined MAV_FRAME."""
    return frame in _KNOWN_FRAMES


def has_position(command: int) -> bool:
    """Return whether parameters 5, 6 and 7 of this command are a position."""
    return command in POSITIONS


def name_of(command: int) -> str:
    """Return the name of a command, such as NAV_WAYPOINT; the number if it has none."""
    return enums.describe("MAV_CMD", command)
