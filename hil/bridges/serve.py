"""Driver of a protocol endpoint on a link: bytes in, bytes out, deadlines on the event loop's clock.

Bytes are handled inside the transport's callback: waking a task would cost as much as a physics step.
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

SIMULATOR = address(1, 200)  # system and component id of other simulators as well


class ByteEndpoint(Protocol):
    """Protocol endpoint without I/O: bytes and time in, bytes out; `tick` is due at `deadline`."""

    @property
    def deadline(self) -> float | None: ...
    def start(self, now: float) -> bytes: ...
    def feed(self, data: bytes, now: float) -> bytes: ...
    def tick(self, now: float) -> bytes: ...


class FramedEndpoint:
    """Endpoint of bytes around a machine of MAVLink messages; `link_diagnosis` counts the received data."""

    def __init__(
        self,
        machine: StateMachine[None],
        *,
        source: Address = SIMULATOR,
        link_diagnosis: LinkDiagnosis | None = None,
    ) -> None:
        self._machine, self._link_diagnosis = machine, link_diagnosis or LinkDiagnosis()
        self._framer, self._encoder = Framer(), Encoder(source)

    @property
    def deadline(self) -> float | None:
        return self._machine.deadline

    def reset(self) -> None:
        """Drop a partly received frame, for a new connection."""
        self._framer = Framer()

    def start(self, now: float) -> bytes:
        return self._pack(self._machine.start(now))

    def tick(self, now: float) -> bytes:
        return self._pack(self._machine.tick(now))

    def feed(self, data: bytes, now: float) -> bytes:
        receive, frames = self._machine.receive, self._framer.feed(data)
        self._link_diagnosis.add(data, len(frames))
        return b"".join(
            [self._pack(receive(frame.message(), frame.source, now)) for frame in frames if frame.known]
        )

    def _pack(self, messages: list[Message]) -> bytes:
        return b"".join([self._encoder.pack(message) for message in messages])


class EndpointDriver:
    """Runs an endpoint inside the event loop; `failed` gets the error that ended it."""

    def __init__(self, endpoint: ByteEndpoint, link: Link) -> None:
        self._endpoint, self._link = endpoint, link
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self._send(endpoint.start(self._loop.time()))
        self._set_timer()

    def feed(self, data: bytes) -> None:
        """Handle received bytes."""
        if self.failed.done():
            return
        try:
            out = self._endpoint.feed(data, self._loop.time())
        except Exception as error:
            self.failed.set_exception(error)
            return
        self._send(out)
        self._set_timer()

    def wake(self) -> None:
        """Set the timer anew after a change of the endpoint's deadline."""
        if not self.failed.done():
            self._set_timer()

    def close(self) -> None:
        """Stop the timer."""
        self.failed.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _send(self, data: bytes) -> None:
        if data:
            # Data for a peer that does not read is lost; the machine notices the silence.
            self._link.write_now(data)

    def _set_timer(self) -> None:
        """Set the timer. Deadlines mostly move later: a timer that fires too early is set again."""
        deadline = self._endpoint.deadline
        if deadline is None:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        endpoint, now = self._endpoint, self._loop.time()
        try:
            if endpoint.deadline is not None and endpoint.deadline <= now:
                self._send(endpoint.tick(now))
        except Exception as error:
            if not self.failed.done():
                self.failed.set_exception(error)
            return
        self._set_timer()


async def serve_endpoint(
    endpoint: ByteEndpoint, link: Link, *, changed: Callable[[bool, float], None] | None = None
) -> None:
    """Run until the link ends or the task is cancelled; `changed` is called when the peer connects or disconnects.

    Raises LinkError when the link is lost, and the errors of the endpoint.
    """
    driver = EndpointDriver(endpoint, link)
    if changed is not None:
        loop = asyncio.get_running_loop()

        def notify(up: bool, why: str) -> None:  # noqa: ARG001
            changed(up, loop.time())
            driver.wake()

        link.watch(notify)
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
