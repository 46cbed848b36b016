"""Upload form of a plan for each autopilot, and conversion between item numbers and sequence numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot, MissionEnd
from controller.autopilots.generic import Generic
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD, MAV_FRAME

COPTER, PLANE = ArduPilot(VehicleClass.COPTER), ArduPilot(VehicleClass.PLANE)
PX4_COPTER, PX4_PLANE = PX4(VehicleClass.COPTER), PX4(VehicleClass.PLANE)
HOME = Home(47.3977, 8.5456, 488.0)

TAKEOFF = MissionItem(frame=3, command=MAV_CMD.NAV_TAKEOFF, z=20.0)
WAYPOINT = MissionItem(frame=3, command=MAV_CMD.NAV_WAYPOINT, x=473977000, y=85456000, z=20.0)
SPEED = MissionItem(frame=3, command=MAV_CMD.DO_CHANGE_SPEED, param2=5.0)
HERE = MissionItem(frame=3, command=MAV_CMD.NAV_LOITER_TIME, param1=5.0, z=20.0)
LAND = MissionItem(frame=3, command=MAV_CMD.NAV_LAND, x=473977000, y=85456000)
RETURN = MissionItem(frame=2, command=MAV_CMD.NAV_RETURN_TO_LAUNCH)


def test_ardupilot_gets_home_as_item_0() -> None:
    home, *rest = COPTER.wire_plan([TAKEOFF, WAYPOINT], HOME).items
    assert (home.command, home.frame, home.x, home.y, home.z) == (16, 0, 473977000, 85456000, 488.0)
    assert rest == [TAKEOFF, WAYPOINT]


def test_ardupilot_gets_no_mode_of_the_mount_that_it_would_not_store() -> None:
    aim = MissionItem(frame=2, command=MAV_CMD.DO_MOUNT_CONTROL, param1=-20.0, z=2.0)
    wire = COPTER.wire_plan([aim], HOME)
    assert (wire.items[1].param1, wire.items[1].z, wire.notes) == (-20.0, 0.0, ())
    stored = [COPTER.storage(0).stored(one) for one in wire.items]
    assert not [
        one for one in COPTER.readback_differences(wire.items, stored) if one.sent and one.field == "z"
    ]
    retracted = replace(aim, z=1.0)
    assert COPTER.wire_plan([retracted], HOME).items[1].z == 1.0
    assert PX4_COPTER.wire_plan([aim], HOME).items[0].z == 2.0


def test_px4_gets_no_home() -> None:
    assert PX4_COPTER.wire_plan([WAYPOINT], HOME).items == (WAYPOINT,)


def test_px4_gets_commands_without_a_position_in_the_mission_frame() -> None:
    sent = PX4_COPTER.wire_plan([WAYPOINT, SPEED, RETURN], HOME).items
    assert [item.frame for item in sent] == [3, MAV_FRAME.MISSION, MAV_FRAME.MISSION]


def test_the_current_position_is_sent_to_px4_as_the_position_before_it() -> None:
    plan = PX4_COPTER.wire_plan([TAKEOFF, WAYPOINT, HERE], HOME)
    assert [(item.x, item.y) for item in plan.items] == [(473977000, 85456000)] * 3
    assert [note.split(":")[0] for note in plan.notes] == ["item 1", "item 3"]


def test_the_current_position_is_unchanged_for_ardupilot() -> None:
    assert COPTER.wire_plan([HERE], HOME).items[1] == HERE


def test_an_open_heading_is_sent_to_ardupilot_as_0_and_to_px4_as_nan() -> None:
    item = MissionItem(frame=3, command=MAV_CMD.NAV_LOITER_TIME, x=1, y=1, param4=math.nan)
    plan = COPTER.wire_plan([item], HOME)
    assert plan.items[1].param4 == 0.0
    assert plan.notes == ("item 1: param4 left open in the plan, sent as 0",)
    assert math.isnan(PX4_COPTER.wire_plan([item], HOME).items[0].param4)


@pytest.mark.parametrize("autopilot", [COPTER, PX4_COPTER, Generic(VehicleClass.OTHER, 0)])
def test_item_numbers_and_sequence_numbers_convert_both_ways(autopilot: Autopilot) -> None:
    sent = autopilot.wire_plan([TAKEOFF, WAYPOINT, LAND], HOME).items
    for number, item in enumerate([TAKEOFF, WAYPOINT, LAND], 1):
        assert sent[autopilot.seq_of(number)].command == item.command
        assert autopilot.number_of(autopilot.seq_of(number)) == number


def test_home_has_no_item_number() -> None:
    assert COPTER.number_of(0) is None
    assert PX4_COPTER.number_of(0) == 1


def test_a_downloaded_jump_refers_to_an_item_number() -> None:
    for autopilot in (COPTER, PX4_COPTER):
        jump = MissionItem(frame=2, command=MAV_CMD.DO_JUMP, param1=float(autopilot.seq_of(2)))
        aboard = autopilot.wire_plan([TAKEOFF, WAYPOINT, jump], HOME).items
        assert autopilot.plan_items(aboard)[2].param1 == 2.0


@pytest.mark.parametrize(
    ("autopilot", "items", "end"),
    [
        (COPTER, [TAKEOFF, LAND], MissionEnd.LANDED),
        (COPTER, [TAKEOFF, WAYPOINT, RETURN], MissionEnd.LANDED),
        (COPTER, [TAKEOFF, WAYPOINT, SPEED], MissionEnd.HOLDING),
        (PLANE, [TAKEOFF, WAYPOINT, RETURN], MissionEnd.HOLDING),
        (PLANE, [TAKEOFF, LAND], MissionEnd.LANDED),
        (PX4_COPTER, [TAKEOFF, RETURN], MissionEnd.LANDED),
        (PX4_COPTER, [TAKEOFF, HERE], MissionEnd.HOLDING),
        (PX4_PLANE, [TAKEOFF, RETURN], MissionEnd.HOLDING),
    ],
)
def test_the_state_at_the_end_of_a_mission(
    autopilot: Autopilot, items: list[MissionItem], end: MissionEnd
) -> None:
    assert autopilot.mission_end(items) is end
