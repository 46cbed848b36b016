"""Simulated aircraft in this process: physics, emulated autopilot and its links.

It runs in steps of 20 ms of the event loop's time. On the virtual loop a flight takes only its computing time, and a
seed determines the flight byte for byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from controller.clock import Clock, SystemClock
from controller.link.base import Link
from controller.terrain.raster import Raster
from hil.airframes.load import load_airframe
from hil.autopilot.autopilot import STEP_S, EmulatedAutopilot
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.link_server import LinkServer
from hil.sim.loops.make import make_sim, stack_class

DEFAULT_HOME = Home(47.3977419, 8.5455938, 488.0, 0.0)  # a field above Zurich
MAX_BEHIND_S = 0.5  # of real time; a longer delay of a busy machine is not caught up


class SimVehicle:
    """One simulated aircraft, standing at home, switched on when `run` starts.

    `airframe` is a bundled name or the path of a TOML file. `wind_ned` is the motion of the air over ground, m/s.
    `turbulence_m_s`, `warmer_k`, `roughness_m` and `terrain` are those of `hil.sim.plant.plant.Plant`. `faults` is
    the fault schedule, as text or data. The position estimate is valid only after `settle_s` (real autopilots take 20
    to 40 s). `speed` is a multiple of the event loop's time, infinite for no limit, for links that need the normal
    loop. `params` are parameters that differ from the defaults. Raises AirframeError or ScenarioError.
    """

    def __init__(
        self,
        airframe: str | Path = "quad_x",
        autopilot: str = "ardupilot",
        *,
        home: Home = DEFAULT_HOME,
        seed: int = 0,
        clock: Clock | None = None,
        system_id: int = 1,
        wind_ned: tuple[float, float, float] = (0.0, 0.0, 0.0),
        gust_m_s: float = 0.0,
        turbulence_m_s: float = 0.0,
        warmer_k: float = 0.0,
        roughness_m: float | None = None,
        terrain: Raster | None = None,
        faults: Iterable[Fault | str] = (),
        settle_s: float = 0.0,
        speed: float = 1.0,
        params: Mapping[str, float] | None = None,
    ) -> None:
        if not 1 <= system_id <= 255:
            raise ScenarioError(f"system id must be 1 to 255, is {system_id}")
        if not speed > 0.0:
            raise ScenarioError(f"speed must be above 0, is {speed}")
        self.seed = seed
        self._airframe = load_airframe(airframe)
        stack = stack_class(autopilot, self._airframe)
        self._make_loop = partial(
            make_sim,
            self._airframe,
            home,
            seed=seed,
            wind_ned=wind_ned,
            gust_m_s=gust_m_s,
            turbulence_m_s=turbulence_m_s,
            warmer_k=warmer_k,
            roughness_m=roughness_m,
            terrain=terrain,
            faults=[Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults],
        )
        self._stack = stack
        self._settle_s, self._system_id, self._changes = settle_s, system_id, params
        self._clock = clock or SystemClock()
        self._speed = speed
        self._servers: list[LinkServer] = []
        self._switch_on()

    def _switch_on(self) -> None:
        self.loop = self._make_loop()
        self.autopilot = EmulatedAutopilot(
            self.loop,
            self._stack(),
            system_id=self._system_id,
            settle_s=self._settle_s,
            defaults=self._stack.defaults(self._airframe),
            changes=self._changes,
        )
        self._steps = 0

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return self.loop.time_s

    async def run(self, *links: Link) -> None:
        """Fly and serve open links until all are closed, or until cancelled. Raises ScenarioError without links."""
        if not links:
            raise ScenarioError("cannot serve a simulated aircraft: no link given")
        async with asyncio.TaskGroup() as group:
            flying = group.create_task(self._fly(), name="simulated aircraft")
            serving = [
                group.create_task(self._serve(link), name=f"serving {link.info.url}") for link in links
            ]
            await asyncio.gather(*serving)
            flying.cancel()

    async def _serve(self, link: Link) -> None:
        """Read one link until it ends."""
        server = LinkServer(self, link)
        self._servers.append(server)
        try:
            await server.serve()
        finally:
            self._servers.remove(server)

    async def _fly(self) -> None:
        """Run the steps, each at its time."""
        event_loop = asyncio.get_running_loop()
        self.autopilot.telemetry.set_epoch(self._clock.utc_us())
        step_s = STEP_S / self._speed
        due = event_loop.time()
        while True:
            await self.step()
            due += step_s
            late = event_loop.time() - due
            if late > MAX_BEHIND_S:
                due += late
            await asyncio.sleep(max(0.0, -late))

    async def step(self) -> None:
        """Do one step of 20 ms: physics, autopilot, links."""
        self._steps += 1
        self.loop.advance(self._steps * STEP_S)
        self.autopilot.step()
        broadcast = self.autopilot.take_outbox()
        for server in self._servers:
            await server.send_pending(broadcast)
        if self.autopilot.wants_reboot:
            self._switch_on()
            for server in self._servers:
                server.restart()
