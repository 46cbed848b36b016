"""Who a message is for, as far as its target fields say."""

from __future__ import annotations

from typing import Any

from controller.wire.address import Address
from controller.wire.message import Message


def is_addressed_to(message: Message, own_address: Address) -> bool:
    """Whether the target fields name `own_address` or everybody.

    A message without target fields is for everybody. 0 is for everybody too: MAVLink 1 acknowledgements have no target
    at all (the fields decode as 0), and ArduPilot leaves them 0 in some.
    """
    return getattr(message, "target_system", 0) in (0, own_address.system) and getattr(
        message, "target_component", 0
    ) in (0, own_address.component)


def with_known_fields(cls: type[Message], **fields: Any) -> Message:
    """A message with those of `fields` that our dialect's version of it has (newer dialects add fields at the end)."""
    known = {name for name, _ in cls.type_.defaults}
    return cls(**{name: value for name, value in fields.items() if name in known})
