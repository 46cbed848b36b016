"""The payload of FILE_TRANSFER_PROTOCOL: header, operations, error codes, and what a refusal is in words.

Layout and numbers: MAVLink developer guide, services/ftp.md. The checksum is the one ArduPilot and PX4 calculate.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from controller.errors import AircraftRefused, UserError
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

_HEADER = struct.Struct("<HBBBBBxI")
PAYLOAD_BYTES = 251
DATA_BYTES = PAYLOAD_BYTES - _HEADER.size  # 239

TERMINATE, RESET, LIST, OPEN, READ, CRC32, BURST = 1, 2, 3, 4, 5, 14, 15
ACK, NAK = 128, 129

FAIL, FAIL_ERRNO, INVALID_SIZE, INVALID_SESSION, NO_SESSIONS = 1, 2, 3, 4, 5
EOF, UNKNOWN_COMMAND, EXISTS, PROTECTED, NOT_FOUND = 6, 7, 8, 9, 10
_ENOENT = 2  # the same on every system that speaks this protocol

ERRORS = {
    FAIL: "it failed, for a reason that was not given",
    INVALID_SIZE: "the size of the request was called invalid",
    INVALID_SESSION: "the file is not open any more",
    NO_SESSIONS: "all its sessions are in use",
    EOF: "the end was passed",
    UNKNOWN_COMMAND: "it does not know this operation",
    EXISTS: "the file exists already",
    PROTECTED: "the file is protected",
    NOT_FOUND: "there is no such file",
}
HINTS = {
    INVALID_SESSION: "another program may have taken it over; try again",
    NO_SESSIONS: "another program may be transferring files; try again in 20 s",
    UNKNOWN_COMMAND: "this firmware does not offer it",
    PROTECTED: "check the path",
    NOT_FOUND: "check the path; list the folder to see what is there",
}


@dataclass(frozen=True, slots=True)
class FtpPacket:
    """One payload. `size` is data's own length in a request or answer, or the number of bytes asked for in a read."""

    seq: int
    session: int
    opcode: int
    size: int
    offset: int = 0
    data: bytes = b""
    req_opcode: int = 0
    burst_complete: bool = False

    def to(self, target: Address) -> Message:
        """The message that carries it."""
        header = _HEADER.pack(
            self.seq,
            self.session,
            self.opcode,
            self.size,
            self.req_opcode,
            int(self.burst_complete),
            self.offset,
        )
        message: Message = m.FILE_TRANSFER_PROTOCOL(
            target_system=target.system,
            target_component=target.component,
            payload=(header + self.data).ljust(PAYLOAD_BYTES, b"\0"),
        )
        return message


def parse(payload: bytes) -> FtpPacket:
    """The packet in the payload of a FILE_TRANSFER_PROTOCOL; never raises for one of 251 bytes.

    `data` has at most `size` bytes, and fewer where the sender claims more than fit.
    """
    seq, session, opcode, size, req_opcode, complete, offset = _HEADER.unpack_from(payload)
    data = bytes(payload[_HEADER.size : _HEADER.size + size])
    return FtpPacket(seq, session, opcode, size, offset, data, req_opcode, bool(complete))


class FtpRefused(AircraftRefused):
    """The other side refused a file operation. `code` is the protocol's error number."""

    def __init__(self, what: str, packet: FtpPacket) -> None:
        self.code = error_code(packet)
        errno = packet.data[1] if self.code == FAIL_ERRNO and len(packet.data) > 1 else 0
        why = ERRORS.get(self.code, f"error {self.code}")
        if self.code == FAIL_ERRNO:
            why = f"its file system reports error {errno}"
        super().__init__(f"{what}: {why}", hint=HINTS.get(self.code))


def error_code(nak: FtpPacket) -> int:
    """The error number of a NAK; "no such file" of the file system counts as the protocol's own."""
    code = nak.data[0] if nak.data else FAIL
    return NOT_FOUND if code == FAIL_ERRNO and nak.data[1:2] == bytes([_ENOENT]) else code


def checksum(data: bytes | bytearray, before: int = 0) -> int:
    """CRC-32 of CalcFileCRC32: polynomial of zlib's, but started from 0 and not inverted at the end.

    So in ArduPilot (`crc_crc32` from 0) and PX4 (`crc32part` from 0). `before` is that of the bytes before these.
    """
    return zlib.crc32(data, before ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def encoded_path(path: str) -> bytes:
    """A path as it travels. Raises UserError for one that is empty or does not fit a request."""
    raw = path.encode()
    if not 0 < len(raw) < DATA_BYTES or b"\0" in raw:
        raise UserError(
            f"path {path!r} cannot travel over MAVLink FTP", hint=f"it takes 1 to {DATA_BYTES - 1} bytes"
        )
    return raw
