"""Legs of an emulated ArduPlane: turns before waypoints, heights along a leg, glide slope, speeds of mission items."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from hil.autopilot.control.setpoints import FlyLine
from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.tasks import FlyBy, HeightSlope, Touchdown
from hil.sim.vehicle import SimVehicle

NORTH = (1000.0, 0.0, -100.0)


@pytest.fixture
def autopilot() -> Any:
    """The autopilot of an aeroplane that stands at home."""
    return SimVehicle("plane", seed=1).autopilot


def placed(autopilot: Any, north_m: float, height_m: float, *, east_m: float = 0.0) -> Any:
    """The vehicle context with the aircraft elsewhere, flying north at 22 m/s."""
    vehicle = autopilot.vehicle
    vehicle.est = replace(
        vehicle.est,
        pos_ned=(north_m, east_m, -height_m),
        vel_ned=(22.0, 0.0, 0.0),
        landed=False,
        alt_amsl_m=vehicle.core.home.alt_amsl_m + height_m,
    )
    return vehicle


def height_on(task: FlyBy | Touchdown, autopilot: Any, north_m: float, height_m: float) -> float:
    """The height that the task sets where the aircraft is."""
    setpoint = task.step(placed(autopilot, north_m, height_m), autopilot.stack)
    assert isinstance(setpoint, FlyLine)
    assert setpoint.start_ned[2] == setpoint.end_ned[2]
    return -setpoint.end_ned[2]


@pytest.mark.parametrize(
    ("turn_deg", "near_m"), [(90.0, 89.3), (-45.0, 44.6), (170.0, 89.3), (None, 89.3), (2.0, 2.0)]
)
def test_a_turn_begins_before_the_waypoint_by_its_angle_and_l1(
    autopilot: Any, turn_deg: float | None, near_m: float
) -> None:
    """The recorded plane at 22 m/s with WP_RADIUS 90 reached its waypoints at 89 to 95 m, one at 53 m."""
    turn = None if turn_deg is None else math.radians(turn_deg)
    for north_m, done in ((1000.0 - near_m - 1.0, False), (1000.0 - near_m + 1.0, True)):
        task = FlyBy(
            NORTH,
            start=(0.0, 0.0, -100.0),
            radius_m=90.0,
            turn_rad=turn,
            turn_length_m=autopilot.stack.turn_length_m,
        )
        task.step(placed(autopilot, north_m, 100.0), autopilot.stack)
        assert task.done is done


def test_heights_along_a_leg_are_a_slope_up_and_down(autopilot: Any) -> None:
    for first_m in (40.0, 160.0):
        task = FlyBy(NORTH, start=(0.0, 0.0, -first_m), radius_m=90.0)
        assert height_on(task, autopilot, 0.0, first_m) == pytest.approx(first_m)
        assert height_on(task, autopilot, 500.0, 0.5 * (first_m + 100.0)) == pytest.approx(
            0.5 * (first_m + 100.0)
        )


def test_a_small_difference_and_a_climb_near_the_ground_have_no_slope(autopilot: Any) -> None:
    small = FlyBy(NORTH, start=(0.0, 0.0, -90.0), radius_m=90.0)
    assert height_on(small, autopilot, 0.0, 90.0) == pytest.approx(100.0)
    low = FlyBy(NORTH, start=(0.0, 0.0, -15.0), radius_m=90.0)
    assert height_on(low, autopilot, 0.0, 15.0) == pytest.approx(100.0)
    asked = FlyBy(NORTH, start=(0.0, 0.0, -90.0), radius_m=90.0, slope=HeightSlope(least_m=5.0))
    assert height_on(asked, autopilot, 0.0, 90.0) == pytest.approx(90.0)


def test_above_a_slope_up_the_slope_begins_anew(autopilot: Any) -> None:
    task = FlyBy(NORTH, start=(0.0, 0.0, -40.0), radius_m=90.0)
    assert height_on(task, autopilot, 0.0, 40.0) == pytest.approx(40.0)
    assert height_on(task, autopilot, 200.0, 56.0) == pytest.approx(52.0)
    assert height_on(task, autopilot, 250.0, 70.0) == pytest.approx(100.0 - 0.75 * 30.0)


def test_a_leg_without_start_is_flown_straight_to_its_point(autopilot: Any) -> None:
    task = FlyBy(NORTH, start=None, radius_m=90.0)
    setpoint = task.step(placed(autopilot, 0.0, 100.0, east_m=80.0), autopilot.stack)
    assert isinstance(setpoint, FlyLine)
    assert setpoint.start_ned[:2] == setpoint.end_ned[:2] == NORTH[:2]


def test_a_glide_slope_aims_before_the_point_at_the_height_of_the_flare(autopilot: Any) -> None:
    """28 m over 438 m at 22 m/s: 4.0 degrees, 4.1 recorded of ArduPlane on this airframe."""
    task = Touchdown(
        (438.0, 0.0, 0.0), start=(0.0, 0.0, -28.0), speed_m_s=lambda: 20.0, flare_m=3.0, flare_s=2.0
    )
    texts: list[str] = []
    autopilot.vehicle.send_text = texts.append
    heights = [height_on(task, autopilot, north_m, 28.0) for north_m in (100.0, 200.0)]
    slope = math.degrees(math.atan((heights[0] - heights[1]) / 100.0))
    assert slope == pytest.approx(4.0, abs=0.15)
    assert texts[1] == f"Landing glide slope {slope:.1f} degrees"
    # The line ends at the height of the flare before the point.
    assert 0.0 < heights[1] - 238.0 * math.tan(math.radians(slope)) + 2.8 + 6.0 < 12.0


def test_an_airspeed_outside_of_its_limits_is_ignored(autopilot: Any) -> None:
    """The recorded plane with AIRSPEED_MIN 18 flew on at 22 m/s after an item of 13 m/s."""
    vehicle, stack = autopilot.vehicle, autopilot.stack
    for speed, accepted in ((13.0, False), (40.0, False), (math.nan, False), (25.0, True)):
        assert stack.change_speed(vehicle, 0.0, speed) is accepted
        assert stack.speeds(vehicle).cruise_m_s == pytest.approx(25.0 if accepted else 22.0)
    assert stack.change_speed(vehicle, 0.0, -2.0)
    assert stack.speeds(vehicle).cruise_m_s == pytest.approx(22.0)


def test_limits_and_gains_of_parameters_act_in_flight(autopilot: Any) -> None:
    core = autopilot.vehicle.core
    assert isinstance(core, PlaneControlLoop)
    for name, value in (("NAVL1_PERIOD", 20.0), ("ROLL_LIMIT_DEG", 30.0), ("PTCH_LIM_MAX_DEG", 12.0)):
        autopilot.params.set(name, value)
    autopilot.stack.tune_core(autopilot.vehicle)
    assert core.plane.guidance.period_s == 20.0
    assert core.plane.max_roll_rad == pytest.approx(math.radians(30.0))
    assert core.plane.energy.limits.max_pitch_rad == pytest.approx(math.radians(12.0))
