"""The live view put together: guard, record, station, links, the simulated aircraft, keyboard and screen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.app.gcs.session import News, Session
from controller.app.station import Station
from controller.cli.common import Output, guard, run
from controller.cli.gcs import screen as gcs_show
from controller.cli.terminal import keys
from controller.clock import SystemClock
from controller.guard.data_folder import data_folder
from controller.logs.flights import store
from controller.logs.record.recorder import FlightRecorder
from controller.missions.plan import Plan

if TYPE_CHECKING:
    from controller.guard.policy import EndpointPolicy
    from hil.geodesy import Home


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    links: tuple[str, ...]
    sim: str | None
    autopilot: str
    seed: int
    system: int | None
    plan: Plan | None


def watch(wanted: Wanted, output: Output) -> int:
    """Until the operator leaves (0), or the process is asked to end (130). Raises UserError, LinkError, EndpointRefused."""
    home = None
    if wanted.sim is not None:
        from controller.cli.fly.compose import home_of
        from hil.sim.prepare import prepare
        from hil.sim.vehicle import DEFAULT_HOME

        home = home_of(wanted.plan, None) if wanted.plan is not None else DEFAULT_HOME
        prepare(wanted.sim, home, output.note)
    policy, _ = guard(wanted.links)
    return run(_Watch(wanted, output, policy, home).run())


@dataclass
class _Watch:
    wanted: Wanted
    output: Output
    policy: EndpointPolicy
    home: Home | None
    session: Session | None = None
    on_screen: bool = False
    ended: bool = False

    async def run(self) -> int:
        clock = SystemClock()
        recorder = FlightRecorder.start(
            store.flights_folder(),
            vehicle=Path(self.wanted.sim).stem if self.wanted.sim else "aircraft",
            clock=clock,
            on_problem=self._trouble,
            keys=data_folder() / "keys",
        )
        try:
            async with AsyncExitStack() as stack:
                station = Station(clock=clock, recorder=recorder, operator_feeds=True)
                await stack.enter_async_context(station)
                if self.wanted.sim is not None:
                    await stack.enter_async_context(self._simulated(station, self.wanted.sim, clock))
                for url in self.wanted.links:
                    await station.open(url, policy=self.policy)
                self.session = Session(
                    station, recorder, tell=self._news, system=self.wanted.system, plan=self.wanted.plan
                )
                await stack.enter_async_context(self.session.running())
                keyboard = await stack.enter_async_context(keys(self.session.press))
                self.output.emit("ready", links=list(self.wanted.links), web=None, pid=os.getpid())
                await self._show(self.session, keyboard=keyboard)
        finally:
            left = self.session.left() if self.session else "no aircraft was heard"
            recorder.close(outcome="watched", left=left)
            if self.session is not None:
                self.output.note(f"left; the aircraft: {left}; record {recorder.folder}")
        return 130 if self.ended else 0

    async def _show(self, session: Session, *, keyboard: bool) -> None:
        self.on_screen = gcs_show.wants_screen(keyboard=keyboard, output=self.output)
        try:
            if self.on_screen:
                await gcs_show.screen(session)
            else:
                await gcs_show.lines(session, self.output)
        except OSError:
            # The terminal is gone, and may have been so before the hang-up was told.
            self.ended = True
        finally:
            self.on_screen = False

    @asynccontextmanager
    async def _simulated(self, station: Station, airframe: str, clock: SystemClock) -> AsyncIterator[None]:
        from controller.link import memory
        from hil.sim.vehicle import SimVehicle

        assert self.home is not None
        aircraft = SimVehicle(
            airframe, self.wanted.autopilot, home=self.home, seed=self.wanted.seed, clock=clock
        )
        ground, air = memory.memory_pair("simulator", "aircraft")
        await station.add(ground)
        async with asyncio.TaskGroup() as group:
            flying = group.create_task(aircraft.run(air))
            try:
                yield
            finally:
                flying.cancel()

    def _news(self, news: News) -> None:
        if not self.on_screen:
            gcs_show.news_line(news, self.output)

    def _trouble(self, line: str) -> None:
        """The recorder's own troubles, which may come before there is a session."""
        if self.session is None:
            self.output.note(line)
        else:
            self.session.say(line)
