"""How links and the web page get their connections: opened here (`DirectOpener`), or by the broker of a sealed run.

Both give transports of asyncio, so that nothing behind them knows the difference.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from controller.errors import LinkError

EndpointKind = Literal["tcp", "tcpin", "udpin", "udpout", "serial", "pty"]
Address = tuple[Any, ...]
# Of the system, for bursts that arrive while the program is busy: a fast autopilot sends 40 kB of a file at once.
RECEIVE_BUFFER_BYTES = 1 << 20
_NO_FILES_S = 0.5


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to send to or to listen at. `host` is a numeric address of a network endpoint, `path` of a device."""

    kind: EndpointKind
    host: str = ""
    port: int = 0
    path: str = ""
    baud: int = 0

    def json(self) -> dict[str, Any]:
        """Return it as the broker reads it."""
        return asdict(self)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}:{self.path}" if self.path else f"{self.kind}:{host}:{self.port}"


def whole(path: str) -> str:
    """Return the path of a device from the root, as the policy of a sealed run names it."""
    return os.path.abspath(path) if path else ""  # noqa: PTH100  # without following links


class BrokerLost(LinkError):
    """The broker of a sealed run has ended: no link can be opened again."""


@dataclass(slots=True)
class PtyEnd:
    """Our end of a new pseudo-terminal: a descriptor for reading and writing, the place of the other end, its end."""

    fd: int
    place: str
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def close(self) -> None:
        """Close it."""
        self.closing.close()


class ClientQueue(Protocol):
    """A TCP listener whose clients are taken one by one."""

    @property
    def address(self) -> Address:
        """Where it listens, (host, port)."""

    async def accept(self) -> tuple[socket.socket, Address]:
        """Return the next connection and who made it; its socket tells the addresses of both ends."""

    def close(self) -> None:
        """Stop listening."""


class Server(Protocol):
    """A TCP listener that makes a protocol for each client."""

    @property
    def address(self) -> Address:
        """Where it listens, (host, port)."""

    def close(self) -> None:
        """Stop listening."""


ProtocolMaker = Callable[[], asyncio.Protocol]


class Opener(Protocol):
    """Opens what the policy allows. All methods raise OSError as the system does, and BrokerLost."""

    @property
    @abstractmethod
    def looks_up(self) -> bool:
        """Whether host names can be looked up now."""

    @abstractmethod
    async def connect_tcp(self, make: ProtocolMaker, host: str, port: int) -> asyncio.Transport:
        """Connect to a numeric address."""

    @abstractmethod
    async def serve_tcp(
        self, make: ProtocolMaker, host: str, port: int, *, on_lost: Callable[[Exception], None]
    ) -> Server:
        """Listen at a numeric address; `on_lost` is told when that ends by itself."""

    @abstractmethod
    async def queue_tcp(self, host: str, port: int) -> ClientQueue:
        """Listen at a numeric address, and leave the clients to the caller."""

    @abstractmethod
    async def open_udp(
        self, protocol: asyncio.DatagramProtocol, host: str, port: int, *, listen: bool
    ) -> asyncio.DatagramTransport:
        """Listen at a numeric address, or send to one."""

    @abstractmethod
    async def open_serial(self, path: str, baud: int) -> socket.socket | None:
        """Return the port's stream. None: the caller opens the device itself."""

    @abstractmethod
    async def open_pty(self, link: str) -> PtyEnd:
        """Make a pseudo-terminal, and a symbolic link to its other end where `link` names one."""


class DirectOpener:
    """Opens in this process."""

    looks_up = True

    async def connect_tcp(self, make: ProtocolMaker, host: str, port: int) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().create_connection(make, host, port)
        return transport

    async def serve_tcp(
        self,
        make: ProtocolMaker,
        host: str,
        port: int,
        *,
        on_lost: Callable[[Exception], None],  # noqa: ARG002
    ) -> Server:
        return _DirectServer(await asyncio.get_running_loop().create_server(make, host, port))

    async def queue_tcp(self, host: str, port: int) -> ClientQueue:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=128)
        listener.setblocking(False)
        return _DirectQueue(listener)

    async def open_udp(
        self, protocol: asyncio.DatagramProtocol, host: str, port: int, *, listen: bool
    ) -> asyncio.DatagramTransport:
        make = asyncio.get_running_loop().create_datagram_endpoint
        if listen:
            transport, _ = await make(lambda: protocol, local_addr=(host, port))
        else:
            transport, _ = await make(lambda: protocol, remote_addr=(host, port))
        receiver = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the system may allow less
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return transport

    async def open_serial(self, path: str, baud: int) -> socket.socket | None:  # noqa: ARG002
        return None

    async def open_pty(self, link: str) -> PtyEnd:
        from controller.guard.broker import terminal

        with contextlib.ExitStack() as closing:
            end, place = terminal(closing, link)
            os.set_blocking(end.fileno(), False)
            return PtyEnd(end.fileno(), place[0], closing.pop_all())


@dataclass(frozen=True, slots=True)
class _DirectServer:
    server: asyncio.Server

    @property
    def address(self) -> Address:
        return tuple(self.server.sockets[0].getsockname())

    def close(self) -> None:
        self.server.close()


@dataclass(frozen=True, slots=True)
class _DirectQueue:
    listener: socket.socket

    @property
    def address(self) -> Address:
        return tuple(self.listener.getsockname())

    async def accept(self) -> tuple[socket.socket, Address]:
        while True:
            try:
                client, peer = await asyncio.get_running_loop().sock_accept(self.listener)
            except OSError:  # gone already, or no file descriptor is left
                await asyncio.sleep(_NO_FILES_S)
                continue
            return client, peer

    def close(self) -> None:
        self.listener.close()
