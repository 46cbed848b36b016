"""Encoder: messages to the bytes of frames."""

from __future__ import annotations

from struct import Struct

from controller.wire.address import Address
from controller.wire.crc import checksum
from controller.wire.frame_format import SIGNED, V1_MAGIC, V2_MAGIC
from controller.wire.message import Message
from controller.wire.signing import Signer

_V1_HEADER = Struct("<BBBBB")
_V2_HEADER = Struct("<BBBBBBHB")


def encode(
    message: Message, *, seq: int, source: Address, version: int = 2, signer: Signer | None = None
) -> bytes:
    """Return one frame. MAVLink 1 has no extension fields, no message numbers above 255 and no signatures.

    Raises ValueError for a value that does not fit its field, or a message that MAVLink `version` cannot carry.
    """
    kind = message.type_
    payload = kind.to_payload(message)
    if version == 1:
        if kind.msg_id > 255 or signer is not None:
            raise ValueError(
                f"cannot encode {kind.name}: MAVLink 1 has no message {kind.msg_id} or no signatures; use MAVLink 2"
            )
        payload = payload[: kind.min_length]
        body = _V1_HEADER.pack(len(payload), seq, source.system, source.component, kind.msg_id) + payload
        return b"%c%b%b" % (V1_MAGIC, body, checksum(body, kind.crc_extra).to_bytes(2, "little"))
    # MAVLink 2 truncates trailing zeros, but keeps at least one byte.
    payload = payload[:1] + payload[1:].rstrip(b"\0")
    flags = SIGNED if signer else 0
    header = _V2_HEADER.pack(
        len(payload), flags, 0, seq, source.system, source.component, kind.msg_id & 0xFFFF, kind.msg_id >> 16
    )
    body = header + payload
    frame = b"%c%b%b" % (V2_MAGIC, body, checksum(body, kind.crc_extra).to_bytes(2, "little"))
    return frame + signer.signature(frame) if signer else frame


class Encoder:
    """Encoder of one sender on one link: counts the sequence number, and signs if it has a signer."""

    def __init__(self, source: Address, *, version: int = 2, signer: Signer | None = None) -> None:
        self.source = source
        self.version = version
        self.signer = signer
        self._seq = 0

    def pack(self, message: Message) -> bytes:
        """Return the next frame. Raises ValueError as `encode` does."""
        frame = encode(message, seq=self._seq, source=self.source, version=self.version, signer=self.signer)
        self._seq = (self._seq + 1) & 0xFF
        return frame
