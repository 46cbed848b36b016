"""A simulated aircraft and the ground station's connection to it, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.vehicle.vehicle import Vehicle
from hil.geodesy import Home
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.scripted.telemetry import HOME


@asynccontextmanager
async def sim_station(autopilot: str, *, ready: bool = True) -> AsyncIterator[Vehicle]:
    """A copter that is `ready` to arm, or has just been switched on."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    aircraft = SimVehicle("quad_x", autopilot, home=Home(*HOME, 0.0), clock=clock)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(aircraft.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            vehicle = await station.vehicle()
            await vehicle.request_streams()
            if ready:
                assert await vehicle.wait(lambda state: bool(state.prearm_ok and state.home), 60.0)
            yield vehicle
        living.cancel()
