"""Broker of a sealed run: opens exactly the endpoints of the policy, outside the seal, and moves their bytes.

    python -I -S broker.py CONTROL_FD < policy.json > account.json

The policy is read once, at the start. The sealed process asks on the control socket (SOCK_SEQPACKET, JSON) for an
endpoint by its number; it can neither add nor change one. The broker looks up no name, and sends to no address but that
of an endpoint, or that of a sender which a `udpin` endpoint heard. It ends when the sealed side closes the control
socket, or sends anything but these requests:

    {"open": 0, "request": 1} -> {"request": 1, "opened": 0, "local": ["127.0.0.1", 14550]} with a descriptor
                              or {"request": 1, "failed": 0, "errno": 98, "text": "Address already in use"}
    {"account": true, "request": 2} -> {"request": 2, "account": [...]}

The descriptor is one end of a socket pair, never the endpoint itself: that could be connected to another address.
tcp, serial, pty: a stream. udpin, udpout: messages of whole records, see HEADER. tcpin: a message with a stream for
each client. Where one side is slow, the other waits; datagrams that find no room are dropped, and counted.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

# A record: kind, number of the peer, length of what follows. A PEER record gives a number its sender, [host, port].
HEADER, DATA, PEER = struct.Struct("!BHH"), 0, 1
MOST_PEERS, MOST_CLIENTS, BATCH_BYTES, LINGER_MS = 1024, 400, 1 << 15, 1000
CHUNK, RECEIVE_BUFFER_BYTES, SERIAL_BUFFER_BYTES = 1 << 17, 1 << 20, 1 << 15
IN, OUT = select.EPOLLIN, select.EPOLLOUT
PR_SET_DUMPABLE, SO_MEMINFO, MEMINFO = 4, 55, struct.Struct("9I")  # the last one counts what a socket dropped
DEVICES = os.path.join(os.path.dirname(__file__), "devices.py")  # noqa: PTH118, PTH120
COUNTS = (
    "opened",
    "received_packets",
    "received_bytes",
    "sent_packets",
    "sent_bytes",
    "dropped",
    "malformed",
)


class Entry:
    """An endpoint of the policy, and its counts: "received" came from outside, "sent" went there."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.named, self.kind, self.path = named, str(named["kind"]), str(named["path"])
        self.count: dict[str, Any] = {"endpoint": named, "peers": [], **dict.fromkeys(COUNTS, 0)}
        self.current: Pair | None = None
        OPENERS[self.kind]

    def add(self, way: str, data: bytes) -> None:
        """Count a packet, or a read of a stream."""
        self.count[way + "_packets"] += 1
        self.count[way + "_bytes"] += len(data)

    def saw(self, peer: Any) -> Any:
        """Note the address of another side, the first sixteen of them; return (host, port)."""
        if peer[:2] not in self.count["peers"] and len(self.count["peers"]) < 16:
            self.count["peers"].append(peer[:2])
        return peer[:2]


class Broker:
    """The endpoints, the control socket, and the loop."""

    def __init__(self, control: socket.socket, endpoints: list[dict[str, Any]]) -> None:
        self.control = control
        self.entries = dict(enumerate(map(Entry, endpoints)))
        self.poll = select.epoll()
        self.watched: dict[int, tuple[int, Callable[[int], None]]] = {}
        self.poll.register(control.fileno(), IN)

    def watch(self, fd: int, events: int, call: Callable[[int], None]) -> None:
        """Call `call(fd)` when one of the events happens; without events, forget the descriptor."""
        before = self.watched.pop(fd, (0, call))[0]
        if events:
            self.watched[fd] = (events, call)
        if events != before:
            change = (
                self.poll.register if not before else self.poll.modify if events else self.poll.unregister
            )
            change(*(fd, events) if events else (fd,))

    def run(self) -> None:
        """Serve until the control socket is closed; then close everything."""
        asked = True
        while asked:
            ready = [fd for fd, _ in self.poll.poll()]
            for fd in ready:
                if fd in self.watched:
                    self.watched[fd][1](fd)
            # Last: an endpoint that was closed is free before it is opened again.
            asked = self.control.fileno() not in ready or self.answer()
        for entry in self.entries.values():
            if entry.current:
                entry.current.close()

    def answer(self) -> bool:
        """Answer a request; return whether there was one."""
        try:
            message = json.loads(self.control.recv(CHUNK))
            request, number = int(message["request"]), message.get("open")
            entry = None if message.get("account") is True else self.entries[number]
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return False
        if entry is None:
            send(self.control, {"request": request, "account": self.account()})
            return True

        def failed(error: OSError) -> None:
            told = {"failed": number, "errno": error.errno, "text": error.strerror or str(error)}
            send(self.control, {"request": request, **told})

        def opened(pair: Pair, local: Any) -> None:
            entry.current = pair
            send(self.control, {"request": request, "opened": number, "local": local[:2]}, pair.given)

        if entry.current:
            entry.current.close()
        try:
            OPENERS[entry.kind](self, entry, opened, failed)
        except OSError as error:
            failed(error)
        return True

    def account(self) -> list[dict[str, Any]]:
        """Return what went through each endpoint so far."""
        return [entry.count for entry in self.entries.values()]


