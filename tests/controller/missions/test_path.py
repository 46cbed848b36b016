"""Courses of legs: arcs and splines, compared with flights of real autopilots."""

from __future__ import annotations

import math

import pytest

from controller.missions.checks.check import check
from controller.missions.estimate import estimate
from controller.missions.fence import Fence, FenceCircle, FencePoint
from controller.missions.path import course
from controller.missions.plan import Home, Plan, PlanItem
from tests.support.recorded_missions import flown_m, mission_of

START, GOAL = (47.0, 8.0), (47.001, 8.0)  # 111 m north
ARCS = "ardupilot_arc_waypoints.tlog"


def arc(angle_deg: float) -> PlanItem:
    return PlanItem(command=36, param1=angle_deg, lat_deg=GOAL[0], lon_deg=GOAL[1], alt_m=20.0)


@pytest.mark.parametrize(
    ("angle_deg", "farthest_east_m"), [(180.0, -55.6), (-180.0, 55.6), (90.0, -23.0), (270.0, -134.2)]
)
def test_a_positive_arc_turns_clockwise(angle_deg: float, farthest_east_m: float) -> None:
    points = course(arc(angle_deg), START, GOAL, before=None, after=None)
    east_m = [(lon - START[1]) * 111_195 * math.cos(math.radians(47.0)) for _, lon in points]
    assert max(east_m, key=abs) == pytest.approx(farthest_east_m, abs=0.5)
    assert points[-1] == GOAL


@pytest.mark.parametrize("angle_deg", [0.0, 360.0, math.nan, 1e9])
def test_an_angle_without_an_arc_is_a_straight_leg(angle_deg: float) -> None:
    assert course(arc(angle_deg), START, GOAL, before=None, after=None) == (GOAL,)


def test_arcs_are_as_long_as_arducopter_flew_them() -> None:
    plan, reached = mission_of(ARCS, first_seq=1, sender=1), flown_m(ARCS)
    flight = estimate(plan)
    planned_m = 0.0
    for leg in flight.legs[:-1]:
        planned_m += leg.distance_m
        assert planned_m == pytest.approx(reached[leg.number], abs=40.0), leg.number
    assert flight.distance_m == pytest.approx(2272.0, rel=0.02)


def test_a_spline_is_as_long_as_arducopter_flew_it(shared_data: object) -> None:
    from controller.missions.files import open_plan

    plan = open_plan(f"{shared_data}/missions/ardupilot/copter_spline_mission.txt")
    assert estimate(plan).distance_m == pytest.approx(1420.0, rel=0.02)


def test_an_arc_that_leaves_the_fence_between_its_ends_is_an_error() -> None:
    fence = Fence((), (FenceCircle(FencePoint(47.0005, 8.0), 70.0),))
    home = Home(47.0, 8.0, 400.0)
    takeoff = PlanItem(command=22, lat_deg=47.0, lon_deg=8.0, alt_m=20.0)

    def found(item: PlanItem) -> list[str]:
        return [
            one.what for one in check(Plan(items=(takeoff, item), home=home, fence=fence)) if one.item == 2
        ]

    outside = "the leg to it leaves the plan's geofence"
    assert outside in found(arc(270.0))
    assert outside not in found(arc(180.0))
    assert outside in found(
        PlanItem(command=18, param1=2.0, param3=20.0, lat_deg=47.001, lon_deg=8.0, alt_m=20.0)
    )
