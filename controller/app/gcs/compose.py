"""A ground station session with everything around it: flight record, station, links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.app.gcs.operator_input import NO_AIRCRAFT
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.app.recording import check_recordable, start_record
from controller.app.station import Station
from controller.clock import Clock
from controller.guard.policy import EndpointPolicy
from controller.link.open import open_link
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
    """Open the links, start the flight record and run the session; at the end close the record.

    Raises UserError, also where the folder of flights cannot be written, LinkError, EndpointRefused.
    """
    session: GcsSession | None = None

    def on_record_problem(line: str) -> None:
        if session is None:
            setup.note(line)
        else:
            session.warn(line)

    check_recordable(setup.flights_folder)
    async with AsyncExitStack() as opened:
        links = [
            await opened.enter_async_context(open_link(url, policy=policy, clock=clock))
            for url in setup.links
        ]
        recorder = start_record(
            setup.flights_folder, vehicle=setup.vehicle_name, clock=clock, on_problem=on_record_problem
        )
        opened.callback(lambda: _end_record(recorder, session, setup))
        async with AsyncExitStack() as stack:
            station = Station(clock=clock, recorder=recorder, operator_feeds=True)
            await stack.enter_async_context(station)
            if setup.add_aircraft is not None:
                await stack.enter_async_context(setup.add_aircraft(station))
            for url, link in zip(setup.links, links, strict=True):
                await station.add(link, name=url)
            session = GcsSession(station, recorder, on_event=on_event, system=setup.system, plan=setup.plan)
            await stack.enter_async_context(session.running())
            yield session


def _end_record(recorder: FlightRecorder, session: GcsSession | None, setup: SessionSetup) -> None:
    left = session.left() if session else NO_AIRCRAFT
    recorder.close(outcome="watched", left=left)
    if session is not None:
        setup.note(f"session ended; aircraft: {left}; record: {recorder.folder}")
