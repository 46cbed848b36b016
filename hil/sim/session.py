"""Simulated aircraft for tests: running, ready to arm, with the ground's end of its radio."""

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
    """Running aircraft, the link for a ground station, and the clock of both."""

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
    """Run an aircraft while the block runs; `options` are those of `SimVehicle`.

    The block starts when the aircraft has a home position. Raises AirframeError, ScenarioError, or LinkError if it
    gets none.
    """
    aircraft_link, ground_link = radio(impairment)
    aircraft = SimVehicle(autopilot=autopilot, seed=seed, clock=clock, **options)
    async with asyncio.TaskGroup() as group, aircraft_link, ground_link:
        running = group.create_task(aircraft.run(aircraft_link), name="simulated aircraft")
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while aircraft.autopilot.vehicle.home is None:  # noqa: ASYNC110 - home has no event
                    await asyncio.sleep(0.1)
        except TimeoutError:
            running.cancel()
            raise LinkError(
                f"simulated aircraft has no position estimate after {READY_WITHIN_S:g} s",
                where=f"seed {seed}",
            ) from None
        yield SimSession(aircraft, ground_link, clock, seed)
        running.cancel()
