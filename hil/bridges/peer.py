"""The far side of a bridge: the emulated autopilot with no aircraft of its own, flying what a simulator shows it.

It stands in for a real SITL binary in tests, keeping to the same wire contract with the same quirks.
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
from hil.autopilot.autopilot import Autopilot
from hil.autopilot.control.make_detached import make_detached
from hil.bridges.serve import ByteEndpoint, serve_endpoint
from hil.geodesy import Home
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS
from hil.sim.clock import EPOCH_UTC_US
from hil.sim.link_server import LinkServer
from hil.sim.loops.make import stack_class

SLOW_EVERY = SLOW_STEPS // FAST_STEPS


class AutopilotEmulator:
    """The emulated autopilot on readings from outside; `cycle` at 250 Hz of the simulator's time."""

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
        changes = stack.defaults(loaded) | dict(params or {})
        self.autopilot = Autopilot(self.loop, stack(), system_id=system_id, changes=changes)
        self.autopilot.telemetry.set_epoch(epoch_utc_us)
        self.said: list[Message] = []
        self.steps_waiting = 0
        self._cycles = 0

    @property
    def time_s(self) -> float:
        """Seconds since power-on on the simulator's clock."""
        return self.loop.time_s

    def cycle(self, time_s: float) -> None:
        """Think once on the readings; every fifth time the rest of the autopilot steps as well."""
        slow = self._cycles % SLOW_EVERY == 0
        self._cycles += 1
        self.loop.run_cycle(time_s, slow=slow)
        if slow:
            self.autopilot.step()
            self.said += self.autopilot.take_outbox()
            self.steps_waiting += 1

    def take_steps(self) -> tuple[int, list[Message]]:
        """How many steps passed since the last call, and what was said to all."""
        steps, said = self.steps_waiting, self.said
        self.steps_waiting, self.said = 0, []
        return steps, said


class Peer(ByteEndpoint, Protocol):
    """A peer's own side of the wire to the simulator."""

    emulator: AutopilotEmulator


class _NotifyingPeer:
    """A peer that tells when its autopilot has stepped."""

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
    """Fly until the simulator's link ends, serving ground stations on the other links (all of them open)."""
    has_stepped = asyncio.Event()
    seats = [LinkServer(peer.emulator, link) for link in ground]

    async def speak() -> None:
        while True:
            await has_stepped.wait()
            has_stepped.clear()
            _, said = peer.emulator.take_steps()
            for seat in seats:
                await seat.send_pending(said)

    async with asyncio.TaskGroup() as group:
        others = [group.create_task(seat.serve()) for seat in seats] + [group.create_task(speak())]
        try:
            await serve_endpoint(_NotifyingPeer(peer, has_stepped), simulator)
        except LinkError:
            return
        finally:
            for task in others:
                task.cancel()
