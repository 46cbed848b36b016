"""Pair of links inside one process: each end reads the data that the other end writes."""

from __future__ import annotations

import asyncio

from controller.errors import LinkError
from controller.link.base import Link, LinkInfo, ReceiveQueue

LIMIT_BYTES = 1_000_000


class MemoryLink(Link):
    """One end of a pair, created by `memory_pair`. A writer waits while the other end's queue is full."""

    def __init__(self, name: str, limit_bytes: int) -> None:
        super().__init__()
        self._name = name
        self._limit_bytes = limit_bytes
        self._received = ReceiveQueue()
        self._room = asyncio.Event()
        self._peer: MemoryLink = self
        self._closed = False

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(url=f"memory:{self._name}", kind="memory", local=self._name)

    async def open(self) -> None:
        """Do nothing: a pair is connected from the start."""

    async def close(self) -> None:
        for end in (self, self._peer):
            end._closed = True
            end._received.close()
            end._room.set()

    async def read(self) -> bytes:
        chunk = await self._received.get()
        self._peer._room.set()
        return chunk

    def write_now(self, data: bytes) -> bool:
        queue = self._peer._received
        if self._closed or queue.waiting_bytes >= self._limit_bytes:
            return False
        queue.put(data)
        return True

    async def write(self, data: bytes) -> None:
        while not self.write_now(data):
            if self._closed:
                raise LinkError("cannot send: the link is closed", where=self.info.url)
            self._room.clear()
            await self._room.wait()


def memory_pair(
    left: str = "left", right: str = "right", *, limit_bytes: int = LIMIT_BYTES
) -> tuple[MemoryLink, MemoryLink]:
    """Return the two ends of one link, with names for logs."""
    a, b = MemoryLink(left, limit_bytes), MemoryLink(right, limit_bytes)
    a._peer, b._peer = b, a
    return a, b
