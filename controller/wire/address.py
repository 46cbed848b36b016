"""MAVLink addresses. System and component ids have types of their own, so that they cannot be swapped."""

from __future__ import annotations

from typing import NamedTuple, NewType

SystemId = NewType("SystemId", int)
ComponentId = NewType("ComponentId", int)


class Address(NamedTuple):
    """Address of one MAVLink component. As a target, 0 means all systems or all components."""

    system: SystemId
    component: ComponentId

    def __str__(self) -> str:
        return f"{self.system}/{self.component}"


def address(system: int, component: int) -> Address:
    """Return the address of plain numbers. Raises ValueError outside 0 to 255."""
    if not (0 <= system <= 255 and 0 <= component <= 255):
        raise ValueError(f"invalid address {system}/{component}: system and component are 0 to 255")
    return Address(SystemId(system), ComponentId(component))


AUTOPILOT = ComponentId(1)  # MAV_COMP_ID_AUTOPILOT1
GROUND_STATION = address(255, 190)  # MAV_COMP_ID_MISSIONPLANNER, the usual address of a ground station
