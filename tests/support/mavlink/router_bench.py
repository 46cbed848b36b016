"""Router with memory links, and their far ends, for tests in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from controller.link.memory import MemoryLink, memory_pair
from controller.router.endpoint import LinkEndpoint
from controller.router.filters import Filter
from controller.router.hub import Hub
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.sim.clock import VirtualClock

VEHICLE = address(1, 1)


class FarEnd:
    """FarEnd end of a link: sends with its own address, and returns the frames it received."""

    def __init__(self, link: MemoryLink, source: tuple[int, int]) -> None:
        self.link = link
        self._encoder = Encoder(address(*source))
        self._framer = Framer()

    async def send(self, message: Message) -> bytes:
        raw = self._encoder.pack(message)
        await self.link.write(raw)
        await settle()
        return raw

    async def received(self) -> list[Frame]:
        """Return the frames received since the last call."""
        await settle()
        frames = []
        while self.link._received.waiting_bytes:
            frames += self._framer.feed(await self.link.read())
        return frames

    async def names(self) -> list[str]:
        return [frame.name for frame in await self.received()]


async def settle() -> None:
    """Run every task until it waits; virtual time passes only then."""
    await asyncio.sleep(0.001)


class Bench:
    """Router to which links with far ends can be added."""

    def __init__(self) -> None:
        self.hub = Hub(clock=VirtualClock())

    async def add(
        self, name: str, source: tuple[int, int], *, filters: Iterable[Filter] = ()
    ) -> tuple[FarEnd, LinkEndpoint]:
        near, far = memory_pair(name, f"far {name}")
        return FarEnd(far, source), await self.hub.add(near, name=name, filters=filters)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    async with made.hub:
        yield made


HEARTBEAT = m.HEARTBEAT(type=2, autopilot=3)
ARM = m.COMMAND_LONG(target_system=1, target_component=1, command=400)
