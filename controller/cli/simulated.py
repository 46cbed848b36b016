"""A simulated aircraft in the process of a command, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.clock import SystemClock
    from controller.link.base import Link
    from hil.geodesy import Home


@asynccontextmanager
async def simulated_aircraft(
    add: Callable[[Link], Awaitable[object]],
    airframe: str,
    autopilot: str,
    *,
    home: Home,
    seed: int,
    clock: SystemClock,
) -> AsyncIterator[None]:
    """Simulate an aircraft for the block; `add` gets its link. Raises ScenarioError."""
    from controller.link import memory
    from hil.sim.vehicle import SimVehicle

    aircraft = SimVehicle(airframe, autopilot, home=home, seed=seed, clock=clock)
    ground, air = memory.memory_pair("simulator", "aircraft")
    await add(ground)
    async with asyncio.TaskGroup() as group:
        flying = group.create_task(aircraft.run(air))
        try:
            yield
        finally:
            flying.cancel()
