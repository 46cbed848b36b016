"""Mission items to messages and back, and what the mission machines say alike.

MISSION_ITEM_INT carries positions as integers; the old MISSION_ITEM as 32-bit floats, which are some metres coarse. The
old one is made only for peers that cannot take the other; ArduPilot and PX4 both take MISSION_ITEM_INT in answer to either
kind of request (ArduPilot asks with the old MISSION_REQUEST).
"""

from __future__ import annotations

from typing import Any

from controller.errors import AircraftRefused
from controller.protocol.mission.items import MissionItem
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

# MAV_MISSION_RESULT
ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE = 0, 1, 2, 3, 4
INVALID_SEQUENCE, DENIED, CANCELLED = 13, 14, 15

MISSION, FENCE, RALLY, ALL = 0, 1, 2, 255
TYPE_NAMES = {MISSION: "mission", FENCE: "fence", RALLY: "rally points", ALL: "everything"}

_LOCAL_FRAMES = frozenset((1, 4, 7, 8, 9, 12, 20, 21))
_MISSION_FRAME = 2  # MAV_FRAME_MISSION: x and y are no position


class MissionRefused(AircraftRefused):
    """The aircraft refused a mission operation; `result` is the MAV_MISSION_RESULT, `item` the number it was about."""

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
    """What MISSION_ITEM_INT's x and y are divided by for MISSION_ITEM."""
    if frame == _MISSION_FRAME:
        return 1.0
    return 1e4 if frame in _LOCAL_FRAMES else 1e7


def item_message(
    item: MissionItem, seq: int, target: Address, *, as_int: bool = True, current: bool = False
) -> Message:
    """MISSION_ITEM_INT, or MISSION_ITEM where `as_int` is False."""
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
    """The item in a MISSION_ITEM_INT or MISSION_ITEM."""
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


def count_of(message: Message) -> int:
    """The field `count`, whose name a tuple has for something else."""
    count: Any = message.count
    return int(count)


def _whole(value: float) -> int:
    """Rounded into an int32; what is no number, or too far, becomes int32's largest, which is no place on Earth."""
    return round(value) if abs(value) < 0x7FFFFFFF else 0x7FFFFFFF
