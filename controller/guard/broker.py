"""Broker of a sealed run: opens exactly the endpoints of the policy, outside the seal, and moves their bytes.

    python -I -S broker.py CONTROL_FD < policy.json > account.json

The policy is read once, at the start. The sealed process asks on the control socket (SOCK_SEQPACKET, JSON) for an
endpoint by its number; it can neither add nor change one. The broker looks up no name, and sends to no address but that
of an endpoint, or that of a sender which a `udpin` endpoint heard. It ends when the sealed side closes the control
socket, or sends something else than these requests:

    {"open": 0, "request": 1} -> {"request": 1, "opened": 0, "local": ["127.0.0.1", 14550]} with a descriptor
                              or {"request": 1, "failed": 0, "errno": 98, "text": "Address already in use"}
    {"account": true, "request": 2} -> {"request": 2, "account": [...]}

The descriptor is one end of a socket pair, never the endpoint itself: that could be connected to another address.
tcp, serial, pty: a stream. udpin, udpout: messages of whole records, see HEADER. tcpin: a message with a stream for
each client. Where one side is slow, the other waits; datagrams that find no room are dropped, and counted.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import termios
import tty
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

# A record: kind, number of the peer, length of what follows. A PEER record gives a number its sender, [host, port].
HEADER = struct.Struct("!BHH")
DATA, PEER = 0, 1
MOST_PEERS, MOST_CLIENTS, MOST_BATCH_BYTES, LINGER_MS = 1024, 400, 1 << 15, 1000
CHUNK, RECEIVE_BUFFER_BYTES, SERIAL_BUFFER_BYTES = 1 << 17, 1 << 20, 1 << 15
IN, OUT = select.EPOLLIN, select.EPOLLOUT
PR_SET_DUMPABLE, SO_MEMINFO, MEMINFO = 4, 55, struct.Struct("9I")  # the last one counts a socket's drops
# From asm-generic/ioctls.h and termbits.h: any baud rate, which the termios module cannot set.
TCGETS2, TCSETS2, BOTHER, TERMIOS2 = 0x802C542A, 0x402C542B, 0o10000, struct.Struct("4IB19s2I")
COUNTS = (
    "opened",
    "received_packets",
    "received_bytes",
    "sent_packets",
    "sent_bytes",
    "dropped",
    "malformed",
)
# Answers a request: with the descriptor for the sealed side and the endpoint's own address, or with the error.
Done = Callable[[socket.socket | None, Any], None]


class Broker:
    """The endpoints, the control socket, and the loop."""

    def __init__(self, control: socket.socket, endpoints: list[dict[str, Any]]) -> None:
        self.control = control
        self.entries = [Entry(one) for one in endpoints]
        self.poll = select.epoll()
        self.watched: dict[int, tuple[int, Callable[[int], None]]] = {}

    def watch(self, fd: int, events: int, call: Callable[[int], None]) -> None:
        """Call `call(fd)` when one of the events happens; without events, forget the descriptor."""
        before = self.watched.get(fd, (0, call))[0]
        if before == events:
            return
        if not events:
            del self.watched[fd]
            self.poll.unregister(fd)
            return
        (self.poll.modify if before else self.poll.register)(fd, events)
        self.watched[fd] = (events, call)

    def run(self) -> None:
        """Serve until the control socket is closed."""
        self.poll.register(self.control.fileno(), IN)
        while True:
            ready = [fd for fd, _ in self.poll.poll()]
            for fd in ready:
                if fd in self.watched:
                    self.watched[fd][1](fd)
            # Last: an endpoint that was closed is free before it is opened again.
            if self.control.fileno() in ready and not self.answer():
                return

    def answer(self) -> bool:
        """Answer a request; return whether there was one."""
        try:
            message = json.loads(self.control.recv(CHUNK))
            request, number = int(message["request"]), message.get("open")
            entry = None if message.get("account") is True else self.entries[range(len(self.entries))[number]]
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return False

        def done(given: socket.socket | None, result: Any) -> None:
            answer: dict[str, Any] = {"request": request, "opened": number, "local": result}
            if isinstance(result, OSError):
                text = result.strerror or str(result)
                answer = {"request": request, "failed": number, "errno": result.errno, "text": text}
            send(self.control, answer, given)

        if entry is None:
            send(self.control, {"request": request, "account": self.account()})
        else:
            entry.close()
            try:
                OPENERS[entry.count["endpoint"]["kind"]](self, entry, done)
            except OSError as error:
                done(None, error)
        return True

    def account(self) -> list[dict[str, Any]]:
        """Return what went through each endpoint so far."""
        for entry in self.entries:
            if isinstance(entry.current, Datagrams):
                entry.current.count_drops()
        return [entry.count for entry in self.entries]


class Entry:
    """An endpoint of the policy, and its counts: "received" came from outside, "sent" went there."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.host, self.port = str(named["host"]).encode(), int(named["port"])
        self.path, self.baud = str(named["path"]), int(named["baud"])
        self.count: dict[str, Any] = {"endpoint": named, "peers": [], **dict.fromkeys(COUNTS, 0)}
        self.current: Pair | None = None

    def socket(self, kind: socket.SocketKind) -> tuple[socket.socket, Any]:
        """Return a new socket, and the numeric address of this endpoint."""
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        family, _, _, _, address = socket.getaddrinfo(self.host, self.port, type=kind, flags=flags)[0]
        made = socket.socket(family, kind)
        made.setblocking(False)
        return made, address

    def add(self, way: str, data: bytes) -> None:
        """Count a packet, or a read of a stream."""
        self.count[way + "_packets"] += 1
        self.count[way + "_bytes"] += len(data)

    def saw(self, peer: Any) -> Any:
        """Note the address of another side, the first sixteen of them; return (host, port)."""
        if peer[:2] not in self.count["peers"] and len(self.count["peers"]) < 16:
            self.count["peers"].append(peer[:2])
        return peer[:2]

    def close(self) -> None:
        """Close what is open."""
        if self.current:
            self.current.close()


