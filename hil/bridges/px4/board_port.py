"""Serial port of a board in HITL, shared by the simulator and any number of ground stations."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from controller.link.base import Link
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.bridges.px4.forwarding import to_board, to_ground
from hil.bridges.px4.hitl import Px4Hitl
from hil.bridges.serve import SIMULATOR, serve_endpoint


class BoardEndpoint:
    """Endpoint of the HITL machine, which also forwards the board's frames to the ground stations."""

    def __init__(self, machine: Px4Hitl, ground: Sequence[Link]) -> None:
        self._machine, self._ground = machine, ground
        self._framer, self._encoder = Framer(), Encoder(SIMULATOR)

    @property
    def deadline(self) -> float | None:
        return self._machine.deadline

    def start(self, now: float) -> bytes:
        return self._pack(self._machine.start(now))

    def tick(self, now: float) -> bytes:
        return self._pack(self._machine.tick(now))

    def feed(self, data: bytes, now: float) -> bytes:
        out = b""
        frames = self._framer.feed(data)
        self._machine.link_diagnosis.add(data, len(frames))
        for frame in frames:
            if frame.known:
                out += self._pack(self._machine.receive(frame.message(), frame.source, now))
            if forwarded := to_ground(frame):
                for link in self._ground:
                    link.write_now(forwarded)
        return out

    def _pack(self, messages: list[Message]) -> bytes:
        return b"".join([self._encoder.pack(message) for message in messages])


async def serve_board(machine: Px4Hitl, board: Link, *ground: Link) -> None:
    """Serve until the board's link ends for good, or until cancelled; all links are open."""

    def changed(up: bool, now: float) -> None:
        if not up:
            machine.lost(now)

    async def listen(link: Link) -> None:
        framer = Framer()
        while data := await link.read():
            for frame in framer.feed(data):
                board.write_now(to_board(frame))

    async with asyncio.TaskGroup() as group:
        listening = [group.create_task(listen(link)) for link in ground]
        try:
            await serve_endpoint(BoardEndpoint(machine, ground), board, changed=changed)
        finally:
            for task in listening:
                task.cancel()
