"""MAVLink FTP server for tests: follows the guide, with the deviations of autopilots as options."""

from __future__ import annotations

import random

from controller.protocol.ftp import wire
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.state_machine import StateMachine
from controller.wire.address import Address
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE


def ftp_peer(target: Address = VEHICLE, seed: int = 1) -> FtpPeer:
    """Return the FTP server at `target` with a seeded first request number."""
    return FtpPeer(target, random.Random(seed))


class FtpServer(StateMachine[None]):
    """Serves `files`, one session at a time; a session ends after `idle_s` without requests.

    `burst` is the number of packets of a burst (0: bursts not supported). `read_bytes` is the maximum of one answer
    (some ArduPilot boards: 48). `announced_size` is reported for every file (ArduPilot, for generated files).
    `repeats_answer` repeats the last answer to any request with the same sequence number (ArduPilot). `checksums`
    offers checksums.
    """

    def __init__(
        self,
        files: dict[str, bytes],
        *,
        burst: int = 1000,
        read_bytes: int = wire.DATA_BYTES,
        announced_size: int | None = None,
        repeats_answer: bool = True,
        checksums: bool = True,
        idle_s: float = 10.0,
    ) -> None:
        super().__init__()
        self.files = files
        self.opens = 0
        self.requests: list[FtpPacket] = []
        self.session: int | None = None
        self._burst = burst
        self._read_bytes = read_bytes
        self._announced_size = announced_size
        self._repeats_answer = repeats_answer
        self._checksums = checksums
        self._idle_s = idle_s
        self._name = ""
        self._used_s = 0.0
        self._last: FtpPacket | None = None

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "FILE_TRANSFER_PROTOCOL":
            return []
        asked = wire.parse(message.payload)
        self.requests.append(asked)
        if self.session is not None and now - self._used_s > self._idle_s:
            self.session = None
        if asked.session == self.session or self.session is None:
            self._used_s = now
        repeated = self._last is not None and self._last.seq == (asked.seq + 1) & 0xFFFF
        if repeated and self._last is not None and self._repeats_answer:
            return [self._last.to(source)]
        answers = self._answers(asked)
        if answers:
            self._last = answers[-1]
        return [answer.to(source) for answer in answers]

    def _answers(self, asked: FtpPacket) -> list[FtpPacket]:
        name = asked.data.decode(errors="replace")
        match asked.opcode:
            case wire.LIST:
                return [self._page(asked, name)]
            case wire.OPEN:
                return [self._opened(asked, name)]
            case wire.READ:
                return [self._piece(asked, asked.offset, 0)]
            case wire.BURST if self._burst:
                return self._pieces(asked)
            case wire.CRC32 if self._checksums:
                if name not in self.files:
                    return [self._nak(asked, wire.FAIL_ERRNO, 2)]
                return [self._ack(asked, wire.checksum(self.files[name]).to_bytes(4, "little"))]
            case wire.TERMINATE | wire.RESET:
                self.session = None
                return [self._ack(asked)]
        return [self._nak(asked, wire.UNKNOWN_COMMAND)]

    def _page(self, asked: FtpPacket, name: str) -> FtpPacket:
        entries = [b"Dlogs\0", b"S\0"]
        entries += [f"F{path[1:]}\t{len(data)}\0".encode() for path, data in self.files.items()]
        if name != "/":
            inside = {path.removeprefix(f"{name}/"): len(data) for path, data in self.files.items()}
            inside = {path: size for path, size in inside.items() if not path.startswith("/")}
            if not inside:
                return self._nak(asked, wire.FAIL_ERRNO, 2)
            entries = [
                f"D{folder}\0".encode() for folder in sorted({p.split("/")[0] for p in inside if "/" in p})
            ]
            entries += [f"F{path}\t{size}\0".encode() for path, size in inside.items() if "/" not in path]
        page = b""
        for entry in entries[asked.offset :]:
            if len(page) + len(entry) > wire.DATA_BYTES:
                break
            page += entry
        return self._ack(asked, page) if page else self._nak(asked, wire.EOF)

    def _opened(self, asked: FtpPacket, name: str) -> FtpPacket:
        if name not in self.files:
            return self._nak(asked, wire.NOT_FOUND)
        if self.session is not None:
            return self._nak(asked, wire.NO_SESSIONS)
        self.opens += 1
        self.session = self.opens & 0xFF
        self._name = name
        size = len(self.files[name]) if self._announced_size is None else self._announced_size
        return FtpPacket(
            (asked.seq + 1) & 0xFFFF,
            self.session,
            wire.ACK,
            4,
            data=size.to_bytes(4, "little"),
            req_opcode=wire.OPEN,
        )

    def _piece(self, asked: FtpPacket, offset: int, number: int, *, last: bool = False) -> FtpPacket:
        if self.session != asked.session:
            return self._nak(asked, wire.INVALID_SESSION)
        count = min(asked.size, self._read_bytes)
        data = self.files[self._name][offset : offset + count]
        if not data:
            return self._nak(asked, wire.EOF, number=number)
        return self._ack(asked, data, offset=offset, number=number, last=last)

    def _pieces(self, asked: FtpPacket) -> list[FtpPacket]:
        answers: list[FtpPacket] = []
        offset = asked.offset
        for number in range(self._burst):
            answers.append(self._piece(asked, offset, number, last=number == self._burst - 1))
            if answers[-1].opcode == wire.NAK:
                break
            offset += len(answers[-1].data)
        return answers

    @staticmethod
    def _ack(
        asked: FtpPacket, data: bytes = b"", *, offset: int = 0, number: int = 0, last: bool = False
    ) -> FtpPacket:
        seq = (asked.seq + 1 + number) & 0xFFFF
        return FtpPacket(seq, asked.session, wire.ACK, len(data), offset, data, asked.opcode, last)

    @staticmethod
    def _nak(asked: FtpPacket, code: int, errno: int = 0, *, number: int = 0) -> FtpPacket:
        data = bytes([code, errno]) if errno else bytes([code])
        seq = (asked.seq + 1 + number) & 0xFFFF
        return FtpPacket(seq, asked.session, wire.NAK, len(data), 0, data, asked.opcode)
