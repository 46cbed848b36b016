"""FTP servers that behave as the autopilots do, replies to repeated numbers included.

Sources: ArduPilot GCS_FTP.cpp, PX4 mavlink_ftp.cpp, and both seen on the wire (SITL, November 2026).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.state_machine import StateMachine
from controller.wire.address import Address
from controller.wire.message import Message

_EISDIR = 21
FOLDER_BYTES = 4096  # size of a folder that PX4 opens as a file


class FileTree:
    """Files by path; folders follow from the paths. `skipped` entries lead each folder (PX4: . and ..)."""

    def __init__(self, files: Mapping[str, bytes], *, skipped: int = 0, empty: tuple[str, ...] = ()) -> None:
        self.files = {_plain(path): data for path, data in files.items()}
        self._skipped = skipped
        self._folders = {str(parent) for path in self.files for parent in PurePosixPath(path).parents} | {
            _plain(folder) for folder in empty
        }

    def is_folder(self, path: str) -> bool:
        return _plain(path) in self._folders

    def entries(self, folder: str) -> list[bytes] | None:
        """Return the raw entries of a folder, None where there is none."""
        where = _plain(folder)
        if where not in self._folders:
            return None
        inside = [f for f in sorted(self._folders) if f != where and str(PurePosixPath(f).parent) == where]
        found = [b"S\0"] * self._skipped + [b"D" + PurePosixPath(f).name.encode() + b"\0" for f in inside]
        return found + [
            f"F{PurePosixPath(path).name}\t{len(data)}\0".encode()
            for path, data in self.files.items()
            if str(PurePosixPath(path).parent) == where
        ]


def _plain(path: str) -> str:
    return str(PurePosixPath("/", path.strip("/")))


class _PacedFtp(StateMachine[None]):
    """Answers requests and sends bursts of `burst` packets every `interval_s`."""

    def __init__(self, tree: FileTree, *, interval_s: float, burst: int) -> None:
        super().__init__()
        self.tree = tree
        self.requests: list[FtpPacket] = []
        self.replayed = 0
        self._interval_s = interval_s
        self._burst = burst
        self._stream: Iterator[Message] = iter(())

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def _begin(self, stream: Iterator[Message], now: float) -> list[Message]:
        self._stream = stream
        self.deadline = now + self._interval_s
        return []

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        out = [message for _, message in zip(range(self._burst), self._stream, strict=False)]
        self.deadline = now + self._interval_s if len(out) == self._burst else None
        return out

    def _page(self, asked: FtpPacket) -> bytes | int:
        """Return a page of a listing, or an error code."""
        entries = self.tree.entries(asked.data.decode(errors="replace"))
        if entries is None:
            return wire.NOT_FOUND
        page = b""
        for entry in entries[asked.offset :]:
            if len(page) + len(entry) > wire.DATA_BYTES:
                break
            page += entry
        return page

    def _crc(self, asked: FtpPacket) -> bytes | int:
        data = self.tree.files.get(_plain(asked.data.decode(errors="replace")))
        return wire.NOT_FOUND if data is None else wire.checksum(data).to_bytes(4, "little")


def _answer(asked: FtpPacket, found: bytes | int, *, session: int, offset: int = 0) -> FtpPacket:
    """Return the answer: data, or a NAK with an error code."""
    if isinstance(found, int):
        data = bytes([found, _EISDIR]) if found == wire.FAIL_ERRNO else bytes([found])
        return FtpPacket((asked.seq + 1) & 0xFFFF, session, wire.NAK, len(data), offset, data, asked.opcode)
    return FtpPacket((asked.seq + 1) & 0xFFFF, session, wire.ACK, len(found), offset, found, asked.opcode)


class Px4FtpServer(_PacedFtp):
    """PX4's server: one session with number 0 for all clients of a link.

    It keeps its last answer of at most four bytes, and sends it again to a request with the same number whatever that
    asks. The size of reads is ignored, bursts run to the end of the file and end with a NAK, never complete.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        empty: tuple[str, ...] = (),
        interval_s: float = 0.01,
        burst: int = 17,
        idle_s: float = 12.0,
    ) -> None:
        super().__init__(FileTree(files, skipped=2, empty=empty), interval_s=interval_s, burst=burst)
        self.open: bytes | None = None
        self._is_folder = False
        self._last: FtpPacket | None = None
        self._idle_s = idle_s
        self._used_s = 0.0

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "FILE_TRANSFER_PROTOCOL":
            return []
        asked = wire.parse(message.payload)
        self.requests.append(asked)
        if self.open is not None and self.deadline is None and now - self._used_s > self._idle_s:
            self.open = self._last = None
        self._used_s = now
        if self._last is not None and asked.seq + 1 == self._last.seq:
            self.replayed += 1
            return [self._last.to(source)]
        if asked.opcode == wire.BURST:
            if asked.session and self.open is None:
                return [self._kept(_answer(asked, wire.INVALID_SESSION, session=asked.session)).to(source)]
            self._last = None
            return self._begin(self._streamed(asked, source), now)
        return [self._kept(self._handled(asked)).to(source)]

    def _kept(self, reply: FtpPacket) -> FtpPacket:
        self._last = reply if reply.size <= 4 else None
        return reply

    def _handled(self, asked: FtpPacket) -> FtpPacket:
        session = asked.session
        match asked.opcode:
            case wire.LIST:
                page = self._page(asked)
                if page == b"" and asked.offset:
                    page = wire.EOF
                return _answer(asked, page, session=session, offset=asked.offset)
            case wire.OPEN:
                return _answer(asked, self._opened(asked.data.decode(errors="replace")), session=0)
            case wire.READ:
                return _answer(asked, self._read(asked), session=session, offset=asked.offset)
            case wire.CRC32:
                return _answer(asked, self._crc(asked), session=session)
            case wire.TERMINATE:
                if session or self.open is None:
                    return _answer(asked, wire.INVALID_SESSION, session=session)
                self._close()
                return _answer(asked, b"", session=session)
            case wire.RESET:
                self._close()
                return _answer(asked, b"", session=session)
        return _answer(asked, wire.UNKNOWN_COMMAND, session=session)

    def _opened(self, path: str) -> bytes | int:
        if self.open is not None:
            return wire.NO_SESSIONS
        data = self.tree.files.get(_plain(path))
        self._is_folder = data is None and self.tree.is_folder(path)
        if data is None and not self._is_folder:
            return wire.NOT_FOUND
        self.open = data or b""
        return (FOLDER_BYTES if self._is_folder else len(self.open)).to_bytes(4, "little")

    def _close(self) -> None:
        self.open = None
        self._stream, self.deadline = iter(()), None

    def _read(self, asked: FtpPacket) -> bytes | int:
        if asked.session or self.open is None:
            return wire.INVALID_SESSION
        if self._is_folder:
            return wire.FAIL_ERRNO
        if asked.offset >= len(self.open):
            return wire.EOF
        return self.open[asked.offset : asked.offset + wire.DATA_BYTES]

    def _streamed(self, asked: FtpPacket, source: Address) -> Iterator[Message]:
        at, seq = asked.offset, asked.seq
        while True:
            piece = FtpPacket(seq, 0, wire.BURST, 0, at)
            found = self._read(piece)
            yield self._kept(_answer(piece, found, session=0, offset=at)).to(source)
            if isinstance(found, int):
                return
            at, seq = at + len(found), (seq + 1) & 0xFFFF


