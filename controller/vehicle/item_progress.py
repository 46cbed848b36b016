"""Which items of its plan an aircraft has reached, from what it says while it flies.

Autopilots are vague about it, each in its way. ArduPilot may report a waypoint under the number of the command that follows
it, reports no landing and no loiter to an altitude at all, and falls back to item 0 or 1 when it disarms; PX4 repeats the
last item each second and may pass over one that is followed at once by another. So an item counts as reached when it is
reported, or when the mission went on from it to an item that follows it, or when the aircraft has landed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.autopilots.base import Autopilot
from controller.autopilots.commands import RETURN_TO_LAUNCH, is_navigation, navigation_numbers
from controller.geo import near_distance_m
from controller.missions.commands import LANDINGS
from controller.protocol.mission.items import MissionItem
from controller.vehicle.state import Position
from controller.wire.enums import MAV_CMD

_NEAR_M = 60.0


@dataclass(frozen=True, slots=True)
class ItemReached:
    """The plan's item `number` (from 1) was reached, for the first time or again."""

    number: int
    again: bool


class ItemTracker:
    """Fed with what the aircraft reports while it flies the mission; `reached` is in the order of the first time."""

    def __init__(self, autopilot: Autopilot, items: Sequence[MissionItem]) -> None:
        self._autopilot = autopilot
        self._items = tuple(items)
        self.last = max(navigation_numbers(items), default=0)
        """Number of the last item that navigates, 0 where there is none."""
        self._current: int | None = None
        self._flown_last: int | None = None
        self.reached: list[int] = []
        self.skipped: list[int] = []

    @property
    def current(self) -> int | None:
        """Number of the item being flown, None before the first."""
        return self._current

    @property
    def at_last(self) -> bool:
        """Whether the item being flown, or the last one reached, is the last that navigates."""
        return self.last == 0 or self.last in (self._current, self._flown_last) or self.last in self.reached

    @property
    def last_command(self) -> int | None:
        """Command of the last item that navigates."""
        return self._items[self.last - 1].command if self.last else None

    @property
    def missed(self) -> tuple[int, ...]:
        """Numbers of the items that navigate and were not reached."""
        return tuple(number for number in navigation_numbers(self._items) if number not in self.reached)

    def item_reached(self, seq: int) -> list[ItemReached]:
        """MISSION_ITEM_REACHED came."""
        number = self._navigating(self._autopilot.number_of(seq))
        if number is None:
            return []
        passed = self._current
        found = []
        if passed is not None and passed not in self.reached and number in self._after(passed):
            found += self._mark(passed)
        return found + self._mark(number)

    def item_current(self, seq: int, position: Position | None) -> list[ItemReached]:
        """MISSION_CURRENT came, while the aircraft was following its mission."""
        number = self._autopilot.number_of(seq)
        before = self._current
        if number == before or number is None or not 0 < number <= len(self._items):
            return []
        self._current = number
        if before is None:
            self._flown_last = number
            return []
        if not (before == self.last and number < before and number not in self._after(before)):
            # Anything but the fall back to the beginning that follows the end.
            self._flown_last = number
        if before in self.reached:
            return []
        if number in self._after(before):
            return self._mark(before)
        if number > before:
            self.skipped += [
                n for n in navigation_numbers(self._items) if before < n < number and n not in self.skipped
            ]
            if self._is_near(before, position):
                return self._mark(before)
        return []

    def landed(self) -> list[ItemReached]:
        """The aircraft is on the ground and disarmed: a landing or return being flown has been reached."""
        number = self._flown_last
        if number is None or not 0 < number <= len(self._items):
            return []
        ends = (
            self._items[number - 1].command in LANDINGS or self._items[number - 1].command == RETURN_TO_LAUNCH
        )
        return self._mark(number) if ends and number not in self.reached else []

    def holding(self) -> list[ItemReached]:
        """The aircraft stays at its last item, which by its nature never ends."""
        number = self._flown_last
        if number is None or number in self.reached or number != self.last:
            return []
        return self._mark(number)

    def place_of(self, number: int) -> tuple[float, float] | None:
        """Degrees (latitude, longitude) of an item with a place."""
        item = self._items[number - 1]
        return (item.x / 1e7, item.y / 1e7) if (item.x or item.y) and is_navigation(item.command) else None

    def _navigating(self, number: int | None) -> int | None:
        """The item itself, or for a command done on the way the waypoint before it."""
        while number is not None and 0 < number <= len(self._items):
            if is_navigation(self._items[number - 1].command):
                return number
            number -= 1
        return None

    def _after(self, number: int) -> frozenset[int]:
        """Items that navigate and may follow `number`, jumps taken or not."""
        found: set[int] = set()
        open_ends, seen = [number + 1], set[int]()
        while open_ends:
            at = open_ends.pop()
            if at in seen or not 0 < at <= len(self._items):
                continue
            seen.add(at)
            item = self._items[at - 1]
            if is_navigation(item.command):
                found.add(at)
                continue
            if item.command == MAV_CMD.DO_JUMP:
                open_ends.append(int(item.param1) + 1 - self._autopilot.first_seq)
            open_ends.append(at + 1)
        return frozenset(found)

    def _is_near(self, number: int, position: Position | None) -> bool:
        place = self.place_of(number)
        if place is None:
            return True
        return position is not None and distance_m(place, (position.lat_deg, position.lon_deg)) < _NEAR_M

    def _mark(self, number: int) -> list[ItemReached]:
        again = number in self.reached
        if not again:
            self.reached.append(number)
        return [ItemReached(number, again)]


def distance_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Metres between two places (degrees) a few kilometres apart at most; on a sphere, good to half a per cent."""
    return near_distance_m(*one, *two)
