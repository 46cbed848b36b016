"""Tells the mode changes that the mission makes from all others, and names the cause of the others."""

from __future__ import annotations

from collections.abc import Sequence

from controller.autopilots.base import Autopilot, MissionEnd
from controller.autopilots.failsafes import UNNAMED
from controller.vehicle.item_progress import ItemTracker
from controller.vehicle.monitoring.events import OWN_COMMAND, FailsafeReported, ModeChanged, MonitorEvent
from controller.vehicle.monitoring.failsafes import FailsafeWatch
from controller.vehicle.state import ReceivedText, VehicleState
from controller.wire.enums import MAV_STATE, MISSION_STATE

COMPLETE = int(MISSION_STATE.COMPLETE)
# HEARTBEAT may report the new mode some seconds before MISSION_CURRENT reports the new item.
MODE_GRACE_S = 3.0
# A mission that ends on the ground may hold for this time before it returns or lands.
_HOLD_GRACE_S = 15.0
# A failsafe that acted this shortly before a mode change has made it.
_ACTED_S = 2.0
_FAILSAFE_STATES = (MAV_STATE.CRITICAL, MAV_STATE.EMERGENCY)
_ELSEWHERE = "another ground station, the transmitter or a failsafe without a text"


class ModeWatch:
    """Watch on the modes of one flight.

    `foreign` is the mode that the mission did not set, None while it flies the mission; `cause` is then the name of
    a failsafe, `OWN_COMMAND`, or "" for a change from elsewhere. `commanded` is the mode that Landline commanded
    last.
    """

    def __init__(self, autopilot: Autopilot, tracker: ItemTracker, end: MissionEnd) -> None:
        self.foreign: str | None = None
        self.foreign_since: float | None = None
        self.cause = ""
        self.commanded = ""
        self.findings: list[str] = []
        self.failsafes = FailsafeWatch(autopilot)
        self._autopilot = autopilot
        self._tracker = tracker
        self._end = end
        self._mode_since: float | None = None
        self._acted_at: float | None = None

    def texts(self, texts: Sequence[ReceivedText], now: float) -> list[FailsafeReported]:
        """Take new status texts; return the failsafes that they report."""
        found = self.failsafes.receive(texts, now)
        if found:
            self._acted_at = now
            self.findings += [f"{one.name}: {one.text}" for one in found]
        return found

    def changed(self, now: float) -> None:
        """Note that the mode of the heartbeats has changed."""
        self._mode_since = now

    def set_by_mission(self, state: VehicleState, now: float) -> bool:
        """Whether the mission itself leads into the present mode."""
        mode, foreign = state.mode, self.foreign is not None
        if mode in self._autopilot.mission_modes:
            # PX4 reports its mission mode again when it disarms after a landing by failsafe.
            return not foreign or bool(state.under_way)
        if foreign or mode not in self._autopilot.modes_set_by_mission:
            return False
        if not (self._tracker.at_last or (state.mission is not None and state.mission.state == COMPLETE)):
            return False
        since_s = self._mode_since if self._mode_since is not None else now
        if self._acted_at is not None and abs(since_s - self._acted_at) <= _ACTED_S:
            return False
        holds = mode == self._autopilot.mode_roles.get("hold") and self._end is MissionEnd.LANDED
        return not (holds and state.under_way and now - since_s > _HOLD_GRACE_S)

    def check(self, state: VehicleState, now: float) -> list[MonitorEvent]:
        """Check the mode of an armed aircraft; return the events that follow."""
        mode = state.mode
        if self.set_by_mission(state, now):
            back = self.foreign is not None
            self.foreign = self.foreign_since = None
            self.cause = ""
            if back:
                self.findings.append(f"the aircraft resumed the mission (mode {mode})")
                return [ModeChanged(mode, by_mission=True)]
            return []
        if self.foreign_since is None:
            self.foreign_since = now
        if self.foreign == mode or now - self.foreign_since < MODE_GRACE_S:
            return []
        self.foreign = mode
        return self._name_cause(state, now)

    def disarmed(self, before: VehicleState, now: float) -> list[MonitorEvent]:
        """Name the cause of another mode that had not lasted the grace time when the aircraft disarmed."""
        if self.foreign is not None or self.foreign_since is None or self.set_by_mission(before, now):
            return []
        self.foreign = before.mode
        return self._name_cause(before, now)

    def _name_cause(self, state: VehicleState, now: float) -> list[MonitorEvent]:
        mode = state.mode
        number = self._tracker.current or 0
        since_s = self._mode_since if self._mode_since is not None else now
        found = self.failsafes.cause(since_s, now)
        if found is None and state.heartbeat is not None and state.heartbeat.status in _FAILSAFE_STATES:
            found = UNNAMED, "the heartbeat reports a failsafe, and no text names it"
        events: list[MonitorEvent] = []
        if mode == self.commanded:
            self.cause = OWN_COMMAND
            self.findings.append(f"at item {number} Landline commanded mode {mode}")
        elif found is not None:
            self.cause = found[0]
            events += self.failsafes.report(*found)
            told = f"{found[0]}: {found[1]}"
            self.findings = [line for line in self.findings if line != told]
            self.findings.append(f"at item {number} {found[0]}: mode {mode} ({found[1]})")
        else:
            self.cause = ""
            self.findings.append(
                f"at item {number} the mode was changed to {mode} from elsewhere: {_ELSEWHERE}"
            )
        return [*events, ModeChanged(mode, by_mission=False, cause=self.cause)]

    def why(self, number: int) -> str:
        """Describe why and where the aircraft left the mission."""
        what = f"the aircraft left the mission at item {number} for mode {self.foreign}"
        if self.cause == OWN_COMMAND:
            return f"{what}, which Landline commanded"
        return f"{self.cause}: {what}" if self.cause else f"{what}, set from elsewhere ({_ELSEWHERE})"
