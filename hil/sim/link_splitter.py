"""Splitter of one link for several aircraft: received bytes go to all of them, sent bytes go out in order."""

from __future__ import annotations

import asyncio

from controller.errors import LinkError
from controller.link.base import Link
from controller.link.memory import memory_pair


class LinkSplitter:
    """Splits one open link between `count` aircraft, which use the links in `members`."""

    def __init__(self, link: Link, count: int) -> None:
        pairs = [memory_pair(f"{link.info.url} aircraft {i + 1}", link.info.url) for i in range(count)]
        self._link = link
        self._inner = [inner for inner, _ in pairs]
        self.members: tuple[Link, ...] = tuple(outer for _, outer in pairs)

    async def run(self) -> None:
        """Forward bytes until the link is closed, or until cancelled."""
        async with asyncio.TaskGroup() as group:
            senders = [group.create_task(self._send(inner)) for inner in self._inner]
            try:
                while data := await self._link.read():
                    for inner in self._inner:
                        inner.write_now(data)
            except LinkError:
                pass
            for inner in self._inner:
                await inner.close()
            await asyncio.gather(*senders)

    async def _send(self, inner: Link) -> None:
        while data := await inner.read():
            if self._link.write_now(data):
                continue
            try:
                await self._link.write(data)
            except LinkError:
                return
