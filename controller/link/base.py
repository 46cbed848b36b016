"""Base class of all links: an async context manager with `read`, `write` and `info`.

A transport implements only the connection. Received data goes through a `ReceiveQueue` (bounded, losses counted) that
the transport's callbacks fill and `read` empties.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from controller.errors import LinkError

QUEUE_LIMIT_BYTES = 4_000_000

StateListener = Callable[[bool, str], None]


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """Description of a link.

    `local` is the local end as opened (with the port the system chose), `peers` the senders.
    """

    url: str
    kind: str
    local: str = ""
    peers: tuple[str, ...] = ()

    @property
    def ready_url(self) -> str:
        """URL with the port that the system chose if the requested port was 0."""
        if self.kind in ("tcpin", "udpin") and self.local:
            return f"{self.kind}:{self.local}"
        return self.url


class Link(ABC):
    """Byte transport. Enter it to open, leave it to close. One reader at a time, any number of writers."""

    def __init__(self) -> None:
        self._listeners: list[StateListener] = []
        self._users = 0

    @property
    @abstractmethod
    def info(self) -> LinkInfo:
        """Current description of the link."""

    @abstractmethod
    async def read(self) -> bytes:
        """Return one datagram or chunk. `b""` means the link is closed; raises LinkError if the link was lost."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Send `data` (whole frames), and wait while the link is busy. Raises LinkError if the link was lost."""

    def write_now(self, data: bytes) -> bool:  # noqa: ARG002
        """Send without waiting. Returns False if that is not possible now (then use `write`)."""
        return False

    @abstractmethod
    async def open(self) -> None:
        """Open the connection. Raises LinkError or UserError."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connection and free all resources. Closing twice has no effect."""

    def watch(self, listener: StateListener) -> None:
        """Call `listener(up, reason)` whenever the link is lost or restored."""
        self._listeners.append(listener)

    def changed(self, up: bool, why: str) -> None:
        """Notify the listeners."""
        for listener in self._listeners:
            listener(up, why)

    async def __aenter__(self) -> Self:
        """Open the link. If entered several times, it stays open until the last user leaves."""
        if not self._users:
            await self.open()
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if not self._users:
            await self.close()


class ReceiveQueue:
    """Queue of received chunks between a transport's callbacks and `read`.

    Above the limit the oldest are dropped, and counted.
    """

    def __init__(self, limit_bytes: int = QUEUE_LIMIT_BYTES) -> None:
        self.lost_chunks = 0
        self.waiting_bytes = 0
        self._limit_bytes = limit_bytes
        self._chunks: deque[bytes] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._closed = False
        self._error: LinkError | None = None

    @property
    def full(self) -> bool:
        """Whether the queue has reached its limit."""
        return self.waiting_bytes >= self._limit_bytes

    def put(self, chunk: bytes) -> None:
        """Append a chunk; drop the oldest chunks above the limit."""
        if self._closed or not chunk:
            return
        self._chunks.append(chunk)
        self.waiting_bytes += len(chunk)
        while self.waiting_bytes > self._limit_bytes and len(self._chunks) > 1:
            self.waiting_bytes -= len(self._chunks.popleft())
            self.lost_chunks += 1
        self._wake()

    def close(self, error: LinkError | None = None) -> None:
        """End the queue: `get` returns the remaining chunks, then raises `error` or returns b\"\"."""
        if not self._closed:
            self._closed, self._error = True, error
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> bytes:
        """Return the next chunk, and wait for it. Returns b\"\" or raises LinkError at the end."""
        while not self._chunks:
            if self._closed:
                if self._error is not None:
                    raise self._error
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        chunk = self._chunks.popleft()
        self.waiting_bytes -= len(chunk)
        return chunk
