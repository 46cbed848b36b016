"""Runs a bridge's machine over a link: frames in, messages out, deadlines on the event loop's clock.

Bytes go through the machine inside the transport's callback: a task's wake-up costs as much as a step of the physics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from controller.link.base import Link
from controller.link.tcp import StreamOwner
from controller.protocol.machine import Machine
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message

SIMULATOR = address(1, 200)  # as the other simulators call themselves


class Driver:
    """`feed` it bytes inside the event loop; `done` ends with the machine, or with the error it ended by."""

    def __init__(self, machine: Machine[None], link: Link, *, source: Address = SIMULATOR) -> None:
        self._machine, self._link = machine, link
        self._loop = asyncio.get_running_loop()
        self._framer, self._encoder = Framer(), Encoder(source)
        self._timer: asyncio.TimerHandle | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._send(machine.start(self._loop.time()))
        self._set_timer()

    def feed(self, data: bytes) -> None:
        """Bytes that arrived."""
        if self.done.done():
            return
        machine = self._machine
        try:
            for frame in self._framer.feed(data):
                if frame.known:
                    self._send(machine.receive(frame.message(), frame.source, self._loop.time()))
        except Exception as error:
            self.done.set_exception(error)
            return
        self._set_timer()

    def close(self) -> None:
        """No more ticks."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.done.done():
            self.done.cancel()

    def _send(self, messages: Iterable[Message]) -> None:
        data = b"".join([self._encoder.pack(message) for message in messages])
        if data:
            self._link.write_now(
                data
            )  # a far side that takes nothing loses it; the machine notices the silence

    def _set_timer(self) -> None:
        """A timer that fires too early is cheap and set again; one that fires late is not."""
        if self._machine.outcome is not None and not self.done.done():
            self.done.set_result(None)
        deadline = self._machine.deadline
        if deadline is None or self.done.done():
            return
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        machine, now = self._machine, self._loop.time()
        try:
            if machine.deadline is not None and machine.deadline <= now:
                self._send(machine.tick(now))
        except Exception as error:
            if not self.done.done():
                self.done.set_exception(error)
            return
        self._set_timer()


async def serve_machine(machine: Machine[None], link: Link, *, source: Address = SIMULATOR) -> None:
    """Until the link ends, the machine is over or the task is cancelled. Raises LinkError when the link was lost."""
    driver = Driver(machine, link, source=source)
    if isinstance(link, StreamOwner):
        link.deliver_to(driver.feed)
    reading = asyncio.ensure_future(_read(link, driver))
    try:
        await asyncio.wait({reading, driver.done}, return_when=asyncio.FIRST_COMPLETED)
        if driver.done.done():
            driver.done.result()
        else:
            reading.result()
    finally:
        reading.cancel()
        driver.close()


async def _read(link: Link, driver: Driver) -> None:
    while data := await link.read():
        driver.feed(data)
