"""Monitors a mission in flight: turns telemetry into events, and in the end into an outcome.

    waiting -> flying -> ended
                 |  ^
                 v  |
              deviating        another operator or a failsafe controls the aircraft

* Monitoring always ends: after landing and disarming, after holding at a mission end in the air, after the link
  was silent too long, after a time without progress, or at the time limit.
* The outcome is "completed" only if every item on the mission's path was reached; otherwise it is
  "aborted" or "lost".
* The monitor sends nothing.

It has no input, output or clock of its own: call `receive` for each message and `tick` about once a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.autopilots.base import Autopilot, MissionEnd
from controller.autopilots.commands import RETURN_TO_LAUNCH
from controller.autopilots.state_view import LandedState
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import item_ranges
from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemReached, ItemTracker
from controller.vehicle.monitoring.end_in_air import holds_at_end
from controller.vehicle.monitoring.events import (
    OWN_COMMAND,
    ArmedChanged,
    FlightOutcome,
    InAirChanged,
    ItemUpdate,
    MissionEnded,
    ModeChanged,
    MonitorEvent,
    MonitorLimits,
    TelemetryLink,
)
from controller.vehicle.monitoring.modes import ModeWatch
from controller.vehicle.monitoring.movement import ProgressClock
from controller.vehicle.monitoring.waits import WaitWatch, own_wait_s
from controller.vehicle.state import ReceivedText, VehicleState
from controller.wire.message import Message


class MissionMonitor:
    """Monitor of one flight. `tracker` knows which items were reached; `ended` is None until the flight has ended."""

    def __init__(self, autopilot: Autopilot, items: Sequence[MissionItem], limits: MonitorLimits) -> None:
        self.ended: MissionEnded | None = None
        self.tracker = ItemTracker(autopilot, items)
        self._findings: list[str] = []
        self._autopilot = autopilot
        self._items = tuple(items)
        self._limits = limits
        self._end = autopilot.mission_end(items)
        # A rover never leaves the ground.
        self._is_ground_vehicle = autopilot.kind is VehicleClass.ROVER
        self._own_modes = autopilot.mission_modes | autopilot.modes_set_by_mission
        self._state = VehicleState()
        self._began: float | None = None
        self._flew = False
        self._was_armed = False
        self._in_air: bool | None = None
        self._up = True
        self._silent_s = 0.0
        self._modes = ModeWatch(autopilot, self.tracker, self._end)
        self._waits = WaitWatch(self.tracker, limits.stall_s)
        self._clock = ProgressClock()
        self._holding_since: float | None = None
        self._landed_since: float | None = None

    @property
    def taken_over(self) -> bool:
        """Whether another operator or a failsafe controls the aircraft."""
        return self._modes.foreign is not None and self._modes.cause != OWN_COMMAND

    @property
    def findings(self) -> list[str]:
        """What the operator should know of the flight, in the order of the causes."""
        return [*self._modes.findings, *self._findings]

    @property
    def failsafes(self) -> dict[str, str]:
        """Names of the failsafes that acted, with the aircraft's words."""
        return dict(self._modes.failsafes.reported)

    def commanded(self, mode: str) -> None:
        """Note the mode that Landline commanded last."""
        self._modes.commanded = mode

    def begin(self, state: VehicleState, now: float) -> list[MonitorEvent]:
        """Begin monitoring; the aircraft may be armed already."""
        self._began = now
        self._clock.progress(now)
        self._state = state
        self._was_armed = state.armed
        self._in_air = state.in_air
        self._flew = bool(state.in_air)
        return self._mission_current(state.mission.current) if state.mission and state.armed else []

    def restart_clock(self, now: float) -> None:
        """Count the time limits from now, because arming and starting took their own time."""
        self._began = now
        self._clock.progress(now)

    def receive(self, message: Message, state: VehicleState, now: float) -> list[MonitorEvent]:
        """Take a message and the state after it; return the events that follow from it."""
        if self.ended is not None:
            return []
        before, self._state = self._state, state
        events: list[MonitorEvent] = []
        if not self._up:
            self._up = True
            self.tracker.link_restored()
            events.append(TelemetryLink(True, self._silent_s))
        name = message.name
        if name == "HEARTBEAT":
            events += self._heartbeat(before, now)
        elif name == "MISSION_ITEM_REACHED" and self._was_armed:
            events += self._reached(self.tracker.item_reached(message.seq, state.position), now)
        elif name == "MISSION_CURRENT" and self._was_armed and state.mode in self._own_modes:
            events += self._mission_current(message.seq, now)
        if state.in_air is not None and state.in_air != self._in_air and self._was_armed:
            self._in_air = state.in_air
            self._flew = self._flew or state.in_air
            self._clock.progress(now)
            events.append(InAirChanged(state.in_air))
        return events

    def receive_text(self, text: ReceivedText, now: float) -> list[MonitorEvent]:
        """Take a text for the operator; return the failsafes that it reports."""
        return [*self._modes.texts((text,), now)] if self.ended is None else []

    def tick(self, now: float, silent_s: float | None = None) -> list[MonitorEvent]:
        """Check the time limits; return the events that follow from them.

        `silent_s` is the time without messages by our own clock; None where `now` is that clock.
        """
        if self.ended is not None or self._began is None:
            return []
        events: list[MonitorEvent] = []
        if silent_s is None:
            silent_s = self._state.silent_s(now)
        self._silent_s = max(silent_s, self._silent_s) if not self._up else silent_s
        if silent_s > self._limits.link_lost_s and self._up:
            self._up = False
            events.append(TelemetryLink(False, silent_s))
        if silent_s > self._limits.give_up_s:
            return [*events, self._finish(FlightOutcome.LOST, f"no telemetry for {silent_s:.0f} s")]
        if not self._up:
            return events
        self._clock.position(self._state, now)
        if self._was_armed:
            events += self._modes.check(self._state, now)
        if self._modes.foreign is None:
            item = self._items[self.tracker.current - 1] if self.tracker.current else None
            waits = self._waits.check(self._state, item, now)
            if waits is not None:
                self._findings.append(waits.text)
                events.append(waits)
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

    def _heartbeat(self, before: VehicleState, now: float) -> list[MonitorEvent]:
        state = self._state
        events: list[MonitorEvent] = []
        if state.mode != before.mode:
            self._clock.progress(now)
            self._modes.changed(now)
            # Another mode is reported once it has lasted some seconds: see `ModeWatch.check`.
            if self._modes.foreign is None and self._modes.set_by_mission(state, now):
                events.append(ModeChanged(state.mode, by_mission=True))
        if state.armed == self._was_armed:
            return events
        self._was_armed = state.armed
        self._flew = self._flew or (self._is_ground_vehicle and state.armed)
        self._clock.progress(now)
        events.append(ArmedChanged(state.armed))
        if not state.armed:
            events += self._modes.disarmed(before, now)
            events += self._disarmed(now)
        return events

    def _disarmed(self, now: float) -> list[MonitorEvent]:
        if not self._flew:
            return [self._finish(FlightOutcome.ABORTED, "the aircraft disarmed before takeoff")]
        number = self.tracker.current or 0
        if self._modes.foreign is not None:
            # It has landed for another reason than its item, perhaps at another place.
            why = f"{self._modes.why(number)}; it landed and disarmed"
            return [self._finish(FlightOutcome.ABORTED, why)]
        events = self._reached(self.tracker.landed(), now)
        if not self.tracker.at_last:
            why = f"the aircraft landed at item {number} of {len(self._items)}, before the end of the mission"
            return [*events, self._finish(FlightOutcome.ABORTED, why)]
        return [
            *events,
            self._finish(FlightOutcome.COMPLETED, "the mission ended; the aircraft landed and disarmed"),
        ]

    def _mission_current(self, seq: int | None, now: float | None = None) -> list[MonitorEvent]:
        if seq is None:
            return []
        before = self.tracker.current
        events = self._reached(self.tracker.item_current(seq, self._state.position), now)
        current = self.tracker.current
        if current is not None and current != before:
            if now is not None:
                self._clock.progress(now)
            events.append(ItemUpdate(current, len(self._items), reached=False))
        return events

    def _reached(self, found: list[ItemReached], now: float | None) -> list[MonitorEvent]:
        if any(not item.again for item in found) and now is not None:
            self._clock.progress(now)
        return [ItemUpdate(item.number, len(self._items), reached=True) for item in found if not item.again]

    # Checks

    def _check_start(self, now: float) -> list[MonitorEvent]:
        if self._was_armed or self._flew or self._began is None or now - self._began < self._limits.start_s:
            return []
        return [
            self._finish(
                FlightOutcome.ABORTED,
                f"the aircraft was not armed {self._limits.start_s:.0f} s after the start",
            )
        ]

    def _check_end(self, now: float) -> list[MonitorEvent]:
        if self._modes.foreign is not None:
            watched_s = now - (self._modes.foreign_since or now)
            if watched_s < self._limits.deviation_s:
                return []
            return [self._finish(FlightOutcome.ABORTED, self._modes.why(self.tracker.current or 0))]
        on_ground = self._flew and self._state.landed is LandedState.ON_GROUND
        self._landed_since = (self._landed_since or now) if on_ground and self._was_armed else None
        if self._landed_since is not None and now - self._landed_since >= self._limits.landed_armed_s:
            events = self._reached(self.tracker.landed(), now)
            self._findings.append("the aircraft is on the ground and still armed")
            ends_well = self.tracker.at_last
            outcome = FlightOutcome.COMPLETED if ends_well else FlightOutcome.ABORTED
            return [*events, self._finish(outcome, "the aircraft landed and did not disarm")]
        holds = self._end is MissionEnd.HOLDING and holds_at_end(self.tracker, self._state)
        self._holding_since = (self._holding_since or now) if holds else None
        if self._holding_since is not None and now - self._holding_since >= self._limits.hold_s:
            events = self._reached(self.tracker.holding(), now)
            return [
                *events,
                self._finish(FlightOutcome.COMPLETED, "the mission ended; the aircraft holds position"),
            ]
        return []

    def _check_stall(self, now: float) -> list[MonitorEvent]:
        if self._modes.foreign is not None:
            return []  # the limit for a flight outside its mission ends it
        stalled_s = self._clock.stalled_s(now)
        if stalled_s < self._limits.stall_s + self._wait_of_current():
            return []
        number = self.tracker.current or 0
        if self.tracker.at_last and self._flew and self.tracker.last_command == RETURN_TO_LAUNCH:
            events = self._reached(self.tracker.holding(), now)
            self._findings.append("the aircraft returned and did not land")
            return [
                *events,
                self._finish(FlightOutcome.COMPLETED, "the aircraft returned home and holds there"),
            ]
        return [self._finish(FlightOutcome.ABORTED, f"no progress for {stalled_s:.0f} s at item {number}")]

    def _wait_of_current(self) -> float:
        """Seconds for which the current item, or the one before it, may hold the aircraft in place."""
        number = self.tracker.current
        if number is None:
            return 0.0
        before = self._items[number - 2].param1 if number > 1 else 0.0
        wait_s = max(own_wait_s(self._items[number - 1]), before)
        return wait_s if wait_s < 1e5 else 1e5

    def _check_time(self, now: float) -> list[MonitorEvent]:
        if self._began is None or now - self._began < self._limits.flight_s:
            return []
        return [
            self._finish(
                FlightOutcome.ABORTED,
                f"the aircraft still flies after {self._limits.flight_s:.0f} s, the time limit",
            )
        ]

    def _finish(self, outcome: FlightOutcome, why: str) -> MissionEnded:
        left = self._state.describe()
        if outcome is FlightOutcome.COMPLETED and (owed := self.tracker.owed):
            outcome = FlightOutcome.ABORTED
            why = f"{item_ranges(owed)} of {len(self._items)} not reached; {why}"
        unnamed = [name for name in self.failsafes if name not in why]
        if outcome is not FlightOutcome.COMPLETED and unnamed:
            why = f"{', '.join(unnamed)}: {why}"
        if outcome is FlightOutcome.LOST:
            left = f"{left} (last telemetry {self._silent_s:.0f} s ago)"
        self.ended = MissionEnded(outcome, why, left)
        return self.ended
