"""Upload of 500 items over a radio that loses 20 % and delays, duplicates and reorders frames."""

from __future__ import annotations

import math

import pytest

from controller.app.connect import connect
from controller.link.url import Impairment
from controller.missions.plan import Home, Plan, PlanItem
from controller.wire.enums import MAV_CMD
from hil.sim.clock import VirtualClock, run_virtual
from hil.sim.session import session

ITEMS = 500
BAD = {"loss": 0.2, "delay_ms": 150.0, "dup": 0.05, "reorder": 0.05}


def long_plan() -> Plan:
    """A takeoff and a long line of waypoints that all differ."""
    items = [PlanItem(command=MAV_CMD.NAV_TAKEOFF, lat_deg=47.3977, lon_deg=8.5456, alt_m=20.0)]
    for i in range(1, ITEMS):
        items.append(
            PlanItem(
                command=MAV_CMD.NAV_WAYPOINT,
                param1=float(i % 7),
                lat_deg=47.3977 + 0.00001 * i,
                lon_deg=8.5456 + 0.00002 * math.sin(i),
                alt_m=20.0 + i % 30,
            )
        )
    return Plan(items=tuple(items), home=Home(47.3977, 8.5456, 488.0))


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
@pytest.mark.parametrize("seed", range(10))
def test_five_hundred_items_are_uploaded_and_verified(autopilot: str, seed: int) -> None:
    async def upload() -> int:
        clock = VirtualClock()
        impairment = Impairment(**BAD, seed=seed)
        async with (
            session(clock=clock, seed=seed, autopilot=autopilot, impairment=impairment) as sim,
            connect(sim.link, clock=clock) as vehicle,
        ):
            uploaded = await vehicle.mission.upload(long_plan())
            return uploaded.items

    assert run_virtual(upload()) in (ITEMS, ITEMS + 1)  # ArduPilot's mission has a home item as well
