"""Which items count as reached, from the vague things that autopilots say; no recordings needed."""

from __future__ import annotations

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import VehicleClass
from controller.autopilots.px4 import PX4
from controller.protocol.mission.items import MissionItem
from controller.vehicle.item_progress import ItemReached, ItemTracker, distance_m
from controller.vehicle.state import Position
from controller.wire.enums import MAV_CMD

TAKEOFF = MissionItem(frame=3, command=MAV_CMD.NAV_TAKEOFF, z=20.0)
SPEED = MissionItem(frame=2, command=MAV_CMD.DO_CHANGE_SPEED, param2=5.0)
RETURN = MissionItem(frame=2, command=MAV_CMD.NAV_RETURN_TO_LAUNCH)
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


def test_a_report_under_the_number_of_the_command_behind_it_means_the_waypoint() -> None:
    flight = tracker(TAKEOFF, waypoint(), SPEED)
    assert flight.item_reached(3) == [ItemReached(2, again=False)]


def test_going_on_to_the_next_item_means_that_this_one_was_reached() -> None:
    flight = tracker(TAKEOFF, waypoint(), SPEED, waypoint(9))
    flight.item_current(1, None)
    assert flight.item_current(2, None) == [ItemReached(1, again=False)]
    assert flight.item_current(4, None) == [ItemReached(2, again=False)]


def test_a_jump_back_is_going_on() -> None:
    flight = tracker(TAKEOFF, waypoint(), waypoint(9), jump(2), waypoint(18))
    for seq in (1, 2, 3, 2, 3, 5):
        flight.item_current(seq, None)
    assert flight.reached == [1, 2, 3]


def test_an_item_passed_over_is_not_reached_nor_the_one_before_it_from_afar() -> None:
    flight = tracker(TAKEOFF, waypoint(100), waypoint(9), waypoint(300))
    flight.item_current(1, None)
    flight.item_current(2, here(0))
    flight.item_current(4, here(0))
    assert (flight.reached, flight.skipped) == ([1], [3])


def test_one_report_that_names_the_item_behind_the_current_tells_of_both() -> None:
    flight = tracker(TAKEOFF, waypoint(), RETURN, px4=True)
    flight.item_current(0, None)
    flight.item_current(1, None)
    assert [item.number for item in flight.item_reached(2)] == [2, 3]


def test_the_fall_back_to_the_beginning_after_the_end_takes_nothing_back() -> None:
    flight = tracker(TAKEOFF, waypoint(), LAND)
    for seq in (1, 2, 3, 1, 0):
        flight.item_current(seq, None)
    assert flight.reached == [1, 2]
    assert flight.landed() == [ItemReached(3, again=False)]
    assert flight.missed == ()


def test_a_landing_elsewhere_reaches_no_waypoint() -> None:
    flight = tracker(TAKEOFF, waypoint(), LAND)
    flight.item_current(1, None)
    flight.item_current(2, None)
    assert flight.landed() == []
    assert not flight.at_last
    assert flight.missed == (2, 3)


def test_repeated_reports_count_once() -> None:
    flight = tracker(TAKEOFF, waypoint(), px4=True)
    assert flight.item_reached(0) == [ItemReached(1, again=False)]
    assert flight.item_reached(0) == [ItemReached(1, again=True)]
    assert flight.reached == [1]


def test_numbers_from_nowhere_are_ignored() -> None:
    flight = tracker(TAKEOFF, waypoint())
    for seq in (0, 7, 65535):
        assert flight.item_current(seq, None) == []
        flight.item_reached(seq)
    assert flight.reached == []


def test_distances_are_metres() -> None:
    assert abs(distance_m((47.0, 8.0), (47.001, 8.0)) - 111.2) < 0.6
    assert abs(distance_m((60.0, 8.0), (60.0, 8.001)) - 55.6) < 0.6
