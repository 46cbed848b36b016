"""Mission item with the fields of MISSION_ITEM_INT, without sequence number and target.

The fields have wire units, so that a mission read back can be compared with the mission sent without conversions.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

COMPARED_FIELDS = (
    "frame",
    "command",
    "param1",
    "param2",
    "param3",
    "param4",
    "x",
    "y",
    "z",
    "autocontinue",
    "mission_type",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionItem:
    """One item of a mission, geofence or rally list.

    `x` and `y` are latitude and longitude in degrees times 1e7 in global frames, metres times 1e4 in local frames,
    and plain numbers (param5, param6) for commands without a position. `z` is in metres; its reference is that of
    `frame`. The meaning of the other parameters depends on `command`; NaN leaves the choice to the autopilot.
    `frame`, `command` and `mission_type` are the numbers of MAV_FRAME, MAV_CMD and MAV_MISSION_TYPE.
    """

    frame: int
    command: int
    param1: float = 0.0
    param2: float = 0.0
    param3: float = 0.0
    param4: float = 0.0
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: bool = True
    mission_type: int = 0

    def differs(self, other: MissionItem) -> str | None:
        """Return the name of the first field in which `other` differs, or None.

        Floats are compared as 32-bit floats, as on the wire; NaN equals NaN.
        """
        for name in COMPARED_FIELDS:
            ours, theirs = getattr(self, name), getattr(other, name)
            if isinstance(ours, float) or isinstance(theirs, float):
                if not _same_float32(ours, theirs):
                    return name
            elif ours != theirs:
                return name
        return None


def float32(value: float) -> float:
    """Return `value` rounded to a 32-bit float; values out of range become an infinity."""
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(rounded)


def _same_float32(one: float, two: float) -> bool:
    if math.isnan(one) or math.isnan(two):
        return math.isnan(one) and math.isnan(two)
    return float32(one) == float32(two)
