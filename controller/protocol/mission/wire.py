"""Mission items to messages and back, and definitions shared by client and server.

MISSION_ITEM_INT carries positions as integers; the old MISSION_ITEM as 32-bit floats, with steps of about a metre.
The old message is sent only to peers without MISSION_ITEM_INT; ArduPilot and PX4 both accept MISSION_ITEM_INT as the
answer to either request (ArduPilot sends the old MISSION_REQUEST).
"""

from __future__ import annotations

from controller.errors import AircraftRefused
from controller.protocol.message_fields import LOCAL_FRAMES
from controller.protocol.mission.items import MissionItem
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_FRAME, MAV_MISSION_RESULT, MAV_MISSION_TYPE
from controller.wire.message import Message

ACCEPTED = int(MAV_MISSION_RESULT.ACCEPTED)
ERROR = int(MAV_MISSION_RESULT.ERROR)
UNSUPPORTED_FRAME = int(MAV_MISSION_RESULT.UNSUPPORTED_FRAME)
UNSUPPORTED = int(MAV_MISSION_RESULT.UNSUPPORTED)
NO_SPACE = int(MAV_MISSION_RESULT.NO_SPACE)
INVALID_SEQUENCE = int(MAV_MISSION_RESULT.INVALID_SEQUENCE)
DENIED = int(MAV_MISSION_RESULT.DENIED)
CANCELLED = int(MAV_MISSION_RESULT.OPERATION_CANCELLED)

MISSION = int(MAV_MISSION_TYPE.MISSION)
FENCE = int(MAV_MISSION_TYPE.FENCE)
RALLY = int(MAV_MISSION_TYPE.RALLY)
ALL = int(MAV_MISSION_TYPE.ALL)
TYPE_NAMES = {
    MISSION: "mission",
    FENCE: "geofence",
    RALLY: "rally points",
    ALL: "mission, geofence and rally points",
}


class MissionRefused(AircraftRefused):
    """The aircraft refused a mission operation; `result` is the MAV_MISSION_RESULT, `item` the sequence number, if
    any.
    """

    def __init__(
        self,
        what: str,
        result: int,
        *,
        item: int | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(f"{what}: {enums.describe('MAV_MISSION_RESULT', result)}", where=where, hint=hint)
        self.result = result
        self.item = item


def scale_of(frame: int) -> float:
    """Return the divisor from MISSION_ITEM_INT's x and y to MISSION_ITEM's."""
    if frame == MAV_FRAME.MISSION:  # x and y are no position
        return 1.0
    return 1e4 if frame in LOCAL_FRAMES else 1e7


def item_message(
    item: MissionItem, seq: int, target: Address, *, as_int: bool = True, current: bool = False
) -> Message:
    """Return the item as MISSION_ITEM_INT, or as MISSION_ITEM if `as_int` is False."""
    cls: type[Message] = m.MISSION_ITEM_INT
    x: float = item.x
    y: float = item.y
    if not as_int:
        scale = scale_of(item.frame)
        cls, x, y = m.MISSION_ITEM, item.x / scale, item.y / scale
    return cls(
        seq=seq,
        target_system=target.system,
        target_component=target.component,
        frame=item.frame,
        command=item.command,
        current=int(current),
        autocontinue=int(item.autocontinue),
        param1=float(item.param1),
        param2=float(item.param2),
        param3=float(item.param3),
        param4=float(item.param4),
        x=x,
        y=y,
        z=float(item.z),
        mission_type=item.mission_type,
    )


def item_from(message: Message) -> MissionItem:
    """Return the item of a MISSION_ITEM_INT or MISSION_ITEM."""
    x, y = message.x, message.y
    if message.name == "MISSION_ITEM":
        scale = scale_of(message.frame)
        x, y = _whole(x * scale), _whole(y * scale)
    return MissionItem(
        frame=message.frame,
        command=message.command,
        param1=message.param1,
        param2=message.param2,
        param3=message.param3,
        param4=message.param4,
        x=x,
        y=y,
        z=message.z,
        autocontinue=bool(message.autocontinue),
        mission_type=message.mission_type,
    )


def _whole(value: float) -> int:
    """Round to an int32. NaN and values out of range become the largest int32, which is no position on Earth."""
    return round(value) if abs(value) < 0x7FFFFFFF else 0x7FFFFFFF
