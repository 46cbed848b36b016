"""Flights of an aeroplane on its own sensors: takeoff, lines and circles in wind, landing; one flight per seed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import (
    ClimbOut,
    Flare,
    FlyLine,
    GoTo,
    HoldAttitude,
    HoldPosition,
    Loiter,
    ManualOutputs,
    Velocity,
)
from hil.errors import Diverged, ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sim.loops.winged import PlaneSim

HOME = Home(47.397742, 8.545594, 488.0, 0.0)
NAMES = pytest.mark.parametrize("name", ["plane", "elevon"])


def in_the_air(name: str, *, height_m: float = 60.0, seed: int = 3, **world: object) -> PlaneSim:
    loop = PlaneSim(load_airframe(name), HOME, seed=seed, **world)
    while not loop.estimate.ready:
        loop.advance(loop.time_s + 1.0)
    loop.armed = True
    loop.command(ClimbOut(0.0, math.radians(12.0), 20.0))
    fly_until(loop, lambda pos: -pos[2] >= height_m)
    return loop


def fly_until(loop: PlaneSim, there: Callable[[tuple[float, float, float]], bool]) -> None:
    ends = loop.time_s + 120.0
    while not there(loop.truth.pos_ned):
        loop.advance(loop.time_s + 0.1)
        assert loop.time_s < ends


def track(loop: PlaneSim, seconds: float) -> np.ndarray:
    block_offsets = []
    until = loop.time_s + seconds
    while loop.time_s < until - 1e-6:
        loop.advance(loop.time_s + 0.1)
        block_offsets.append(loop.truth.pos_ned)
    return np.array(block_offsets)


@NAMES
def test_it_takes_off_straight(name: str) -> None:
    loop = in_the_air(name)
    assert abs(loop.truth.pos_ned[1]) < 15.0
    assert not loop.estimate.landed
    assert loop.truth.pos_ned[0] < 500.0


@NAMES
@pytest.mark.parametrize("wind", [(0.0, 0.0, 0.0), (-4.0, 5.0, 0.0)])
def test_a_line_is_followed_in_position_height_and_speed(name: str, wind: tuple[float, float, float]) -> None:
    loop = in_the_air(name, wind_ned=wind)
    cruise = loop.airframe.cruise_m_s
    n, e, d = loop.truth.pos_ned
    loop.command(FlyLine((n, e + 50.0, d), (n + 4000.0, e + 50.0, d), cruise))
    track(loop, 45.0)
    on = track(loop, 20.0)
    assert abs(on[:, 1] - e - 50.0).max() < 4.0
    assert abs(on[:, 2] - d).max() < 4.0
    assert loop.indicated_airspeed_m_s == pytest.approx(cruise, abs=1.0)


@NAMES
@pytest.mark.parametrize("clockwise", [True, False])
def test_a_circle_is_followed(name: str, clockwise: bool) -> None:
    loop = in_the_air(name, wind_ned=(2.0, -2.0, 0.0), turbulence_m_s=5.0)
    loop.command(Loiter((300.0, 200.0, -80.0), 100.0, loop.airframe.cruise_m_s, clockwise))
    track(loop, 60.0)
    on = track(loop, 40.0)
    far = np.hypot(on[:, 0] - 300.0, on[:, 1] - 200.0)
    assert abs(far - 100.0).max() < 12.0
    assert abs(on[:, 2] + 80.0).max() < 6.0
    angles = np.unwrap(np.arctan2(on[:, 1] - 200.0, on[:, 0] - 300.0))
    assert bool(angles[-1] > angles[0]) is clockwise


@NAMES
def test_it_descends_on_a_glide_slope_flares_and_stops(name: str) -> None:
    loop = in_the_air(name)
    cruise = loop.airframe.cruise_m_s
    loop.command(GoTo((-900.0, 0.0, -40.0), cruise))
    fly_until(loop, lambda pos: pos[0] < -850.0)
    slow = 0.5 * (cruise + loop.plane.tune.min_m_s)
    loop.command(FlyLine((-700.0, 0.0, -40.0), (0.0, 0.0, 0.0), slow))
    sink = 0.0
    fly_until(loop, lambda pos: -pos[2] < 3.5)
    loop.command(Flare(0.0, 0.0))
    ends = loop.time_s + 60.0
    while not loop.estimate.landed:
        before = loop.truth
        loop.advance(loop.time_s + 0.1)
        if -before.pos_ned[2] > 0.05 >= -loop.truth.pos_ned[2]:
            sink = max(sink, before.vel_ned[2])
        assert loop.time_s < ends
    assert sink < 2.0
    assert abs(loop.truth.pos_ned[1]) < 15.0
    assert max(abs(angle) for angle in loop.truth.euler_rad[:2]) < math.radians(5.0)
    assert loop.throttle == 0.0


def test_holding_a_position_is_circling_and_a_velocity_is_a_course() -> None:
    loop = in_the_air("plane")
    here = loop.truth.pos_ned
    loop.command(HoldPosition())
    track(loop, 40.0)
    on = track(loop, 30.0)
    assert abs(np.hypot(on[:, 0] - here[0], on[:, 1] - here[1]) - loop.plane.loiter_radius_m).max() < 10.0
    loop.command(Velocity((0.0, -20.0, -1.0)))
    track(loop, 20.0)
    assert loop.truth.vel_ned[1] < -18.0
    assert loop.truth.vel_ned[2] == pytest.approx(-1.0, abs=0.4)


def test_in_manual_sticks_move_surfaces_and_in_fbwa_the_attitude() -> None:
    loop = in_the_air("plane")
    loop.command(HoldAttitude(math.radians(30.0), math.radians(5.0), None, 0.7))
    track(loop, 4.0)
    assert loop.truth.euler_rad[0] == pytest.approx(math.radians(30.0), abs=0.08)
    loop.command(ManualOutputs(-1.0, 0.0, 0.0, 0.7))
    track(loop, 0.5)
    assert loop.truth.rates_frd[0] < -0.5


def test_disarmed_on_the_ground_it_does_not_move() -> None:
    loop = PlaneSim(load_airframe("plane"), HOME, seed=1)
    loop.command(ClimbOut(0.0, 0.2, 20.0))
    loop.advance(20.0)
    assert loop.throttle == 0.0
    assert math.hypot(*loop.truth.pos_ned[:2]) < 0.1
    assert loop.estimate.landed


@NAMES
def test_the_same_seed_repeats_the_flight_bit_for_bit(name: str) -> None:
    ends = [in_the_air(name, seed=seed, height_m=20.0, gust_m_s=1.0).state.copy() for seed in (5, 5, 6)]
    assert np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


def test_results_do_not_depend_on_the_steps_of_time() -> None:
    ends = []
    for step_s in (0.02, 0.007, 1.0):
        loop = PlaneSim(load_airframe("plane"), HOME, seed=5, wind_ned=(-3.0, 0.0, 0.0))
        for until in np.arange(step_s, 14.0, step_s):
            loop.advance(float(until))
        loop.advance(14.0)
        ends.append(loop.state.copy())
    assert np.array_equal(ends[0], ends[1])
    assert np.array_equal(ends[0], ends[2])


def test_divergence_stops_the_flight_with_its_stage() -> None:
    loop = PlaneSim(load_airframe("plane"), HOME, seed=5)
    loop.advance(5.0)
    loop._state[ps.ROTOR + 5] = math.nan
    with pytest.raises(Diverged, match="the rotors, wheels and surfaces, state 6"):
        loop.advance(6.0)


def test_a_dead_propeller_lets_it_glide_down_with_level_wings() -> None:
    loop = in_the_air("plane", height_m=80.0)
    loop.inject(Fault.parse(f"motor1 dead {loop.time_s:.1f}"))
    loop.command(FlyLine(loop.truth.pos_ned, (3000.0, 0.0, -80.0), 22.0))
    track(loop, 12.0)
    assert loop.state[ps.CURRENT] < 1.0
    assert -loop.truth.pos_ned[2] < 75.0
    assert abs(loop.truth.euler_rad[0]) < 0.15
    assert loop.indicated_airspeed_m_s > loop.plane.tune.stall_m_s


def test_a_fault_of_a_missing_motor_is_refused() -> None:
    with pytest.raises(ScenarioError, match="has no motor 2"):
        PlaneSim(load_airframe("plane"), HOME, seed=1, faults=[Fault.parse("motor2 dead 5")])


def test_an_airframe_without_a_wing_is_refused() -> None:
    with pytest.raises(ScenarioError, match="has no wing"):
        PlaneSim(load_airframe("quad_x"), HOME, seed=1)
