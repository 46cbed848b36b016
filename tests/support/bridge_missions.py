"""Missions for wings and wheels that a bridge is flown with, and what has to be true after them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from controller.app.fly.events import FlySummary
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from hil.airframes.load import load_airframe
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sim.loops.make import make_plant
from hil.sim.plant.plant import Plant
from tests.support.flights import HOME, LAND, RETURN, TAKEOFF, plan_of, waypoint

PLACE = Home(HOME[0], HOME[1], HOME[2], 0.0)
UP, DOWN = replace(TAKEOFF, alt_m=50.0), replace(LAND, alt_m=0.0)
CIRCUIT = plan_of(
    UP, waypoint(500, 0, 60), waypoint(500, 400, 60), waypoint(-500, 400, 50), waypoint(-550, 0, 32), DOWN
)
ACROSS = plan_of(replace(TAKEOFF, alt_m=30.0), waypoint(400, 0, 40), waypoint(400, 300, 40), DOWN)
ROUND = plan_of(waypoint(20, 0, 0), waypoint(20, 15, 0), RETURN)


def check_done(plan: Plan, summary: FlySummary, plant: Plant) -> None:
    """Every item reached, and really standing near home."""
    assert summary.outcome == "completed"
    assert summary.items_reached == tuple(range(1, len(plan.items) + 1))
    north, east, down = plant.truth.pos_ned
    assert abs(east) < 25.0
    assert -100.0 < north < 250.0
    assert down > -1.0
    assert math.hypot(*plant.truth.vel_ned[:2]) < 0.6


def turned(airframe: str, drive: Callable[[Plant], None]) -> list[float]:
    """Turn rates about the body's axes that this gives it in a tenth of a second of level flight at 22 m/s."""
    plant = make_plant(load_airframe(airframe), PLACE, seed=3)
    plant.advance(0.02)
    plant.state[ps.POS + 2], plant.state[ps.VEL] = -100.0, 22.0
    drive(plant)
    plant.advance(0.10)
    rates: list[float] = plant.state[ps.RATE : ps.RATE + 3].tolist()
    return rates


LAT, LON = 473_977_419, 85_455_938


def mission_item(north_m: float, east_m: float, alt_m: float = 15.0, command: int = 16) -> MissionItem:
    x, y = LAT + round(north_m / 1.1119 * 100), LON + round(east_m / 0.7532 * 100)
    return MissionItem(frame=3, command=command, x=x, y=y, z=alt_m)


MISSION = [
    mission_item(0, 0, command=22),
    mission_item(30, 0),
    mission_item(30, 30),
    MissionItem(frame=2, command=20),
]
