"""Connects to an aircraft by link URL:

async with connect("udpin:127.0.0.1:14550") as vehicle:
    await vehicle.mission.upload(plan)
    await vehicle.mission.start()
    async for item in vehicle.mission.progress():
        print(item)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from controller.app import discovery
from controller.app.station import Station
from controller.clock import Clock
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link
from controller.link.open import policy_for
from controller.logs.record.recorder import FlightRecorder
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.vehicle.vehicle import Vehicle


@asynccontextmanager
async def connect(
    links: str | Link | Sequence[str | Link],
    *,
    system: int | None = None,
    clock: Clock | None = None,
    policy: EndpointPolicy | None = None,
    recorder: FlightRecorder | None = None,
    timing: Timing = DEFAULT_TIMING,
    timeout_s: float = 30.0,
    streams: bool = True,
    note: Callable[[str], None] | None = None,
) -> AsyncIterator[Vehicle]:
    """Connect to the aircraft on one or more links (URLs or link objects) and request its telemetry.

    `system` chooses the aircraft by its system id where there are several. `policy` limits the endpoints that may be
    opened; by default only the given URLs. With `streams` False nothing is requested from the aircraft. `note(line)` is
    called while no aircraft is found. Raises UserError, EndpointRefused, or LinkError when no heartbeat arrives within
    `timeout_s` seconds.
    """
    targets: list[str | Link] = [links] if isinstance(links, str | Link) else list(links)
    policy = policy or policy_for(link for link in targets if isinstance(link, str))
    async with Station(clock=clock, recorder=recorder, timing=timing) as station:
        for link in targets:
            if isinstance(link, str):
                await station.open(link, policy=policy)
            else:
                await station.add(link)
        if note is not None and discovery.listens(station.hub.links):
            note(f"waiting for an aircraft on {discovery.links_text(station.hub.links)}")
        vehicle = await station.vehicle(system, timeout_s=timeout_s, on_waiting=note)
        if streams:
            await vehicle.request_version()
            await vehicle.request_streams()
        yield vehicle
