"""Helpers for message fields: target check, optional fields, and the field `count`."""

from __future__ import annotations

from typing import Any

from controller.wire.address import Address
from controller.wire.enums import MAV_FRAME
from controller.wire.message import Message

# Frames with x and y in metres; on the wire as integers of metres times 1e4.
LOCAL_FRAMES = frozenset(
    int(frame)
    for frame in (
        MAV_FRAME.LOCAL_NED,
        MAV_FRAME.LOCAL_ENU,
        MAV_FRAME.LOCAL_OFFSET_NED,
        MAV_FRAME.BODY_NED,
        MAV_FRAME.BODY_OFFSET_NED,
        MAV_FRAME.BODY_FRD,
        MAV_FRAME.LOCAL_FRD,
        MAV_FRAME.LOCAL_FLU,
    )
)


def count_of(message: Message) -> int:
    """Return the field `count`, which the tuple method `count` hides from type checkers."""
    count: Any = message.count
    return int(count)


def is_addressed_to(message: Message, own_address: Address) -> bool:
    """Return whether the target fields name `own_address` or all systems.

    A message without target fields is for all systems. So is target 0: MAVLink 1 acknowledgements have no target fields
    (they decode as 0), and ArduPilot leaves them 0 in some messages.
    """
    return getattr(message, "target_system", 0) in (0, own_address.system) and getattr(
        message, "target_component", 0
    ) in (0, own_address.component)


def with_known_fields(cls: type[Message], **fields: Any) -> Message:
    """Return a message with those of `fields` that our dialect defines (newer dialects add fields at the end)."""
    known = {name for name, _ in cls.type_.defaults}
    return cls(**{name: value for name, value in fields.items() if name in known})
