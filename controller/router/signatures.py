"""Signing on one link: what leaves is signed, what arrives unsigned or forged is refused.

Forwarded frames are signed again with this link's key, as the signature belongs to the link and not to the message.
"""

from __future__ import annotations

from controller.wire import dialect
from controller.wire.crc import checksum
from controller.wire.frame import SIGNATURE_LENGTH, SIGNED, V1_MAGIC, Frame
from controller.wire.signing import Signer, Verifier

# Sent by the radio itself, which has no key (mavlink.io, "Accepting unsigned packets").
UNSIGNED_ALLOWED = frozenset({109})  # RADIO_STATUS


class Signatures:
    """One link's signer and verifier."""

    def __init__(self, signer: Signer, verifier: Verifier) -> None:
        self.signer = signer
        self.verifier = verifier

    def sign(self, frame: Frame) -> bytes:
        """The frame's bytes with a signature of ours. MAVLink 1 and unknown messages cannot be signed and stay as they are."""
        raw: bytes = frame[0]
        kind = dialect.by_id(frame[1])
        if raw[0] == V1_MAGIC or kind is None:
            return raw
        if frame.signed:
            raw = raw[:-SIGNATURE_LENGTH]
        body = raw[1:2] + bytes((raw[2] | SIGNED,)) + raw[3:-2]
        raw = raw[:1] + body + checksum(body, kind.crc_extra).to_bytes(2, "little")
        return raw + self.signer.signature(raw)

    def accepts(self, frame: Frame) -> bool:
        """Whether a frame that arrived may be believed."""
        return frame[1] in UNSIGNED_ALLOWED or self.verifier.refusal(frame) is None
