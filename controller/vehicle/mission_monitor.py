"""Following a mission: from what the aircraft says to what happened, and in the end to how it ended.

    waiting -> flying -> ended
                 |  ^
                 v  |
              deviating        somebody else, or a failsafe, has the aircraft

* It ends, whatever the aircraft does: after landing and disarming, after holding at an end that never ends by itself, after
  silence, without progress, or when its time is up.
* It is completed only if the last item was being flown or had been reached; everything else is aborted, or lost.
* It sends nothing.

No input or output and no clock here: `hear` for each message, `tick` about once a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from controller.autopilots.base import Autopilot, LandedState, MissionEnd, VehicleClass
from controller.autopilots.commands import RETURN_TO_LAUNCH
from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemReached, ItemTracker, distance_m
from controller.vehicle.state import VehicleState
from controller.wire.enums import MAV_CMD, MISSION_STATE
from controller.wire.message import Message

_COMPLETE = int(MISSION_STATE.COMPLETE)
_LOITER_FOR_EVER = int(MAV_CMD.NAV_LOITER_UNLIM)
# A mode may run ahead of the mission's numbers by a heartbeat or two.
_MODE_GRACE_S = 3.0
_MOVED_M, _CLIMBED_M = 5.0, 1.0
# A plane circles home or its place; its usual radius is 60 to 80 m.
_AT_PLACE_M = 250.0
_ROVER_AT_PLACE_M = 5.0


@dataclass(frozen=True, slots=True)
class FollowLimits:
    """How long to wait for what, in seconds."""

    link_lost_s: float = 5.0
    """Silence before the link counts as lost."""
    give_up_s: float = 60.0
    """Silence before the flight counts as lost."""
    stall_s: float = 180.0
    """Without any progress, beside what the items themselves ask to wait."""
    hold_s: float = 10.0
    """Holding at the end before the mission counts as completed."""
    landed_armed_s: float = 90.0
    """On the ground and still armed, at the end."""
    start_s: float = 30.0
    """From the start until the aircraft is armed."""
    deviation_s: float = 600.0
    """How long the rest of a flight is watched after somebody else took over."""
    flight_s: float = 3600.0
    """All of it."""


class Outcome(Enum):
    """How a flight ended, in the words of the summary."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Stepped:
    """The plan's item `number` was reached, or (`reached` False) is being flown to. `total` counts the plan's items."""

    number: int
    total: int
    reached: bool


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The mode is now `mode`; `by_mission` when that belongs to the mission."""

    mode: str
    by_mission: bool


@dataclass(frozen=True, slots=True)
class Armed:
    armed: bool


@dataclass(frozen=True, slots=True)
class Airborne:
    in_air: bool


@dataclass(frozen=True, slots=True)
class LinkState:
    """The aircraft is silent (`up` False) or heard again; `silent_s` is for how long it was silent."""

    up: bool
    silent_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The end. `left` says how the aircraft was left."""

    outcome: Outcome
    why: str
    left: str


Event: TypeAlias = Stepped | ModeChanged | Armed | Airborne | LinkState | Ended


