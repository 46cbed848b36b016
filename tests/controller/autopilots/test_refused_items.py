"""Items that an autopilot refuses at the upload are findings of the check; items that it takes are none."""

from __future__ import annotations

import pytest

from controller.autopilot_facts.facts import ARDUPILOT as ARDUPILOT_FACTS
from controller.autopilot_facts.facts import PX4 as PX4_FACTS
from controller.autopilot_facts.facts import StackFacts
from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.plan_checks import PlanContext
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import Severity
from controller.missions.checks.items import Limits
from controller.missions.commands import CMD
from controller.missions.estimate import estimate
from controller.missions.plan import Plan, PlanItem
from tests.support.recorded_missions import mission_of

ON_PX4, ON_ARDUPILOT = PX4(VehicleClass.COPTER), ArduPilot(VehicleClass.COPTER)
AWAY = PlanItem(command=CMD.NAV_WAYPOINT, lat_deg=47.402, lon_deg=8.55, alt_m=30.0)


def refusals(autopilot: Autopilot, *items: PlanItem) -> list[str]:
    plan = Plan(items=items)
    findings = autopilot.plan_findings(PlanContext(plan, estimate(plan), None, Limits(), {}))
    return [str(one) for one in findings if " refuses " in one.what and one.severity is Severity.ERROR]


def item(name: str) -> PlanItem:
    return PlanItem(command=CMD[name], frame=2)


def test_each_refused_command_is_one_error_with_all_its_items() -> None:
    yaw, zoom = item("CONDITION_YAW"), item("SET_CAMERA_ZOOM")
    found = refusals(ON_PX4, AWAY, yaw, AWAY, yaw, zoom, item("DO_SPRAYER"))
    assert found[0] == (
        "item 2: PX4 refuses CONDITION_YAW in a mission: items 2, 4 "
        "(it turns by a waypoint's heading; set parameter 4 of the waypoint and remove the item)"
    )
    assert [text.split(" in a mission")[0] for text in found[1:]] == [
        "item 5: PX4 refuses SET_CAMERA_ZOOM",
        "item 6: PX4 refuses DO_SPRAYER",
    ]
    assert refusals(ON_ARDUPILOT, AWAY, yaw, AWAY, yaw, zoom, item("DO_SPRAYER")) == []


def test_heights_above_the_terrain_are_an_error_on_px4_alone() -> None:
    above = PlanItem(command=CMD.NAV_WAYPOINT, frame=10, lat_deg=47.402, lon_deg=8.55, alt_m=30.0)
    (text,) = refusals(ON_PX4, AWAY, above, above)
    assert "heights above the terrain in a mission: items 2-3" in text
    assert refusals(ON_ARDUPILOT, AWAY, above, above) == []


def test_a_camera_mode_is_an_error_on_ardupilot_alone() -> None:
    assert "ArduPilot refuses SET_CAMERA_MODE" in refusals(ON_ARDUPILOT, item("SET_CAMERA_MODE"), AWAY)[0]
    assert refusals(ON_PX4, item("SET_CAMERA_MODE"), AWAY) == []


@pytest.mark.parametrize(
    ("autopilot", "stack", "lists"),
    [
        (ON_PX4, PX4_FACTS, ("placed_commands", "unplaced_commands")),
        (ON_ARDUPILOT, ARDUPILOT_FACTS, ("placed_commands",)),
    ],
)
def test_no_command_that_the_facts_accept_is_refused(
    autopilot: Autopilot, stack: str, lists: tuple[str, ...]
) -> None:
    facts = StackFacts(stack)
    names = [*facts.table("stored_params"), *(name for one in lists for name in facts.texts(one))]
    assert refusals(autopilot, *(item(name) for name in names)) == []


@pytest.mark.parametrize(
    ("recording", "sender", "autopilot"),
    [
        ("ardupilot_arc_waypoints.tlog", 1, ON_ARDUPILOT),
        ("ardupilot_battery_failsafe.tlog", 255, ON_ARDUPILOT),
        ("ardupilot_fence_read_back.tlog", 255, ON_ARDUPILOT),
        ("px4_battery_failsafe_in_mission.tlog", 255, ON_PX4),
        ("px4_second_mission_starts_at_item_4.tlog", 255, ON_PX4),
    ],
)
def test_no_item_of_a_recorded_mission_is_refused(recording: str, sender: int, autopilot: Autopilot) -> None:
    plan = mission_of(recording, first_seq=autopilot.first_seq, sender=sender)
    assert plan.items
    assert refusals(autopilot, *plan.items) == []
