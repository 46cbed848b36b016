"""ArduCopter's guidance in flight: corners, curves and changes of plan."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hil.autopilot.control.setpoints import Track
from hil.autopilot.guidance.copter import CopterGuidance
from hil.autopilot.guidance.guidance import STEP_S, Speeds, Via, Waypoint
from hil.autopilot.services import params
from hil.autopilot.vehicle_context import VehicleContext

Point = tuple[float, float, float]
SPEEDS = Speeds(10.0, 2.5, 1.5)
CORNERS: tuple[Point, ...] = ((80.0, 0.0, -20.0), (80.0, 80.0, -20.0), (0.0, 80.0, -20.0))


class Follower:
    """A vehicle that is always where its setpoint is."""

    def __init__(self) -> None:
        self.params = params.load("ardupilot")
        self.est = SimpleNamespace(pos_ned=(0.0, 0.0, -20.0), vel_ned=(0.0, 0.0, 0.0), landed=False)
        self.time_s = 0.0
        self.guidance = CopterGuidance()

    @property
    def context(self) -> VehicleContext:
        return cast("VehicleContext", cast("Any", self))

    def begin(self, waypoint: Waypoint) -> None:
        self.guidance.begin(self.context, waypoint, SPEEDS)

    def step(self, speeds: Speeds = SPEEDS) -> Track:
        self.time_s += STEP_S
        setpoint = self.guidance.step(self.context, speeds, None)
        assert isinstance(setpoint, Track)
        self.est.pos_ned, self.est.vel_ned = setpoint.pos_ned, setpoint.vel_ned
        return setpoint

    def fly(self, waypoint: Waypoint) -> list[Track]:
        """Fly to a waypoint; return the setpoints on the way."""
        self.begin(waypoint)
        flown = []
        while not self.guidance.reached:
            flown.append(self.step())
            assert len(flown) < 5000
        return flown


def corner_to_corner(vehicle: Follower) -> list[list[Track]]:
    ways = []
    for i, point in enumerate(CORNERS):
        ahead = tuple(Via(one) for one in CORNERS[i + 1 : i + 3])
        ways.append(vehicle.fly(Waypoint(point, 2.0, ahead=ahead, passes=bool(ahead))))
    return ways


def test_a_right_angle_is_passed_at_three_metres_a_second_within_the_radius() -> None:
    first, _, last = corner_to_corner(Follower())
    assert math.hypot(*first[-1].vel_ned) == pytest.approx(3.0, abs=0.2)
    assert math.dist(first[-1].pos_ned, CORNERS[0]) <= 2.01
    assert last[-1].pos_ned == pytest.approx(CORNERS[-1], abs=1e-3)
    assert math.hypot(*last[-1].vel_ned) == pytest.approx(0.0, abs=1e-3)


def test_the_setpoint_never_jumps_from_one_leg_to_the_next() -> None:
    track = [setpoint for way in corner_to_corner(Follower()) for setpoint in way]
    for one, other in pairwise(track):
        assert math.dist(one.pos_ned, other.pos_ned) <= 10.0 * STEP_S + 1e-6
        assert math.dist(one.vel_ned, other.vel_ned) <= 5.0 * STEP_S + 1e-6


def test_another_target_than_the_one_ahead_begins_where_the_vehicle_is() -> None:
    vehicle = Follower()
    vehicle.fly(Waypoint(CORNERS[0], 2.0, ahead=(Via(CORNERS[1]),), passes=True))
    other = vehicle.fly(Waypoint((0.0, 0.0, -30.0), 2.0))
    assert math.dist(other[0].pos_ned, CORNERS[0]) <= 3.0
    assert other[-1].pos_ned == pytest.approx((0.0, 0.0, -30.0), abs=1e-3)


def test_a_flight_that_something_else_interrupted_begins_at_its_stopping_point() -> None:
    vehicle = Follower()
    vehicle.begin(Waypoint(CORNERS[0], 2.0))
    for _ in range(200):
        vehicle.step()
    speed = math.hypot(*vehicle.est.vel_ned)
    vehicle.time_s += 5.0
    vehicle.begin(Waypoint((0.0, 0.0, -20.0), 2.0))
    ahead_m = vehicle.step().pos_ned[0] - vehicle.est.pos_ned[0]
    assert speed > 3.0
    assert ahead_m == pytest.approx(0.0, abs=0.1)


def test_a_curve_joins_the_straight_leg_before_it_at_speed() -> None:
    vehicle = Follower()
    ahead = (Via((120.0, 60.0, -20.0), curved=True), Via((60.0, 120.0, -20.0), curved=True))
    straight = vehicle.fly(Waypoint(CORNERS[0], 2.0, ahead=ahead, passes=True))
    curve = vehicle.fly(Waypoint(ahead[0].point, 2.0, curved=True, ahead=ahead[1:], passes=True))
    assert math.hypot(*straight[-1].vel_ned) > 3.0
    assert curve[-1].pos_ned == pytest.approx(ahead[0].point, abs=0.3)
    assert max(math.hypot(*one.vel_ned) for one in curve) <= 10.0 + 1e-6
