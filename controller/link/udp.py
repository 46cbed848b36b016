"""UDP links: `udpin` waits for senders and answers them, `udpout` sends first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from controller.clock import Clock
from controller.errors import LinkError
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link, LinkInfo, ReceiveQueue
from controller.link.frame_merger import FrameMerger
from controller.link.network_errors import network_error
from controller.link.resolve import resolve
from controller.link.url import LinkUrl

# A peer silent for this time gets no more data, unless all peers are silent.
PEER_SILENT_S = 30.0
PEER_LIMIT = 32
# Limit of the transport's send buffer; above it, frames wait in the router's queue, which counts drops.
SEND_BUFFER_BYTES = 64 * 1024

Peer = tuple[Any, ...]


def format_endpoint(address: Peer) -> str:
    """Format an address: `127.0.0.1:14550`, `[::1]:14550`."""
    return f"[{address[0]}]:{address[1]}" if ":" in str(address[0]) else f"{address[0]}:{address[1]}"


class _Udp(Link, asyncio.DatagramProtocol):
    """Base class of the UDP links."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__()
        self._url = url
        self._policy = policy
        self._received = ReceiveQueue()
        self._transport: Any = None  # typeshed knows no write buffer of datagram transports
        self._local = ""
        self._gone = asyncio.Event()

    @property
    def _where(self) -> str:
        return str(self._url)

    async def open(self) -> None:
        host, port = self._url.host, self._url.port
        address = await resolve(host, port, policy=self._policy, where=self._where)
        listens = self._url.listens
        try:
            self._transport = await self._policy.opener.open_udp(self, address, port, listen=listens)
        except OSError as error:
            raise network_error(error, where=self._where, port=port, listening=listens) from None
        self._local = format_endpoint(self._transport.get_extra_info("sockname"))

    async def close(self) -> None:
        transport, self._transport = self._transport, None
        self._received.close()
        if transport is not None:
            transport.abort()
            await self._gone.wait()  # until the port is free

    async def read(self) -> bytes:
        return await self._received.get()

    async def write(self, data: bytes) -> None:
        if self._transport is None:
            raise LinkError("cannot send: the link is closed", where=self._where)
        self.write_now(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._received.close(LinkError(f"cannot receive: {exc}", where=self._where) if exc else None)
        self._gone.set()


class UdpIn(_Udp):
    """Listener: receives from any sender, and sends to all senders of the last 30 seconds."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy, clock: Clock) -> None:
        super().__init__(url, policy=policy)
        self._clock = clock
        self._peers: dict[Peer, float] = {}
        self._merger = FrameMerger()

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(
            self._where, "udpin", self._local, tuple(format_endpoint(peer) for peer in self._peers)
        )

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        now = self._clock.now()
        newcomer = addr not in self._peers
        self._peers[addr] = now
        if newcomer:
            self._forget_silent(now)
        self._received.put(self._merger.feed(addr, data))

    def _forget_silent(self, now: float) -> None:
        silent = [peer for peer, last in self._peers.items() if now - last > PEER_SILENT_S]
        by_age = sorted(self._peers, key=self._peers.__getitem__)
        for peer in {*silent, *by_age[: max(0, len(by_age) - PEER_LIMIT)]}:
            del self._peers[peer]
            self._merger.forget(peer)

    def write_now(self, data: bytes) -> bool:
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() > SEND_BUFFER_BYTES:
            return False
        if len(self._peers) > 1:
            self._forget_silent_unless_all()
        for peer in self._peers:
            transport.sendto(data, peer)
        return True

    def _forget_silent_unless_all(self) -> None:
        now = self._clock.now()
        if any(now - last <= PEER_SILENT_S for last in self._peers.values()):
            self._forget_silent(now)

    def error_received(self, exc: Exception) -> None:
        """Ignore it: a peer has closed its port, and is removed when it stays silent."""


class UdpResponder(_Udp):
    """Listener that answers each datagram by `answer(data, sender)` (None: no answer) at once.

    `read` only returns the end of the link. `answer` must not raise.
    """

    def __init__(
        self, url: LinkUrl, *, policy: EndpointPolicy, answer: Callable[[bytes, Peer], bytes | None]
    ) -> None:
        super().__init__(url, policy=policy)
        self._answer = answer

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(self._where, "udpin", self._local)

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        reply = self._answer(data, addr)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class UdpOut(_Udp):
    """Sends to one address and receives only from it."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__(url, policy=policy)
        self._sink: Callable[[bytes], None] | None = None

    def deliver_to(self, sink: Callable[[bytes], None]) -> None:
        """Deliver received data directly to `sink`, in the transport's callback; `sink` must not raise."""
        self._sink = sink

    @property
    def info(self) -> LinkInfo:
        peer = f"[{self._url.host}]" if ":" in self._url.host else self._url.host
        return LinkInfo(self._where, "udpout", self._local, (f"{peer}:{self._url.port}",))

    def datagram_received(self, data: bytes, addr: Peer) -> None:  # noqa: ARG002
        if self._sink is not None:
            self._sink(data)
        else:
            self._received.put(data)

    def write_now(self, data: bytes) -> bool:
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() > SEND_BUFFER_BYTES:
            return False
        transport.sendto(data)
        return True

    def error_received(self, exc: Exception) -> None:
        """Ignore it: no program listens there yet. UDP has no connection to lose; the link waits for one."""
