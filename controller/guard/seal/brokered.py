"""Opener of a sealed run: the endpoints of the policy come from the broker, as transports of asyncio.

Other addresses on this machine are opened here, where the run has a loopback of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from typing import Any

from controller.guard.broker import DATA, HEADER, PEER
from controller.guard.opener import (
    Address,
    BrokerLost,
    ClientQueue,
    DirectOpener,
    Endpoint,
    EndpointKind,
    ProtocolMaker,
    PtyEnd,
    Server,
    whole,
)
from controller.guard.policy import EndpointRefused, is_loopback
from controller.guard.seal.client import BrokerClient, peered

# A whole message of the broker: its records, and one more datagram. For 128 kB or more the C library asks the system
# for memory at each read, which takes longer than the read.
_READ_BYTES = 120 << 10
_CLIENT_BYTES = 4096
# Records that wait here while the broker is busy; above it, datagrams are dropped, as a full network card drops them.
_WAITING_BYTES = 1 << 18


class BrokeredOpener:
    """Opens the policy's endpoints through the broker."""

    looks_up = False

    def __init__(self, client: BrokerClient, *, own_loopback: bool) -> None:
        self._client = client
        self._own_loopback = own_loopback
        self._direct = DirectOpener()

    def _number(self, kind: EndpointKind, host: str, port: int) -> int | None:
        """Return the number of an endpoint; None for one to be opened here. Raises EndpointRefused."""
        wanted = Endpoint(kind, host, port)
        number = self._client.number(wanted)
        if number is None and not (self._own_loopback and is_loopback(host)):
            raise EndpointRefused(
                f"cannot open {wanted}: the run is sealed, and it was not named at its start",
                hint="name it exactly, for example with --link",
            )
        return number

    async def connect_tcp(self, make: ProtocolMaker, host: str, port: int) -> asyncio.Transport:
        number = self._number("tcp", host, port)
        if number is None:
            return await self._direct.connect_tcp(make, host, port)
        given, local = await self._client.open(number)
        sock = peered(given, peer=(host, port), local=local)
        transport, _ = await asyncio.get_running_loop().create_connection(make, sock=sock)
        return transport

    async def serve_tcp(
        self, make: ProtocolMaker, host: str, port: int, *, on_lost: Callable[[Exception], None]
    ) -> Server:
        number = self._number("tcpin", host, port)
        if number is None:
            return await self._direct.serve_tcp(make, host, port, on_lost=on_lost)
        return _BrokeredServer(_BrokeredQueue(*await self._client.open(number)), make, on_lost)

    async def queue_tcp(self, host: str, port: int) -> ClientQueue:
        number = self._number("tcpin", host, port)
        if number is None:
            return await self._direct.queue_tcp(host, port)
        return _BrokeredQueue(*await self._client.open(number))

    async def open_udp(
        self, protocol: asyncio.DatagramProtocol, host: str, port: int, *, listen: bool
    ) -> asyncio.DatagramTransport:
        number = self._number("udpin" if listen else "udpout", host, port)
        if number is None:
            return await self._direct.open_udp(protocol, host, port, listen=listen)
        given, local = await self._client.open(number)
        return RecordTransport(given, protocol, local, peer=None if listen else (host, port))

    async def open_serial(self, path: str, baud: int) -> socket.socket | None:
        if whole(path) in self._client.terminals:
            return None
        number = self._client.number(Endpoint("serial", path=whole(path), baud=baud))
        if number is None:
            raise EndpointRefused(f"cannot open {path}: the run is sealed, and it was not named at its start")
        given, local = await self._client.open(number)
        return peered(given, peer=local, local=local)

    async def open_pty(self, link: str) -> PtyEnd:
        number = self._client.number(Endpoint("pty", path=whole(link)))
        if number is None:
            raise EndpointRefused("cannot open a pseudo-terminal: the run is sealed, and it was not named")
        given, local = await self._client.open(number)
        end = PtyEnd(given.fileno(), link or str(local[0]))
        end.closing.callback(given.close)
        return end


