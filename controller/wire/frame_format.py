"""Constants of the MAVLink frame layout (https://mavlink.io/en/guide/serialization.html)."""

from __future__ import annotations

V1_MAGIC = 0xFE
V2_MAGIC = 0xFD
SIGNED = 0x01  # MAVLINK_IFLAG_SIGNED, the only incompatibility flag in use
SIGNATURE_LENGTH = 13  # bytes after the checksum: link id, timestamp, signature
