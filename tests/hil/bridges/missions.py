"""Missions for wings and wheels that a bridge is flown with, and what has to be true after them."""

from __future__ import annotations

import math
from dataclasses import replace

from controller.app.events import Summary
from controller.missions.plan import Plan
from hil.geodesy import Home
from hil.sim.plant import Plant
from tests.support.flights import HOME, LAND, RETURN, TAKEOFF, plan_of, waypoint

PLACE = Home(HOME[0], HOME[1], HOME[2], 0.0)
UP, DOWN = replace(TAKEOFF, alt_m=50.0), replace(LAND, alt_m=0.0)
CIRCUIT = plan_of(
    UP, waypoint(500, 0, 60), waypoint(500, 400, 60), waypoint(-500, 400, 50), waypoint(-550, 0, 32), DOWN
)
ACROSS = plan_of(replace(TAKEOFF, alt_m=30.0), waypoint(400, 0, 40), waypoint(400, 300, 40), DOWN)
ROUND = plan_of(waypoint(20, 0, 0), waypoint(20, 15, 0), RETURN)


def check_done(plan: Plan, summary: Summary, plant: Plant) -> None:
    """Every item reached, and really standing near home."""
    assert summary.outcome == "completed"
    assert summary.items_reached == tuple(range(1, len(plan.items) + 1))
    north, east, down = plant.truth.pos_ned
    assert abs(east) < 25.0
    assert -100.0 < north < 250.0
    assert down > -1.0
    assert math.hypot(*plant.truth.vel_ned[:2]) < 0.6
