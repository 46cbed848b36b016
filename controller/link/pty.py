"""Pseudo-terminal link: another program opens it as a serial port; `pty:NAME` creates a symbolic link at the path
NAME.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from controller.errors import LinkError, UserError
from controller.link.base import Link, LinkInfo, ReceiveQueue
from controller.link.url import LinkUrl

_READ_BYTES = 65536


class PtyLink(Link):
    """Our end of a new pseudo-terminal.

    Data that the other end does not read is dropped at a full buffer, and counted.
    """

    def __init__(self, url: LinkUrl) -> None:
        super().__init__()
        self._url = url
        self._received = ReceiveQueue()
        self._master_fd = -1
        self._slave_fd = -1
        self._device = ""
        self._link: Path | None = None
        self.dropped_writes = 0

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(str(self._url), "pty", str(self._link or self._device))

    async def open(self) -> None:
        if sys.platform == "win32":
            raise UserError(
                "cannot open a pseudo-terminal: Windows has none",
                where=str(self._url),
                hint="use tcpin:127.0.0.1:5760 or a com0com pair",
            )
        import tty

        self._master_fd, self._slave_fd = os.openpty()
        # Keep the other end open too, or the first client that disconnects would end the terminal.
        tty.setraw(self._slave_fd)
        os.set_blocking(self._master_fd, False)
        self._device = os.ttyname(self._slave_fd)
        try:
            self._create_symlink()
        except OSError as error:
            await self.close()
            raise LinkError(
                f"cannot create {self._url.path}: {error.strerror}",
                where=str(self._url),
                hint="choose a writable path",
            ) from None
        asyncio.get_running_loop().add_reader(self._master_fd, self._readable)

    def _create_symlink(self) -> None:
        if not self._url.path:
            return
        path = Path(self._url.path)
        if path.is_symlink() and (not path.exists() or path.resolve().is_relative_to("/dev")):
            path.unlink()  # left by a killed run
        path.symlink_to(self._device)
        self._link = path

    def _readable(self) -> None:
        try:
            data = os.read(self._master_fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            asyncio.get_running_loop().remove_reader(self._master_fd)
            self._received.close(
                LinkError(f"cannot read the pseudo-terminal: {error.strerror}", where=str(self._url))
            )
            return
        self._received.put(data)

    async def read(self) -> bytes:
        return await self._received.get()

    def write_now(self, data: bytes) -> bool:
        if self._master_fd < 0:
            return False
        try:
            taken = os.write(self._master_fd, data)
        except BlockingIOError:
            taken = 0
        if taken < len(data):
            self.dropped_writes += 1
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise LinkError("cannot send: the link is closed", where=str(self._url))

    async def close(self) -> None:
        self._received.close()
        if self._master_fd >= 0:
            asyncio.get_running_loop().remove_reader(self._master_fd)
            os.close(self._master_fd)
            os.close(self._slave_fd)
            self._master_fd = self._slave_fd = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link = None
