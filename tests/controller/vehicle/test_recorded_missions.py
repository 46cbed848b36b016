"""Missions of real autopilots from recordings: what was read back is accepted, and each flight ends as it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.vehicle.monitoring.events import FlightOutcome
from tests.support.data_folders import REAL
from tests.support.logs.monitored_missions import recorded_mission


def test_a_second_mission_that_begins_at_item_four_is_not_completed() -> None:
    # Six items were uploaded, none marked current; PX4 kept its number and flew items 4 to 6 only.
    monitor = recorded_mission(REAL / "px4_second_mission_starts_at_item_4.tlog").monitor
    assert monitor is not None
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.ABORTED
    assert monitor.ended.why.startswith("items 1-3 of 6 not reached")
    assert monitor.tracker.reached == [4, 5, 6]


OUTCOMES = {
    "exchanges/ardupilot_arc_waypoints": "completed",
    "exchanges/ardupilot_battery_failsafe": "aborted",
    "exchanges/ardupilot_other_gcs_sets_loiter": "aborted",
    "exchanges/px4_battery_failsafe_in_mission": "aborted",
    "exchanges/px4_second_mission_starts_at_item_4": "aborted",
    "on_landline_physics/ardupilot/plane_ap1/frames": "completed",
    "on_landline_physics/ardupilot/quad_x_qgc_sample/frames": "completed",
    "on_landline_physics/ardupilot/quad_x_spline/frames": "completed",
    "on_landline_physics/ardupilot/quadplane/frames": "completed",
    "on_landline_physics/ardupilot/rover/frames": "completed",
    "on_landline_physics/px4/quad_x_square/frames": "completed",
    "on_landline_physics/px4/quadplane/frames": "completed",
}


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_each_recorded_mission_ends_as_it_did(name: str, outcome: str, shared_data: Path) -> None:
    monitor = recorded_mission(shared_data / "real" / f"{name}.tlog").monitor
    assert monitor is not None
    assert monitor.ended is not None
    assert monitor.ended.outcome.value == outcome, monitor.ended.why
    if outcome == "completed":
        assert monitor.tracker.owed == ()


def test_every_list_that_was_read_back_from_a_real_autopilot_is_accepted(shared_data: Path) -> None:
    compared = 0
    for path in sorted((shared_data / "real").rglob("*.tlog")):
        mission = recorded_mission(path)
        for kind in (0, 1, 2):
            sent, back = mission.lists(kind)
            if sent and back and mission.autopilot is not None:
                found = mission.autopilot.readback_differences(sent, back, kind)
                assert [str(one) for one in found if one.why is None] == [], (path, kind)
                compared += 1
    assert compared >= 17
