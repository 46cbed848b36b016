"""Server of one link at the aircraft's end: decodes frames, runs the autopilot's services and sends their messages."""

from __future__ import annotations

import asyncio
from typing import Protocol

from controller.errors import LinkError
from controller.link.base import Link
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.autopilot.autopilot import EmulatedAutopilot
from hil.autopilot.services.link_services import LinkServices


class ServedVehicle(Protocol):
    """Vehicle whose autopilot is served on links."""

    autopilot: EmulatedAutopilot

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        ...


class LinkServer:
    """One link at the aircraft's end; it stops sending when the link is lost."""

    def __init__(self, vehicle: ServedVehicle, link: Link) -> None:
        self._vehicle, self._link = vehicle, link
        self._framer = Framer()
        self._lost = False
        self.restart()

    def restart(self) -> None:
        """Start the services, at power-on and after a reboot."""
        self._port = LinkServices(self._vehicle.autopilot)
        self._encoder = Encoder(self._port.address)
        self._waiting = self._port.start(self._vehicle.time_s)

    async def receive(self, data: bytes) -> None:
        """Handle received bytes and send the answers."""
        now = self._vehicle.time_s
        answers: list[Message] = []
        for frame in self._framer.feed(data):
            if frame.known:
                answers += self._port.receive(frame.message(), frame.source, now)
        await self._send(answers)

    async def send_pending(self, broadcast: list[Message]) -> None:
        """Send the messages of one step: waiting answers, `broadcast` and the due telemetry."""
        waiting, self._waiting = self._waiting, []
        await self._send([*waiting, *broadcast, *self._port.step(self._vehicle.time_s)])

    async def _send(self, messages: list[Message]) -> None:
        if not messages or self._lost:
            return
        data = b"".join([self._encoder.pack(message) for message in messages])
        if self._link.write_now(data):
            return
        try:
            # An aircraft does not wait for its radio: messages are lost instead.
            async with asyncio.timeout(0.1):
                await self._link.write(data)
        except TimeoutError:
            return
        except LinkError:
            self._lost = True

    async def serve(self) -> None:
        """Read the link until it ends or is lost."""
        try:
            while data := await self._link.read():
                await self.receive(data)
        except LinkError:
            return
