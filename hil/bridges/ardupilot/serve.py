"""Command `hil ardupilot`: simulator of an ArduPilot SITL, on UDP."""

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
from hil.bridges.process.instances import port_owner_hint
from hil.bridges.world import World
from hil.errors import ScenarioError

# rc_1 to rc_12 of SIM_JSON.h; RC_Channel's RCx_MIN and RCx_MAX.
MAX_CHANNELS, MIN_US, MAX_US = 12, 800, 2200
CHECK_S = 1.0
APART = 10  # from one instance's port to the next


def port_of(instance: int) -> int:
    """Return the port on which an instance of ArduPilot expects its simulator. Raises ScenarioError."""
    if not 0 <= instance <= 249:
        raise ScenarioError(f"must be 0 to 249, is {instance}", where="--instance")
    return PORT + APART * instance


def check_rc(rc_us: Sequence[int]) -> tuple[int, ...]:
    """Return the RC pulse widths. Raises ScenarioError for values outside of a receiver's range."""
    if len(rc_us) > MAX_CHANNELS or not all(MIN_US <= us <= MAX_US for us in rc_us):
        raise ScenarioError(
            f"must be up to {MAX_CHANNELS} pulse widths of {MIN_US} to {MAX_US} microseconds, are {list(rc_us)}",
            where="--rc",
            hint="for sticks at rest write --rc 1500,1500,1000,1500",
        )
    return tuple(rc_us)


async def serve_ardupilot(
    world: World,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    rc_us: Sequence[int] = (),
    note: Callable[[str], None],
    on_ready: Callable[[str], None],
    cause: Callable[[], str] | None = None,
) -> None:
    """Simulate for one ArduPilot after another until cancelled; calls `on_ready` with the URL when ready.

    `cause` returns the likely cause of silence, for its report.

    Raises UserError for a bad option, LinkError when the port cannot be opened, Diverged when the simulation
    diverges.
    """
    loop = asyncio.get_running_loop()
    machine = ArduPilotSitl(
        world.plant_maker(),
        rc_us=check_rc(rc_us),
        speed=world.speed,
        note=note,
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
        with port_owner_hint("Gazebo's ArduPilot plugin or another landline hil ardupilot"):
            await stack.enter_async_context(link)
        on_ready(link.info.ready_url)
        machine.start(loop.time())
        while not over.done():
            # Silence is checked once a second: a timer per frame, one every millisecond, would be too slow.
            due_s = (
                CHECK_S
                if machine.deadline is None
                else min(max(machine.deadline - loop.time(), 0.0), CHECK_S)
            )
            await asyncio.wait({over}, timeout=due_s)
            if machine.deadline is not None and machine.deadline <= loop.time():
                machine.tick(loop.time())
        over.result()
