"""What the planning side has to know of each MAVLink command: does it carry a position, does the aircraft go there.

Lists follow MAVLink's common.xml (parameters 5 and 6 labelled Latitude and Longitude) and the commands whose position
ArduPilot keeps as a location (AP_Mission, `stored_in_location`); where they disagree MAVLink's text wins.
"""

from __future__ import annotations

from typing import Any

from controller.wire import enums

CMD: Any = enums.MAV_CMD
FRAME: Any = enums.MAV_FRAME

#: The aircraft flies to the position of these.
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

#: These carry a position too, but only look at it, remember it or pass it.
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

#: A position left out (null) means "where the aircraft is": MAVLink says so of these alone.
POSITION_MAY_BE_ABSENT = frozenset({CMD.NAV_TAKEOFF, CMD.NAV_VTOL_TAKEOFF, CMD.NAV_LAND, CMD.NAV_VTOL_LAND})

TAKEOFFS = frozenset({CMD.NAV_TAKEOFF, CMD.NAV_VTOL_TAKEOFF})
LANDINGS = frozenset({CMD.NAV_LAND, CMD.NAV_VTOL_LAND})
#: After one of these a mission is over (or, for an endless loiter, stays).
ENDINGS = LANDINGS | {CMD.NAV_RETURN_TO_LAUNCH, CMD.NAV_LOITER_UNLIM}

#: Parameter 1 of these names another item of the same mission by its number.
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
    """Is this number a command of our MAVLink dialect?"""
    return command in _KNOWN_COMMANDS


def is_known_frame(frame: int) -> bool:
    """Is this number a coordinate frame in use?"""
    return frame in _KNOWN_FRAMES


def has_position(command: int) -> bool:
    """Are parameters 5, 6 and 7 of this command a place?"""
    return command in POSITIONS


def name_of(command: int) -> str:
    """NAV_WAYPOINT and the like; the number where it has no name."""
    return enums.describe("MAV_CMD", command)
