"""Broker of a sealed run: opens exactly the endpoints of the policy, outside the seal, and moves their bytes.

    python -I -S broker.py CONTROL_FD < policy.json > account.json

The policy is read once, at the start. The sealed process asks on the control socket (SOCK_SEQPACKET, JSON) for an
endpoint by its number; it can neither add nor change one. The broker looks up no name, and sends to no address but that
of an endpoint, or that of a sender which a `udpin` endpoint heard. It ends when the sealed side closes the control
socket, or sends anything but these requests:

    {"open": 0, "request": 1} -> {"request": 1, "opened": 0, "local": ["127.0.0.1", 14550]} with a descriptor
                              or {"request": 1, "failed": 0, "errno": 98}
    {"account": true, "request": 2} -> {"request": 2, "account": [...]}

The descriptor is one end of a socket pair, never the endpoint itself: that could be connected to another address.
tcp, serial, pty: a stream. udpin, udpout: messages of whole records, see HEADER. tcpin: a message with a stream for
each client. Where one side is slow, the other waits; datagrams that find no room are dropped, and counted.
"""

import ctypes
import json
import os
import select
import socket
import struct
import sys
from contextlib import ExitStack, suppress
from typing import Any

# A record: kind, number of the peer, length of what follows. A PEER record gives a number its sender, [host, port].
HEADER, DATA, PEER = struct.Struct("!BHH"), 0, 1
CHUNK, BATCH_BYTES, RECEIVE_BYTES, SEND_BYTES = 1 << 16, 1 << 15, 1 << 20, 1 << 15
MOST_PEERS, MOST_CLIENTS, LINGER_MS = 1024, 400, 1000
COUNTS = "opened received_packets received_bytes sent_packets sent_bytes dropped malformed"
# Of Linux; the last number of MEMINFO counts what a socket dropped, and struct termios2 takes any baud rate.
IN, OUT, STREAM, MESSAGES, PR_SET_DUMPABLE, SO_MEMINFO, MEMINFO = 1, 4, 1, 5, 4, 55, struct.Struct("9I")
TCGETS2, TCSETS2, BOTHER, TERMIOS2 = 0x802C542A, 0x402C542B, 0o10000, struct.Struct("4IB19s2I")


