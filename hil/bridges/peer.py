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
from controller.link.tcp import StreamOwner
from controller.wire.message import Message
from hil.airframes.load import load_airframe
from hil.autopilot.autopilot import Autopilot
from hil.autopilot.detached import DetachedCore
from hil.autopilot.face import Face
from hil.geodesy import Home
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS
from hil.sim.clock import EPOCH_UTC_US
from hil.sim.seat import Seat

SLOW_EVERY = SLOW_STEPS // FAST_STEPS


class Brain:
    """The emulated autopilot on readings from outside; `cycle` at 250 Hz of the simulator's time."""

    def __init__(
        self,
        face: Face,
        home: Home,
        *,
        airframe: str | Path = "quad_x",
        system_id: int = 1,
        params: Mapping[str, float] | None = None,
        epoch_utc_us: int = EPOCH_UTC_US,
    ) -> None:
        self.loop = DetachedCore(load_airframe(airframe), home)
        self.autopilot = Autopilot(self.loop, face, system_id=system_id, changes=params)
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
        self.loop.think(time_s, slow=slow)
        if slow:
            self.autopilot.step()
            self.said += self.autopilot.take_outbox()
            self.steps_waiting += 1

    def take_steps(self) -> tuple[int, list[Message]]:
        """How many steps passed since the last call, and what was said to all."""
        steps, said = self.steps_waiting, self.said
        self.steps_waiting, self.said = 0, []
        return steps, said


class Speaker(Protocol):
    """A peer's own side of the wire to the simulator: bytes in, bytes out."""

    brain: Brain
    deadline: float | None

    def start(self, now: float) -> bytes: ...
    def feed(self, data: bytes, now: float) -> bytes: ...
    def tick(self, now: float) -> bytes: ...


async def run_peer(speaker: Speaker, simulator: Link, *ground: Link) -> None:
    """Fly until the simulator's link ends, serving ground stations on the other links (all of them open)."""
    loop = asyncio.get_running_loop()
    seats = [Seat(speaker.brain, link) for link in ground]
    stepped = asyncio.Event()

    def feed(data: bytes) -> None:
        simulator.write_now(speaker.feed(data, loop.time()))
        if speaker.brain.steps_waiting:
            stepped.set()

    async def read() -> None:
        while True:
            try:
                async with asyncio.timeout_at(speaker.deadline):
                    data = await simulator.read()
            except TimeoutError:
                simulator.write_now(speaker.tick(loop.time()))
                continue
            except LinkError:
                return
            if not data:
                return
            feed(data)

    async def speak() -> None:
        while True:
            await stepped.wait()
            stepped.clear()
            _, said = speaker.brain.take_steps()
            for seat in seats:
                await seat.send_due(said)

    if isinstance(simulator, StreamOwner):
        simulator.deliver_to(feed)
    async with asyncio.TaskGroup() as group:
        others = [group.create_task(seat.serve()) for seat in seats] + [group.create_task(speak())]
        simulator.write_now(speaker.start(loop.time()))
        await read()
        for task in others:
            task.cancel()
