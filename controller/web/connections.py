"""Connections of the web server: accepted one by one, counted, and ended when the other side does not keep up.

Files and links of the session need file descriptors too, so that strangers must never use them up. Where all places are
taken, the longest idle connection without a login makes room. A sweep every second ends connections that send no
request, that do not take their answer, or that do not close.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.guard.opener import BrokerLost, ClientQueue
from controller.web.access import was_let_in

MAX_CONNECTIONS = 200
MAX_OF_ONE_ADDRESS = 60
HANDSHAKE_S = 5.0
IDLE_S = 10.0
STUCK_S = 30.0
CLOSING_S = 3.0
SWEEP_S = 1.0
Peer = tuple[str, int]


@dataclass(slots=True, eq=False)
class Connection:
    """A TCP connection; times of the event loop in seconds."""

    peer: Peer
    sock: socket.socket
    idle_since_s: float
    task: asyncio.Task[None] | None = None
    transport: asyncio.Transport | None = None
    """None until the TLS handshake is done."""
    requests: int = 0
    """Requests that are being answered now; an open WebSocket is one."""
    scope: Scope = field(default_factory=dict)
    _unsent: int = 0
    _unsent_since_s: float = 0.0
    _closing_since_s: float | None = None

    @property
    def ended(self) -> bool:
        """Whether the socket is closed."""
        return self.sock.fileno() < 0

    def is_late(self, now_s: float) -> bool:
        """Whether the other side has kept it waiting for too long."""
        if self.transport is None:
            return False
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since_s = unsent, now_s
        if self.transport.is_closing() and self._closing_since_s is None:
            self._closing_since_s = now_s
        if self._closing_since_s is not None:
            return now_s - self._closing_since_s > CLOSING_S
        is_idle = self.requests == 0 and now_s - self.idle_since_s > IDLE_S
        return is_idle or now_s - self._unsent_since_s > STUCK_S


class Connections:
    """Connections of one listener. `limit_each` limits those of one address, for a listener that others can reach."""

    def __init__(
        self, listener: ClientQueue, *, context: ssl.SSLContext | None = None, limit_each: bool = False
    ) -> None:
        self._listener = listener
        self._context = context
        self._limit_each = limit_each
        self._open: dict[Peer, Connection] = {}
        self.make_protocol: Callable[[], asyncio.Protocol] | None = None
        """Makes the protocol of a new connection."""

    async def serve(self) -> None:
        """Accept connections until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._accept(), name="web connections")
            group.create_task(self._sweep(), name="web sweep")

    def end_all(self) -> None:
        """End every connection now."""
        for one in self._open.values():
            _end(one)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await self._listener.accept()
            except BrokerLost:  # of a sealed run, which ends with its links
                return
            peer = (str(address[0]), int(address[1]))
            if not self._has_room(peer):
                sock.close()
                continue
            one = self._open[peer] = Connection(peer, sock, loop.time())
            one.task = asyncio.create_task(self._begin(one), name="web connection")

    def _has_room(self, peer: Peer) -> bool:
        self._forget_ended()
        if self._limit_each and sum(one[0] == peer[0] for one in self._open) >= MAX_OF_ONE_ADDRESS:
            return False
        if len(self._open) < MAX_CONNECTIONS:
            return True
        strangers = [one for one in self._open.values() if not was_let_in(one.scope)]
        if strangers:
            _end(min(strangers, key=lambda one: one.idle_since_s))
        return bool(strangers)

    async def _begin(self, one: Connection) -> None:
        assert self.make_protocol is not None
        tls: dict[str, Any] = {}
        if self._context is not None:
            tls = {
                "ssl": self._context,
                "ssl_handshake_timeout": HANDSHAKE_S,
                "ssl_shutdown_timeout": CLOSING_S,
            }
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                self.make_protocol, one.sock, **tls
            )
        except (OSError, asyncio.CancelledError):  # no TLS, a handshake that fails or takes too long
            one.sock.close()
        else:
            one.transport = transport

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self._forget_ended()
            for one in self._open.values():
                if one.is_late(loop.time()):
                    _end(one)

    def _forget_ended(self) -> None:
        self._open = {peer: one for peer, one in self._open.items() if not one.ended}

    @contextlib.contextmanager
    def answering(self, scope: Scope) -> Iterator[None]:
        """Count a request of a connection for the block."""
        client = scope.get("client")
        one = self._open.get((client[0], client[1])) if client else None
        if one is None:
            yield
            return
        one.requests += 1
        one.scope = scope
        try:
            yield
        finally:
            one.requests -= 1
            one.idle_since_s = asyncio.get_running_loop().time()


def _end(one: Connection) -> None:
    if one.transport is not None:
        # Python 3.11.2 forgets the TLS of a transport that was closed twice; that one ends after CLOSING_S.
        with contextlib.suppress(AttributeError):
            one.transport.abort()
    elif one.task is not None:
        one.task.cancel()


class Counted:
    """ASGI application that counts its requests by their connections."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._app = app
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._connections.answering(scope):
            await self._app(scope, receive, send)
