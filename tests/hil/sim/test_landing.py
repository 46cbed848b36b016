"""Landing detection in turbulence: soon after touchdown, and never in the air."""

from __future__ import annotations

import math

import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo, Velocity
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.vehicle import DEFAULT_HOME


def above_home(height_m: float, seed: int, **weather: object) -> MultirotorSim:
    loop = MultirotorSim(load_airframe("quad_x"), DEFAULT_HOME, seed=seed, **weather)  # type: ignore[arg-type]
    loop.advance(14.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -height_m), climb_m_s=5.0))
    loop.advance(18.0 + height_m / 2.5)
    return loop


@pytest.mark.parametrize("seed", [1, 2, 4, 7, 9])
@pytest.mark.parametrize("landing", [GoTo((0.0, 0.0, 60.0), descend_m_s=0.5), Velocity((0.0, 0.0, 0.5))])
def test_after_touchdown_in_turbulence_it_stays_and_is_soon_landed(
    seed: int, landing: GoTo | Velocity
) -> None:
    loop = above_home(10.0, seed, wind_ned=(8.0, 6.0, 0.0), turbulence_m_s=15.4)
    loop.command(landing)
    while loop.truth.pos_ned[2] < -0.1:
        loop.advance(loop.time_s + 0.1)
    touched, place = loop.time_s, loop.truth.pos_ned
    while not loop.estimate.landed and loop.time_s < touched + 20.0:
        loop.advance(loop.time_s + 0.1)
    assert loop.time_s - touched < 4.0
    assert math.dist(loop.truth.pos_ned[:2], place[:2]) < 1.5


@pytest.mark.parametrize("seed", [3, 11, 15])
def test_hovering_in_a_storm_it_is_not_landed(seed: int) -> None:
    loop = above_home(80.0, seed, wind_ned=(15.0, 0.0, 0.0), turbulence_m_s=25.0, gust_m_s=3.0)
    loop.command(Velocity((0.0, 0.0, 0.5)))
    while loop.time_s < 160.0 and loop.truth.pos_ned[2] < -1.0:
        loop.advance(loop.time_s + 0.1)
        assert not loop.estimate.landed
