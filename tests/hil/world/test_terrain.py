"""Terrain: rasters from generated files, heights between cells, and flights over a hill."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controller.terrain.raster import Raster
from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo, Velocity
from hil.errors import ScenarioError
from hil.geodesy import Home, ned_to_lla
from hil.sensors.rangefinder import slant_range_m
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.plant import Plant
from hil.world.terrain import Terrain

HOME = Home(47.5, 8.5, 488.0, 30.0)
PER_DEG_M = 111_180.0  # of latitude, at 47.5 degrees


def slope_to_the_north(fall_per_m: float) -> Raster:
    """Return a plane that falls to the north, with cells of some 11 m."""
    rows = np.arange(401)[:, None] * np.ones((1, 401))  # rows from the north
    heights = 500.0 + (rows - 200.0) * 1e-4 * PER_DEG_M * fall_per_m
    return Raster("slope", heights.astype(np.float32), 8.48, 47.52, 1e-4, 1e-4)


def test_the_ground_follows_the_raster_and_is_zero_at_home() -> None:
    terrain = Terrain(slope_to_the_north(0.25), HOME)
    assert terrain.down_m(0.0, 0.0) == pytest.approx(0.0, abs=1e-6)
    assert terrain.down_m(400.0, 0.0) == pytest.approx(100.0, abs=0.1)
    plane = terrain.plane(100.0, 50.0)
    assert plane.falls_n == pytest.approx(0.25, abs=2e-3)
    assert plane.falls_e == pytest.approx(0.0, abs=2e-3)


def test_far_from_home_level_ground_falls_away_below_its_tangent_plane() -> None:
    """Compare with the ellipsoid's height below the tangent plane: 7.8 m at 10 km."""
    level = Terrain(slope_to_the_north(0.0), HOME)
    _, _, alt_m = ned_to_lla(8000.0, 6000.0, 0.0, HOME.lat_deg, HOME.lon_deg, HOME.alt_amsl_m)
    assert alt_m - HOME.alt_amsl_m > 7.0
    assert level.down_m(8000.0, 6000.0) == pytest.approx(alt_m - HOME.alt_amsl_m, abs=0.05)


def test_a_home_outside_the_raster_is_refused() -> None:
    with pytest.raises(ScenarioError, match="does not cover home"):
        Plant(load_airframe("quad_x"), Home(46.0, 8.5, 400.0), seed=1, terrain=slope_to_the_north(0.1))


def test_an_aircraft_stands_aligned_and_still_on_a_slope() -> None:
    plant = Plant(
        load_airframe("quad_x"), HOME, seed=1, terrain=slope_to_the_north(math.tan(math.radians(15.0)))
    )
    plant.advance(1.0)
    place = plant.truth.pos_ned
    plant.advance(31.0)
    assert math.dist(plant.truth.pos_ned, place) < 30e-3
    roll, pitch, _ = plant.truth.euler_rad  # heading 30 degrees
    assert math.degrees(math.acos(math.cos(roll) * math.cos(pitch))) == pytest.approx(15.0, abs=0.7)


def test_a_flight_over_a_hill_is_the_same_in_any_steps_of_time() -> None:
    def fly(steps: list[float]) -> bytes:
        plant = Plant(load_airframe("quad_x"), HOME, seed=1, terrain=slope_to_the_north(0.1))
        plant.drive([0.5] * 4)
        for until in steps:
            plant.advance(until)
        return plant.state.tobytes()

    assert fly([1.0]) == fly([0.003, 0.3305, 0.777, 1.0])


def test_it_lands_on_a_hill_above_home_and_detects_it() -> None:
    loop = MultirotorSim(load_airframe("quad_x"), HOME, seed=2, terrain=slope_to_the_north(0.1))
    loop.advance(12.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -15.0)))
    loop.advance(22.0)
    loop.command(GoTo((-60.0, 0.0, -15.0)))
    loop.advance(40.0)
    truth = loop.truth
    below = slant_range_m(truth.pos_ned, (1.0, 0.0, 0.0, 0.0), loop.ground_below)
    assert below == pytest.approx(15.0 - 6.0, abs=1.0)
    loop.command(Velocity((0.0, 0.0, 0.7)))
    loop.advance(70.0)
    assert loop.estimate.landed
    assert loop.truth.pos_ned[2] == pytest.approx(-6.0, abs=0.5)
