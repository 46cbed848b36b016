"""Runs one side of a bridge over a link: bytes in, bytes out, deadlines on the event loop's clock.

Bytes go through inside the transport's callback: a task's wake-up costs as much as a step of the physics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from controller.link.base import Link
from controller.link.tcp import StreamLink
from controller.link.udp import UdpOut
from controller.protocol.state_machine import StateMachine
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.bridges.link_diagnosis import LinkDiagnosis

SIMULATOR = address(1, 200)  # as the other simulators call themselves


class ByteEndpoint(Protocol):
    """Bytes and time in, bytes out; `deadline` is when it wants its next `tick`."""

    @property
    def deadline(self) -> float | None: ...
    def start(self, now: float) -> bytes: ...
    def feed(self, data: bytes, now: float) -> bytes: ...
    def tick(self, now: float) -> bytes: ...


class FramedEndpoint:
    """A machine of messages as a side of bytes; `link_diagnosis` keeps count of them."""

    def __init__(
        self,
        machine: StateMachine[None],
        *,
        source: Address = SIMULATOR,
        link_diagnosis: LinkDiagnosis | None = None,
    ) -> None:
        self._machine, self._heard = machine, link_diagnosis or LinkDiagnosis()
        self._framer, self._encoder = Framer(), Encoder(source)

    @property
    def deadline(self) -> float | None:
        return self._machine.deadline

    def renew(self) -> None:
        """Somebody new speaks: half a frame of the last one is nothing of theirs."""
        self._framer = Framer()

    def start(self, now: float) -> bytes:
        return self._pack(self._machine.start(now))

    def tick(self, now: float) -> bytes:
        return self._pack(self._machine.tick(now))

    def feed(self, data: bytes, now: float) -> bytes:
        receive, frames = self._machine.receive, self._framer.feed(data)
        self._heard.take(data, len(frames))
        return b"".join(
            [self._pack(receive(frame.message(), frame.source, now)) for frame in frames if frame.known]
        )

    def _pack(self, messages: list[Message]) -> bytes:
        return b"".join([self._encoder.pack(message) for message in messages])


class EndpointDriver:
    """`feed` it bytes inside the event loop; `failed` gets the error that the side ended by."""

    def __init__(self, side: ByteEndpoint, link: Link) -> None:
        self._side, self._link = side, link
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self._send(side.start(self._loop.time()))
        self._set_timer()

    def feed(self, data: bytes) -> None:
        """Bytes that arrived."""
        if self.failed.done():
            return
        try:
            out = self._side.feed(data, self._loop.time())
        except Exception as error:
            self.failed.set_exception(error)
            return
        self._send(out)
        self._set_timer()

    def wake(self) -> None:
        """The side's deadline was changed from outside."""
        if not self.failed.done():
            self._set_timer()

    def close(self) -> None:
        """No more ticks."""
        self.failed.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _send(self, data: bytes) -> None:
        if data:
            self._link.write_now(
                data
            )  # a far side that takes nothing loses it; the machine notices the silence

    def _set_timer(self) -> None:
        """Deadlines mostly move away: a timer that fires too early is set again, and costs nothing until then."""
        deadline = self._side.deadline
        if deadline is None:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        side, now = self._side, self._loop.time()
        try:
            if side.deadline is not None and side.deadline <= now:
                self._send(side.tick(now))
        except Exception as error:
            if not self.failed.done():
                self.failed.set_exception(error)
            return
        self._set_timer()


async def serve_endpoint(
    side: ByteEndpoint, link: Link, *, changed: Callable[[bool, float], None] | None = None
) -> None:
    """Until the link ends or the task is cancelled; `changed` is told when the far side comes and goes, and at what time.

    Raises LinkError when the link was lost, and what the side raises.
    """
    driver = EndpointDriver(side, link)
    if changed is not None:
        loop = asyncio.get_running_loop()

        def tell(up: bool, why: str) -> None:  # noqa: ARG001
            changed(up, loop.time())
            driver.wake()

        link.watch(tell)
    if isinstance(link, StreamLink | UdpOut):
        link.deliver_to(driver.feed)
    reading = asyncio.ensure_future(_read(link, driver))
    try:
        await asyncio.wait({reading, driver.failed}, return_when=asyncio.FIRST_COMPLETED)
        if driver.failed.done():
            driver.failed.result()
        else:
            reading.result()
    finally:
        reading.cancel()
        driver.close()


async def _read(link: Link, driver: EndpointDriver) -> None:
    while data := await link.read():
        driver.feed(data)
