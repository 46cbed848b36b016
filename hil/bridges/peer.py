"""Emulated autopilot at the far side of a bridge, which flies on the sensor data of a simulator.

It replaces a SITL binary in tests, with the same protocol and quirks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from controller.errors import LinkError
from controller.link.base import Link
from controller.wire.message import Message
from hil.airframes.load import load_airframe
from hil.autopilot.autopilot import EmulatedAutopilot
from hil.autopilot.control.make_detached import make_detached
from hil.bridges.serve import ByteEndpoint, serve_endpoint
from hil.geodesy import Home
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS
from hil.sim.clock import EPOCH_UTC_US
from hil.sim.link_server import LinkServer
from hil.sim.loops.make import stack_class

SLOW_EVERY = SLOW_STEPS // FAST_STEPS


class AutopilotEmulator:
    """Emulated autopilot on external sensor readings; call `cycle` at 250 Hz of the simulator's time."""

    def __init__(
        self,
        autopilot: str,
        home: Home,
        *,
        airframe: str | Path = "quad_x",
        system_id: int = 1,
        params: Mapping[str, float] | None = None,
        epoch_utc_us: int = EPOCH_UTC_US,
    ) -> None:
        loaded = load_airframe(airframe)
        stack = stack_class(autopilot, loaded)
        self.loop = make_detached(loaded, home)
        defaults = stack.defaults(loaded)
        self.autopilot = EmulatedAutopilot(
            self.loop, stack(), system_id=system_id, defaults=defaults, changes=params
        )
        self.autopilot.telemetry.set_epoch(epoch_utc_us)
        self.broadcast: list[Message] = []
        self.steps_waiting = 0
        self._cycles = 0

    @property
    def time_s(self) -> float:
        """Seconds since power-on on the simulator's clock."""
        return self.loop.time_s

    def cycle(self, time_s: float) -> None:
        """Run estimator and control on the readings; every fifth time the rest of the autopilot steps as well."""
        slow = self._cycles % SLOW_EVERY == 0
        self._cycles += 1
        self.loop.run_cycle(time_s, slow=slow)
        if slow:
            self.autopilot.step()
            self.broadcast += self.autopilot.take_outbox()
            self.steps_waiting += 1

    def take_steps(self) -> tuple[int, list[Message]]:
        """Return the autopilot's steps and its broadcast messages since the last call."""
        steps, broadcast = self.steps_waiting, self.broadcast
        self.steps_waiting, self.broadcast = 0, []
        return steps, broadcast


class Peer(ByteEndpoint, Protocol):
    """Simulator protocol of an emulated autopilot."""

    emulator: AutopilotEmulator


class _NotifyingPeer:
    """Peer that sets an event when its autopilot has stepped."""

    def __init__(self, peer: Peer, has_stepped: asyncio.Event) -> None:
        self._peer, self._stepped = peer, has_stepped
        self.start, self.tick = peer.start, peer.tick

    @property
    def deadline(self) -> float | None:
        return self._peer.deadline

    def feed(self, data: bytes, now: float) -> bytes:
        out = self._peer.feed(data, now)
        if self._peer.emulator.steps_waiting:
            self._stepped.set()
        return out


async def run_peer(peer: Peer, simulator: Link, *ground: Link) -> None:
    """Fly until the simulator's link ends, and serve ground stations on the open links `ground`."""
    has_stepped = asyncio.Event()
    servers = [LinkServer(peer.emulator, link) for link in ground]

    async def send_broadcasts() -> None:
        while True:
            await has_stepped.wait()
            has_stepped.clear()
            _, broadcast = peer.emulator.take_steps()
            for server in servers:
                await server.send_pending(broadcast)

    async with asyncio.TaskGroup() as group:
        others = [group.create_task(server.serve()) for server in servers] + [
            group.create_task(send_broadcasts())
        ]
        try:
            await serve_endpoint(_NotifyingPeer(peer, has_stepped), simulator)
        except LinkError:
            return
        finally:
            for task in others:
                task.cancel()
