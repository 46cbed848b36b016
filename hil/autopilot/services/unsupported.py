"""Refusals of services that the simulated vehicle lacks, sent at once so that no client waits for a timeout.

These are MAVLink FTP and on-board logs: a simulated vehicle stores no files.
"""

from __future__ import annotations

import struct

from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_FTP_ERR, MAV_FTP_OPCODE
from controller.wire.message import Message

# Header of an FTP payload: sequence, session, opcode, size, requested opcode, burst complete, offset (services/ftp.md).
_HEADER = struct.Struct("<HBBBBBxI")
NAMES_A_FILE = frozenset((
    MAV_FTP_OPCODE.OPENFILERO, MAV_FTP_OPCODE.REMOVEFILE, MAV_FTP_OPCODE.OPENFILEWO, MAV_FTP_OPCODE.CALCFILECRC,
))  # fmt: skip
PAYLOAD_BYTES = 251


def refuse(message: Message, source: Address, *, empty_log_list_silent: bool) -> list[Message]:
    """Return the refusal of a request to one of these services; empty for any other message.

    `empty_log_list_silent`: a list without logs is not answered.
    """
    match message.name:
        case "FILE_TRANSFER_PROTOCOL":
            return _ftp(message, source)
        case "LOG_REQUEST_LIST":
            return [] if empty_log_list_silent else [m.LOG_ENTRY()]
        case "LOG_REQUEST_DATA":
            return [m.LOG_DATA(id=message.id, ofs=message.ofs, count=0)]
    return []


def _ftp(message: Message, source: Address) -> list[Message]:
    seq, session, opcode, _, _, _, offset = _HEADER.unpack_from(message.payload)
    if opcode in (MAV_FTP_OPCODE.ACK, MAV_FTP_OPCODE.NAK):
        return []
    answer_opcode, error = MAV_FTP_OPCODE.NAK, bytes([_ftp_error(opcode)])
    if opcode in (MAV_FTP_OPCODE.TERMINATESESSION, MAV_FTP_OPCODE.RESETSESSION):
        answer_opcode, error = MAV_FTP_OPCODE.ACK, b""
    header = _HEADER.pack((seq + 1) & 0xFFFF, session, answer_opcode, len(error), opcode, 0, offset)
    answer: Message = m.FILE_TRANSFER_PROTOCOL(
        target_system=source.system,
        target_component=source.component,
        payload=(header + error).ljust(PAYLOAD_BYTES, b"\0"),
    )
    return [answer]


def _ftp_error(opcode: int) -> int:
    if opcode == MAV_FTP_OPCODE.LISTDIRECTORY:
        return int(MAV_FTP_ERR.EOF)
    return int(MAV_FTP_ERR.FILENOTFOUND if opcode in NAMES_A_FILE else MAV_FTP_ERR.UNKNOWNCOMMAND)