class Pair:
    """An open endpoint, `outer`, and the socket pair to the sealed side: `inner` stays here, `given` goes there."""

    kind = socket.SOCK_STREAM
    lossy = False

    def __init__(self, broker: Broker, entry: Entry, outer: Any) -> None:
        self.broker, self.entry, self.outer = broker, entry, outer
        self.inner, self.given = socket.socketpair(socket.AF_UNIX, self.kind)
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
            self.entry.add("sent", data[: len(data) - len(rest)])
        if rest and self.lossy:
            self.entry.count["dropped"] += 1
            return b""
        return rest

    def close(self) -> None:
        """Close both sides."""
        for fd in self.fds:
            self.broker.watch(fd, 0, self.move)
        self.closing.close()
        if self.entry.current is self:
            self.entry.current = None


class Datagrams(Pair):
    """Datagrams as records. A sender gets a number, by which the sealed side answers; 0 is the address of udpout."""

    kind = socket.SOCK_SEQPACKET

    def __init__(self, broker: Broker, entry: Entry, outer: socket.socket, to: Any = None) -> None:
        super().__init__(broker, entry, outer)
        self.peers = [to] + [None] * MOST_PEERS
        self.numbers = {to: 0}
        self.newest = self.drops = 0

    def get(self) -> bytes | None:
        records: list[bytes] = []
        size = 0
        while size < MOST_BATCH_BYTES:
            try:
                data, peer = self.outer.recvfrom(CHUNK)
            except BlockingIOError:
                break
            except ConnectionError:  # the other side has closed its port
                continue
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
                self.outer.sendto(data[begin:start], self.peers[number] or 0)
                self.entry.add("sent", data[begin:start])
            except (OSError, TypeError):  # no room, no such sender, or the network is down
                self.entry.count["dropped"] += 1
        return b""

    def count_drops(self) -> None:
        """Count the datagrams that the system dropped because nothing read them in time."""
        drops = MEMINFO.unpack(self.outer.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))[8]
        self.entry.count["dropped"] += drops - self.drops
        self.drops = drops


class Listener(Pair):
    """A TCP listener: each client becomes a message with a stream."""

    kind = socket.SOCK_SEQPACKET

    def get(self) -> None:
        try:
            client, peer = self.outer.accept()
        except OSError:  # gone again, or no descriptor is left
            return
        if len(self.broker.watched) > 2 * MOST_CLIENTS:
            client.close()
            return
        stream = tcp_stream(self.broker, self.entry, client)
        send(self.inner, {"peer": self.entry.saw(peer), "local": client.getsockname()[:2]}, stream.given)

    def put(self, data: bytes) -> bytes:
        return b""  # the sealed side has nothing to say here; at its end move() closes


def read(fd: int) -> bytes | None:
    """Return what there is, None for nothing yet, no bytes for the end."""
    try:
        return os.read(fd, CHUNK)
    except BlockingIOError:
        return None


def write(fd: int, data: bytes) -> bytes:
    """Write what is taken now; return the rest."""
    try:
        return data[os.write(fd, data) :] if data else b""
    except BlockingIOError:
        return data


