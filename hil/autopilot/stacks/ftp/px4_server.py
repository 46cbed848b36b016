"""MAVLink FTP as PX4 serves it. Sources: mavlink_ftp.cpp, and PX4 1.17 seen on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.wire.address import Address
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.files import EISDIR, EROFS, Bytes, Content, FileTree, OpenFile
from hil.autopilot.stacks.ftp.paced_server import CHANGES, ERRNO, PacedFtp, answer

FOLDER_BYTES = 4096  # size of a folder that PX4 opens as a file


class Px4FtpServer(PacedFtp):
    """PX4's server: one session with number 0 for all clients of a link.

    It keeps its last answer of at most four bytes, and sends it again to a request with the same number whatever that
    asks. The size of reads is ignored, bursts run to the end of the file and end with a NAK, never complete.
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        *,
        empty: tuple[str, ...] = (),
        interval_s: float = 0.01,
        burst: int = 17,
        idle_s: float = 12.0,
    ) -> None:
        super().__init__(FileTree(files, skipped=2, empty=empty), interval_s=interval_s, burst=burst)
        self.open: OpenFile | None = None
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
                return [self._kept(answer(asked, wire.INVALID_SESSION, session=asked.session)).to(source)]
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
                return answer(asked, page, session=session, offset=asked.offset)
            case wire.OPEN:
                return answer(asked, self._opened(self._path(asked)), session=0)
            case wire.READ:
                return answer(asked, self._read(asked), session=session, offset=asked.offset)
            case wire.CRC32:
                return answer(asked, self._crc(asked), session=session)
            case wire.TERMINATE:
                if session or self.open is None:
                    return answer(asked, wire.INVALID_SESSION, session=session)
                self._close()
                return answer(asked, b"", session=session)
            case wire.RESET:
                self._close()
                return answer(asked, b"", session=session)
            case opcode if opcode in CHANGES:
                return answer(asked, ERRNO | EROFS, session=session)
        return answer(asked, wire.UNKNOWN_COMMAND, session=session)

    def _path(self, asked: FtpPacket) -> str:
        return asked.data.partition(b"\0")[0].decode(errors="replace")

    def _opened(self, path: str) -> bytes | int:
        if self.open is not None:
            return wire.NO_SESSIONS
        file = self.tree.open(path)
        self._is_folder = file is None and self.tree.is_folder(path)
        if file is None and not self._is_folder:
            return wire.NOT_FOUND
        self.open = file or Bytes(b"", FOLDER_BYTES)
        return self.open.size.to_bytes(4, "little")

    def _close(self) -> None:
        self.open = None
        self._stream, self.deadline = iter(()), None

    def _read(self, asked: FtpPacket) -> bytes | int:
        if asked.session or self.open is None:
            return wire.INVALID_SESSION
        if self._is_folder:
            return ERRNO | EISDIR
        return self.open.read(asked.offset, wire.DATA_BYTES) or wire.EOF

    def _streamed(self, asked: FtpPacket, source: Address) -> Iterator[Message]:
        at, seq = asked.offset, asked.seq
        while True:
            piece = FtpPacket(seq, 0, wire.BURST, 0, at)
            found = self._read(piece)
            yield self._kept(answer(piece, found, session=0, offset=at)).to(source)
            if isinstance(found, int):
                return
            at, seq = at + len(found), (seq + 1) & 0xFFFF
