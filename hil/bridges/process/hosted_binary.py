"""SITL binary that flies in our simulator; simulator and binary start and stop together."""

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
PX4_IMUS = 3  # expected by its start-up files for simulators (EKF2_MULTI_IMU)
KEPT_FILES = {CONSOLE, DEFAULTS, AIRFRAME_FILE}
LOGS = ("log/**/*.ulg", "logs/*.BIN", f"etc/{AIRFRAMES.as_posix()}/{AIRFRAME_FILE}")


def stack_of(binary: Path, given: str | None) -> Stack:
    """Return the autopilot of a binary: the given one, or the one in its name. Raises UserError when unknown."""
    name = binary.name.lower()
    known: tuple[tuple[Stack, str], ...] = (("px4", "px4"), ("ardupilot", "ardu"))
    for kind, beginning in known:
        if given == kind or (given is None and name.startswith(beginning)):
            return kind
    raise UserError(
        "cannot identify the autopilot by the name of the binary",
        where=str(binary),
        hint="add --autopilot px4 or --autopilot ardupilot",
    )


@dataclass(slots=True, kw_only=True)
class HostedAutopilot:
    """One SITL binary in one simulated world; `params` are set before it starts.

    `ground_url` is its link for a ground station, to be opened before `run`.
    """

    world: World
    binary: Path
    kind: Stack
    params: Mapping[str, float] = field(default_factory=dict)
    instance: int = -1
    ground_url: str = ""
    physics_port: int = 0

    def __post_init__(self) -> None:
        """Check that the binary can fly the airframe and choose ports. Raises UserError."""
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
        """All links that are opened, for the policy."""
        physics = sitl_url(self.instance) if self.kind == "px4" else f"udpin:{LOOPBACK}:{self.physics_port}"
        return [self.ground_url, physics]

    def launch(self, folder: Path) -> Launch:
        """Return the launch of the binary with working directory `folder`. Raises UserError."""
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

    async def run(self, folder: Path, *, clock: Clock, note: Callable[[str], None]) -> NoReturn:
        """Run binary and bridge until cancelled, then collect the binary's logs in `folder`.

        Raises UserError, LinkError when the binary ends by itself, and the errors of the bridge.
        """
        try:
            launch = self.launch(folder)
        except OSError as error:
            raise UserError(
                f"cannot write start-up files: {error.strerror or error}", where=str(folder)
            ) from error
        for line in launch.overrides():
            note(line)
        ending = False

        def note_running(line: str) -> None:
            if not ending:  # the disconnection at the end is expected
                note(line)

        ready = asyncio.Event()
        cause = partial(_cause, folder / CONSOLE)
        bridge = asyncio.ensure_future(self._serve(clock, note_running, lambda _: ready.set(), cause))
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
        note: Callable[[str], None],
        ready: Callable[[str], None],
        cause: Callable[[], str],
    ) -> None:
        if self.kind == "px4":
            url = sitl_url(self.instance)
            await serve_sitl(
                self.world, url, clock=clock, imus=PX4_IMUS, note=note, on_ready=ready, cause=cause
            )
        else:
            await serve_ardupilot(self.world, port=self.physics_port, note=note, on_ready=ready, cause=cause)


def _cause(console: Path) -> str:
    """Return the likely cause when a binary started here sends nothing to the simulator."""
    tail = console_tail(console)
    printed = f"its last output: {tail}" if tail else "it has printed nothing"
    return f"The binary is running; {printed} (console: {console})"


def collect_logs(folder: Path) -> None:
    """Move the autopilot's logs and settings to the top of its working directory and remove its other files."""
    for pattern in LOGS:
        for log in sorted(folder.glob(pattern)):
            log.replace(folder / log.name)
    keep = {path.name for path in folder.glob("*") if path.suffix in (".ulg", ".BIN")} | KEPT_FILES
    for path in list(folder.glob("*")):
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