def send(to: socket.socket, message: dict[str, Any], given: socket.socket | None = None) -> None:
    """Send a message with a descriptor, which is then closed here. A sealed side that does not read loses both."""
    with suppress(OSError):
        socket.send_fds(to, [json.dumps(message).encode()], [given.fileno()] if given else [])
    if given:
        given.close()


def tcp_stream(broker: Broker, entry: Entry, outer: socket.socket) -> Pair:
    """Return the stream of a connection."""
    outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Pair(broker, entry, outer)


def open_tcp(broker: Broker, entry: Entry, done: Done) -> None:
    """Connect."""
    outer, address = entry.socket(socket.SOCK_STREAM)

    def connected(fd: int) -> None:
        broker.watch(fd, 0, connected)
        if number := outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            done(None, OSError(number, os.strerror(number)))
        else:
            entry.saw(address)
            entry.current = tcp_stream(broker, entry, outer)
            done(entry.current.given, outer.getsockname()[:2])

    outer.connect_ex(address)
    broker.watch(outer.fileno(), OUT, connected)


def open_tcpin(broker: Broker, entry: Entry, done: Done) -> None:
    """Listen."""
    outer, address = entry.socket(socket.SOCK_STREAM)
    outer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if outer.family == socket.AF_INET6:
        outer.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    outer.bind(address)
    outer.listen(128)
    entry.current = Listener(broker, entry, outer)
    done(entry.current.given, outer.getsockname()[:2])


def open_udp(broker: Broker, entry: Entry, done: Done) -> None:
    """Bind a UDP socket, or connect it."""
    outer, address = entry.socket(socket.SOCK_DGRAM)
    outer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    sends = entry.count["endpoint"]["kind"] == "udpout"
    (outer.connect if sends else outer.bind)(address)
    entry.current = Datagrams(broker, entry, outer, outer.getpeername() if sends else None)
    done(entry.current.given, outer.getsockname()[:2])


def open_serial(broker: Broker, entry: Entry, done: Done) -> None:
    """Open a serial port for this process alone: raw, 8N1, any baud rate."""
    outer = open(os.open(entry.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), "r+b", buffering=0)
    fcntl.flock(outer, fcntl.LOCK_EX | fcntl.LOCK_NB)
    old = TERMIOS2.unpack(fcntl.ioctl(outer, TCGETS2, bytes(TERMIOS2.size)))
    mode = BOTHER | termios.CS8 | termios.CREAD | termios.CLOCAL | old[2] & termios.HUPCL
    keys = bytes(termios.VMIN) + b"\1"
    fcntl.ioctl(outer, TCSETS2, TERMIOS2.pack(0, 0, mode, 0, 0, keys, entry.baud, entry.baud))
    fcntl.ioctl(outer, termios.TIOCEXCL)
    fcntl.ioctl(outer, termios.TCFLSH, termios.TCIOFLUSH)
    entry.current = Pair(broker, entry, outer)
    # Short: what waits here is old when it goes out.
    entry.current.given.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SERIAL_BUFFER_BYTES)
    done(entry.current.given, (entry.path, 0))


def open_pty(broker: Broker, entry: Entry, done: Done) -> None:
    """Make a pseudo-terminal, with a link to it at the endpoint's path. Its reader may come later, or never."""
    master, slave = os.openpty()  # the other end stays open here too: a client that leaves does not end it
    tty.setraw(slave)
    device = os.ttyname(slave)
    entry.current = Pair(broker, entry, open(master, "r+b", buffering=0))
    entry.current.lossy = True
    entry.current.closing.callback(os.close, slave)
    if entry.path:
        if os.path.islink(entry.path) and os.path.realpath(entry.path).startswith("/dev/"):
            os.unlink(entry.path)  # left by a killed run
        os.symlink(device, entry.path)
        entry.current.closing.callback(os.unlink, entry.path)
    done(entry.current.given, (entry.path or device, 0))


OPENERS: dict[str, Callable[[Broker, Entry, Done], None]] = {
    "tcp": open_tcp,
    "tcpin": open_tcpin,
    "udpin": open_udp,
    "udpout": open_udp,
    "serial": open_serial,
    "pty": open_pty,
}


def main() -> None:
    """Serve the sealed process."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may trace this one
    broker = Broker(socket.socket(fileno=int(sys.argv[1])), json.load(sys.stdin))
    broker.run()
    json.dump(broker.account(), sys.stdout)
    for entry in broker.entries:
        entry.close()


if __name__ == "__main__":
    main()
