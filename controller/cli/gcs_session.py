"""One session of the live view: links, aircraft, keys, screen and record joined."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.app.station import Station
from controller.cli.common import Output, guard
from controller.cli.gcs_keys import ACTIONS, Confirm
from controller.cli.gcs_view import LinkView, Picture, plain_line, render
from controller.cli.terminal import keys
from controller.clock import SystemClock
from controller.errors import LandlineError, LinkError
from controller.guard.home import home_folder
from controller.link.stats import RateMeter, Rates
from controller.logs import store
from controller.logs.recorder import FlightRecorder
from controller.vehicle.state import Text, VehicleState
from controller.vehicle.vehicle import Vehicle

if TYPE_CHECKING:
    from controller.guard.policy import Policy
    from controller.router.endpoint import LinkEndpoint

REFRESH_S = 0.2
LINE_S = 1.0
RATES_S = 1.0


@dataclass
class _Kept:
    """A link's rates as of a second ago at most."""

    meter: RateMeter
    at_s: float
    rates: Rates = field(default_factory=lambda: Rates(0.0, 0.0, 0.0, 0.0))


@dataclass
class Session:
    """What the command line asked for, and what has come of it so far."""

    links: tuple[str, ...]
    sim: str | None
    autopilot: str
    seed: int
    system: int | None
    output: Output
    said: str = ""
    vehicle: Vehicle | None = None
    clock: SystemClock = field(default_factory=SystemClock)
    _rates: dict[str, _Kept] = field(default_factory=dict)
    _busy: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Before the event loop: the guard, and the compiled simulator where one is wanted."""
        self._policy: Policy = guard(self.links)[0]
        if self.sim is not None:
            from hil.sim.prepare import prepare
            from hil.sim.vehicle import DEFAULT_HOME

            prepare(self.sim, DEFAULT_HOME, self.output.note)

    async def run(self) -> None:
        """Until the operator leaves."""
        recorder = FlightRecorder.start(
            store.flights_folder(),
            vehicle=self.sim or "aircraft",
            clock=self.clock,
            watch=self._say,
            keys=home_folder() / "keys",
        )
        self._record = recorder
        try:
            async with AsyncExitStack() as stack:
                station = Station(clock=self.clock, recorder=recorder, operator_feeds=True)
                self._station = await stack.enter_async_context(station)
                if self.sim is not None:
                    await stack.enter_async_context(self._simulated(self.sim))
                for url in self.links:
                    await self._station.open(url, policy=self._policy)
                self.output.emit("ready", links=list(self.links), web=None, pid=os.getpid())
                await self._watch()
        finally:
            state = self.vehicle.state.describe() if self.vehicle else "no aircraft was heard"
            recorder.close(outcome="watched", left=state)
            self.output.note(f"left; the aircraft is {state}; record {recorder.folder}")

    @asynccontextmanager
    async def _simulated(self, airframe: str) -> AsyncIterator[None]:
        from controller.link import memory
        from hil.sim.vehicle import SimVehicle

        aircraft = SimVehicle(airframe, self.autopilot, seed=self.seed, clock=self.clock)
        ground, air = memory.pair("simulator", "aircraft")
        await self._station.add(ground)
        async with asyncio.TaskGroup() as group:
            flying = group.create_task(aircraft.run(air))
            try:
                yield
            finally:
                flying.cancel()

    async def _watch(self) -> None:
        """Find the aircraft, show it, take keys."""
        self._leave = asyncio.Event()
        self._confirm = Confirm(frozenset({*ACTIONS, "q"}))
        async with asyncio.TaskGroup() as group:
            self._group = group
            finding = group.create_task(self._find())
            async with keys(self._press) as keyboard:
                if keyboard and sys.stdout.isatty() and not self.output.json:
                    await self._screen()
                else:
                    await self._lines()
            finding.cancel()
            if self._busy is not None:
                self._busy.cancel()

    async def _find(self) -> None:
        while self.vehicle is None:
            try:
                self.vehicle = await self._station.vehicle(self.system, timeout_s=5.0)
            except LinkError:
                continue
        try:
            await self.vehicle.introduce()
            await self.vehicle.ask_streams()
            await self.vehicle.ask_home()
        except LandlineError as error:
            self._say(str(error))

    def _press(self, key: str) -> None:
        now = self.clock.now()
        if key == "q" and not (self.vehicle and self.vehicle.state.armed):
            self._leave.set()
            return
        sure = self._confirm.press(key, now)
        if sure == "q":
            self._leave.set()
        elif sure is not None:
            self._order(sure)

    def _order(self, key: str) -> None:
        action, vehicle = ACTIONS[key], self.vehicle
        if vehicle is None:
            self._say("no aircraft is heard yet; nothing was sent")
            return
        self._record.event("action", name=action.name)
        self._say(f"{action.name} ...")

        async def do() -> None:
            try:
                await action.do(vehicle)
            except LandlineError as error:
                self._say(f"{action.name}: {error}")
                self._record.event("warning", text=f"{action.name}: {error}")
            else:
                self._say(f"{action.name}: done")

        self._busy = self._group.create_task(do())

    def _say(self, line: str) -> None:
        self.said = line

    async def _screen(self) -> None:
        from rich.live import Live

        with Live(render(self._picture()), screen=True, auto_refresh=False) as live:
            while not self._leave.is_set():
                self._station.alive()
                live.update(render(self._picture()), refresh=True)
                await self._pause(REFRESH_S)

    async def _lines(self) -> None:
        shown, told = "", 0
        while not self._leave.is_set():
            self._station.alive()
            picture = self._picture()
            line = plain_line(picture)
            if line != shown:
                shown = line
                self.output.result(line)
                self.output.emit("state", **_fields(picture))
            texts = picture.texts
            for text in texts[told - len(texts) :] if told < len(texts) else ():
                self.output.result(f"aircraft: {text.text}")
                self.output.emit("text", severity=text.severity, text=text.text)
            told = len(texts)
            await self._pause(LINE_S)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._leave.wait()
        except TimeoutError:
            pass

    def _picture(self) -> Picture:
        vehicle = self.vehicle
        now = self.clock.now()
        state = vehicle.state if vehicle else VehicleState()
        texts: tuple[Text, ...] = state.texts
        return Picture(
            title=str(vehicle) if vehicle else "no aircraft",
            state=state,
            silent_s=vehicle.silent_s if vehicle else float("inf"),
            links=[self._link_view(link) for link in self._station.hub.links],
            texts=texts,
            waiting=self._confirm.waiting(now),
            said=self.said,
            record=f"{self._record.frame_count:,} frames in {self._record.folder}",
        )

    def _link_view(self, link: LinkEndpoint) -> LinkView:
        now = self.clock.now()
        kept = self._rates.get(link.name)
        if kept is None:
            kept = self._rates[link.name] = _Kept(RateMeter(link.stats, now), now)
        if now - kept.at_s >= RATES_S:
            kept.at_s, kept.rates = now, kept.meter.rates(now)
        rates = kept.rates
        return LinkView(link.name, link.stats.loss, rates.frames_in_s, rates.bytes_in_s, rates.bytes_out_s)


def _fields(picture: Picture) -> dict[str, object]:
    state = picture.state
    place = state.position
    return {
        "silent_s": picture.silent_s,
        "armed": state.armed,
        "mode": state.mode,
        "in_air": state.in_air,
        "lat_deg": place.lat_deg if place else None,
        "lon_deg": place.lon_deg if place else None,
        "alt_m": place.alt_rel_m if place else None,
        "item": state.mission.current if state.mission else None,
        "battery_percent": state.battery.remaining_percent if state.battery else None,
    }
