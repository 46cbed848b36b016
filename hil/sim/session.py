"""A simulated aircraft that runs beside a test: switched on, ready to be armed, with the ground's end of its radio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from controller.clock import Clock
from controller.errors import LinkError
from controller.link.base import Link
from controller.link.url import Impairment
from hil.sim.radio import radio
from hil.sim.vehicle import SimVehicle

READY_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class SimSession:
    """`aircraft` flies; `link` is what a ground station connects to; `clock` is the time both live in."""

    aircraft: SimVehicle
    link: Link
    clock: Clock
    seed: int


@asynccontextmanager
async def session(
    *,
    clock: Clock,
    seed: int = 0,
    autopilot: str = "ardupilot",
    impairment: Impairment | None = None,
    **options: Any,
) -> AsyncIterator[SimSession]:
    """Run an aircraft until the block ends. `options` are those of SimVehicle.

    Entered when the aircraft can be armed. Raises AirframeError, ScenarioError, or LinkError if it never gets ready.
    """
    here, there = radio(impairment)
    aircraft = SimVehicle(autopilot=autopilot, seed=seed, clock=clock, **options)
    async with asyncio.TaskGroup() as group, here, there:
        running = group.create_task(aircraft.run(here), name="simulated aircraft")
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while aircraft.autopilot.vehicle.home is None:  # noqa: ASYNC110 - a state, nobody tells of it
                    await asyncio.sleep(0.1)
        except TimeoutError:
            running.cancel()
            raise LinkError("the simulated aircraft found no position", where=f"seed {seed}") from None
        yield SimSession(aircraft, there, clock, seed)
        running.cancel()
