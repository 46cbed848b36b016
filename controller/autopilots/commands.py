"""Which items of a mission navigate: the aircraft flies, waits, turns or lands for them and reports them as current."""

from __future__ import annotations

from collections.abc import Sequence

from controller.missions.commands import TAKEOFFS
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD

_NAV_LAST = 95  # MAV_CMD_NAV_LAST
_NAV_ABOVE = frozenset((MAV_CMD.NAV_SET_YAW_SPEED, MAV_CMD.NAV_SCRIPT_TIME, MAV_CMD.NAV_ATTITUDE_TIME))

RETURN_TO_LAUNCH = int(MAV_CMD.NAV_RETURN_TO_LAUNCH)


def is_navigation(command: int) -> bool:
    """Whether this command is one of navigation; all others are done on the way."""
    return command <= _NAV_LAST or command in _NAV_ABOVE


def navigation_numbers(items: Sequence[MissionItem]) -> tuple[int, ...]:
    """Numbers (from 1) of the items that navigate."""
    return tuple(number for number, item in enumerate(items, 1) if is_navigation(item.command))


def starts_with_takeoff(items: Sequence[MissionItem]) -> bool:
    """Whether the first item that moves the aircraft is a take-off; waiting on the ground may come before it."""
    for item in items:
        if item.command in TAKEOFFS:
            return True
        if is_navigation(item.command) and item.command != MAV_CMD.NAV_DELAY:
            return False
    return False


def last_navigation_item(items: Sequence[MissionItem]) -> MissionItem | None:
    return next((item for item in reversed(items) if is_navigation(item.command)), None)
