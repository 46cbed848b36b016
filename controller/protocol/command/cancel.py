"""Definition of COMMAND_CANCEL (80), missing in pymavlink. Source: MAVLink's common.xml (work in progress there)."""

from __future__ import annotations

from controller.wire.dialect import by_id
from controller.wire.message import Field, Message, MessageType

MSG_ID = 80
CRC_EXTRA = 14  # of the three fields below; a test computes it


def _message_class() -> type[Message]:
    known = by_id(MSG_ID)
    if known is not None:
        return known.cls
    fields = (
        Field("command", "uint16_t", 0, "MAV_CMD", ""),
        Field("target_system", "uint8_t", 0, "", ""),
        Field("target_component", "uint8_t", 0, "", ""),
    )
    return MessageType("COMMAND_CANCEL", MSG_ID, CRC_EXTRA, 4, fields).cls


COMMAND_CANCEL = _message_class()