class Follower:
    """One flight. `ended` is set when it is over; `tracker` knows the items."""

    def __init__(self, autopilot: Autopilot, items: Sequence[MissionItem], limits: FollowLimits) -> None:
        self.ended: Ended | None = None
        self.tracker = ItemTracker(autopilot, items)
        self.findings: list[str] = []
        self._autopilot = autopilot
        self._items = tuple(items)
        self._limits = limits
        self._end = autopilot.end_of(items)
        # What drives never leaves the ground, and comes to its place itself instead of circling around it.
        self._drives = autopilot.kind is VehicleClass.ROVER
        self._near_m = _ROVER_AT_PLACE_M if self._drives else _AT_PLACE_M
        self._own_modes = autopilot.mission_modes | autopilot.own_modes
        self._state = VehicleState()
        self._began: float | None = None
        self._flew = False
        self._was_armed = False
        self._in_air: bool | None = None
        self._up = True
        self._deviating_since: float | None = None
        self._told_deviation: str | None = None
        self._holding_since: float | None = None
        self._landed_since: float | None = None
        self._progress_at: float | None = None
        self._progress_place: tuple[float, float, float] | None = None

    @property
    def taken_over(self) -> bool:
        """Whether somebody else, or a failsafe, has the aircraft."""
        return self._told_deviation is not None

    def begin(self, state: VehicleState, now: float) -> list[Event]:
        """Start following; the aircraft may be armed already."""
        self._began = self._progress_at = now
        self._state = state
        self._was_armed = state.armed
        self._in_air = state.in_air
        self._flew = bool(state.in_air)
        return self._mission_current(state.mission.current) if state.mission and state.armed else []

    def restart_clock(self, now: float) -> None:
        """The start took its time, which is not the flight's: count from now."""
        self._began = self._progress_at = now

    def hear(self, message: Message, state: VehicleState, now: float) -> list[Event]:
        """A message came and made this state."""
        if self.ended is not None:
            return []
        before, self._state = self._state, state
        events: list[Event] = []
        if not self._up:
            self._up = True
            events.append(LinkState(True, now - (before.heard_at_s or now)))
        name = message.name
        if name == "HEARTBEAT":
            events += self._heartbeat(before, now)
        elif name == "MISSION_ITEM_REACHED" and self._was_armed:
            events += self._reached(self.tracker.item_reached(message.seq), now)
        elif name == "MISSION_CURRENT" and self._was_armed and state.mode in self._own_modes:
            events += self._mission_current(message.seq, now)
        if state.in_air is not None and state.in_air != self._in_air and self._was_armed:
            self._in_air = state.in_air
            self._flew = self._flew or state.in_air
            self._progress_at = now
            events.append(Airborne(state.in_air))
        return events

    def tick(self, now: float) -> list[Event]:
        """Time passed."""
        if self.ended is not None or self._began is None:
            return []
        events: list[Event] = []
        silent_s = self._state.silent_s(now)
        if silent_s > self._limits.link_lost_s and self._up:
            self._up = False
            events.append(LinkState(False, silent_s))
        if silent_s > self._limits.give_up_s:
            return [*events, self._finish(Outcome.LOST, f"nothing was heard for {silent_s:.0f} s", now)]
        if not self._up:
            return events
        self._note_movement(now)
        events += self._check_mode(now)
        for check in (self._check_start, self._check_end, self._check_stall, self._check_time):
            found = check(now)
            if found:
                return events + found
        return events

    @property
    def started(self) -> bool:
        """Whether the aircraft was armed for the mission."""
        return self._flew or self._was_armed

    # Messages

    def _heartbeat(self, before: VehicleState, now: float) -> list[Event]:
        state = self._state
        events: list[Event] = []
        if state.mode != before.mode:
            self._progress_at = now
            # A mode that does not belong is told when it has lasted a moment: see `_check_mode`.
            if self._belongs(state.mode):
                events.append(ModeChanged(state.mode, by_mission=True))
        if state.armed == self._was_armed:
            return events
        self._was_armed = state.armed
        self._flew = self._flew or (self._drives and state.armed)
        self._progress_at = now
        events.append(Armed(state.armed))
        if not state.armed:
            events += self._disarmed(now)
        return events

    def _disarmed(self, now: float) -> list[Event]:
        if not self._flew:
            return [self._finish(Outcome.ABORTED, "the aircraft disarmed before it had taken off", now)]
        events = self._reached(self.tracker.landed(), now)
        if self._told_deviation is not None:
            why = f"left the mission for mode {self._told_deviation} at item {self.tracker.current or 0} and landed"
            return [*events, self._finish(Outcome.ABORTED, why, now)]
        if not self.tracker.at_last:
            why = f"landed at item {self.tracker.current or 0} of {len(self._items)}, before the end of the mission"
            return [*events, self._finish(Outcome.ABORTED, why, now)]
        return [*events, self._finish(Outcome.COMPLETED, "the mission ended, landed and disarmed", now)]

    def _mission_current(self, seq: int | None, now: float | None = None) -> list[Event]:
        if seq is None:
            return []
        before = self.tracker.current
        events = self._reached(self.tracker.item_current(seq, self._state.position), now)
        current = self.tracker.current
        if current is not None and current != before:
            if now is not None:
                self._progress_at = now
            events.append(Stepped(current, len(self._items), reached=False))
        return events

    def _reached(self, found: list[ItemReached], now: float | None) -> list[Event]:
        if any(not item.again for item in found) and now is not None:
            self._progress_at = now
        return [Stepped(item.number, len(self._items), reached=True) for item in found if not item.again]

    # Checks

    def _belongs(self, mode: str) -> bool:
        """Whether the mission itself may have led into this mode."""
        if mode in self._autopilot.mission_modes:
            return True
        if mode not in self._autopilot.own_modes:
            return False
        status = self._state.mission
        return self.tracker.at_last or (status is not None and status.state == _COMPLETE)

    def _check_mode(self, now: float) -> list[Event]:
        mode = self._state.mode
        if not self._was_armed or self._belongs(mode):
            back = self._told_deviation is not None and self._was_armed
            self._deviating_since = self._told_deviation = None
            if back:
                self.findings.append(f"the aircraft came back to its mission (mode {mode})")
                return [ModeChanged(mode, by_mission=True)]
            return []
        if self._deviating_since is None:
            self._deviating_since = now
        if self._told_deviation != mode and now - self._deviating_since >= _MODE_GRACE_S:
            self._told_deviation = mode
            number = self.tracker.current or 0
            self.findings.append(f"at item {number} somebody else or a failsafe changed the mode to {mode}")
            return [ModeChanged(mode, by_mission=False)]
        return []

    def _check_start(self, now: float) -> list[Event]:
        if self._was_armed or self._flew or self._began is None or now - self._began < self._limits.start_s:
            return []
        return [self._finish(Outcome.ABORTED, f"not armed {self._limits.start_s:.0f} s after the start", now)]

    def _check_end(self, now: float) -> list[Event]:
        if self._told_deviation is not None:
            watched_s = now - (self._deviating_since or now)
            if watched_s < self._limits.deviation_s:
                return []
            return [self._finish(Outcome.ABORTED, f"left the mission for mode {self._told_deviation}", now)]
        on_ground = self._flew and self._state.landed is LandedState.ON_GROUND
        self._landed_since = (self._landed_since or now) if on_ground and self._was_armed else None
        if self._landed_since is not None and now - self._landed_since >= self._limits.landed_armed_s:
            events = self._reached(self.tracker.landed(), now)
            self.findings.append("the aircraft stands on the ground and is still armed")
            ends_well = self.tracker.at_last
            outcome = Outcome.COMPLETED if ends_well else Outcome.ABORTED
            return [*events, self._finish(outcome, "landed, and did not disarm by itself", now)]
        self._holding_since = (self._holding_since or now) if self._holds() else None
        if self._holding_since is not None and now - self._holding_since >= self._limits.hold_s:
            events = self._reached(self.tracker.holding(), now)
            return [*events, self._finish(Outcome.COMPLETED, "the mission ended, the aircraft holds", now)]
        return []

    def _holds(self) -> bool:
        """Whether it has come to an end that is not on the ground."""
        state, tracker = self._state, self.tracker
        if self._end is not MissionEnd.HOLDING or not state.under_way or not tracker.at_last:
            return False
        command = tracker.last_command
        if command == RETURN_TO_LAUNCH:
            home = state.home
            return home is not None and self._is_within(self._near_m, (home.lat_deg, home.lon_deg))
        if command == _LOITER_FOR_EVER:
            place = tracker.place_of(tracker.current) if tracker.current else None
            return place is None or self._is_within(self._near_m, place)
        complete = state.mission is not None and state.mission.state == _COMPLETE
        return complete or tracker.last in tracker.reached

    def _is_within(self, radius_m: float, place: tuple[float, float]) -> bool:
        position = self._state.position
        return position is not None and distance_m(place, (position.lat_deg, position.lon_deg)) <= radius_m

    def _note_movement(self, now: float) -> None:
        position = self._state.position
        if position is None:
            return
        here = (position.lat_deg, position.lon_deg, position.alt_rel_m)
        before = self._progress_place
        if (
            before is None
            or distance_m(before[:2], here[:2]) > _MOVED_M
            or abs(before[2] - here[2]) > _CLIMBED_M
        ):
            self._progress_place = here
            self._progress_at = now

    def _check_stall(self, now: float) -> list[Event]:
        waits_s = self._wait_of_current()
        if self._progress_at is None or now - self._progress_at < self._limits.stall_s + waits_s:
            return []
        number = self.tracker.current or 0
        if self.tracker.at_last and self._flew and self.tracker.last_command == RETURN_TO_LAUNCH:
            events = self._reached(self.tracker.holding(), now)
            self.findings.append("the aircraft returned and did not land by itself")
            return [*events, self._finish(Outcome.COMPLETED, "returned, holding", now)]
        stalled_s = now - self._progress_at
        return [self._finish(Outcome.ABORTED, f"no progress for {stalled_s:.0f} s at item {number}", now)]

    def _wait_of_current(self) -> float:
        """Seconds that the item being flown may ask to stay where the aircraft is."""
        number = self.tracker.current
        if number is None:
            return 0.0
        item = self._items[number - 1]
        before = self._items[number - 2].param1 if number > 1 else 0.0
        return max(0.0, item.param1, before) if max(item.param1, before) < 1e5 else 1e5

    def _check_time(self, now: float) -> list[Event]:
        if self._began is None or now - self._began < self._limits.flight_s:
            return []
        return [
            self._finish(Outcome.ABORTED, f"still flying after {self._limits.flight_s:.0f} s, the limit", now)
        ]

    def _finish(self, outcome: Outcome, why: str, now: float) -> Ended:
        state = self._state
        left = state.describe()
        if outcome is Outcome.LOST:
            left = f"last heard {state.silent_s(now):.0f} s ago: {left}"
        self.ended = Ended(outcome, why, left)
        return self.ended
