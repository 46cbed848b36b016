"""TCP links: `tcp` connects, `tcpin` listens and sends to all its clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from controller.errors import LinkError
from controller.guard.opener import Server
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link, LinkInfo, ReceiveQueue
from controller.link.frame_merger import FrameMerger
from controller.link.network_errors import network_error
from controller.link.resolve import resolve
from controller.link.udp import SEND_BUFFER_BYTES, format_endpoint
from controller.link.url import LinkUrl

CONNECT_TIMEOUT_S = 10.0
# Time that closing waits for unsent data.
FLUSH_S = 1.0
# A stream must not lose data: above this, reading pauses and TCP flow control stops the sender.
PAUSE_BYTES = 1_000_000


class StreamProtocol(asyncio.Protocol):
    """Connects one byte stream of asyncio to its `StreamLink`."""

    def __init__(self, owner: StreamLink) -> None:
        self._owner = owner
        self.transport: asyncio.Transport | None = None
        self.made = asyncio.Event()
        self.lost = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
        self._owner.stream_made(self)
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self._owner.stream_data(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._writable.set()
        self._owner.stream_lost(self, exc)
        self.lost.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def send_now(self, data: bytes) -> bool:
        """Send without waiting. Returns False while the send buffer is full."""
        if self.transport is None or not self._writable.is_set():
            return False
        self.transport.write(data)
        return True

    async def send(self, data: bytes) -> None:
        """Send, and wait while the send buffer is full."""
        await self._writable.wait()
        if self.transport is not None:
            self.transport.write(data)


class StreamLink(Link):
    """Base class of links over byte streams: TCP and serial ports."""

    def __init__(self, url: LinkUrl) -> None:
        super().__init__()
        self._url = url
        self._received = ReceiveQueue()
        self._streams: list[StreamProtocol] = []
        self._paused: list[StreamProtocol] = []
        self._sink: Callable[[bytes], None] | None = None

    def deliver_to(self, sink: Callable[[bytes], None]) -> None:
        """Deliver received data directly to `sink`, in the transport's callback, instead of to `read`.

        For answers within microseconds. `sink` must not raise.
        """
        self._sink = sink

    @property
    def where(self) -> str:
        """URL of the link, for errors."""
        return str(self._url)

    def stream_made(self, stream: StreamProtocol) -> None:
        """Handle a new connection."""
        self._streams.append(stream)

    def stream_data(self, stream: StreamProtocol, data: bytes) -> None:
        """Handle received data."""
        if self._sink is not None:
            self._sink(data)
            return
        self._received.put(data)
        if self._received.waiting_bytes > PAUSE_BYTES and stream.transport is not None:
            stream.transport.pause_reading()
            self._paused.append(stream)

    def stream_lost(self, stream: StreamProtocol, error: Exception | None) -> None:
        """Handle a lost connection."""
        if stream in self._streams:
            self._streams.remove(stream)
        reason = str(error) if error else "the other side closed the connection"
        why = f"cannot receive: {reason}"
        self._received.close(LinkError(why, where=self.where))

    async def read(self) -> bytes:
        chunk = await self._received.get()
        if self._paused and self._received.waiting_bytes < PAUSE_BYTES // 2:
            for stream in self._paused:
                if stream.transport is not None:
                    stream.transport.resume_reading()
            self._paused.clear()
        return chunk

    def write_now(self, data: bytes) -> bool:
        return bool(self._streams) and self._streams[0].send_now(data)

    async def write(self, data: bytes) -> None:
        if not self._streams:
            raise LinkError("cannot send: the link is closed", where=self.where)
        await self._streams[0].send(data)

    async def close(self) -> None:
        """Close, and return when the system has freed the port, so that it can be opened again at once."""
        self._received.close()
        streams, self._streams = self._streams, []
        for stream in streams:
            if stream.transport is not None:
                stream.transport.close()
        for stream in streams:
            try:
                async with asyncio.timeout(FLUSH_S):
                    await stream.lost.wait()
            except TimeoutError:
                if stream.transport is not None:
                    stream.transport.abort()  # the other side reads no more
                await stream.lost.wait()


class TcpOut(StreamLink):
    """One outgoing connection. It ends when the connection is lost; `SupervisedLink` opens a new one."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__(url)
        self._policy = policy
        self._local = ""

    @property
    def info(self) -> LinkInfo:
        host = f"[{self._url.host}]" if ":" in self._url.host else self._url.host
        return LinkInfo(self.where, "tcp", self._local, (f"{host}:{self._url.port}",))

    async def open(self) -> None:
        host, port = self._url.host, self._url.port
        address = await resolve(host, port, policy=self._policy, where=self.where)
        connect = self._policy.opener.connect_tcp
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                transport = await connect(lambda: StreamProtocol(self), address, port)
        except TimeoutError:
            raise LinkError(
                f"cannot connect: no answer in {CONNECT_TIMEOUT_S:g} s",
                where=self.where,
                hint="check the address and firewalls",
            ) from None
        except OSError as error:
            raise network_error(error, where=self.where, port=port, listening=False) from None
        self._local = format_endpoint(transport.get_extra_info("sockname"))


class TcpIn(StreamLink):
    """Listener for any number of clients. A client that does not read loses its own data only."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__(url)
        self._policy = policy
        self._merger = FrameMerger()
        self._server: Server | None = None
        self._local = ""
        self.dropped_writes = 0

    @property
    def info(self) -> LinkInfo:
        peers = [stream.transport.get_extra_info("peername") for stream in self._streams if stream.transport]
        return LinkInfo(
            self.where, "tcpin", self._local, tuple(format_endpoint(peer) for peer in peers if peer)
        )

    async def open(self) -> None:
        host, port = self._url.host, self._url.port
        address = await resolve(host, port, policy=self._policy, where=self.where)
        serve = self._policy.opener.serve_tcp
        try:
            self._server = await serve(lambda: StreamProtocol(self), address, port, on_lost=self._server_lost)
        except OSError as error:
            raise network_error(error, where=self.where, port=port, listening=True) from None
        self._local = format_endpoint(self._server.address)

    def _server_lost(self, error: Exception) -> None:
        self._received.close(LinkError(f"cannot receive: {error}", where=self.where))

    def stream_data(self, stream: StreamProtocol, data: bytes) -> None:
        super().stream_data(stream, self._merger.feed(stream, data))

    def stream_lost(self, stream: StreamProtocol, error: Exception | None) -> None:  # noqa: ARG002
        if stream in self._streams:
            self._streams.remove(stream)
        self._merger.forget(stream)

    def write_now(self, data: bytes) -> bool:
        if self._server is None:
            return False
        for stream in self._streams:
            if not stream.send_now(data):
                self.dropped_writes += 1
        return True

    async def write(self, data: bytes) -> None:
        if not self.write_now(data):
            raise LinkError("cannot send: the link is closed", where=self.where)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await super().close()
