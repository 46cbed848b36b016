"""Runs `landline gcs`: opens the session, connects keyboard and screen, adds the simulated aircraft."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.app.gcs.compose import SessionSetup, recorded_session
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.app.station import Station
from controller.cli.common import Output, guard, run
from controller.cli.gcs import screen
from controller.cli.simulated import simulated_aircraft
from controller.cli.terminal import keys
from controller.clock import SystemClock
from controller.errors import UserError
from controller.logs.flights import store
from controller.missions.plan import Plan

if TYPE_CHECKING:
    from controller.cli.gcs.page_codes import PageCodes
    from controller.guard.policy import EndpointPolicy
    from controller.web.address import WebAddress
    from controller.web.server import ServedPage
    from hil.geodesy import Home


NO_WEB = "none"


@dataclass(frozen=True, slots=True)
class GcsOptions:
    """Options of the command line; `sim` is the airframe of a simulated aircraft, None for none."""

    links: tuple[str, ...]
    sim: str | None
    autopilot: str
    seed: int
    system: int | None
    plan: Plan | None
    web: str | None = None
    maps: tuple[Path, ...] = ()
    terrain: tuple[Path, ...] = ()


def web_address(text: str | None) -> WebAddress | None:
    """Parse the option `--web`: None for "none", the default without it. Raises UserError."""
    from controller.web.address import WebAddress, parse_address

    if text == NO_WEB:
        return None
    return WebAddress() if text is None else parse_address(text)


def run_gcs(options: GcsOptions, output: Output) -> int:
    """Run the ground station until the operator quits (0), or by Ctrl-C or a lost terminal (130).

    Raises UserError, LinkError, EndpointRefused.
    """
    home = None
    if options.sim is not None:
        from controller.cli.fly.aircraft import simulated_home
        from hil.sim.prepare import prepare
        from hil.sim.vehicle import DEFAULT_HOME

        home = simulated_home(options.plan, None) if options.plan is not None else DEFAULT_HOME
        prepare(options.sim, home, output.note)
    web = web_address(options.web)
    for place in (*options.maps, *options.terrain):
        if not place.exists():
            raise UserError("no such file or folder", where=str(place), hint="check the path")
    # Logs are read in a process beside this one, which keeps the same rules.
    programs = (Path(sys.executable).name,) if web is not None else ()
    policy, _ = guard(options.links, programs=programs, listens=[web.target] if web is not None else [])
    return run(_GcsRun(options, output, policy, home, web).run())


@dataclass
class _GcsRun:
    options: GcsOptions
    output: Output
    policy: EndpointPolicy
    home: Home | None
    web: WebAddress | None
    on_screen: bool = False
    terminal_lost: bool = False
    interrupted: bool = False
    codes: PageCodes | None = None

    async def run(self) -> int:
        clock = SystemClock()
        options = self.options
        setup = SessionSetup(
            links=options.links,
            system=options.system,
            plan=options.plan,
            flights_folder=store.flights_folder(),
            vehicle_name=Path(options.sim).stem if options.sim else "aircraft",
            note=self.output.note,
            add_aircraft=lambda station: self._simulated(station, clock),
        )
        async with (
            recorded_session(setup, clock, self.policy, self._on_event) as session,
            keys(lambda key: self._press(session, key)) as keyboard,
            self._web(session) as page,
        ):
            url = page.url if page is not None else None
            self.output.emit("ready", links=list(options.links), web=url, pid=os.getpid())
            if page is not None:
                for name, value in page.lines:
                    self.output.note(f"{name}: {value}")
            await self._show(session, page, keyboard=keyboard)
        return 130 if self.terminal_lost or self.interrupted else 0

    def _press(self, session: GcsSession, key: str) -> None:
        # A letter of a value that is typed selects nothing.
        if self.codes is not None and not session.typing:
            self.codes.press(key)
        session.press(key)

    @asynccontextmanager
    async def _web(self, session: GcsSession) -> AsyncIterator[ServedPage | None]:
        """Serve the web page for the block; yield its URL and codes, None without one."""
        if self.web is None:
            yield None
            return
        from controller.guard.bundled_data import bundled
        from controller.web.maps.routes import MapPlaces
        from controller.web.server import web_server

        places = MapPlaces(
            (*self.options.maps, *bundled("maps")), (*self.options.terrain, *bundled("terrain"))
        )
        async with web_server(
            session, self.web, note=self.output.note, maps=places, opener=self.policy.opener
        ) as page:
            yield page

    async def _show(self, session: GcsSession, page: ServedPage | None, *, keyboard: bool) -> None:
        self.on_screen = screen.has_screen(keyboard=keyboard, output=self.output)
        try:
            if self.on_screen:
                shown, lines = (page.shown, page.lines) if page is not None else ("", ())
                if page is not None and page.for_devices:
                    from controller.cli.gcs.page_codes import PageCodes

                    self.codes = PageCodes(page.for_devices)
                await screen.show_screen(session, shown, lines, self.codes)
            else:
                await screen.show_lines(session, self.output)
        except OSError:
            # The terminal is gone; the hang-up signal may come later.
            self.terminal_lost = True
        finally:
            self.on_screen = False
            self.interrupted = session.interrupted

    @asynccontextmanager
    async def _simulated(self, station: Station, clock: SystemClock) -> AsyncIterator[None]:
        """Add the simulated aircraft, if there is one, for the block."""
        options = self.options
        if options.sim is None:
            yield
            return
        assert self.home is not None
        async with simulated_aircraft(
            station.add, options.sim, options.autopilot, home=self.home, seed=options.seed, clock=clock
        ):
            yield

    def _on_event(self, event: SessionEvent) -> None:
        if not self.on_screen:
            screen.event_line(event, self.output)
