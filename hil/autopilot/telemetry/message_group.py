"""Base class of the groups of streamed messages."""

from __future__ import annotations

from typing import Any

from hil.autopilot.commander import Commander
from hil.autopilot.failsafe.base import Failsafe
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext

Made = Any  # a Message or None; message classes are generated, so mypy does not know them


class MessageGroup:
    """Messages as methods, named as the messages in lower case. None: the message is unavailable now."""

    def __init__(
        self,
        vehicle: VehicleContext,
        commander: Commander,
        stack: AutopilotStack,
        failsafe: Failsafe,
        payload: Payload,
    ) -> None:
        self._vehicle, self._commander, self._stack = vehicle, commander, stack
        self._failsafe, self._payload = failsafe, payload

    @property
    def _ms(self) -> int:
        return round(self._vehicle.time_s * 1e3) & 0xFFFFFFFF

    @property
    def _us(self) -> int:
        return round(self._vehicle.time_s * 1e6)


def int16(value: float) -> int:
    """Return the value rounded and limited to an int16 field."""
    return min(max(round(value), -0x7FFF), 0x7FFF)
