"""Items of the mission on board that are reached, also when another ground station or a pilot started the mission."""

from __future__ import annotations

from collections.abc import Sequence

from controller.autopilots.base import Autopilot
from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemReached, ItemTracker
from controller.vehicle.state import VehicleState
from controller.wire.message import Message


class ReachedItems:
    """Tracks the reached items from the messages of the aircraft; arming starts a new flight."""

    def __init__(self, autopilot: Autopilot, items: Sequence[MissionItem]) -> None:
        self._autopilot = autopilot
        self._items = tuple(items)
        self._tracker = ItemTracker(autopilot, self._items)

    def receive(self, message: Message, before: VehicleState, after: VehicleState) -> list[int]:
        """Return the numbers (from 1) of items that this message shows as reached for the first time in this flight."""
        reached: list[ItemReached] = []
        if after.armed and not before.armed:
            self._tracker = ItemTracker(self._autopilot, self._items)
        elif before.armed and not after.armed:
            reached = self._tracker.landed()
        elif not after.armed:
            return []
        elif message.name == "MISSION_ITEM_REACHED":
            reached = self._tracker.item_reached(message.seq)
        elif message.name == "MISSION_CURRENT" and after.mode in self._autopilot.mission_modes:
            reached = self._tracker.item_current(message.seq, after.position)
        return [one.number for one in reached if not one.again]
