"""Navigation commands: the aircraft flies, waits, turns or lands for them, and reports them as current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from controller.missions.commands import TAKEOFFS
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD

_NAV_LAST = int(MAV_CMD.NAV_LAST)
_NAV_ABOVE_LAST = frozenset((MAV_CMD.NAV_SET_YAW_SPEED, MAV_CMD.NAV_SCRIPT_TIME, MAV_CMD.NAV_ATTITUDE_TIME))

RETURN_TO_LAUNCH = int(MAV_CMD.NAV_RETURN_TO_LAUNCH)


class HasCommand(Protocol):
    """Item of a plan or of a mission on the wire."""

    @property
    def command(self) -> int: ...


def is_navigation(command: int) -> bool:
    """Return whether this is a navigation command; all others are executed during the flight."""
    return command <= _NAV_LAST or command in _NAV_ABOVE_LAST


def navigation_numbers(items: Sequence[MissionItem]) -> tuple[int, ...]:
    """Return the numbers (from 1) of the navigation items."""
    return tuple(number for number, item in enumerate(items, 1) if is_navigation(item.command))


def starts_with_takeoff(items: Sequence[HasCommand]) -> bool:
    """Return whether the first navigation item is a takeoff; a delay on the ground may precede it."""
    for item in items:
        if item.command in TAKEOFFS:
            return True
        if is_navigation(item.command) and item.command != MAV_CMD.NAV_DELAY:
            return False
    return False


def last_navigation_item(items: Sequence[MissionItem]) -> MissionItem | None:
    """Return the last navigation item, or None."""
    return next((item for item in reversed(items) if is_navigation(item.command)), None)