@dataclass
class _Session:
    number: int
    client: Address | None = None
    data: bytes | None = None
    used_s: float = float("-inf")


class ArduPilotFtpServer(_PacedFtp):
    """ArduPilot's server: `sessions` files open at once, each of one client.

    It keeps its last answer, and sends it again when system, component, session and number are those of the request
    before, whatever that asks. A request with session 0 takes a free session, and with `numbers_sessions` its answer
    carries the number of it. Requests wait while a burst is sent.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        empty: tuple[str, ...] = (),
        sessions: int = 5,
        numbers_sessions: bool = True,
        interval_s: float = 0.01,
        burst: int = 17,
        read_bytes: int = wire.DATA_BYTES,
        burst_packets: int = 2000,
    ) -> None:
        super().__init__(FileTree(files, empty=empty), interval_s=interval_s, burst=burst)
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
            for session in self.sessions:
                if session.client == source:
                    session.data, session.used_s = None, float("-inf")
            return self._sent(_answer(asked, b"", session=asked.session), source)
        session = self._session(asked.session, source, now)
        if session is None:
            return self._sent(_answer(asked, wire.NO_SESSIONS, session=asked.session), source)
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
        return self._sent(_answer(asked, found, session=number, offset=asked.offset), source)

    def _sent(self, reply: FtpPacket, source: Address) -> list[Message]:
        self._last = (reply, source)
        return [reply.to(source)]

    def _session(self, number: int, source: Address, now: float) -> _Session | None:
        for session in self.sessions:
            if session.client == source and session.number == number:
                return session
        oldest = min(self.sessions, key=lambda one: one.used_s)
        if now - oldest.used_s < 3.0:
            return None
        self._given = self._given % 255 + 1
        oldest.number = number or (self._given if self._numbers_sessions else 0)
        oldest.client, oldest.data = source, None
        return oldest

    def _answered(self, asked: FtpPacket, session: _Session, now: float) -> bytes | int:
        match asked.opcode:
            case wire.LIST:
                return self._page(asked) or wire.EOF
            case wire.OPEN:
                if session.data is not None:
                    return wire.FAIL
                session.data = self.tree.files.get(_plain(asked.data.decode(errors="replace")))
                return wire.NOT_FOUND if session.data is None else len(session.data).to_bytes(4, "little")
            case wire.READ | wire.BURST:
                return self._read(session, asked.offset, asked.size)
            case wire.CRC32:
                return self._crc(asked)
            case wire.TERMINATE:
                session.data, session.used_s = None, float("-inf")
                return b""
        session.used_s = now
        return wire.UNKNOWN_COMMAND

    def _read(self, session: _Session, offset: int, count: int) -> bytes | int:
        if session.data is None:
            return wire.NOT_FOUND
        return session.data[offset : offset + min(count, self._read_bytes)] or wire.EOF

    def _streamed(
        self, asked: FtpPacket, session: _Session, source: Address, number: int
    ) -> Iterator[Message]:
        at, seq = asked.offset, asked.seq
        for left in reversed(range(self._burst_packets)):
            piece = FtpPacket(seq, number, wire.BURST, 0, at)
            found = self._read(session, at, wire.DATA_BYTES)
            reply = _answer(piece, found, session=number, offset=at)
            ends = isinstance(found, int) or left == 0
            reply = FtpPacket(reply.seq, number, reply.opcode, reply.size, at, reply.data, wire.BURST, ends)
            self._last = (reply, source)
            yield reply.to(source)
            if isinstance(found, int):
                return
            at, seq = at + len(found), (seq + 1) & 0xFFFF