class Broker:
    """The endpoints with their counts ("received" came from outside, "sent" went there), and the loop."""

    def __init__(self, control: socket.socket, endpoints: list[dict[str, Any]]) -> None:
        self.control, zero = control, dict.fromkeys(COUNTS.split(), 0)
        self.account: list[dict[str, Any]] = [{"endpoint": one, "peers": [], **zero} for one in endpoints]
        self.pairs, self.connecting, self.changed = list[Pair](), dict[int, Any](), True

    def run(self) -> list[dict[str, Any]]:
        """Serve until the control socket is closed; then close the endpoints, and return the account."""
        asked = True
        while asked:
            if self.changed:
                self.changed, poll, moves = False, select.poll(), dict(self.connecting)
                for fd in moves:
                    poll.register(fd, OUT)
                for pair in self.pairs:
                    for fd, here, there in zip(pair.fds, pair.waiting, pair.waiting[::-1], strict=True):
                        if events := IN * (pair.open and not there) | OUT * bool(here):
                            poll.register(fd, events)
                            moves[fd] = pair.move
                poll.register(self.control, IN)  # last: what was closed is free before it is opened again
            for fd, events in poll.poll():
                asked = moves[fd](fd, events) if fd in moves else self.answer()
        for pair in self.pairs[:]:
            pair.close()
        return self.account

    def answer(self) -> bool:
        """Answer a request; return whether there was one."""
        try:
            message = json.loads(self.control.recv(CHUNK))
            told, number = {"request": int(message["request"])}, message.get("open")
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return False
        if message.get("account") is True:
            return send(self.control, told | {"account": self.account})
        return number in range(len(self.account)) and self.open(number, told)

    def open(self, number: int, told: dict[str, Any]) -> bool:
        """Open an endpoint, and answer with its descriptor or an error number."""
        count = self.account[number]
        kind = count["endpoint"]["kind"]

        def connected(fd: int, _: int) -> bool:
            self.changed = bool(self.connecting.pop(fd, None)) or self.changed
            if kind == "tcp" and (code := outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                return send(self.control, told | {"failed": number, "errno": code})
            pair = PAIRS.get(kind, Pair)(self, count, outer, closing)
            return send(self.control, told | {"opened": number, "local": local[:2]}, pair.given)

        for pair in [pair for pair in self.pairs if pair.count is count]:
            pair.close()
        try:
            with ExitStack() as undo:
                outer, local = opened(undo, **count["endpoint"])
                closing = undo.pop_all()
        except OSError as error:
            return send(self.control, told | {"failed": number, "errno": error.errno})
        if kind == "tcp":
            self.changed, self.connecting[outer.fileno()] = True, connected
        return kind == "tcp" or connected(outer.fileno(), 0)


class Pair:
    """An open endpoint, `outer`, and the socket pair to the sealed side: `inner` stays here, `given` goes there."""

    def __init__(self, broker: Broker, count: dict[str, Any], outer: Any, closing: ExitStack) -> None:
        self.broker, self.count, self.outer, self.closing, self.open = broker, count, outer, closing, True
        self.inner, self.given = socket.socketpair(socket.AF_UNIX, STREAM if type(self) is Pair else MESSAGES)
        closing.callback(self.inner.close)
        self.given.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)  # what waits gets old
        self.fds = [outer.fileno(), self.inner.fileno()]
        self.waiting = [b"", b""]  # what the endpoint, and the sealed side, have still to take
        for fd in self.fds:
            os.set_blocking(fd, False)
        count["opened"] += 1
        broker.pairs, broker.changed = [*broker.pairs, self], True

    def move(self, fd: int, events: int) -> bool:
        """Move what has come, until one side takes no more. The end of one side is that of the other."""
        before = (self.open, *map(bool, self.waiting))
        try:
            for to in (0, 1):
                if events == IN and fd == self.fds[to]:
                    continue  # nothing but bytes from there
                with suppress(BlockingIOError):
                    if self.open and not self.waiting[to]:
                        self.waiting[to] = self.get() if to else os.read(self.fds[1], CHUNK)
                        self.open = bool(self.waiting[to])
                    while data := self.waiting[to]:
                        self.waiting[to] = data[os.write(self.fds[1], data) if to else self.put(data) :]
            if not self.open and self.waiting[0]:  # the rest goes out within a second, or never
                self.outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LINGER_MS)
        except (OSError, AttributeError):  # reset, or the cable was pulled; a device does not linger
            self.open, self.waiting = False, [b"", b""]
        self.broker.changed |= before != (self.open, *map(bool, self.waiting))
        if not self.open and not any(self.waiting):
            self.close()
        return True

    def get(self) -> bytes:
        """Read from the endpoint: no bytes for its end. Raises BlockingIOError for nothing yet."""
        return self.counted("received", os.read(self.fds[0], CHUNK))

    def put(self, data: bytes) -> int:
        """Write to the endpoint; return how much it took. Raises BlockingIOError where it takes nothing now."""
        try:
            return len(self.counted("sent", data[: os.write(self.fds[0], data)]))
        except BlockingIOError:
            if self.count["endpoint"]["kind"] != "pty":
                raise
            self.count["dropped"] += 1  # its reader may come later, or never
            return len(data)

    def counted(self, way: str, data: bytes) -> bytes:
        """Count a packet, or a piece of a stream, and return it."""
        self.count[way + "_packets"] += bool(data) or type(self) is not Pair
        self.count[way + "_bytes"] += len(data)
        return data

    def saw(self, peer: Any) -> Any:
        """Note the address of another side, the first sixteen of them; return (host, port)."""
        if peer[:2] not in self.count["peers"] and len(self.count["peers"]) < 16:
            self.count["peers"].append(peer[:2])
        return peer[:2]

    def close(self) -> None:
        """Close both sides, once."""
        self.open, self.waiting = False, [b"", b""]
        if self in self.broker.pairs:
            self.broker.pairs.remove(self)
            self.broker.changed = True
            if isinstance(self.outer, socket.socket):  # nothing took these in time
                memory = self.outer.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size)
                self.count["dropped"] += MEMINFO.unpack(memory)[8]
            with suppress(OSError):
                self.closing.close()


class Datagrams(Pair):
    """Datagrams as records. A sender gets a number, by which the sealed side answers; 0 is the address of udpout."""

    def __init__(self, broker: Broker, count: dict[str, Any], outer: Any, closing: ExitStack) -> None:
        super().__init__(broker, count, outer, closing)
        to = outer.getpeername() if count["endpoint"]["kind"] == "udpout" else None
        self.peers, self.numbers, self.newest = [to] + [None] * MOST_PEERS, {to: 0}, 0

    def get(self) -> bytes:
        records = b""
        with suppress(BlockingIOError, ConnectionError):  # nothing more, or the other side closed its port
            while len(records) < BATCH_BYTES:
                data, peer = self.outer.recvfrom(CHUNK)
                if (number := self.numbers.get(peer)) is None:
                    # Many strangers displace a sender; its next datagram gets a new number.
                    self.newest = number = self.newest % MOST_PEERS + 1
                    self.numbers.pop(self.peers[number], None)
                    self.numbers[peer], self.peers[number] = number, peer
                    name = json.dumps(self.saw(peer)).encode()
                    records += HEADER.pack(PEER, number, len(name)) + name
                records += HEADER.pack(DATA, number, len(data)) + self.counted("received", data)
        if not records:
            raise BlockingIOError
        return records

    def put(self, data: bytes) -> int:
        start = 0
        while start < len(data):
            begin = start + HEADER.size
            kind, number, length = HEADER.unpack(data[start:begin].ljust(HEADER.size, b"\xff"))
            start = begin + length
            if kind != DATA or start > len(data) or number > MOST_PEERS:
                self.count["malformed"] += 1
                raise OSError("not a record")
            try:
                self.outer.sendto(data[begin:start], self.peers[number])
                self.counted("sent", data[begin:start])
            except (OSError, TypeError):  # no room, no such sender, or the network is down
                self.count["dropped"] += 1
        return start


