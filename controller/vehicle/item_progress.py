"""Tracks which mission items an aircraft has reached, from its telemetry.

Autopilots report this differently. ArduPilot may report a waypoint under the number of the DO command that
follows it, reports no landing and no loiter to altitude at all, and falls back to item 0 or 1 when it disarms.
PX4 repeats the last item each second and may skip an item that is followed at once by another. So an item
counts as reached when it is reported, when the mission continued from it to an item that may follow it, or when
the aircraft has landed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.autopilots.base import Autopilot
from controller.autopilots.commands import RETURN_TO_LAUNCH, is_navigation, navigation_numbers
from controller.autopilots.vehicle_class import VehicleClass
from controller.geo import near_distance_m
from controller.missions.commands import AMSL_FRAMES, LANDINGS, RELATIVE_FRAMES
from controller.protocol.mission.items import MissionItem
from controller.vehicle.monitoring.path import numbers_on_path
from controller.vehicle.state import Position
from controller.wire.enums import MAV_CMD

_NEAR_M = 60.0
_CLOSE_M = 5.0  # usual acceptance radius
_REPORTS_S = 1.0  # time between two reports of the current item


@dataclass(frozen=True, slots=True)
class ItemReached:
    """Mission item `number` (from 1) was reached, for the first time or `again`."""

    number: int
    again: bool


class ItemTracker:
    """Tracks the items of one flight; `items` are the plan's items without home.

    `reached` lists item numbers in the order in which they were first reached, `skipped` those that the
    aircraft passed over, `unseen` those that it passed while the link was silent.
    """

    def __init__(self, autopilot: Autopilot, items: Sequence[MissionItem]) -> None:
        self._autopilot = autopilot
        self._items = tuple(items)
        self.last = max(navigation_numbers(items), default=0)
        """Number of the last navigation item, 0 where there is none."""
        # Wings begin the turn to the next item well before they are at the item.
        self._turns_early = autopilot.kind in (VehicleClass.PLANE, VehicleClass.VTOL)
        self._path = numbers_on_path(items, first_seq=autopilot.first_seq)
        self._current: int | None = None
        self._seen: Position | None = None  # at the report before
        self._speed_m_s = self._climb_m_s = 0.0  # fastest so far
        self._flown_last: int | None = None
        self.reached: list[int] = []
        self.skipped: list[int] = []
        self.unseen: list[int] = []
        self._was_silent = False

    @property
    def current(self) -> int | None:
        """Number of the current item, None before the first."""
        return self._current

    @property
    def at_last(self) -> bool:
        """Whether the current item, or the last one reached, is the last navigation item."""
        return self.last == 0 or self.last in (self._current, self._flown_last) or self.last in self.reached

    @property
    def last_command(self) -> int | None:
        """MAV_CMD of the last navigation item, None where there is none."""
        return self._items[self.last - 1].command if self.last else None

    @property
    def missed(self) -> tuple[int, ...]:
        """Numbers of the navigation items that were not reached."""
        return tuple(number for number in navigation_numbers(self._items) if number not in self.reached)

    @property
    def owed(self) -> tuple[int, ...]:
        """Numbers of the items that a completed mission must have reached, and that were not reached."""
        return tuple(sorted(self._path - {*self.reached, *self.unseen}))

    def link_restored(self) -> None:
        """Process the first message after a silent link: the items up to the next one reported were not seen."""
        self._was_silent = True

    def item_reached(self, seq: int, position: Position | None = None) -> list[ItemReached]:
        """Process MISSION_ITEM_REACHED; `position` is that of the aircraft."""
        number = self._navigating(self._autopilot.number_of(seq))
        if number is None:
            return []
        found = self._passed(number, position)
        self._note_position(position)
        if self._items[number - 1].command == RETURN_TO_LAUNCH:
            # Reported when the return begins; it is reached at home, see `landed` and `holding`.
            self._flown_last = number
            return found
        return found + self._mark(number)

    def item_current(self, seq: int, position: Position | None) -> list[ItemReached]:
        """Process MISSION_CURRENT, received while the aircraft flew its mission."""
        number = self._autopilot.number_of(seq)
        before = self._current
        if number == before:
            self._was_silent = False
        if number == before or number is None or not 0 < number <= len(self._items):
            self._note_position(position)
            return []
        found = self._passed(number, position)
        self._note_position(position)
        self._current = number
        if before is None or not (
            before == self.last and number < before and number not in self._after(before)
        ):
            # Not the jump back to the first item that follows the end of the mission.
            self._flown_last = number
        return found

    def _passed(self, number: int, position: Position | None) -> list[ItemReached]:
        """Mark the items that the aircraft has left behind when it reports `number`.

        One report may pass over items: those that need no flying, and those that can have been flown since the report
        before. Others count as skipped.
        """
        before, was_silent, self._was_silent = self._current, self._was_silent, False
        if before is None or number == before:
            return []
        found: list[ItemReached] = []
        if number in self._after(before):
            return self._mark(before) if before not in self.reached else []
        if number > before:
            near = self._may_have_passed(before, position) or (
                self._turns_early and self._is_near(before, position)
            )
            if before not in self.reached and near:
                found += self._mark(before)
            elif was_silent and before not in self.reached:
                self.unseen.append(before)
            for between in navigation_numbers(self._items):
                if not before < between < number or between in self.reached:
                    continue
                if self._may_have_passed(between, position):
                    found += self._mark(between)
                elif was_silent and between not in self.unseen:
                    self.unseen.append(between)
                elif not was_silent and between not in self.skipped:
                    self.skipped.append(between)
        return found

    def landed(self) -> list[ItemReached]:
        """Process the landing: a land or return item that was being flown counts as reached."""
        number = self._flown_last
        if number is None or not 0 < number <= len(self._items):
            return []
        ends = (
            self._items[number - 1].command in LANDINGS or self._items[number - 1].command == RETURN_TO_LAUNCH
        )
        return self._mark(number) if ends and number not in self.reached else []

    def holding(self) -> list[ItemReached]:
        """Process holding at the last item, which by its nature never ends: it counts as reached."""
        number = self._flown_last
        if number is None or number in self.reached or number != self.last:
            return []
        return self._mark(number)

    def position_of(self, number: int) -> tuple[float, float] | None:
        """Return latitude and longitude of an item in degrees, None where it has no position."""
        item = self._items[number - 1]
        return (item.x / 1e7, item.y / 1e7) if (item.x or item.y) and is_navigation(item.command) else None

    def _navigating(self, number: int | None) -> int | None:
        """Return the item itself, or for a DO or CONDITION command the navigation item before it."""
        while number is not None and 0 < number <= len(self._items):
            if is_navigation(self._items[number - 1].command):
                return number
            number -= 1
        return None

    def _after(self, number: int) -> frozenset[int]:
        """Return the navigation items that may follow item `number`, with its jumps taken or not."""
        found: set[int] = set()
        pending, visited = [number + 1], set[int]()
        while pending:
            at = pending.pop()
            if at in visited or not 0 < at <= len(self._items):
                continue
            visited.add(at)
            item = self._items[at - 1]
            if is_navigation(item.command):
                found.add(at)
                continue
            if item.command == MAV_CMD.DO_JUMP:
                pending.append(int(item.param1) + 1 - self._autopilot.first_seq)
            pending.append(at + 1)
        return frozenset(found)

    def _is_near(self, number: int, position: Position | None) -> bool:
        item_position = self.position_of(number)
        if item_position is None:
            return True
        return (
            position is not None and distance_m(item_position, (position.lat_deg, position.lon_deg)) < _NEAR_M
        )

    def _may_have_passed(self, number: int, position: Position | None) -> bool:
        """Return whether the aircraft can have been at the item since the report before: the way is short enough."""
        item, place, seen = self._items[number - 1], self.position_of(number), self._seen
        if place is None and item.z == 0.0:
            return True  # nowhere to fly
        if position is None or seen is None or item.frame not in RELATIVE_FRAMES | AMSL_FRAMES:
            return False
        seconds = _seconds_between(seen, position)
        relative = item.frame in RELATIVE_FRAMES
        heights = [one.alt_rel_m if relative else one.alt_amsl_m for one in (seen, position)]
        if sum(abs(item.z - height) for height in heights) > 2 * _CLOSE_M + self._climb_m_s * seconds:
            return False
        ways = [distance_m(place, (one.lat_deg, one.lon_deg)) for one in (seen, position)] if place else [0.0]
        return sum(ways) <= 2 * _CLOSE_M + self._speed_m_s * seconds

    def _note_position(self, position: Position | None) -> None:
        """Take the position of a report, and the fastest speeds of the flight so far."""
        if position is None:
            return
        seen, self._seen = self._seen or position, position
        seconds = _seconds_between(seen, position)
        flown_m = distance_m((seen.lat_deg, seen.lon_deg), (position.lat_deg, position.lon_deg))
        self._speed_m_s = max(self._speed_m_s, position.ground_speed_m_s, flown_m / seconds)
        climbed_m = abs(position.alt_rel_m - seen.alt_rel_m)
        self._climb_m_s = max(self._climb_m_s, abs(position.vel_ned[2]), climbed_m / seconds)

    def _mark(self, number: int) -> list[ItemReached]:
        again = number in self.reached
        if not again:
            self.reached.append(number)
        return [ItemReached(number, again)]


def _seconds_between(seen: Position, position: Position) -> float:
    return max(_REPORTS_S, (position.boot_ms - seen.boot_ms) / 1e3)


def distance_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Distance in metres between two positions (latitude, longitude in degrees) at most a few kilometres apart.

    On a sphere; the error is below 0.5 %.
    """
    return near_distance_m(*one, *two)
