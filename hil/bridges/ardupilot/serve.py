"""What `landline hil ardupilot` does: the physics of an ArduPilot in SITL, on UDP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from controller.link.open import policy_for
from controller.link.udp import UdpResponder
from controller.link.url import parse
from hil.bridges.ardupilot.sitl import PORT, ArduPilotSitl, not_started
from hil.bridges.process.instances import port_taken_by
from hil.bridges.world import World
from hil.errors import ScenarioError

MAX_CHANNELS, MIN_US, MAX_US = (
    12,
    800,
    2200,
)  # rc_1 to rc_12 of SIM_JSON.h; RC_Channel's RCx_MIN and RCx_MAX
LOOK_S = 1.0
APART = 10  # from one instance's port to the next


def port_of(instance: int) -> int:
    """Where ArduPilot's instance of this number looks for its physics. Raises ScenarioError."""
    if not 0 <= instance <= 249:
        raise ScenarioError(f"must be 0 to 249, is {instance}", where="--instance")
    return PORT + APART * instance


def check_rc(rc_us: Sequence[int]) -> tuple[int, ...]:
    """Raises ScenarioError for what no receiver puts out."""
    if len(rc_us) > MAX_CHANNELS or not all(MIN_US <= us <= MAX_US for us in rc_us):
        raise ScenarioError(
            f"are up to {MAX_CHANNELS} pulse widths of {MIN_US} to {MAX_US} microseconds, not {list(rc_us)}",
            where="--rc",
            hint="sticks at rest: --rc 1500,1500,1000,1500",
        )
    return tuple(rc_us)


async def serve_ardupilot(
    world: World,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    rc_us: Sequence[int] = (),
    tell: Callable[[str], None],
    on_ready: Callable[[str], None],
    cause: Callable[[], str] | None = None,
) -> None:
    """Simulate for one ArduPilot after another until cancelled. `on_ready` is told the URL as soon as it may send.

    `cause` is asked why nothing comes, when that is to be said.

    Raises UserError for a bad option, LinkError when the port cannot be had, Diverged when the physics leaves the numbers.
    """
    loop = asyncio.get_running_loop()
    machine = ArduPilotSitl(
        world.plant_maker(),
        rc_us=check_rc(rc_us),
        speed=world.speed,
        tell=tell,
        cause=cause or partial(not_started, port),
    )
    over: asyncio.Future[None] = loop.create_future()

    def answer(data: bytes, sender: Any) -> bytes | None:
        try:
            return machine.receive(data, sender, loop.time())
        except Exception as error:
            if not over.done():
                over.set_exception(error)
            return None

    url = parse(f"udpin:{host}:{port}")
    async with AsyncExitStack() as stack:
        link = UdpResponder(url, policy=policy_for([url]), answer=answer)
        with port_taken_by("Gazebo's ArduPilot plugin or another landline hil ardupilot"):
            await stack.enter_async_context(link)
        on_ready(link.info.ready_url)
        machine.start(loop.time())
        while not over.done():
            # Silence is looked for once a second; a frame comes every millisecond and must not pay for a timer.
            due_s = (
                LOOK_S if machine.deadline is None else min(max(machine.deadline - loop.time(), 0.0), LOOK_S)
            )
            await asyncio.wait({over}, timeout=due_s)
            if machine.deadline is not None and machine.deadline <= loop.time():
                machine.tick(loop.time())
        over.result()
