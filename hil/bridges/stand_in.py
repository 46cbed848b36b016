"""A process that stands in for a PX4 binary: `python -m hil.bridges.stand_in SIMULATOR_URL [GROUND_URL ...]`.

Tests and benchmarks of the bridge fly it over real sockets. It ends when its simulator does.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from controller.clock import SystemClock
from controller.errors import LinkError
from controller.link.open import open_link, policy_for
from controller.link.tcp import TcpOut
from controller.link.url import parse
from hil.bridges.peer import run_peer
from hil.bridges.px4_peer import Px4Peer
from hil.sim.vehicle import DEFAULT_HOME

RETRY_S = 0.05


async def fly(simulator: str, *ground: str) -> None:
    """Connect as PX4 does, again and again until the simulator is there."""
    peer = Px4Peer(DEFAULT_HOME)
    peer.brain.loop.think(0.0, slow=True)  # compiled before time counts
    policy = policy_for([simulator, *ground])
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(open_link(url, policy=policy, clock=SystemClock()))
            for url in ground
        ]
        while True:
            try:
                async with TcpOut(parse(simulator), policy=policy) as link:
                    await run_peer(peer, link, *links)
                    return
            except LinkError:
                await asyncio.sleep(RETRY_S)


if __name__ == "__main__":
    asyncio.run(fly(*sys.argv[1:]))
