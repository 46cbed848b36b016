"""Payload of FILE_TRANSFER_PROTOCOL: header, operations, error codes and their texts.

Layout and numbers: MAVLink developer guide, services/ftp.md. The checksum is that of ArduPilot and PX4.
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
_ENOENT, _EISDIR = 2, 21  # the same on all systems with this protocol

ERRORS = {
    FAIL: "no reason given",
    INVALID_SIZE: "invalid request size",
    INVALID_SESSION: "the session is closed",
    NO_SESSIONS: "all sessions are in use",
    EOF: "end of file",
    UNKNOWN_COMMAND: "operation not supported",
    EXISTS: "the file exists already",
    PROTECTED: "the file is protected",
    NOT_FOUND: "no such file",
}
HINTS = {
    INVALID_SESSION: "another program may have taken the session; try again",
    NO_SESSIONS: "another program may be transferring files; try again in 20 s",
    UNKNOWN_COMMAND: "update the firmware, or use the log service",
    PROTECTED: "check the path",
    NOT_FOUND: "check the path; list the folder to see its files",
}


@dataclass(frozen=True, slots=True)
class FtpPacket:
    """One FTP payload. `size` is the length of `data`, or in a read request the number of requested bytes."""

    seq: int
    session: int
    opcode: int
    size: int
    offset: int = 0
    data: bytes = b""
    req_opcode: int = 0
    burst_complete: bool = False

    def to(self, target: Address) -> Message:
        """Return the FILE_TRANSFER_PROTOCOL message to `target` with this payload."""
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
    """Parse the payload of a FILE_TRANSFER_PROTOCOL; never raises for 251 bytes.

    `data` has at most `size` bytes, and fewer if the sender claims more than fit.
    """
    seq, session, opcode, size, req_opcode, complete, offset = _HEADER.unpack_from(payload)
    data = bytes(payload[_HEADER.size : _HEADER.size + size])
    return FtpPacket(seq, session, opcode, size, offset, data, req_opcode, bool(complete))


class FtpRefused(AircraftRefused):
    """The server refused a file operation. `code` is the protocol's error number."""

    def __init__(self, what: str, packet: FtpPacket) -> None:
        self.code = error_code(packet)
        errno = packet.data[1] if self.code == FAIL_ERRNO and len(packet.data) > 1 else 0
        why = ERRORS.get(self.code, f"error {self.code}")
        if self.code == FAIL_ERRNO:
            why = "it is a folder" if errno == _EISDIR else f"file system error {errno}"
        super().__init__(f"{what}: {why}", hint=HINTS.get(self.code))


def error_code(nak: FtpPacket) -> int:
    """Return the error number of a NAK; the file system's ENOENT counts as NOT_FOUND."""
    code = nak.data[0] if nak.data else FAIL
    return NOT_FOUND if code == FAIL_ERRNO and nak.data[1:2] == bytes([_ENOENT]) else code


def checksum(data: bytes | bytearray, before: int = 0) -> int:
    """Return the CRC-32 of CalcFileCRC32: zlib's polynomial, but initial value 0 and no final inversion.

    As in ArduPilot (`crc_crc32` from 0) and PX4 (`crc32part` from 0). `before` is the checksum of the preceding bytes.
    """
    return zlib.crc32(data, before ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def encoded_path(path: str) -> bytes:
    """Return the path as request data. Raises UserError for an empty path or one that does not fit a request."""
    raw = path.encode()
    if not 0 < len(raw) < DATA_BYTES or b"\0" in raw:
        raise UserError(
            f"invalid path {path!r} for MAVLink FTP", hint=f"use 1 to {DATA_BYTES - 1} bytes without NUL"
        )
    return raw
