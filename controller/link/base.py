"""What every link is: an async context manager with `read`, `write` and `info`.

A transport writes only its connect part. What arrives goes through an `ReceiveQueue` (bounded, losses counted) that the
transport's callbacks fill and `read` empties.
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
    """Where a link leads. `local` is our own end as opened (with the port the system chose), `peers` who was heard."""

    url: str
    kind: str
    local: str = ""
    peers: tuple[str, ...] = ()

    @property
    def ready_url(self) -> str:
        """The URL with the port that the system chose where none was asked for."""
        if self.kind in ("tcpin", "udpin") and self.local:
            return f"{self.kind}:{self.local}"
        return self.url


class Link(ABC):
    """A way for bytes. Enter it before use; leaving closes it. One reader at a time, writers as you like."""

    def __init__(self) -> None:
        self._watchers: list[StateListener] = []
        self._users = 0

    @property
    @abstractmethod
    def info(self) -> LinkInfo:
        """Where it leads, as known now."""

    @abstractmethod
    async def read(self) -> bytes:
        """One datagram or chunk. `b""` means closed for good; raises LinkError when the link was lost."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Send `data` (whole frames), waiting while the link cannot take it. Raises LinkError when the link was lost."""

    def write_now(self, data: bytes) -> bool:  # noqa: ARG002
        """Send without waiting; False when that cannot be done now (then use `write`)."""
        return False

    @abstractmethod
    async def open(self) -> None:
        """Make the connection. Raises LinkError (the world's fault) or UserError."""

    @abstractmethod
    async def close(self) -> None:
        """Give everything back. Closing twice is nothing."""

    def watch(self, watcher: StateListener) -> None:
        """Have `watcher(up, why)` called whenever the link is lost and found again."""
        self._watchers.append(watcher)

    def changed(self, up: bool, why: str) -> None:
        """Tell the watchers."""
        for watcher in self._watchers:
            watcher(up, why)

    async def __aenter__(self) -> Self:
        """Opens it; entered again by somebody else it stays open until the last of them leaves."""
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
    """Chunks on their way from a transport's callbacks to `read`. Over the limit the oldest are lost, and counted."""

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
        return self.waiting_bytes >= self._limit_bytes

    def put(self, chunk: bytes) -> None:
        if self._closed or not chunk:
            return
        self._chunks.append(chunk)
        self.waiting_bytes += len(chunk)
        while self.waiting_bytes > self._limit_bytes and len(self._chunks) > 1:
            self.waiting_bytes -= len(self._chunks.popleft())
            self.lost_chunks += 1
        self._wake()

    def close(self, error: LinkError | None = None) -> None:
        """No more will come: `get` empties what is there, then raises `error` or returns b\"\"."""
        if not self._closed:
            self._closed, self._error = True, error
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> bytes:
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
