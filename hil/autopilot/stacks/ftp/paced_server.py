"""What the FTP servers of both autopilots have in common: listings, checksums, and bursts at a steady pace."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterator

from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.state_machine import StateMachine
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.files import FileTree, whole

ERRNO = 0x100
"""Added to a number of the file system to make an error of it."""
CHANGES = (6, 7, 8, 9, 10, 11, 12, 13)
"""Operations that write: CreateFile to Rename."""
KEPT_REQUESTS = 20_000  # the last ones, for tests


class PacedFtp(StateMachine[None]):
    """Answers requests and sends bursts of `burst` packets every `interval_s`."""

    def __init__(self, tree: FileTree, *, interval_s: float, burst: int) -> None:
        super().__init__()
        self.tree = tree
        self.requests: deque[FtpPacket] = deque(maxlen=KEPT_REQUESTS)
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
        """Return a page of a listing, or an error."""
        path = self._path(asked)
        if path is None:
            return wire.INVALID_SIZE
        entries = self.tree.entries(path)
        if entries is None:
            return wire.NOT_FOUND
        page = b""
        for entry in entries[asked.offset :]:
            if len(page) + len(entry) > wire.DATA_BYTES:
                break
            page += entry
        return page

    def _crc(self, asked: FtpPacket) -> bytes | int:
        path = self._path(asked)
        if path is None:
            return wire.INVALID_SIZE
        file = self.tree.open(path)
        return wire.NOT_FOUND if file is None else wire.checksum(whole(file)).to_bytes(4, "little")

    @abstractmethod
    def _path(self, asked: FtpPacket) -> str | None:
        """Return the path of a request; None for an invalid one."""


def answer(asked: FtpPacket, found: bytes | int, *, session: int, offset: int = 0) -> FtpPacket:
    """Return the answer: data, or a NAK with an error code or a number of the file system."""
    if isinstance(found, int):
        data = bytes([wire.FAIL_ERRNO, found & 0xFF]) if found & ERRNO else bytes([found])
        return FtpPacket((asked.seq + 1) & 0xFFFF, session, wire.NAK, len(data), offset, data, asked.opcode)
    return FtpPacket((asked.seq + 1) & 0xFFFF, session, wire.ACK, len(found), offset, found, asked.opcode)
