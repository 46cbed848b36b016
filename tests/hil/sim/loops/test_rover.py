"""A rover drives on its sensors: to positions, by velocity, in MANUAL; one drive per seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo, HoldPosition, ManualOutputs, MotorsIdle, Velocity
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.loops.rover import RoverSim

HOME = Home(47.397742, 8.545594, 488.0, 0.0)


def ready(*, seed: int = 3, **world: object) -> RoverSim:
    loop = RoverSim(load_airframe("rover"), HOME, seed=seed, **world)
    while not loop.estimate.ready:
        loop.advance(loop.time_s + 1.0)
    loop.armed = True
    return loop


@pytest.mark.parametrize("place", [(15.0, 0.0), (-10.0, 8.0), (0.0, -12.0)])
def test_it_drives_to_a_position_and_stops_there(place: tuple[float, float]) -> None:
    loop = ready(wind_ned=(3.0, 3.0, 0.0))
    loop.command(GoTo((*place, 0.0), 1.2))
    loop.advance(loop.time_s + 40.0)
    assert loop.estimate.landed
    # The estimate is within the acceptance radius, the true position within GPS accuracy.
    assert math.dist(loop.estimate.pos_ned[:2], place) < 1.0
    assert math.dist(loop.truth.pos_ned[:2], place) < 2.5


def test_it_keeps_to_the_line_and_its_speed() -> None:
    loop = ready()
    start = loop.estimate.pos_ned
    loop.command(GoTo((40.0, 20.0, 0.0), 1.0))
    off, speeds = [], []
    length = math.dist(start[:2], (40.0, 20.0))
    loop.advance(loop.time_s + 8.0)
    for _ in range(200):
        loop.advance(loop.time_s + 0.1)
        n, e, _ = loop.estimate.pos_ned
        off.append(((n - start[0]) * (20.0 - start[1]) - (e - start[1]) * (40.0 - start[0])) / length)
        speeds.append(math.hypot(*loop.truth.vel_ned[:2]))
    assert np.abs(off).max() < 0.6
    assert np.mean(speeds) == pytest.approx(1.0, abs=0.05)


def test_it_follows_a_velocity_and_a_heading() -> None:
    loop = ready()
    loop.command(Velocity((0.0, 0.8, 0.0)))
    loop.advance(loop.time_s + 8.0)
    assert loop.truth.vel_ned[1] == pytest.approx(0.8, abs=0.08)
    loop.command(HoldPosition(math.radians(-90.0)))
    loop.advance(loop.time_s + 6.0)
    assert loop.estimate.euler_rad[2] == pytest.approx(math.radians(-90.0), abs=0.1)
    assert math.hypot(*loop.truth.vel_ned[:2]) < 0.1


def test_in_manual_it_follows_the_sticks_and_idle_it_stops() -> None:
    loop = ready()
    loop.command(ManualOutputs(0.0, 0.0, 0.3, 0.4))
    loop.advance(loop.time_s + 3.0)
    assert loop.truth.rates_frd[2] > 0.3
    assert loop.throttle > 0.2
    loop.command(MotorsIdle())
    loop.advance(loop.time_s + 3.0)
    assert loop.estimate.landed


def test_disarmed_it_does_not_move() -> None:
    loop = ready()
    loop.armed = False
    loop.command(GoTo((10.0, 0.0, 0.0), 1.0))
    loop.advance(loop.time_s + 5.0)
    assert math.hypot(*loop.truth.pos_ned[:2]) < 0.05


def test_a_dead_wheel_makes_it_turn() -> None:
    loop = ready()
    loop.command(Velocity((1.0, 0.0, 0.0)))
    loop.inject(Fault.parse(f"motor1 dead {loop.time_s:.1f}"))
    loop.advance(loop.time_s + 3.0)
    assert abs(loop.truth.euler_rad[2]) > 0.2


def test_the_same_seed_repeats_the_drive_bit_for_bit() -> None:
    ends = []
    for seed in (5, 5, 6):
        loop = ready(seed=seed)
        loop.command(GoTo((10.0, 5.0, 0.0), 1.0))
        loop.advance(loop.time_s + 8.0)
        ends.append(loop.state.copy())
    assert np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


def test_an_airframe_that_is_not_a_rover_is_refused() -> None:
    with pytest.raises(ScenarioError, match="as a rover: it is a multirotor"):
        RoverSim(load_airframe("quad_x"), HOME, seed=1)
