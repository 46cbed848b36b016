"""Finds an item at which the aircraft stays: it circles or holds, and gets no nearer."""

from __future__ import annotations

from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemTracker, distance_m
from controller.vehicle.monitoring.events import ItemWaits
from controller.vehicle.state import VehicleState
from controller.wire import enums
from controller.wire.enums import MAV_CMD

# A plane circles with a radius of usually 60 to 80 m.
_PLACE_M, _HEIGHT_M, _NEARER_M = 250.0, 15.0, 5.0
_TURN_S = 120.0


class WaitWatch:
    """Watch on one flight; `limit_s` is the time at one place, beside the item's own waiting time."""

    def __init__(self, tracker: ItemTracker, limit_s: float) -> None:
        self._tracker = tracker
        self._limit_s = limit_s
        self._number: int | None = None
        self._place: tuple[float, float, float] | None = None
        self._nearest_m = float("inf")
        self._since_s = 0.0
        self._told_s = 0.0

    def check(self, state: VehicleState, item: MissionItem | None, now: float) -> ItemWaits | None:
        """Return an event when the aircraft has stayed for the limit, and again each limit later."""
        position, number = state.position, self._tracker.current
        if position is None or number is None or item is None or not state.under_way:
            self._number = None
            return None
        here = (position.lat_deg, position.lon_deg, position.alt_rel_m)
        target = self._tracker.position_of(number)
        away_m = distance_m(target, here[:2]) if target else float("inf")
        nearer = away_m < self._nearest_m - _NEARER_M
        self._nearest_m = min(self._nearest_m, away_m) if number == self._number else away_m
        if number != self._number or nearer or not self._at_place(here):
            self._number, self._place = number, here
            self._since_s = self._told_s = now
            return None
        waited_s = now - self._since_s
        if waited_s < self._limit_s + own_wait_s(item) or now - self._told_s < self._limit_s:
            return None
        self._told_s = now
        name = enums.describe("MAV_CMD", item.command)
        text = f"item {number} ({name}): no nearer for {waited_s:.0f} s, {state.describe()}"
        return ItemWaits(number, round(waited_s, 1), text)

    def _at_place(self, here: tuple[float, float, float]) -> bool:
        place = self._place
        return (
            place is not None
            and distance_m(place[:2], here[:2]) <= _PLACE_M
            and abs(place[2] - here[2]) <= _HEIGHT_M
        )


def own_wait_s(item: MissionItem) -> float:
    """Return how long an item may keep the aircraft at its place, seconds."""
    if item.command == MAV_CMD.NAV_LOITER_TURNS:
        return abs(item.param1) * _TURN_S
    return max(0.0, item.param1)
