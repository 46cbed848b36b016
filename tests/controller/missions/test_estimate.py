"""Estimated distance and duration of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.missions.estimate import FlightSpeeds, estimate
from controller.missions.plan import Home, Plan, PlanItem

# One degree of latitude from the equator is 110574.4 m on WGS 84; a thousandth is enough here.
HOME = Home(0.0, 0.0, 100.0)
NORTH_M = 110.5744


def waypoint(thousandths: float, alt_m: float = 20.0, **changes: float | int) -> PlanItem:
    item = PlanItem(command=16, lat_deg=thousandths / 1000.0, lon_deg=0.00001, alt_m=alt_m)
    return replace(item, **changes)  # type: ignore[arg-type]


TAKEOFF = PlanItem(command=22, alt_m=20.0)
RTL = PlanItem(command=20, frame=2)
SPEED_5 = PlanItem(command=178, frame=2, param1=1.0, param2=5.0)
STEADY = FlightSpeeds(accel_m_s2=0.0)


def flown(*items: PlanItem, home: Home | None = HOME, pace: FlightSpeeds = STEADY) -> tuple[float, float]:
    result = estimate(Plan(items=items, home=home), pace=pace)
    return result.distance_m, result.duration_s


def test_a_flight_out_and_back() -> None:
    distance_m, duration_s = flown(TAKEOFF, waypoint(1), RTL)
    assert distance_m == pytest.approx(2 * NORTH_M, abs=0.1)
    # 20 m up at 2.5, along at 10, down 10 m at 1.5 and 10 m at 0.5.
    assert duration_s == pytest.approx(8 + 2 * NORTH_M / 10 + 10 / 1.5 + 20, abs=0.1)


def test_each_leg_is_flown_from_rest_to_rest() -> None:
    _, duration_s = flown(waypoint(1, 0.0), pace=FlightSpeeds())
    assert duration_s == pytest.approx(NORTH_M / 10 + 10 / 2.5 + 2.5, abs=0.1)
    _, short_s = flown(waypoint(0.1, 0.0), pace=FlightSpeeds())
    assert short_s == pytest.approx((32 * NORTH_M / 10) ** (1 / 3), abs=0.1)


def test_a_point_that_is_flown_through_costs_no_stop() -> None:
    _, through_s = flown(waypoint(1, 0.0), waypoint(2, 0.0), pace=FlightSpeeds())
    _, waited_s = flown(waypoint(1, 0.0, param1=5.0), waypoint(2, 0.0), pace=FlightSpeeds())
    assert waited_s - through_s == pytest.approx(5.0 + 2 * 0.5 * 2.5, abs=0.01)


def test_a_speed_change_applies_to_later_items() -> None:
    _, duration_s = flown(waypoint(1, 0.0), SPEED_5, waypoint(2, 0.0))
    assert duration_s == pytest.approx(NORTH_M / 10 + NORTH_M / 5, abs=0.1)


def test_waits_and_circles_add_to_the_duration() -> None:
    _, at_once_s = flown(waypoint(1))
    _, later_s = flown(waypoint(1, param1=12.0), PlanItem(command=93, param1=30.0))
    assert later_s - at_once_s == pytest.approx(42.0)
    _, circled_s = flown(waypoint(1, command=18, param1=2.0, param3=50.0))
    assert circled_s - at_once_s == pytest.approx(2 * 2 * 3.14159 * 50 / 10, abs=0.1)


def test_jumps_repeat_their_legs() -> None:
    distance_m, _ = flown(waypoint(1), waypoint(2), PlanItem(command=177, frame=2, param1=1.0, param2=1.0))
    assert distance_m == pytest.approx(4 * NORTH_M, abs=0.5)


def test_a_slow_climb_determines_the_duration_of_a_leg() -> None:
    _, duration_s = flown(waypoint(0.1, 100.0))
    assert duration_s == pytest.approx(100 / 2.5)


def test_altitude_0_keeps_the_altitude_and_position_0_0_the_position() -> None:
    plan = Plan(items=(TAKEOFF, waypoint(1, 0.0), PlanItem(command=19, param1=5.0, alt_m=30.0)), home=HOME)
    first, second, third = estimate(plan).legs
    assert (first.to_alt_m, second.to_alt_m, third.to_alt_m) == (20.0, 20.0, 30.0)
    assert third.distance_m == 0.0


def test_amsl_altitudes_are_converted_to_above_home() -> None:
    plan = Plan(items=(waypoint(1, 130.0, frame=0),), home=HOME)
    assert estimate(plan).max_alt_m == pytest.approx(30.0)


def test_a_plan_without_home_begins_at_its_first_position() -> None:
    distance_m, _ = flown(waypoint(5), waypoint(6), home=None)
    assert distance_m == pytest.approx(NORTH_M, abs=0.1)


def test_the_plan_speed_depends_on_the_vehicle_type() -> None:
    plan = Plan(
        items=(waypoint(1, 0.0),), home=HOME, hover_speed_m_s=5.0, cruise_speed_m_s=20.0, vehicle_type=1
    )
    assert estimate(plan).duration_s == pytest.approx(NORTH_M / 20, abs=0.1)
    slow = estimate(replace(plan, vehicle_type=2)).duration_s
    assert slow == pytest.approx(NORTH_M / 5 + 5 / 2.5 + 2.5, abs=0.1)


def test_an_empty_plan_has_no_duration() -> None:
    assert flown(home=None) == (0.0, 0.0)
    assert flown(PlanItem(command=93, param1=7.0), home=None) == (0.0, 7.0)
