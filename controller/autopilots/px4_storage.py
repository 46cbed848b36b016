"""Read-back rules of PX4's mission storage.

Sources: PX4's mavlink_mission.cpp (versions 1.13 to 1.17), and missions read back from PX4 1.17. Items with a
position read back in the frame with integer positions, with only the parameters that their command uses; headings
read back between 0 and 360 degrees; items without a position read back unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from controller.autopilots.readback import DROPPED, AllowedChange, stored_as
from controller.protocol.mission.items import MissionItem, float32
from controller.wire.enums import MAV_CMD, MAV_FRAME

StorageRule: TypeAlias = Callable[[float], AllowedChange]


def _float(value: float) -> AllowedChange:
    return stored_as(float32(value), "stored unchanged")


def _flag(value: float) -> AllowedChange:
    return stored_as(1.0 if value > 0 else 0.0, "stored as 0 or 1")


def _integer(value: float) -> AllowedChange:
    return stored_as(float(math.trunc(value)) if math.isfinite(value) else 0.0, "stored as an integer")


def _heading(value: float) -> AllowedChange:
    if not math.isfinite(value):
        return stored_as(value, "stored unchanged")
    return AllowedChange(
        lambda got: 0 <= got <= 360 and abs((got - value + 180) % 360 - 180) < 1e-3,
        "stored as radians from 0 to 2 pi",
    )


# Stored parameters (1 to 4) of the commands with a position, and their storage rules.
_KEEPS: dict[int, dict[int, StorageRule]] = {
    MAV_CMD.NAV_WAYPOINT: {1: _float, 2: _float, 4: _heading},
    MAV_CMD.NAV_LOITER_UNLIM: {3: _float, 4: _heading},
    MAV_CMD.NAV_LOITER_TIME: {1: _float, 2: _flag, 3: _float, 4: _flag},
    MAV_CMD.NAV_LAND: {2: _integer, 4: _heading},
    MAV_CMD.NAV_TAKEOFF: {4: _heading},
    MAV_CMD.NAV_LOITER_TO_ALT: {1: _flag, 2: _float, 4: _flag},
    MAV_CMD.NAV_ROI: {},
    MAV_CMD.DO_SET_ROI: {},
    MAV_CMD.DO_SET_ROI_LOCATION: {},
    MAV_CMD.NAV_VTOL_TAKEOFF: {4: _heading},
    MAV_CMD.NAV_VTOL_LAND: {4: _heading},
    MAV_CMD.CONDITION_GATE: {},
    MAV_CMD.COMPONENT_ARM_DISARM: {},
    MAV_CMD.DO_AUTOTUNE_ENABLE: {},
}

_FRAME_READ_BACK = {
    MAV_FRAME.GLOBAL: MAV_FRAME.GLOBAL_INT,
    MAV_FRAME.GLOBAL_RELATIVE_ALT: MAV_FRAME.GLOBAL_RELATIVE_ALT_INT,
    MAV_FRAME.GLOBAL_INT: MAV_FRAME.GLOBAL,
    MAV_FRAME.GLOBAL_RELATIVE_ALT_INT: MAV_FRAME.GLOBAL_RELATIVE_ALT,
}


def stores_position(command: int) -> bool:
    """Return whether PX4 accepts this command in a global frame; all others only in MAV_FRAME_MISSION."""
    return command in _KEEPS


def rules(item: MissionItem) -> dict[str, AllowedChange]:
    """Return the changes that PX4's storage makes to `item`, by field."""
    if item.frame == MAV_FRAME.MISSION:
        if item.command != MAV_CMD.DO_JUMP:
            return {}
        return {"param1": _integer(item.param1), "param2": _integer(item.param2)}
    keeps = _KEEPS.get(item.command)
    if keeps is None:
        return {}
    changes: dict[str, AllowedChange] = {}
    for n in range(1, 5):
        store = keeps.get(n)
        changes[f"param{n}"] = store(getattr(item, f"param{n}")) if store else DROPPED
    if item.frame in _FRAME_READ_BACK:
        changes["frame"] = stored_as(_FRAME_READ_BACK[item.frame], "equivalent frame")
    return changes