class Pair:
    """An open endpoint, `outer`, and the socket pair to the sealed side: `inner` stays here, `given` goes there."""

    pair_kind, lossy = socket.SOCK_STREAM, False

    def __init__(self, broker: Broker, entry: Entry, outer: Any) -> None:
        self.broker, self.entry, self.outer = broker, entry, outer
        self.inner, self.given = socket.socketpair(socket.AF_UNIX, self.pair_kind)
        self.fds = (outer.fileno(), self.inner.fileno())
        self.to_outer = self.to_inner = b""
        self.outer_open = self.inner_open = True
        self.closing = ExitStack()
        for side in (outer, self.inner):
            os.set_blocking(side.fileno(), False)
            self.closing.callback(side.close)
        entry.count["opened"] += 1
        self.watch()

    def watch(self) -> None:
        """Read from a side while the other one takes it, and write where something waits."""
        outer = IN * (self.outer_open and not self.to_inner) | OUT * bool(self.to_outer)
        inner = IN * (self.inner_open and not self.to_outer) | OUT * bool(self.to_inner)
        self.broker.watch(self.fds[0], outer, self.move)
        self.broker.watch(self.fds[1], inner, self.move)

    def move(self, fd: int) -> None:
        """Write what waits for this side, and read from it."""
        try:
            if fd == self.fds[0]:
                self.to_outer = self.put(self.to_outer)
                if self.outer_open and not self.to_inner and (data := self.get()) is not None:
                    self.outer_open = bool(data)
                    self.to_inner = write(self.fds[1], data)
            else:
                self.to_inner = write(fd, self.to_inner)
                if self.inner_open and not self.to_outer and (data := read(fd)) is not None:
                    self.inner_open = bool(data)
                    self.to_outer = self.put(data)
            if not self.outer_open and not self.to_inner:
                self.inner.shutdown(socket.SHUT_WR)
            if not self.inner_open and self.to_outer:  # the rest goes out within a second, or never
                self.outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LINGER_MS)
        except (OSError, AttributeError):  # reset, or the cable was pulled; a device does not linger
            self.inner_open, self.to_outer = False, b""
        if self.inner_open or self.to_outer:
            self.watch()
        else:
            self.close()

    def get(self) -> bytes | None:
        """Read from the endpoint: None for nothing yet, no bytes for its end."""
        data = read(self.fds[0])
        if data:
            self.entry.add("received", data)
        return data

    def put(self, data: bytes) -> bytes:
        """Write to the endpoint; return what it does not take now. A lossy one loses it."""
        rest = write(self.fds[0], data)
        if len(rest) < len(data):
            self.entry.add("sent", data[len(rest) :])
        self.entry.count["dropped"] += bool(rest and self.lossy)
        return b"" if self.lossy else rest

    def close(self) -> None:
        """Close both sides."""
        for fd in self.fds:
            self.broker.watch(fd, 0, self.move)
        self.closing.close()
        if self.entry.current is self:
            self.entry.current = None


class Datagrams(Pair):
    """Datagrams as records. A sender gets a number, by which the sealed side answers; 0 is the address of udpout."""

    pair_kind = socket.SOCK_SEQPACKET

    def __init__(self, broker: Broker, entry: Entry, outer: socket.socket, to: Any) -> None:
        super().__init__(broker, entry, outer)
        self.peers, self.numbers, self.newest = [to] + [None] * MOST_PEERS, {to: 0}, 0
        self.closing.callback(self.count_overrun)

    def count_overrun(self) -> None:
        """Count what the system dropped because nothing took it in time."""
        self.entry.count["dropped"] += MEMINFO.unpack(
            self.outer.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36)
        )[8]

    def get(self) -> bytes | None:
        records: list[bytes] = []
        size = 0
        with suppress(
            BlockingIOError, ConnectionError
        ):  # nothing more, or the other side has closed its port
            while size < BATCH_BYTES:
                data, peer = self.outer.recvfrom(CHUNK)
                self.entry.add("received", data)
                size += len(data)
                if (number := self.numbers.get(peer)) is None:
                    # Many strangers displace a sender; its next datagram gets a new number.
                    self.newest = number = self.newest % MOST_PEERS + 1
                    self.numbers.pop(self.peers[number], None)
                    self.numbers[peer], self.peers[number] = number, peer
                    name = json.dumps(self.entry.saw(peer)).encode()
                    records += (HEADER.pack(PEER, number, len(name)), name)
                records += (HEADER.pack(DATA, number, len(data)), data)
        return b"".join(records) or None

    def put(self, data: bytes) -> bytes:
        start = 0
        while start < len(data):
            begin = start + HEADER.size
            kind, number, length = HEADER.unpack(data[start:begin].ljust(HEADER.size, b"\xff"))
            start = begin + length
            if kind != DATA or start > len(data) or number > MOST_PEERS:
                self.entry.count["malformed"] += 1
                raise OSError("not a record")
            try:
                self.outer.sendto(data[begin:start], self.peers[number])
                self.entry.add("sent", data[begin:start])
            except (OSError, TypeError):  # no room, no such sender, or the network is down
                self.entry.count["dropped"] += 1
        return b""