class Listener(Pair):
    """A TCP listener: each client becomes a message with a stream. The sealed side has nothing to say there."""

    def get(self) -> bytes:
        with suppress(OSError), ExitStack() as closing:  # gone again, or no descriptor is left
            client, peer = self.outer.accept()
            closing.callback(client.close)
            if len(self.broker.pairs) < MOST_CLIENTS:
                names = {"peer": self.saw(peer), "local": client.getsockname()[:2]}
                send(self.inner, names, Pair(self.broker, self.count, client, closing.pop_all()).given)
        raise BlockingIOError


PAIRS: dict[str, type[Pair]] = {"tcpin": Listener, "udpin": Datagrams, "udpout": Datagrams}


def opened(closing: ExitStack, kind: str, host: str, port: int, path: str, baud: int) -> tuple[Any, Any]:
    """Open an endpoint; return it and its address. A tcp one is connected later. Raises OSError."""
    if kind in ("serial", "pty"):
        return serial(closing, path, baud) if kind == "serial" else terminal(closing, path)
    way = socket.SOCK_STREAM if kind in ("tcp", "tcpin") else socket.SOCK_DGRAM
    found = socket.getaddrinfo(host.encode(), port, type=way, flags=socket.AI_NUMERICHOST)
    outer = closing.enter_context(socket.socket(found[0][0], way))
    outer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    outer.setblocking(False)
    if kind in ("tcp", "tcpin"):
        outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(BlockingIOError):
        (outer.bind if kind in ("tcpin", "udpin") else outer.connect)(found[0][4])
    if kind == "tcpin":
        outer.listen(128)
    return outer, outer.getsockname()


def serial(closing: ExitStack, path: str, baud: int) -> tuple[Any, Any]:
    """Open a serial port for this process alone: raw, 8N1. Raises OSError."""
    import fcntl
    import termios

    port = os.fdopen(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), "r+b", buffering=0)
    closing.callback(port.close)
    fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
    old = TERMIOS2.unpack(fcntl.ioctl(port, TCGETS2, bytes(TERMIOS2.size)))
    mode = BOTHER | termios.CS8 | termios.CREAD | termios.CLOCAL | old[2] & termios.HUPCL
    fcntl.ioctl(port, TCSETS2, TERMIOS2.pack(0, 0, mode, 0, 0, bytes(termios.VMIN) + b"\1", baud, baud))
    fcntl.ioctl(port, termios.TIOCEXCL)
    fcntl.ioctl(port, termios.TCFLSH, termios.TCIOFLUSH)
    return port, (path, 0)


def terminal(closing: ExitStack, link: str) -> tuple[Any, Any]:
    """Make a pseudo-terminal, with a link to its other end where one is named. Raises OSError."""
    import tty

    # Both ends stay open here: a client that leaves does not end the terminal.
    end, other = (closing.enter_context(os.fdopen(fd, "r+b", buffering=0)) for fd in os.openpty())
    tty.setraw(other.fileno())
    place = os.ttyname(other.fileno())
    if link:
        if os.path.islink(link) and os.path.realpath(link).startswith("/dev/"):  # noqa: PTH114
            os.unlink(link)  # noqa: PTH108  # left by a killed run
        os.symlink(place, link)  # noqa: PTH211
        closing.callback(os.unlink, link)
    return end, (link or place, 0)


def send(to: socket.socket, message: dict[str, Any], given: socket.socket | None = None) -> bool:
    """Send a message with a descriptor, which is then closed here. A sealed side that does not read loses both."""
    with suppress(OSError):
        socket.send_fds(to, [json.dumps(message).encode()], [given.fileno()] if given else [])
    if given:
        given.close()
    return True


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may trace this one
    json.dump(Broker(socket.socket(fileno=int(sys.argv[1])), json.load(sys.stdin)).run(), sys.stdout)
