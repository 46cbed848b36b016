"""Missions of real autopilots that ended other than they seemed, from recordings in the repository."""

from __future__ import annotations

from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import FlightOutcome, MissionEnded, MonitorLimits
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from tests.support.data_folders import REAL
from tests.support.logs.recorded_tlogs import records


def test_a_second_mission_that_begins_at_item_four_is_not_completed() -> None:
    # Six items were uploaded, none marked current; PX4 kept its number and flew items 4 to 6 only.
    autopilot, state = PX4(VehicleClass.COPTER), VehicleState()
    items: dict[int, MissionItem] = {}
    monitor: MissionMonitor | None = None
    ended: list[MissionEnded] = []
    for at_s, source, message in records(REAL / "px4_second_mission_starts_at_item_4.tlog", ("",)):
        if source.system == 255:
            if message.name == "MISSION_ITEM_INT":
                items[message.seq] = item_from(message)
            continue
        if source.system != 9 or source.component != 1:
            continue
        state = state_after(state, message, at_s, autopilot.mode_name)
        if monitor is None:
            if len(items) == 6 and state.armed and state.mode == "MISSION":
                monitor = MissionMonitor(autopilot, [items[seq] for seq in sorted(items)], MonitorLimits())
                monitor.begin(state, at_s)
            continue
        ended += [one for one in monitor.receive(message, state, at_s) if isinstance(one, MissionEnded)]
    (end,) = ended
    assert monitor is not None
    assert end.outcome is FlightOutcome.ABORTED
    assert end.why.startswith("items 1-3 of 6 not reached")
    assert monitor.tracker.reached == [4, 5, 6]