class Listener(Pair):
    """A TCP listener: each client becomes a message with a stream."""

    pair_kind = socket.SOCK_SEQPACKET

    def get(self) -> None:
        with suppress(OSError):  # gone again, or no descriptor is left
            client, peer = self.outer.accept()
            if len(self.broker.watched) < 2 * MOST_CLIENTS:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stream = Pair(self.broker, self.entry, client)
                addresses = {"peer": self.entry.saw(peer), "local": client.getsockname()[:2]}
                send(self.inner, addresses, stream.given)

    def put(self, data: bytes) -> bytes:
        return data[:0]  # the sealed side has nothing to say here


def read(fd: int) -> bytes | None:
    """Return what there is, None for nothing yet, no bytes for the end."""
    with suppress(BlockingIOError):
        return os.read(fd, CHUNK)
    return None


def write(fd: int, data: bytes) -> bytes:
    """Write what is taken now; return the rest."""
    with suppress(BlockingIOError):
        return data[os.write(fd, data) :] if data else b""
    return data


def send(to: socket.socket, message: dict[str, Any], given: socket.socket | None = None) -> None:
    """Send a message with a descriptor, which is then closed here. A sealed side that does not read loses both."""
    with suppress(OSError):
        socket.send_fds(to, [json.dumps(message).encode()], [given.fileno()] if given else [])
    if given:
        given.close()


def open_socket(
    broker: Broker, entry: Entry, opened: Callable[..., None], failed: Callable[..., None]
) -> None:
    """Open a TCP or UDP endpoint."""
    kind = socket.SOCK_STREAM if entry.kind[0] == "t" else socket.SOCK_DGRAM
    host, port, flags = str(entry.named["host"]).encode(), int(entry.named["port"]), socket.AI_NUMERICHOST
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=flags)[0]
    outer = socket.socket(family, kind)
    outer.setblocking(False)

    def connected(fd: int) -> None:
        broker.watch(fd, 0, connected)
        if number := outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            failed(OSError(number, os.strerror(number)))
        else:
            outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened(Pair(broker, entry, outer), outer.getsockname())

    if entry.kind == "tcp":
        outer.connect_ex(address)
        broker.watch(outer.fileno(), OUT, connected)
    elif entry.kind == "tcpin":
        outer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        outer.bind(address)
        outer.listen(128)
        opened(Listener(broker, entry, outer), outer.getsockname())
    else:
        outer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        (outer.bind if entry.kind == "udpin" else outer.connect)(address)
        to = outer.getpeername() if entry.kind == "udpout" else None
        opened(Datagrams(broker, entry, outer, to), outer.getsockname())


def open_device(broker: Broker, entry: Entry, opened: Callable[..., None], _: Any) -> None:
    """Open a serial port or make a pseudo-terminal."""
    outer, place, closing = runpy.run_path(DEVICES)[entry.kind](entry.path, int(entry.named["baud"]))
    pair = Pair(broker, entry, outer)
    pair.closing.push(closing)
    pair.lossy = entry.kind == "pty"  # its reader may come later, or never
    # Short: what waits there is old when it goes out.
    pair.given.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SERIAL_BUFFER_BYTES)
    opened(pair, [place, 0])


OPENERS = dict.fromkeys(("tcp", "tcpin", "udpin", "udpout"), open_socket) | dict.fromkeys(
    ("serial", "pty"), open_device
)


def main() -> None:
    """Serve the sealed process."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may trace this one
    broker = Broker(socket.socket(fileno=int(sys.argv[1])), json.load(sys.stdin))
    broker.run()
    json.dump(broker.account(), sys.stdout)


if __name__ == "__main__":
    main()
