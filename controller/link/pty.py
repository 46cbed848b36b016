"""Pseudo-terminal link: another program opens it as a serial port; `pty:NAME` creates a symbolic link at the path
NAME.
"""

from __future__ import annotations

import asyncio
import os
import sys

from controller.errors import LinkError, UserError
from controller.guard.opener import PtyEnd
from controller.guard.policy import EndpointPolicy, EndpointRefused
from controller.link.base import Link, LinkInfo, ReceiveQueue
from controller.link.url import LinkUrl

_READ_BYTES = 65536


class PtyLink(Link):
    """Our end of a new pseudo-terminal.

    Data that the other end does not read is dropped at a full buffer, and counted.
    """

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__()
        self._url = url
        self._policy = policy
        self._received = ReceiveQueue()
        self._end: PtyEnd | None = None
        self._place = ""
        self.dropped_writes = 0

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(str(self._url), "pty", self._place)

    async def open(self) -> None:
        if sys.platform == "win32":
            raise UserError(
                "cannot open a pseudo-terminal: Windows has none",
                where=str(self._url),
                hint="use tcpin:127.0.0.1:5760 or a com0com pair",
            )
        try:
            self._end = await self._policy.opener.open_pty(self._url.path)
        except EndpointRefused:
            raise
        except OSError as error:
            raise LinkError(
                f"cannot create {self._url.path}: {error.strerror}",
                where=str(self._url),
                hint="choose a writable path",
            ) from None
        self._place = self._end.place
        asyncio.get_running_loop().add_reader(self._end.fd, self._readable)

    def _readable(self) -> None:
        assert self._end is not None
        try:
            data = os.read(self._end.fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error.strerror or str(error))
            return
        if not data:
            self._lose("the broker of the sealed run has ended")
        self._received.put(data)

    def _lose(self, reason: str) -> None:
        assert self._end is not None
        asyncio.get_running_loop().remove_reader(self._end.fd)
        self._received.close(LinkError(f"cannot read the pseudo-terminal: {reason}", where=str(self._url)))

    async def read(self) -> bytes:
        return await self._received.get()

    def write_now(self, data: bytes) -> bool:
        if self._end is None:
            return False
        try:
            taken = os.write(self._end.fd, data)
        except OSError:  # full; where it is lost, reading tells
            taken = 0
        if taken < len(data):
            self.dropped_writes += 1
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise LinkError("cannot send: the link is closed", where=str(self._url))

    async def close(self) -> None:
        self._received.close()
        end, self._end = self._end, None
        if end is not None:
            asyncio.get_running_loop().remove_reader(end.fd)
            end.close()
