"""One link at the aircraft's end: frames in, the autopilot's services answered, what is due sent."""

from __future__ import annotations

import asyncio
from typing import Protocol

from controller.errors import LinkError
from controller.link.base import Link
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.autopilot.autopilot import Autopilot
from hil.autopilot.services.link_services import LinkServices


class ServedVehicle(Protocol):
    """Whoever has an autopilot and serves it on links."""

    autopilot: Autopilot

    @property
    def time_s(self) -> float: ...


class LinkServer:
    """One link at the aircraft's end."""

    def __init__(self, vehicle: ServedVehicle, link: Link) -> None:
        self._vehicle, self._link = vehicle, link
        self._framer = Framer()
        self._lost = False
        self.restart()

    def restart(self) -> None:
        """Start the services, at power-on and after a restart."""
        self._port = LinkServices(self._vehicle.autopilot)
        self._encoder = Encoder(self._port.address)
        self._waiting = self._port.start(self._vehicle.time_s)

    async def receive(self, data: bytes) -> None:
        """What came from the link, answered at once."""
        now = self._vehicle.time_s
        answers: list[Message] = []
        for frame in self._framer.feed(data):
            if frame.known:
                answers += self._port.receive(frame.message(), frame.source, now)
        await self._send(answers)

    async def send_pending(self, said: list[Message]) -> None:
        """What this step brought: waiting answers, what was said to all, and what is due by itself."""
        waiting, self._waiting = self._waiting, []
        await self._send([*waiting, *said, *self._port.step(self._vehicle.time_s)])

    async def _send(self, messages: list[Message]) -> None:
        if not messages or self._lost:
            return
        data = b"".join([self._encoder.pack(message) for message in messages])
        if self._link.write_now(data):
            return
        try:
            # An aircraft does not wait for its radio.
            async with asyncio.timeout(0.1):
                await self._link.write(data)
        except TimeoutError:
            return
        except LinkError:
            self._lost = True

    async def serve(self) -> None:
        """Read the link until it ends."""
        try:
            while data := await self._link.read():
                await self.receive(data)
        except LinkError:
            return
