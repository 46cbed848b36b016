"""The vehicle without its autopilot."""

from __future__ import annotations

import math

import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import Velocity
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.loops.make import make_plant
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.plant import Plant

HOME = Home(47.0, 8.0, 500.0, 90.0)


def test_a_plant_driven_by_recorded_commands_repeats_the_flight_bit_for_bit() -> None:
    quad = load_airframe("quad_x")
    joined = MultirotorSim(quad, HOME, seed=3, wind_ned=(3.0, 0.0, 0.0), gust_m_s=1.0)
    plant = Plant(quad, HOME, seed=3, wind_ned=(3.0, 0.0, 0.0), gust_m_s=1.0)
    joined.advance(8.0)
    plant.advance(8.0)
    joined.armed = True
    joined.command(Velocity((0.0, 0.0, -2.0)))
    for k in range(1, 501):
        joined.advance(8.0 + 0.004 * k)
        plant.drive(joined.motor_outputs)
        plant.advance(8.0 + 0.004 * k)
    assert plant.truth.pos_ned[2] < -1.0
    assert plant.truth == joined.truth
    assert plant.sensors == joined.sensors


def test_over_rough_ground_wind_is_weaker_below_and_wings_have_that_by_default() -> None:
    def felt(name: str, **weather: float) -> float:
        plant = make_plant(load_airframe(name), HOME, seed=1, wind_ned=(6.0, 0.0, 0.0), **weather)
        plant.advance(0.1)
        return plant.wind_ned[0]

    assert felt("quad_x") == pytest.approx(6.0)
    below = 6.0 * math.log(3.0 * 0.3048 / 0.05) / math.log(20.0 * 0.3048 / 0.05)
    assert felt("quad_x", roughness_m=0.05) == pytest.approx(below)
    assert felt("rover", roughness_m=0.05) == pytest.approx(below)
    assert felt("plane") == pytest.approx(below)
    assert felt("plane", roughness_m=0.0) == pytest.approx(6.0)


def test_a_battery_cannot_lose_more_than_it_has() -> None:
    with pytest.raises(
        ScenarioError, match=r"battery of quad_x has 16\.41 V when full: a loss of 17 V is not possible"
    ):
        Plant(load_airframe("quad_x"), HOME, seed=1, faults=[Fault.parse("battery cell:17 3")])


def test_wind_beyond_the_models_is_refused_wherever_an_aircraft_is_made() -> None:
    for kind in ("quad_x", "plane", "rover"):
        with pytest.raises(ScenarioError, match="at most 40 m/s"):
            make_plant(load_airframe(kind), HOME, seed=1, wind_ned=(1e6, 0.0, 0.0))


def test_motors_without_a_command_are_stopped() -> None:
    plant = Plant(load_airframe("quad_x"), HOME, seed=1)
    plant.advance(2.0)
    assert plant.truth.rotor_speeds_rad_s == (0.0,) * 4
    assert math.hypot(*plant.truth.vel_ned) < 1e-3


def test_a_motor_command_that_is_not_finite_is_refused_and_not_used() -> None:
    plant = Plant(load_airframe("quad_x"), HOME, seed=1)
    with pytest.raises(ScenarioError, match="command 3 must be finite, is nan"):
        plant.drive([0.9, 0.9, math.nan, 0.9])
    plant.advance(0.5)
    assert plant.truth.rotor_speeds_rad_s == (0.0,) * 4


def test_too_few_motor_commands_are_refused() -> None:
    with pytest.raises(ScenarioError, match="needs 4 commands, got 3"):
        Plant(load_airframe("quad_x"), HOME, seed=1).drive([0.1, 0.1, 0.1])


def test_a_dead_motor_stops_at_any_command() -> None:
    plant = Plant(load_airframe("quad_x"), HOME, seed=1, faults=[Fault.parse("motor2 dead 0")])
    plant.drive([0.3] * 4)
    plant.advance(1.0)
    speeds = plant.truth.rotor_speeds_rad_s
    assert speeds[1] == 0.0
    assert speeds[0] > 50.0
