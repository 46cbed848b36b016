"""Read-back rules of ArduPilot's mission storage: 15 bytes an item, so most numbers are stored as small integers.

Sources: ArduPilot's AP_Mission (conversion between MISSION_ITEM_INT and the stored command, versions 4.0 to 4.7-dev),
and missions read back from ArduCopter and ArduPlane 4.7-dev. Unused parameters of a command are not stored and read
back as 0; a command without a position reads back with frame 0 and without x, y, z.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from controller.autopilots.readback import DROPPED, AllowedChange, stored_as
from controller.protocol.mission.items import MissionItem, float32
from controller.wire.enums import MAV_CMD, MAV_FRAME

StorageRule: TypeAlias = Callable[[float], AllowedChange]


def _integer(low: int, high: int, kind: str) -> StorageRule:
    def store(value: float) -> AllowedChange:
        return stored_as(float(max(low, min(high, math.trunc(value)))), f"stored as {kind}")

    return store


_u8, _i8 = _integer(0, 255, "8 bits"), _integer(-128, 127, "8 bits")
_u16, _i16 = _integer(0, 65535, "16 bits"), _integer(-32768, 32767, "16 bits")


def _float(value: float) -> AllowedChange:
    return stored_as(float32(value), "stored unchanged")


def _flag(value: float) -> AllowedChange:
    return stored_as(1.0 if value > 0 else 0.0, "stored as 0 or 1")


def _turn_direction(value: float) -> AllowedChange:
    return stored_as(-1.0 if value < 0 else 1.0, "stored as a direction")


def _signed_radius(value: float) -> AllowedChange:
    return stored_as(math.copysign(min(65535, math.trunc(abs(value))), value), "stored as whole metres")


def _turns_radius(value: float) -> AllowedChange:
    size = abs(value)
    stored = math.trunc(size) if size <= 255 else 10 * min(255, math.trunc(float32(size * 0.1)))
    return stored_as(math.copysign(stored, value), "stored as metres, above 255 m as tens of metres")


def _turns(value: float) -> AllowedChange:
    # Before 4.3 whole turns only; since then also fractions below one turn.
    return AllowedChange(
        lambda got: got == min(255, math.trunc(value)) or (value < 1 and abs(got - value) <= 1 / 256),
        "stored as whole turns",
    )


def _centimetres(value: float) -> AllowedChange:
    # The last centimetre is truncated or not, depending on float rounding.
    return AllowedChange(
        lambda got: abs(got - value) < 0.0101 and abs(got * 100 - round(got * 100)) < 0.02,
        "stored as centimetres",
    )


# Stored parameters (1 to 4) of each command, and their storage rules.
_KEEPS: dict[int, dict[int, StorageRule]] = {
    MAV_CMD.NAV_LOITER_UNLIM: {3: _signed_radius},
    MAV_CMD.NAV_LOITER_TURNS: {1: _turns, 3: _turns_radius, 4: _flag},
    MAV_CMD.NAV_LOITER_TIME: {1: _u16, 3: _turn_direction, 4: _flag},
    MAV_CMD.NAV_RETURN_TO_LAUNCH: {},
    MAV_CMD.NAV_LAND: {1: _u16, 4: _turn_direction},
    MAV_CMD.NAV_TAKEOFF: {1: _u16},
    MAV_CMD.NAV_CONTINUE_AND_CHANGE_ALT: {1: _u16},
    MAV_CMD.NAV_LOITER_TO_ALT: {2: _signed_radius, 4: _flag},
    MAV_CMD.NAV_SPLINE_WAYPOINT: {1: _u16},
    MAV_CMD.NAV_GUIDED_ENABLE: {1: _u16},
    MAV_CMD.NAV_DELAY: {1: _float, 2: _i8, 3: _i8, 4: _i8},
    MAV_CMD.NAV_ALTITUDE_WAIT: {1: _float, 2: _float, 3: _u8},
    MAV_CMD.NAV_VTOL_TAKEOFF: {},
    MAV_CMD.NAV_VTOL_LAND: {1: _u16},
    MAV_CMD.NAV_PAYLOAD_PLACE: {1: _centimetres},
    MAV_CMD.NAV_SET_YAW_SPEED: {1: _float, 2: _float, 3: _u8},
    MAV_CMD.NAV_SCRIPT_TIME: {1: _u8, 2: _u8, 3: _float, 4: _float},
    MAV_CMD.NAV_ATTITUDE_TIME: {1: _u16, 2: _i16, 3: _i8, 4: _i16},
    MAV_CMD.CONDITION_DELAY: {1: _float},
    MAV_CMD.CONDITION_DISTANCE: {1: _float},
    MAV_CMD.CONDITION_YAW: {1: _float, 2: _float, 3: _i8, 4: _u8},
    MAV_CMD.DO_JUMP: {1: _u16, 2: _i16},
    MAV_CMD.DO_CHANGE_SPEED: {1: _u8, 2: _float, 3: _float},
    MAV_CMD.DO_SET_HOME: {1: _u16},
    MAV_CMD.DO_SET_RELAY: {1: _u8, 2: _u8},
    MAV_CMD.DO_REPEAT_RELAY: {1: _u8, 2: _i16, 3: _float},
    MAV_CMD.DO_SET_SERVO: {1: _u8, 2: _u16},
    MAV_CMD.DO_REPEAT_SERVO: {1: _u8, 2: _u16, 3: _i16, 4: _float},
    MAV_CMD.DO_LAND_START: {},
    MAV_CMD.DO_GO_AROUND: {},
    MAV_CMD.DO_SET_ROI_LOCATION: {1: _u16},
    MAV_CMD.DO_SET_ROI_NONE: {1: _u16},
    MAV_CMD.DO_SET_ROI: {1: _u16},
    MAV_CMD.DO_DIGICAM_CONFIGURE: {1: _u8, 2: _u16, 3: _u8, 4: _u16},
    MAV_CMD.DO_DIGICAM_CONTROL: {1: _u8, 2: _u8, 3: _i8, 4: _u8},
    MAV_CMD.DO_MOUNT_CONTROL: {1: _float, 2: _float, 3: _float},
    MAV_CMD.DO_SET_CAM_TRIGG_DIST: {1: _float, 3: _u8},
    MAV_CMD.DO_FENCE_ENABLE: {1: _u16},
    MAV_CMD.DO_PARACHUTE: {1: _u16},
    MAV_CMD.DO_INVERTED_FLIGHT: {1: _u16},
    MAV_CMD.DO_GRIPPER: {1: _u8, 2: _u8},
    MAV_CMD.DO_AUTOTUNE_ENABLE: {1: _u16},
    MAV_CMD.DO_GUIDED_LIMITS: {1: _u16, 2: _float, 3: _float, 4: _float},
    MAV_CMD.DO_ENGINE_CONTROL: {1: _flag, 2: _flag, 3: _centimetres},
    MAV_CMD.DO_SET_REVERSE: {1: _u16},
    MAV_CMD.DO_VTOL_TRANSITION: {1: _u8},
    MAV_CMD.DO_SET_RESUME_REPEAT_DIST: {1: _u16},
    MAV_CMD.DO_AUX_FUNCTION: {1: _u16, 2: _u8},
    MAV_CMD.DO_SPRAYER: {1: _u16},
    MAV_CMD.DO_SEND_SCRIPT_MESSAGE: {1: _u16, 2: _float, 3: _float, 4: _float},
    MAV_CMD.DO_PAUSE_CONTINUE: {1: _u16},
    MAV_CMD.DO_GIMBAL_MANAGER_PITCHYAW: {1: _i8, 2: _i16, 3: _i8, 4: _i8},
    MAV_CMD.SET_CAMERA_ZOOM: {1: _u8, 2: _float},
    MAV_CMD.SET_CAMERA_FOCUS: {1: _u8, 2: _float},
    MAV_CMD.SET_CAMERA_SOURCE: {1: _u8, 2: _u8, 3: _u8},
    MAV_CMD.IMAGE_START_CAPTURE: {1: _u8, 2: _float, 3: _u16, 4: _u16},
    MAV_CMD.IMAGE_STOP_CAPTURE: {1: _u16},
    MAV_CMD.VIDEO_START_CAPTURE: {1: _u8},
    MAV_CMD.VIDEO_STOP_CAPTURE: {1: _u8},
    MAV_CMD.JUMP_TAG: {1: _u16},
    MAV_CMD.DO_JUMP_TAG: {1: _u16, 2: _i16},
    MAV_CMD.DO_RETURN_PATH_START: {},
    MAV_CMD.DO_WINCH: {1: _u8, 2: _u8, 3: _float, 4: _float},
}

# The 16 bits of a waypoint hold the delay (copter, rover), or acceptance radius and pass-by distance (plane).
_WAYPOINT: dict[int, StorageRule] = {1: _u16}
_PLANE_WAYPOINT: dict[int, StorageRule] = {2: _u8, 3: _u8}
_ALL_AS_SENT: dict[int, StorageRule] = dict.fromkeys(range(1, 5), _float)

_PLACED = frozenset(
    (
        MAV_CMD.NAV_WAYPOINT,
        MAV_CMD.NAV_LOITER_UNLIM,
        MAV_CMD.NAV_LOITER_TURNS,
        MAV_CMD.NAV_LOITER_TIME,
        MAV_CMD.NAV_LAND,
        MAV_CMD.NAV_TAKEOFF,
        MAV_CMD.NAV_CONTINUE_AND_CHANGE_ALT,
        MAV_CMD.NAV_LOITER_TO_ALT,
        MAV_CMD.NAV_SPLINE_WAYPOINT,
        MAV_CMD.NAV_GUIDED_ENABLE,
        MAV_CMD.NAV_VTOL_TAKEOFF,
        MAV_CMD.NAV_VTOL_LAND,
        MAV_CMD.NAV_PAYLOAD_PLACE,
        MAV_CMD.DO_SET_HOME,
        MAV_CMD.DO_LAND_START,
        MAV_CMD.DO_GO_AROUND,
        MAV_CMD.DO_RETURN_PATH_START,
        MAV_CMD.DO_SET_ROI,
        MAV_CMD.DO_SET_ROI_LOCATION,
        MAV_CMD.DO_SET_ROI_NONE,
    )
)
_KEEPS_XYZ = frozenset(
    (
        MAV_CMD.DO_DIGICAM_CONFIGURE,
        MAV_CMD.DO_DIGICAM_CONTROL,
        MAV_CMD.NAV_ATTITUDE_TIME,
        MAV_CMD.DO_GIMBAL_MANAGER_PITCHYAW,
    )
)

_FRAME_READ_BACK = {
    MAV_FRAME.MISSION: MAV_FRAME.GLOBAL,
    MAV_FRAME.GLOBAL_INT: MAV_FRAME.GLOBAL,
    MAV_FRAME.GLOBAL_RELATIVE_ALT_INT: MAV_FRAME.GLOBAL_RELATIVE_ALT,
    MAV_FRAME.GLOBAL_TERRAIN_ALT_INT: MAV_FRAME.GLOBAL_TERRAIN_ALT,
}


def stores_position(command: int) -> bool:
    """Return whether ArduPilot stores latitude, longitude and altitude of this command."""
    return command in _PLACED


def _keeps(command: int, *, plane: bool) -> dict[int, StorageRule]:
    if command == MAV_CMD.NAV_WAYPOINT:
        return _PLANE_WAYPOINT if plane else _WAYPOINT
    # All parameters of a command not listed must read back unchanged.
    return _KEEPS.get(command, _ALL_AS_SENT)


def uses(command: int, field: str, *, plane: bool) -> bool:
    """Return whether ArduPilot stores this field (`param1` to `param4`, `z`) of this command."""
    return field == "z" or int(field[-1]) in _keeps(command, plane=plane)


def rules(item: MissionItem, *, plane: bool) -> dict[str, AllowedChange]:
    """Return the changes that ArduPilot's storage makes to `item`, by field."""
    keeps = _keeps(item.command, plane=plane)
    changes: dict[str, AllowedChange] = {"autocontinue": stored_as(1, "autocontinue is always on")}
    for n in range(1, 5):
        store = keeps.get(n)
        value = getattr(item, f"param{n}")
        changes[f"param{n}"] = store(value) if store and math.isfinite(value) else DROPPED
    if item.command in _PLACED:
        if item.frame in _FRAME_READ_BACK:
            changes["frame"] = stored_as(_FRAME_READ_BACK[item.frame], "equivalent frame")
        changes["z"] = _centimetres(item.z)
    else:
        changes["frame"] = stored_as(MAV_FRAME.GLOBAL, "no frame is stored without a position")
        if item.command not in _KEEPS_XYZ:
            changes |= {"x": DROPPED, "y": DROPPED, "z": DROPPED}
    return changes


def home_rules(item: MissionItem) -> dict[str, AllowedChange]:
    """Return the changes of item 0: the autopilot replaces it by its own home as soon as it has one."""
    anywhere = AllowedChange(lambda _: True, "replaced by the aircraft's home")
    return {
        "x": anywhere,
        "y": anywhere,
        "z": anywhere,
        **{k: v for k, v in rules(item, plane=False).items() if k[0] == "p"},
    }
