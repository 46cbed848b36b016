"""Runs a bridge's machine over a link: frames in, messages out, deadlines on the event loop's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from controller.link.base import Link
from controller.protocol.machine import Machine
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message

SIMULATOR = address(1, 200)  # as the other simulators call themselves


async def serve_machine(machine: Machine[None], link: Link, *, source: Address = SIMULATOR) -> None:
    """Until the link ends, the machine is over or the task is cancelled. Raises LinkError when the link was lost."""
    loop = asyncio.get_running_loop()
    framer, encoder = Framer(), Encoder(source)

    async def send(messages: Iterable[Message]) -> None:
        data = b"".join([encoder.pack(message) for message in messages])
        if data and not link.write_now(data):
            await link.write(data)

    await send(machine.start(loop.time()))
    while machine.outcome is None:
        try:
            async with asyncio.timeout_at(machine.deadline):
                data = await link.read()
        except TimeoutError:
            await send(machine.tick(loop.time()))
            continue
        if not data:
            return
        for frame in framer.feed(data):
            if frame.known:
                await send(machine.receive(frame.message(), frame.source, loop.time()))
        if machine.deadline is not None and loop.time() >= machine.deadline:
            await send(machine.tick(loop.time()))