class _BrokeredQueue:
    """Clients of a TCP listener of the broker."""

    def __init__(self, given: socket.socket, address: Address) -> None:
        self._given = given
        self.address = address

    async def accept(self) -> tuple[socket.socket, Address]:
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._given, _CLIENT_BYTES, 1)
            except BlockingIOError:
                await _readable(self._given)
                continue
            if not data:
                raise BrokerLost("cannot accept connections: the broker has ended")
            message = json.loads(data)
            peer, local = tuple(message["peer"]), tuple(message["local"])
            given = socket.socket(fileno=descriptors[0])
            return peered(given, peer=peer, local=local), peer

    def close(self) -> None:
        self._given.close()


class _BrokeredServer:
    """Serves the clients of a listener by protocols."""

    def __init__(
        self, queue: _BrokeredQueue, make: ProtocolMaker, on_lost: Callable[[Exception], None]
    ) -> None:
        self._queue = queue
        self._make = make
        self._on_lost = on_lost
        self._task = asyncio.create_task(self._serve(), name="brokered clients")

    @property
    def address(self) -> Address:
        return self._queue.address

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                sock, _ = await self._queue.accept()
                with contextlib.suppress(OSError):
                    await loop.connect_accepted_socket(self._make, sock)
        except (BrokerLost, OSError) as error:
            self._on_lost(error)

    def close(self) -> None:
        self._task.cancel()
        self._queue.close()


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _wake, ready)
    try:
        await ready
    finally:
        loop.remove_reader(sock)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class RecordTransport(asyncio.DatagramTransport):
    """Datagrams of an endpoint, as messages of records that the broker sends and takes."""

    def __init__(
        self,
        given: socket.socket,
        protocol: asyncio.DatagramProtocol,
        local: Address,
        *,
        peer: Address | None,
    ) -> None:
        super().__init__({"sockname": local, "peername": peer, "socket": given})
        self._given = given
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._peers: dict[int, Address] = {0: peer} if peer else {}
        self._numbers: dict[Address, int] = {}
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._closing = False
        self.dropped = 0
        protocol.connection_made(self)
        self._loop.add_reader(given, self._read)

    def _read(self) -> None:
        try:
            data = self._given.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(BrokerLost("the broker of the sealed run has ended"))
            return
        start, unpack, head = 0, HEADER.unpack_from, HEADER.size
        while start < len(data):
            kind, number, length = unpack(data, start)
            begin = start + head
            start = begin + length
            if kind == DATA:
                peer = self._peers.get(number)
                if peer is not None:
                    self._protocol.datagram_received(data[begin:start], peer)
            elif kind == PEER:
                self._introduce(number, tuple(json.loads(data[begin:start])))

    def _introduce(self, number: int, peer: Address) -> None:
        before = self._peers.get(number)
        if before is not None:
            self._numbers.pop(before, None)
        self._peers[number] = peer
        self._numbers[peer] = number

    def sendto(self, data: Any, addr: Any = None) -> None:
        """Send to a sender that was heard, or to the endpoint's one address."""
        number = 0 if addr is None else self._numbers.get(addr)
        if number is None or self._closing:
            self.dropped += 1
            return
        record = HEADER.pack(DATA, number, len(data)) + data
        if not self._waiting:
            try:
                self._given.send(record)
                return
            except BlockingIOError:
                self._loop.add_writer(self._given, self._write)
            except OSError:
                return  # the end is read soon
        if self._waiting_bytes > _WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting.append(record)
        self._waiting_bytes += len(record)

    def _write(self) -> None:
        done = 0
        try:
            for record in self._waiting:
                self._given.send(record)
                done += 1
                self._waiting_bytes -= len(record)
        except BlockingIOError:
            pass
        except OSError:
            done = len(self._waiting)
        del self._waiting[:done]
        if not self._waiting:
            self._waiting_bytes = 0
            self._loop.remove_writer(self._given)

    def get_write_buffer_size(self) -> int:
        """Return the bytes that wait for the broker."""
        return self._waiting_bytes

    def is_closing(self) -> bool:
        """Return whether it was closed."""
        return self._closing

    def close(self) -> None:
        """Close it; what waits is lost."""
        self._lose(None)

    def abort(self) -> None:
        """Close it; what waits is lost."""
        self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._given)
        self._loop.remove_writer(self._given)
        self._given.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
