"""Items that count as reached, from the reports of each autopilot; without recordings."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemReached, ItemTracker, distance_m
from controller.vehicle.monitoring.path import numbers_on_path
from controller.vehicle.state import Position
from controller.wire.enums import MAV_CMD

TAKEOFF = MissionItem(frame=3, command=MAV_CMD.NAV_TAKEOFF, z=20.0)
SPEED = MissionItem(frame=2, command=MAV_CMD.DO_CHANGE_SPEED, param2=5.0)
RETURN_TO_LAUNCH = MissionItem(frame=2, command=MAV_CMD.NAV_RETURN_TO_LAUNCH)
LAND = MissionItem(frame=3, command=MAV_CMD.NAV_LAND, x=473977000, y=85456000)


def waypoint(north: int = 0) -> MissionItem:
    return MissionItem(frame=3, command=MAV_CMD.NAV_WAYPOINT, x=473977000 + north * 90, y=85456000, z=20.0)


def jump(target_seq: int) -> MissionItem:
    return MissionItem(frame=2, command=MAV_CMD.DO_JUMP, param1=float(target_seq), param2=2.0)


def tracker(*items: MissionItem, px4: bool = False) -> ItemTracker:
    stack = PX4(VehicleClass.COPTER) if px4 else ArduPilot(VehicleClass.COPTER)
    return ItemTracker(stack, items)


def here(north: int) -> Position:
    return Position(0.0, 0, 47.3977 + north * 9e-6, 8.5456, 508.0, 20.0, (0.0, 0.0, 0.0), 0.0)


def test_reaching_a_do_command_means_the_waypoint_before_it() -> None:
    items = tracker(TAKEOFF, waypoint(), SPEED)
    assert items.item_reached(3) == [ItemReached(2, again=False)]


def test_continuing_to_the_next_item_reaches_this_one() -> None:
    items = tracker(TAKEOFF, waypoint(), SPEED, waypoint(9))
    items.item_current(1, None)
    assert items.item_current(2, None) == [ItemReached(1, again=False)]
    assert items.item_current(4, None) == [ItemReached(2, again=False)]


def test_a_jump_back_continues_the_mission() -> None:
    items = tracker(TAKEOFF, waypoint(), waypoint(9), jump(2), waypoint(18))
    for seq in (1, 2, 3, 2, 3, 5):
        items.item_current(seq, None)
    assert items.reached == [1, 2, 3]


def test_a_skipped_item_is_not_reached_nor_a_distant_one_before_it() -> None:
    items = tracker(TAKEOFF, waypoint(100), waypoint(9), waypoint(300))
    items.item_current(1, None)
    items.item_current(2, here(0))
    items.item_current(4, here(0))
    assert (items.reached, items.skipped) == ([1], [3])


def test_items_before_the_first_current_one_are_owed() -> None:
    items = tracker(TAKEOFF, waypoint(), waypoint(60), LAND, px4=True)
    for seq in (2, 3):
        items.item_current(seq, here(60))
    items.landed()
    assert (items.reached, items.owed) == ([3, 4], (1, 2))


def test_items_passed_over_by_one_message_are_reached_where_the_aircraft_is_near() -> None:
    delay = MissionItem(frame=2, command=MAV_CMD.NAV_DELAY)
    items = tracker(TAKEOFF, waypoint(), delay, waypoint(5), LAND, px4=True)
    items.item_current(1, here(0))
    assert [one.number for one in items.item_reached(4, here(5))] == [2, 3, 4, 5]
    far = tracker(TAKEOFF, waypoint(), waypoint(60), LAND, px4=True)
    far.item_current(1, here(0))
    far.item_current(3, here(0))
    assert (far.reached, far.skipped) == ([2], [3])


def test_items_flown_while_telemetry_was_silent_are_reached_if_the_time_suffices() -> None:
    for silent_s, reached in ((60.0, [2, 3]), (2.0, [2])):
        items = tracker(TAKEOFF, waypoint(), waypoint(60), LAND, px4=True)
        items.item_current(1, replace(here(0), vel_ned=(5.0, 0.0, 0.0)))
        later = replace(here(0), boot_ms=round(silent_s * 1e3))
        items.item_current(3, later)
        assert items.reached == reached


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ((TAKEOFF, SPEED, waypoint(), RETURN_TO_LAUNCH), {1, 3}),
        ((TAKEOFF, waypoint(), jump(2), waypoint(9), LAND), {1, 2, 4, 5}),
        ((TAKEOFF, jump(4), waypoint(), waypoint(9), LAND), {1, 4, 5}),
        ((TAKEOFF, waypoint(), replace(jump(2), param2=-1.0), LAND), {1, 2}),
        ((TAKEOFF, replace(jump(4), param2=0.0), waypoint(), waypoint(9)), {1, 3, 4}),
        ((TAKEOFF, replace(jump(9), param1=math.nan), waypoint()), {1, 3}),
        ((TAKEOFF, RETURN_TO_LAUNCH, waypoint(), LAND), {1}),
    ],
)
def test_the_path_of_a_mission_follows_its_jumps(items: tuple[MissionItem, ...], path: set[int]) -> None:
    assert numbers_on_path(items, first_seq=1) == path


def test_reaching_the_item_after_the_current_one_reaches_both() -> None:
    items = tracker(TAKEOFF, waypoint(), waypoint(), RETURN_TO_LAUNCH, px4=True)
    items.item_current(0, None)
    items.item_current(1, None)
    assert [item.number for item in items.item_reached(2)] == [2, 3]


def test_a_return_is_reached_at_home_and_not_when_it_begins() -> None:
    items = tracker(TAKEOFF, waypoint(), RETURN_TO_LAUNCH, px4=True)
    items.item_current(0, None)
    items.item_current(1, None)
    assert [item.number for item in items.item_reached(2)] == [2]
    assert items.missed == (3,)
    assert [item.number for item in items.landed()] == [3]


def test_falling_back_to_item_zero_after_the_end_keeps_the_items_reached() -> None:
    items = tracker(TAKEOFF, waypoint(), LAND)
    for seq in (1, 2, 3, 1, 0):
        items.item_current(seq, None)
    assert items.reached == [1, 2]
    assert items.landed() == [ItemReached(3, again=False)]
    assert items.missed == ()


def test_a_landing_elsewhere_reaches_no_waypoint() -> None:
    items = tracker(TAKEOFF, waypoint(), LAND)
    items.item_current(1, None)
    items.item_current(2, None)
    assert items.landed() == []
    assert not items.at_last
    assert items.missed == (2, 3)


def test_repeated_reports_count_once() -> None:
    items = tracker(TAKEOFF, waypoint(), px4=True)
    assert items.item_reached(0) == [ItemReached(1, again=False)]
    assert items.item_reached(0) == [ItemReached(1, again=True)]
    assert items.reached == [1]


def test_invalid_sequence_numbers_are_ignored() -> None:
    items = tracker(TAKEOFF, waypoint())
    for seq in (0, 7, 65535):
        assert items.item_current(seq, None) == []
        items.item_reached(seq)
    assert items.reached == []


def test_distances_are_metres() -> None:
    assert abs(distance_m((47.0, 8.0), (47.001, 8.0)) - 111.2) < 0.6
    assert abs(distance_m((60.0, 8.0), (60.0, 8.001)) - 55.6) < 0.6


def test_items_passed_while_the_link_was_silent_are_neither_reached_nor_owed() -> None:
    items = tracker(TAKEOFF, waypoint(100), waypoint(200), waypoint(300), LAND)
    items.item_current(1, None)
    items.item_current(2, here(0))
    items.link_restored()
    items.item_current(4, None)
    assert (items.unseen, items.skipped) == ([2, 3], [])
    assert items.owed == (4, 5)
    items.item_current(5, None)
    items.landed()
    assert items.owed == ()
