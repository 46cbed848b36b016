"""MAVLink checksum: CRC-16/MCRF4XX over header (without magic) and payload, then the message's CRC extra."""

from __future__ import annotations

from fastcrc.crc16 import mcrf4xx


def checksum(data: bytes, crc_extra: int) -> int:
    """Return the checksum of a frame whose bytes between magic and checksum are `data`."""
    return int(mcrf4xx(data + bytes((crc_extra,))))
