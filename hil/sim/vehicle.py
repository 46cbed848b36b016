"""A simulated aircraft in this process: the control core in its world, an autopilot stack, and the links it serves.

Everything happens in steps of 20 ms of the event loop's time; on the virtual loop a flight is as fast as its work, and
one seed gives one flight, byte for byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from controller.clock import Clock, SystemClock
from controller.link.base import Link
from hil.airframes.load import load_airframe
from hil.autopilot.autopilot import STEP_S, Autopilot
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.link_server import LinkServer
from hil.sim.loops.make import make_sim, stack_class
from hil.world.raster import Raster

DEFAULT_HOME = Home(47.3977419, 8.5455938, 488.0, 0.0)  # the field above Zurich where simulated aircraft live
MAX_BEHIND_S = 0.5  # in real time: what a busy machine loses for more than this is not caught up


class SimVehicle:
    """One aircraft, standing at home, switched on when it begins to run.

    `airframe` is a shipped name or a TOML file's path; `wind_ned` is where the air goes to, in m/s; `turbulence_m_s`,
    `warmer_k`, `roughness_m` and `terrain` are those of `hil.sim.plant.plant.Plant`; `faults` break as the schedule says, as text
    or as data; `settle_s` makes the position estimate count only from then on (real autopilots take 20 to 40 s); `speed` is
    how much faster than the event loop's time it lives (infinite: as fast as the work goes), for links that need the normal loop;
    `params` are parameters that differ from the defaults. Raises AirframeError or ScenarioError.
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
            raise ScenarioError(f"a system number must be 1 to 255, is {system_id}")
        if not speed > 0.0:
            raise ScenarioError(f"speed must be above 0, is {speed}")
        self.seed = seed
        self._airframe = load_airframe(airframe)
        stack = stack_class(autopilot, self._airframe)
        changes = stack.defaults(self._airframe) | dict(params or {})
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
        self._settle_s, self._system_id, self._changes = settle_s, system_id, changes
        self._clock = clock or SystemClock()
        self._speed = speed
        self._seats: list[LinkServer] = []
        self._switch_on()

    def _switch_on(self) -> None:
        self.loop = self._make_loop()
        self.autopilot = Autopilot(
            self.loop,
            self._stack(),
            system_id=self._system_id,
            settle_s=self._settle_s,
            changes=self._changes,
        )
        self._steps = 0

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return self.loop.time_s

    async def run(self, *links: Link) -> None:
        """Fly, and serve these links (open ones) until all of them are closed, or until cancelled."""
        if not links:
            raise ScenarioError("a simulated aircraft needs a link to serve")
        async with asyncio.TaskGroup() as group:
            flying = group.create_task(self._fly(), name="simulated aircraft")
            seats = [group.create_task(self._serve(link), name=f"serving {link.info.url}") for link in links]
            await asyncio.gather(*seats)
            flying.cancel()

    async def _serve(self, link: Link) -> None:
        """Read one link until it ends."""
        seat = LinkServer(self, link)
        self._seats.append(seat)
        try:
            await seat.serve()
        finally:
            self._seats.remove(seat)

    async def _fly(self) -> None:
        """Step after step, each at its time."""
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
        """One step of 20 ms: the world, the autopilot, the links."""
        self._steps += 1
        self.loop.advance(self._steps * STEP_S)
        self.autopilot.step()
        said = self.autopilot.take_outbox()
        for seat in self._seats:
            await seat.send_pending(said)
        if self.autopilot.wants_reboot:
            self._switch_on()
            for seat in self._seats:
                seat.restart()
