"""A ground station session with everything around it: flight record, station, links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.app.gcs.session import NO_AIRCRAFT, GcsSession, SessionEvent
from controller.app.station import Station
from controller.clock import Clock
from controller.guard.data_folder import data_folder
from controller.guard.policy import EndpointPolicy
from controller.logs.record.recorder import FlightRecorder
from controller.missions.plan import Plan


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """Links, aircraft and plan of a session.

    `add_aircraft` adds a simulated aircraft to the station, None for none; `note` shows a message to the operator.
    """

    links: Sequence[str]
    system: int | None
    plan: Plan | None
    flights_folder: Path
    vehicle_name: str
    note: Callable[[str], None]
    add_aircraft: Callable[[Station], AbstractAsyncContextManager[None]] | None = None


@asynccontextmanager
async def recorded_session(
    setup: SessionSetup, clock: Clock, policy: EndpointPolicy, on_event: Callable[[SessionEvent], None]
) -> AsyncIterator[GcsSession]:
    """Start the flight record, open the links and run the session; at the end close the record.

    Raises UserError, LinkError, EndpointRefused.
    """
    session: GcsSession | None = None

    def on_record_problem(line: str) -> None:
        if session is None:
            setup.note(line)
        else:
            session.warn(line)

    recorder = FlightRecorder.start(
        setup.flights_folder,
        vehicle=setup.vehicle_name,
        clock=clock,
        on_problem=on_record_problem,
        keys=data_folder() / "keys",
    )
    try:
        async with AsyncExitStack() as stack:
            station = Station(clock=clock, recorder=recorder, operator_feeds=True)
            await stack.enter_async_context(station)
            if setup.add_aircraft is not None:
                await stack.enter_async_context(setup.add_aircraft(station))
            for url in setup.links:
                await station.open(url, policy=policy)
            session = GcsSession(station, recorder, on_event=on_event, system=setup.system, plan=setup.plan)
            await stack.enter_async_context(session.running())
            yield session
    finally:
        left = session.left() if session else NO_AIRCRAFT
        recorder.close(outcome="watched", left=left)
        if session is not None:
            setup.note(f"session ended; aircraft: {left}; record: {recorder.folder}")
