"""A pseudo-terminal that looks like a serial port to another program; `pty:NAME` puts a link to it at the path NAME."""

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
    """Our end of a new pseudo-terminal. What nobody reads at the other end is lost when its buffer is full, and counted."""

    def __init__(self, url: LinkUrl) -> None:
        super().__init__()
        self._url = url
        self._inbox = ReceiveQueue()
        self._ours = -1
        self._theirs = -1
        self._device = ""
        self._link: Path | None = None
        self.dropped_writes = 0

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(str(self._url), "pty", str(self._link or self._device))

    async def open(self) -> None:
        if sys.platform == "win32":
            raise UserError(
                "Windows has no pseudo-terminals",
                where=str(self._url),
                hint="use tcpin:127.0.0.1:5760 or a com0com pair",
            )
        import tty

        self._ours, self._theirs = os.openpty()
        # We keep the other end open as well, or every client that leaves would end the terminal.
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self._device = os.ttyname(self._theirs)
        try:
            self._place()
        except OSError as error:
            await self.close()
            raise LinkError(
                f"cannot make {self._url.path}: {error.strerror}",
                where=str(self._url),
                hint="choose a path you may write to",
            ) from None
        asyncio.get_running_loop().add_reader(self._ours, self._readable)

    def _place(self) -> None:
        if not self._url.path:
            return
        path = Path(self._url.path)
        if path.is_symlink() and (not path.exists() or path.resolve().is_relative_to("/dev")):
            path.unlink()  # left over from a run that was killed
        path.symlink_to(self._device)
        self._link = path

    def _readable(self) -> None:
        try:
            data = os.read(self._ours, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            asyncio.get_running_loop().remove_reader(self._ours)
            self._inbox.close(LinkError(f"the terminal was lost: {error.strerror}", where=str(self._url)))
            return
        self._inbox.put(data)

    async def read(self) -> bytes:
        return await self._inbox.get()

    def write_now(self, data: bytes) -> bool:
        if self._ours < 0:
            return False
        try:
            taken = os.write(self._ours, data)
        except BlockingIOError:
            taken = 0
        if taken < len(data):
            self.dropped_writes += 1
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise LinkError("the link is closed", where=str(self._url))

    async def close(self) -> None:
        self._inbox.close()
        if self._ours >= 0:
            asyncio.get_running_loop().remove_reader(self._ours)
            os.close(self._ours)
            os.close(self._theirs)
            self._ours = self._theirs = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link = None
