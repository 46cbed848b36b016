"""The fly procedure on a simulated rover: an emulated ArduRover drives the mission and returns."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from controller.app.fly.events import FlyEvent, FlySummary
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import FlyProcedure, fly
from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.missions.plan import Plan
from hil.geodesy import Home
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.flights import HOME, LOITER, RETURN, TAKEOFF, plan_of, waypoint


@asynccontextmanager
async def station_with_rover() -> AsyncIterator[tuple[Station, SimVehicle]]:
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "rover")
    rover = SimVehicle("rover", home=Home(HOME[0], HOME[1], HOME[2], 0.0), seed=2, clock=clock)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(rover.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            yield station, rover
        living.cancel()


async def driven(plan: Plan, options: FlyOptions | None = None) -> tuple[FlySummary, SimVehicle]:
    async with station_with_rover() as (station, rover):
        events: list[FlyEvent] = [event async for event in fly(plan, station, options)]
    last = events[-1]
    assert isinstance(last, FlySummary)
    return last, rover


async def test_a_mission_with_a_stop_is_driven_and_ends_at_home() -> None:
    stop = replace(LOITER, command=19, param1=4.0, lat_deg=HOME[0] + 20 / 111_195, alt_m=0.0)
    summary, rover = await driven(plan_of(waypoint(20, 0, 0), waypoint(20, 15, 0), stop, RETURN))
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3, 4)
    assert math.hypot(*rover.loop.truth.pos_ned[:2]) < 3.5
    assert math.hypot(*rover.loop.truth.vel_ned[:2]) < 0.6
    assert rover.autopilot.commander.mode.name == "AUTO"
    assert 20 < summary.flight_time_s < 120
    assert not summary.flew


async def test_at_end_return_drives_home_and_stops_there() -> None:
    summary, rover = await driven(plan_of(waypoint(20, 0, 0)), FlyOptions(at_end="return"))
    assert summary.outcome == "completed"
    assert math.hypot(*rover.loop.truth.pos_ned[:2]) < 5.5
    assert rover.autopilot.commander.mode.name == "RTL"


async def test_on_leave_commands_a_rover_too() -> None:
    async with station_with_rover() as (station, rover):
        flight = FlyProcedure(plan_of(waypoint(60, 0, 0)), station, FlyOptions(on_leave="return"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(flight.run(lambda _: None))
            for _ in range(200):
                await asyncio.sleep(1.0)
                if rover.loop.truth.pos_ned[0] > 10.0:
                    break
            task.cancel()
        assert rover.autopilot.commander.mode.name == "RTL"


async def test_a_rover_refuses_a_takeoff() -> None:
    summary, _ = await driven(plan_of(TAKEOFF, waypoint(20, 0, 0)))
    assert summary.outcome != "completed"
