"""A VTOL hovers, transitions to forward flight and back, and lands."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import FlyLine, GoTo, HoldPosition, Velocity
from hil.autopilot.plane.vtol import VtolPhase
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sim.loops.winged import VtolSim

HOME = Home(47.397742, 8.545594, 488.0, 0.0)
Place = tuple[float, float, float]


def standing_in_the_air(*, seed: int = 3, **world: object) -> VtolSim:
    loop = VtolSim(load_airframe("quadplane"), HOME, seed=seed, **world)
    while not loop.estimate.ready:
        loop.advance(loop.time_s + 1.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -40.0), 5.0, 2.5, 1.5))
    until(loop, lambda pos: -pos[2] > 39.0)
    loop.advance(loop.time_s + 5.0)
    return loop


def until(loop: VtolSim, there: Callable[[Place], bool], within_s: float = 90.0) -> list[Place]:
    block_offsets = [loop.truth.pos_ned]
    ends = loop.time_s + within_s
    while not there(loop.truth.pos_ned):
        loop.advance(loop.time_s + 0.1)
        block_offsets.append(loop.truth.pos_ned)
        assert loop.time_s < ends
    return block_offsets


@pytest.mark.parametrize("wind", [(0.0, 0.0, 0.0), (0.0, 5.0, 0.0)])
def test_it_hovers_and_turns_its_nose_into_the_wind(wind: Place) -> None:
    loop = standing_in_the_air(wind_ned=wind)
    loop.command(HoldPosition(0.0))
    loop.advance(loop.time_s + 15.0)
    held = loop.truth.pos_ned
    loop.advance(loop.time_s + 10.0)
    assert math.dist(held, loop.truth.pos_ned) < 1.5
    assert loop.state[ps.ROTOR + 4] < 150.0  # no throttle on the propeller
    if wind[1]:
        assert loop.truth.euler_rad[2] == pytest.approx(-math.pi / 2.0, abs=0.4)


@pytest.mark.parametrize("wind", [(0.0, 0.0, 0.0), (-3.0, 4.0, 0.0)])
def test_it_transitions_without_sinking_and_back_without_climbing(wind: Place) -> None:
    loop = standing_in_the_air(wind_ned=wind)
    loop.command(FlyLine((0.0, 0.0, -40.0), (2000.0, 0.0, -40.0), 24.0))
    seen = [VtolPhase.ROTORS]
    heights = []
    ends = loop.time_s + 60.0
    while loop.truth.pos_ned[0] < 700.0:
        loop.advance(loop.time_s + 0.1)
        heights.append(-loop.truth.pos_ned[2])
        if loop.phase is not seen[-1]:
            seen.append(loop.phase)
        assert not loop.estimate.landed
        assert loop.time_s < ends
    assert seen == [VtolPhase.ROTORS, VtolPhase.TO_WINGS, VtolPhase.WINGS]
    assert min(heights) > 34.0
    assert max(heights) < 47.0
    assert loop.state[ps.ROTOR : ps.ROTOR + 4].max() < 1.0
    assert loop.indicated_airspeed_m_s == pytest.approx(24.0, abs=1.5)
    loop.command(HoldPosition())
    block_offsets = until(loop, lambda _: math.hypot(*loop.truth.vel_ned[:2]) < 1.0)
    down = np.array(block_offsets)[:, 2]
    assert loop.phase is VtolPhase.ROTORS
    assert -down.max() > 34.0
    assert -down.min() < 50.0


def test_it_lands_and_detects_it() -> None:
    loop = standing_in_the_air()
    loop.command(Velocity((0.0, 0.0, 1.0)))
    until(loop, lambda _: loop.estimate.landed)
    assert math.hypot(*loop.truth.pos_ned[:2]) < 2.0
    assert max(abs(angle) for angle in loop.truth.euler_rad[:2]) < 0.05


def test_with_a_dead_propeller_a_hold_brings_the_rotors_back() -> None:
    loop = standing_in_the_air()
    loop.command(FlyLine((0.0, 0.0, -40.0), (2000.0, 0.0, -40.0), 24.0))
    until(loop, lambda pos: pos[0] > 500.0)
    loop.inject(Fault.parse(f"motor5 dead {loop.time_s:.1f}"))
    loop.advance(loop.time_s + 2.0)
    loop.command(HoldPosition())
    until(loop, lambda _: math.hypot(*loop.truth.vel_ned[:2]) < 1.0)
    assert -loop.truth.pos_ned[2] > 25.0


def test_a_propeller_without_thrust_ends_the_transition_on_the_rotors() -> None:
    loop = standing_in_the_air()
    loop.inject(Fault.parse(f"motor5 dead {loop.time_s:.1f}"))
    loop.command(FlyLine((0.0, 0.0, -40.0), (2000.0, 0.0, -40.0), 24.0))
    loop.advance(loop.time_s + 25.0)
    assert loop.phase is VtolPhase.ROTORS
    assert -loop.truth.pos_ned[2] == pytest.approx(40.0, abs=3.0)


def test_the_same_seed_repeats_the_flight_bit_for_bit() -> None:
    ends = [standing_in_the_air(seed=seed, gust_m_s=1.0).state.copy() for seed in (5, 5, 6)]
    assert np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])
