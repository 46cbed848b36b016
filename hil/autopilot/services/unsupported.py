"""Services that this aircraft does not have, refused at once in their own words, so that no client waits for a timeout.

Files over MAVLink (FTP) and logs: nothing is stored on board of a simulated aircraft.
"""

from __future__ import annotations

import struct

from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

# FTP: header of the payload, opcodes, error codes (MAVLink guide, services/ftp.md)
_HEADER = struct.Struct("<HBBBBBxI")
TERMINATE, RESET, LIST, ACK, NAK = 1, 2, 3, 128, 129
EOF, UNKNOWN_COMMAND, FILE_NOT_FOUND = 6, 7, 10
OPENS = (4, 8, 11, 14)  # open for reading, remove, open for writing, CRC: there is no such file
PAYLOAD_BYTES = 251


def refuse(message: Message, source: Address) -> list[Message]:
    """The answer to a request of one of these services; empty for any other message."""
    match message.name:
        case "FILE_TRANSFER_PROTOCOL":
            return _ftp(message, source)
        case "LOG_REQUEST_LIST":
            return [m.LOG_ENTRY()]
        case "LOG_REQUEST_DATA":
            return [m.LOG_DATA(id=message.id, ofs=message.ofs, count=0)]
    return []


def _ftp(message: Message, source: Address) -> list[Message]:
    seq, session, opcode, _, _, _, offset = _HEADER.unpack_from(message.payload)
    if opcode in (ACK, NAK):
        return []
    done = opcode in (TERMINATE, RESET)
    error = (
        b""
        if done
        else bytes([EOF if opcode == LIST else FILE_NOT_FOUND if opcode in OPENS else UNKNOWN_COMMAND])
    )
    header = _HEADER.pack((seq + 1) & 0xFFFF, session, ACK if done else NAK, len(error), opcode, 0, offset)
    answer: Message = m.FILE_TRANSFER_PROTOCOL(
        target_system=source.system,
        target_component=source.component,
        payload=(header + error).ljust(PAYLOAD_BYTES, b"\0"),
    )
    return [answer]
