"""MAVLink FTP as ArduPilot serves it. Sources: GCS_FTP.cpp, and ArduPilot 4.7 seen on the wire."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.wire.address import Address
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.files import EINVAL, EROFS, Content, FileTree, Opener, OpenFile
from hil.autopilot.stacks.ftp.paced_server import CHANGES, ERRNO, PacedFtp, answer


@dataclass
class _Session:
    number: int
    client: Address | None = None
    data: OpenFile | None = None
    used_s: float = float("-inf")


class ArduPilotFtpServer(PacedFtp):
    """ArduPilot's server: `sessions` files open at once, each of one client.

    It keeps its last answer, and sends it again when system, component, session and number are those of the request
    before, whatever that asks. A request with session 0 takes a free session, and with `numbers_sessions` its answer
    carries the number of it. Requests wait while a burst is sent.
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        *,
        empty: tuple[str, ...] = (),
        sessions: int = 5,
        numbers_sessions: bool = True,
        interval_s: float = 0.01,
        burst: int = 17,
        read_bytes: int = wire.DATA_BYTES,
        burst_packets: int = 2000,
        generated: Mapping[str, Opener] | None = None,
        on_open: Callable[[str], Iterable[Message]] = lambda path: (),  # noqa: ARG005
    ) -> None:
        """Make a server. `on_open(path)` returns messages to send after the opening of a file."""
        super().__init__(
            FileTree(files, empty=empty, generated=generated), interval_s=interval_s, burst=burst
        )
        self._on_open = on_open
        self.sessions = [_Session(-1) for _ in range(sessions)]
        self._numbers_sessions = numbers_sessions
        self._given = 0
        self._last: tuple[FtpPacket, Address] | None = None
        self._read_bytes = read_bytes
        self._burst_packets = burst_packets
        self._queue: deque[tuple[FtpPacket, Address]] = deque()

    @property
    def open_files(self) -> int:
        return sum(session.data is not None for session in self.sessions)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "FILE_TRANSFER_PROTOCOL":
            return []
        self.requests.append(wire.parse(message.payload))
        if len(self._queue) < 5:
            self._queue.append((self.requests[-1], source))
        return self._work(now)

    def tick(self, now: float) -> list[Message]:
        out = super().tick(now)
        return out + self._work(now)

    def _work(self, now: float) -> list[Message]:
        out: list[Message] = []
        while self._queue and self.deadline is None:
            asked, source = self._queue.popleft()
            out += self._handled(asked, source, now)
        return out

    def _handled(self, asked: FtpPacket, source: Address, now: float) -> list[Message]:
        if asked.opcode == wire.RESET:
            for one in self.sessions:
                if one.client == source:
                    one.data, one.used_s = None, float("-inf")
            return self._sent(answer(asked, b"", session=asked.session), source)
        session = self._session(asked.session, source, now)
        if session is None:
            return self._sent(answer(asked, wire.NO_SESSIONS, session=asked.session), source)
        number = session.number if self._numbers_sessions else asked.session
        if self._last is not None:
            last, whose = self._last
            if (whose, number, asked.seq + 1) == (source, last.session, last.seq):
                self.replayed += 1
                return [last.to(source)]
        if asked.opcode == wire.OPEN and now - session.used_s > 3.0:
            session.data = None  # the client never got the answer to its opening
        session.used_s = now
        if asked.opcode == wire.BURST and session.data is not None:
            return self._begin(self._streamed(asked, session, source, number), now)
        found = self._answered(asked, session, now)
        sent = self._sent(answer(asked, found, session=number, offset=asked.offset), source)
        opened = asked.opcode == wire.OPEN and isinstance(found, bytes)
        return [*sent, *self._on_open(self._path(asked) or "")] if opened else sent

    def _path(self, asked: FtpPacket) -> str | None:
        # GCS_FTP takes a name as long as the request says, with or without a zero byte at its end.
        name = asked.data.removesuffix(b"\0")
        return None if not name or b"\0" in name else name.decode(errors="replace")

    def _sent(self, reply: FtpPacket, source: Address) -> list[Message]:
        self._last = (reply, source)
        return [reply.to(source)]

    def _session(self, number: int, source: Address, now: float) -> _Session | None:
        for one in self.sessions:
            if one.client == source and one.number == number:
                return one
        oldest = min(self.sessions, key=lambda session: session.used_s)
        if now - oldest.used_s < 3.0:
            return None
        self._given = self._given % 255 + 1
        oldest.number = number or (self._given if self._numbers_sessions else 0)
        oldest.client, oldest.data = source, None
        return oldest

    def _answered(self, asked: FtpPacket, session: _Session, now: float) -> bytes | int:
        if asked.size > wire.DATA_BYTES:
            return wire.INVALID_SIZE
        match asked.opcode:
            case wire.LIST:
                return self._page(asked) or wire.EOF
            case wire.OPEN:
                if session.data is not None:
                    return wire.FAIL
                path = self._path(asked)
                if path is None:
                    return wire.INVALID_SIZE
                session.data = self.tree.open(path)
                return wire.NOT_FOUND if session.data is None else session.data.size.to_bytes(4, "little")
            case wire.READ | wire.BURST:
                return self._read(session, asked.offset, asked.size)
            case wire.CRC32:
                return self._crc(asked)
            case wire.TERMINATE:
                session.data, session.used_s = None, float("-inf")
                return b""
            case opcode if opcode in CHANGES:
                return ERRNO | EROFS
            case 0:  # None
                return b""
        session.used_s = now
        return wire.UNKNOWN_COMMAND

    def _read(self, session: _Session, offset: int, count: int) -> bytes | int:
        if session.data is None:
            return wire.NOT_FOUND
        data = session.data.read(offset, min(count, self._read_bytes))
        return ERRNO | EINVAL if data is None else data or wire.EOF

    def _streamed(
        self, asked: FtpPacket, session: _Session, source: Address, number: int
    ) -> Iterator[Message]:
        at, seq = asked.offset, asked.seq
        for left in reversed(range(self._burst_packets)):
            piece = FtpPacket(seq, number, wire.BURST, 0, at)
            found = self._read(session, at, asked.size or wire.DATA_BYTES)
            reply = answer(piece, found, session=number, offset=at)
            ends = isinstance(found, int) or left == 0
            reply = FtpPacket(reply.seq, number, reply.opcode, reply.size, at, reply.data, wire.BURST, ends)
            self._last = (reply, source)
            yield reply.to(source)
            if isinstance(found, int):
                return
            at, seq = at + len(found), (seq + 1) & 0xFFFF
