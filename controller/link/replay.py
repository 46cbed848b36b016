"""Replay of a telemetry log as a link: frames arrive with their recorded timing. Written data is discarded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from controller.clock import Clock
from controller.errors import UserError
from controller.link.base import Link, LinkInfo
from controller.link.url import LinkUrl
from controller.wire.frame import Frame
from controller.wire.tlog import TlogFrames


class ReplayLink(Link):
    """Replays a telemetry log at the rate of its timestamps, then closes.

    A frame with an earlier timestamp arrives at once.
    """

    def __init__(self, url: LinkUrl, *, clock: Clock) -> None:
        super().__init__()
        self._url = url
        self._clock = clock
        self._frames: Iterator[tuple[int, Frame]] = iter(())
        self._next: tuple[int, Frame] | None = None
        self._first_us = 0
        self._began_s = 0.0

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(str(self._url), "tlog", self._url.path)

    async def open(self) -> None:
        try:
            data = await asyncio.to_thread(Path(self._url.path).read_bytes)
        except OSError as error:
            raise UserError(
                f"cannot read the telemetry log: {error.strerror}",
                where=str(self._url),
                hint="check the path",
            ) from None
        frames = TlogFrames(data)
        if not len(frames):
            raise UserError(
                "invalid telemetry log: no MAVLink frame in this file",
                where=str(self._url),
                hint="use a .tlog file",
            )
        self._frames = iter(frames)
        self._next = next(self._frames)
        self._first_us = self._next[0]
        self._began_s = self._clock.now()

    async def close(self) -> None:
        self._next = None

    async def read(self) -> bytes:
        if self._next is None:
            return b""
        utc_us, frame = self._next
        wait_s = self._began_s + (utc_us - self._first_us) / 1e6 - self._clock.now()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._next = next(self._frames, None)
        raw: bytes = frame.raw
        return raw

    async def write(self, data: bytes) -> None:
        """Discard the data."""

    def write_now(self, data: bytes) -> bool:  # noqa: ARG002
        return True
