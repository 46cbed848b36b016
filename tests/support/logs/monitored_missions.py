"""Missions of recordings: what was sent and read back, and what the mission monitor makes of the flight."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from controller.autopilots.base import Autopilot
from controller.autopilots.identify import identify, is_aircraft
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import MonitorLimits
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message
from tests.support.logs.recorded_tlogs import records

TICK_S = 0.5


@dataclass
class RecordedMission:
    """Lists of the last upload by MAV_MISSION_TYPE, and the monitor of its flight (None if it was not flown)."""

    autopilot: Autopilot | None = None
    sent: dict[int, dict[int, MissionItem]] = field(default_factory=lambda: defaultdict(dict))
    back: dict[int, dict[int, MissionItem]] = field(default_factory=lambda: defaultdict(dict))
    monitor: MissionMonitor | None = None

    def lists(self, kind: int) -> tuple[list[MissionItem], list[MissionItem]]:
        """Return the items of one list as sent and as read back."""
        sent, back = self.sent[kind], self.back[kind]
        return [sent[seq] for seq in sorted(sent)], [back[seq] for seq in sorted(back)]


def recorded_mission(path: Path) -> RecordedMission:
    """Return the mission of a recording, monitored by the aircraft's clock."""
    found = RecordedMission()
    aircraft: Address | None = None
    state, now_s, tick_s = VehicleState(), 0.0, 0.0
    for _, source, message in records(path, ("",)):
        if source.system == GROUND_STATION.system:
            _take_upload(found, message)
            continue
        if aircraft is None and message.name == "HEARTBEAT" and is_aircraft(message, source):
            aircraft, found.autopilot = source, identify(message)
        if source != aircraft or found.autopilot is None:
            continue
        if message.name == "MISSION_ITEM_INT":
            found.back[message.mission_type][message.seq] = item_from(message)
        now_s = max(now_s, getattr(message, "time_boot_ms", 0) / 1e3)
        state = state_after(state, message, now_s, found.autopilot.mode_name)
        if found.monitor is None:
            if found.sent[0] and state.armed and state.mode in found.autopilot.mission_modes:
                flown = found.lists(0)[0][found.autopilot.first_seq :]
                found.monitor = MissionMonitor(found.autopilot, flown, MonitorLimits())
                found.monitor.begin(state, now_s)
            continue
        if found.monitor.ended is None:
            found.monitor.receive(message, state, now_s)
        if found.monitor.ended is None and now_s >= tick_s:
            tick_s = now_s + TICK_S
            found.monitor.tick(now_s)
    return found


def _take_upload(found: RecordedMission, message: Message) -> None:
    if message.name == "MISSION_COUNT":
        found.sent[message.mission_type].clear()
        found.back[message.mission_type].clear()
        found.monitor = None if message.mission_type == 0 else found.monitor
    elif message.name == "MISSION_ITEM_INT":
        found.sent[message.mission_type][message.seq] = item_from(message)
