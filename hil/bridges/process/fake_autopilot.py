"""Fake autopilot binary: `python -m hil.bridges.process.fake_autopilot SIMULATOR_URL [GROUND_URL ...]`.

Tests and benchmarks of the bridges run it over real sockets: PX4 on `tcp:`, ArduPilot on `udpout:`. Like the real
one, PX4 ends with its simulator.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from controller.clock import SystemClock
from controller.errors import LinkError
from controller.link.open import open_link, policy_for
from controller.link.tcp import TcpOut
from controller.link.udp import UdpOut
from controller.link.url import parse
from hil.bridges.ardupilot.peer import ArduPilotPeer
from hil.bridges.lockstep_loop import lockstep_loop
from hil.bridges.peer import run_peer
from hil.bridges.px4.peer import Px4Peer
from hil.geodesy import Home
from hil.sim.vehicle import DEFAULT_HOME

RETRY_S = 0.05


async def fly(simulator: str, *ground: str, home: Home = DEFAULT_HOME, airframe: str = "quad_x") -> None:
    """Connect and fly: PX4 retries until the simulator listens, ArduPilot sends."""
    url = parse(simulator)
    policy = policy_for([simulator, *ground])
    peer = Px4Peer(home, airframe=airframe) if url.kind == "tcp" else ArduPilotPeer(home, airframe=airframe)
    peer.emulator.loop.run_cycle(0.0, slow=True)  # compile before the flight
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(open_link(each, policy=policy, clock=SystemClock()))
            for each in ground
        ]
        while True:
            try:
                if url.kind == "tcp":
                    async with TcpOut(url, policy=policy) as stream:
                        await run_peer(peer, stream, *links)
                        return
                async with UdpOut(url, policy=policy) as datagrams:
                    await run_peer(peer, datagrams, *links)
            except LinkError:
                await asyncio.sleep(RETRY_S)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lockstep_loop) as runner:
        runner.run(fly(*sys.argv[1:]))
