"""The sealed side of the broker's control socket: asks for endpoints, and for what went through them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import select
import socket
from collections.abc import Callable, Sequence
from typing import Any

from controller.guard.opener import Address, BrokerLost, Endpoint

MESSAGE_BYTES = 1 << 20
_ANSWER_S = 5.0


class BrokerClient:
    """Requests to the broker. Endpoints are those of the policy that it was started with."""

    def __init__(self, control: socket.socket, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        self._control = control
        self._control.setblocking(False)
        self._requests = 0
        # Devices of the run's own terminals are behind these links, which are made inside: number by path.
        self.terminals: dict[str, int] = {}
        self._opened: dict[int, tuple[socket.socket, Address]] = {}
        self._waiting: dict[int, asyncio.Future[tuple[dict[str, Any], socket.socket | None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.lost = False
        self._on_lost: Callable[[], None] = lambda: None

    def watch(self, on_lost: Callable[[], None]) -> None:
        """Have the running loop call `on_lost` when the broker ends."""
        self._on_lost = on_lost
        self._attach()

    def number(self, wanted: Endpoint) -> int | None:
        """Return the number of an endpoint, None for one that the policy does not have."""
        if wanted.kind == "pty" and wanted.path in self.terminals:
            return self.terminals[wanted.path]
        return self.endpoints.index(wanted) if wanted in self.endpoints else None

    async def open(self, number: int) -> tuple[socket.socket, Address]:
        """Open an endpoint; return our end of it, and its own address. Raises OSError, BrokerLost."""
        self._attach()
        if number in self._opened:
            return self._opened.pop(number)
        self._requests += 1
        request = self._requests
        answered = self._waiting[request] = asyncio.get_running_loop().create_future()
        try:
            self._send({"open": number, "request": request})
            return _opened(*await answered)
        finally:
            self._waiting.pop(request, None)

    def open_first(self, number: int) -> Address:
        """Open an endpoint for the first `open`, without a loop; return its address. Raises OSError, BrokerLost."""
        answer = self._ask({"open": number})
        if answer is None:
            raise BrokerLost("cannot open it: the broker has ended")
        self._opened[number] = _opened(*answer)
        return self._opened[number][1]

    def _attach(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            loop.add_reader(self._control, self._readable)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._control.send(json.dumps(message).encode())
        except OSError as error:
            self.lost = True
            raise BrokerLost(f"cannot open it: the broker has ended ({error.strerror})") from None

    def _readable(self) -> None:
        message, given = self._receive()
        if message is None:
            self.lost = True
            if self._loop is not None:
                self._loop.remove_reader(self._control)
            for answered in self._waiting.values():
                if not answered.done():
                    answered.set_exception(BrokerLost("cannot open it: the broker has ended"))
            self._on_lost()
            return
        self._settle(message, given)

    def _settle(self, message: dict[str, Any], given: socket.socket | None) -> None:
        answered = self._waiting.get(message.get("request", 0))
        if answered is not None and not answered.done():
            answered.set_result((message, given))
        elif given is not None:  # the link gave up waiting
            given.close()

    def _receive(self) -> tuple[dict[str, Any] | None, socket.socket | None]:
        """Return the next message; None at the end."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, 1)
        except BlockingIOError:
            return {}, None
        except OSError:
            return None, None
        given = _socket(descriptors[0]) if descriptors else None
        return (json.loads(data) if data else None), given

    def account(self) -> list[dict[str, Any]] | None:
        """Return what went through each endpoint so far; None where the broker has ended."""
        try:
            answer = self._ask({"account": True})
        except BrokerLost:
            return None
        account: list[dict[str, Any]] | None = answer[0]["account"] if answer else None
        return account

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], socket.socket | None] | None:
        """Return the answer to a request, without a loop; None where the broker has ended. Raises BrokerLost."""
        self._requests += 1
        self._send(request | {"request": self._requests})
        while select.select([self._control], [], [], _ANSWER_S)[0]:
            message, given = self._receive()
            if message is None:
                break
            if message.get("request") == self._requests:
                return message, given
            self._settle(message, given)
        return None


class PeeredSocket(socket.socket):
    """Our end of a brokered connection, that tells the addresses of the connection itself."""

    peer: Address = ("", 0)
    local: Address = ("", 0)

    def getpeername(self) -> Any:
        return self.peer

    def getsockname(self) -> Any:
        return self.local


def peered(given: socket.socket, *, peer: Address, local: Address) -> PeeredSocket:
    """Return the socket as one that tells these addresses."""
    made = PeeredSocket(given.family, given.type, fileno=given.detach())
    made.setblocking(False)
    made.peer, made.local = peer, local
    return made


def _opened(answer: dict[str, Any], given: socket.socket | None) -> tuple[socket.socket, Address]:
    """Return what the broker opened. Raises OSError where it could not."""
    if given is None:
        code = int(answer.get("errno") or errno.EIO)
        raise OSError(code, os.strerror(code))
    return given, tuple(answer["local"])


def _socket(fd: int) -> socket.socket:
    os.set_inheritable(fd, False)
    given = socket.socket(fileno=fd)
    given.setblocking(False)
    return given
