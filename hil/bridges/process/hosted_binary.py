"""A SITL binary that flies in our simulator, all of it started and stopped as one."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, NoReturn

from controller.clock import Clock
from controller.errors import UserError
from hil.airframes.load import load_airframe
from hil.bridges.ardupilot.binary import DEFAULTS, ardupilot_launch, ardupilot_ports, check_vehicle
from hil.bridges.ardupilot.serve import serve_ardupilot
from hil.bridges.process.instances import LOOPBACK, free_instance, free_udp_port
from hil.bridges.process.program import CONSOLE, GuardedProcess, Launch, console_tail
from hil.bridges.px4.binary import check_px4, px4_ground_url, px4_launch, px4_ports
from hil.bridges.px4.serve import serve_sitl, sitl_url
from hil.bridges.px4.start_up import AIRFRAME_FILE, AIRFRAMES
from hil.bridges.world import World

Stack = Literal["px4", "ardupilot"]
PX4_IMUS = 3  # as its start-up files for simulators expect (EKF2_MULTI_IMU)
KEPT = {CONSOLE, DEFAULTS, AIRFRAME_FILE}
LOGS = ("log/**/*.ulg", "logs/*.BIN", f"etc/{AIRFRAMES.as_posix()}/{AIRFRAME_FILE}")


def stack_of(binary: Path, said: str | None) -> Stack:
    """Which autopilot a binary is, by its name unless it was said. Raises UserError when neither tells."""
    name = binary.name.lower()
    known: tuple[tuple[Stack, str], ...] = (("px4", "px4"), ("ardupilot", "ardu"))
    for kind, beginning in known:
        if said == kind or (said is None and name.startswith(beginning)):
            return kind
    raise UserError(
        "its name does not tell which autopilot it is",
        where=str(binary),
        hint="add --autopilot px4 or ardupilot",
    )


@dataclass(slots=True, kw_only=True)
class HostedAutopilot:
    """One binary in one world. `folder` becomes its working directory; `params` are set before it begins.

    `ground_url` is the link on which it serves a ground station, to be opened before `run`.
    """

    world: World
    binary: Path
    kind: Stack
    params: Mapping[str, float] = field(default_factory=dict)
    instance: int = -1
    ground_url: str = ""
    physics_port: int = 0

    def __post_init__(self) -> None:
        """Raises UserError for what the binary could not fly, before anything is started."""
        airframe = load_airframe(self.world.airframe)
        if self.kind == "px4":
            check_px4(self.binary, airframe)
            self.instance = free_instance(px4_ports)
            self.ground_url = px4_ground_url(self.instance)
        else:
            check_vehicle(self.binary, airframe)
            self.instance = free_instance(ardupilot_ports)
            self.physics_port, ground_port = free_udp_port(), free_udp_port()
            self.ground_url = f"udpin:{LOOPBACK}:{ground_port}"

    @property
    def links(self) -> list[str]:
        """Every link this opens, for the policy."""
        physics = sitl_url(self.instance) if self.kind == "px4" else f"udpin:{LOOPBACK}:{self.physics_port}"
        return [self.ground_url, physics]

    def launch(self, folder: Path) -> Launch:
        """How the binary is started in `folder`. Raises UserError."""
        airframe, world = load_airframe(self.world.airframe), self.world
        if self.kind == "px4":
            return px4_launch(
                self.binary,
                airframe,
                instance=self.instance,
                folder=folder,
                speed=world.speed,
                params=self.params,
            )
        return ardupilot_launch(
            self.binary, airframe, world.home, instance=self.instance, folder=folder, speed=world.speed,
            params=self.params, physics_port=self.physics_port, ground_port=int(self.ground_url.rpartition(":")[2]),
        )  # fmt: skip

    async def run(self, folder: Path, *, clock: Clock, tell: Callable[[str], None]) -> NoReturn:
        """Until cancelled; then the binary has ended and its logs lie in `folder`.

        Raises UserError, LinkError as soon as the binary has ended by itself, and what the bridge raises.
        """
        try:
            launch = self.launch(folder)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror or error}", where=str(folder)) from error
        for line in launch.overrides():
            tell(line)
        ending = False

        def tell_running(line: str) -> None:
            if not ending:  # that it goes when it is stopped is no news
                tell(line)

        ready = asyncio.Event()
        cause = partial(_cause, folder / CONSOLE)
        bridge = asyncio.ensure_future(self._serve(clock, tell_running, lambda _: ready.set(), cause))
        opened = asyncio.ensure_future(ready.wait())
        try:
            await asyncio.wait({bridge, opened}, return_when=asyncio.FIRST_COMPLETED)
            if ready.is_set():
                async with GuardedProcess(launch) as process:
                    watching = asyncio.ensure_future(process.watch())
                    try:
                        await asyncio.wait({bridge, watching}, return_when=asyncio.FIRST_COMPLETED)
                        if watching.done():
                            watching.result()
                    finally:
                        ending = True
                        watching.cancel()
            bridge.result()
            raise AssertionError("the bridge serves until it fails")
        finally:
            opened.cancel()
            bridge.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await bridge
            collect_logs(folder)

    async def _serve(
        self,
        clock: Clock,
        tell: Callable[[str], None],
        ready: Callable[[str], None],
        cause: Callable[[], str],
    ) -> None:
        if self.kind == "px4":
            url = sitl_url(self.instance)
            await serve_sitl(
                self.world, url, clock=clock, imus=PX4_IMUS, tell=tell, on_ready=ready, cause=cause
            )
        else:
            await serve_ardupilot(self.world, port=self.physics_port, tell=tell, on_ready=ready, cause=cause)


def _cause(console: Path) -> str:
    """Why a binary that was started here says nothing to its simulator."""
    said = console_tail(console)
    return f"It was started here and runs; {f'its last words: {said}' if said else 'it has printed nothing'} (all of it: {console})"


def collect_logs(folder: Path) -> None:
    """The autopilot's logs and settings to the top of its working directory; what only served it while it ran is taken away."""
    for pattern in LOGS:
        for log in sorted(folder.glob(pattern)):
            log.replace(folder / log.name)
    kept = {path.name for path in folder.glob("*") if path.suffix in (".ulg", ".BIN")} | KEPT
    for path in list(folder.glob("*")):
        if path.name in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
