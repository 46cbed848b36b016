"""Who is speaking: MAVLink system and component numbers as types of their own, so that they cannot trade places."""

from __future__ import annotations

from typing import NamedTuple, NewType

SystemId = NewType("SystemId", int)
ComponentId = NewType("ComponentId", int)


class Address(NamedTuple):
    """One MAVLink component. 0 in a target means everybody."""

    system: SystemId
    component: ComponentId

    def __str__(self) -> str:
        return f"{self.system}/{self.component}"


def address(system: int, component: int) -> Address:
    """An Address from plain numbers (0 to 255 each)."""
    if not (0 <= system <= 255 and 0 <= component <= 255):
        raise ValueError(f"system {system} component {component}: each must be 0 to 255")
    return Address(SystemId(system), ComponentId(component))


AUTOPILOT = ComponentId(1)  # MAV_COMP_ID_AUTOPILOT1
EVERYBODY = address(0, 0)
GROUND_STATION = address(255, 190)  # MAV_COMP_ID_MISSIONPLANNER, the address ground stations use
