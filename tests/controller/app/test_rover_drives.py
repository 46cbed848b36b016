"""The flight procedure on a simulated rover: an emulated ArduRover drives the mission and comes back."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

from controller.app.events import FlyEvent, Summary
from controller.app.fly import fly
from controller.app.station import Station
from controller.link.memory import pair
from controller.missions.plan import Plan
from hil.geodesy import Home
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.flights import HOME, LOITER, RETURN, TAKEOFF, plan_of, waypoint


async def driven(plan: Plan) -> tuple[Summary, SimVehicle]:
    clock = VirtualClock()
    ours, theirs = pair("ground", "rover")
    aircraft = SimVehicle("rover", home=Home(HOME[0], HOME[1], HOME[2], 0.0), seed=2, clock=clock)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(aircraft.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            events: list[FlyEvent] = [event async for event in fly(plan, station)]
        living.cancel()
    last = events[-1]
    assert isinstance(last, Summary)
    return last, aircraft


async def test_a_round_is_driven_with_a_stop_on_the_way_and_back_home() -> None:
    stop = replace(LOITER, command=19, param1=4.0, lat_deg=HOME[0] + 20 / 111_195, alt_m=0.0)
    summary, rover = await driven(plan_of(waypoint(20, 0, 0), waypoint(20, 15, 0), stop, RETURN))
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3, 4)
    assert math.hypot(*rover.loop.truth.pos_ned[:2]) < 3.5
    assert math.hypot(*rover.loop.truth.vel_ned[:2]) < 0.6
    assert rover.autopilot.pilot.mode.name == "AUTO"


async def test_a_take_off_is_refused_by_a_rover() -> None:
    summary, _ = await driven(plan_of(TAKEOFF, waypoint(20, 0, 0)))
    assert summary.outcome != "completed"
