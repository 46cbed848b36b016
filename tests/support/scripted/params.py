"""The parameter commands on a scripted aircraft, in virtual time instead of over a link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

from controller.cli import params as command
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT32, REAL32
from controller.vehicle.param_numbers import float32
from controller.vehicle.vehicle import Vehicle
from hil.sim.clock import VirtualLoop
from tests.support.cli import CommandResult, landline_here
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle

PARAMS = [
    ParamValue("ATC_RAT_RLL_P", float32(0.135), REAL32),
    ParamValue("FLTMODE_GCSBLOCK", 2097152, INT32),
    ParamValue("LIMIT", float32(1e30), REAL32),
    ParamValue("RTL_ALT", 1500, INT32),
    ParamValue("STAT_BOOTCNT", 3, INT32),
    ParamValue("SYS_AUTOSTART", 10040, INT32),
]
LINK = ("--link", "udpin:127.0.0.1:14550")


class Aircraft:
    """Runs commands on a scripted aircraft instead of a link; `sets` lists the parameters written.

    `scripted` is the aircraft of the command that runs.
    """

    scripted: ScriptedVehicle

    def __init__(self, home: Path) -> None:
        self.home, self.sets, self.armed, self.stack = home, list[str](), False, "ardupilot"
        self.values: dict[str, float] = {}

    def with_vehicle(
        self, _link: str, _system: int | None, work: Callable[[Vehicle], Awaitable[None]]
    ) -> None:
        async def go() -> None:
            script = Script(ready_at_s=0.0, params=list(PARAMS))
            async with vehicle_with(self.stack, script) as (vehicle, scripted):
                self.scripted = scripted
                if self.armed:
                    await vehicle.arm()
                try:
                    await work(vehicle)
                finally:
                    self.sets += [one.param_id for one in scripted.received if one.name == "PARAM_SET"]
                    self.values = {one.name: one.value for one in scripted.params.values()}

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(go())

    def run(self, *args: str | Path) -> CommandResult:
        """Run `landline params ARGS` on it."""
        with patch.object(command, "_with_vehicle", self.with_vehicle):
            return landline_here("params", *args, *LINK, home=self.home)
