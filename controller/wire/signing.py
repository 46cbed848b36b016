"""MAVLink 2 signatures: sign, verify, reject replays (https://mavlink.io/en/guide/message_signing.html).

A signature holds the link id, a timestamp in units of 10 microseconds since 2015-01-01, and the first six bytes of the
SHA-256 over key, frame, link id and timestamp. It authenticates a frame; it does not encrypt it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

from controller.wire.address import Address
from controller.wire.frame import Frame
from controller.wire.frame_format import SIGNATURE_LENGTH

EPOCH_2015_UTC_US = 1_420_070_400_000_000
TICK_US = 10
# A new stream may be this far behind the newest known timestamp (mavlink.io, "Accepting signed packets").
NEW_STREAM_WINDOW_TICKS = 60_000_000 // TICK_US
KEY_LENGTH = 32


def ticks_from_utc_us(utc_us: int) -> int:
    """Return the signing timestamp for a time in microseconds since 1970."""
    return max(0, utc_us - EPOCH_2015_UTC_US) // TICK_US


def _digest(key: bytes, frame_without_signature: bytes, trailer: bytes) -> bytes:
    return sha256(key + frame_without_signature + trailer).digest()[:6]


class Signer:
    """Signs the frames of one link. The timestamp follows `utc_us` and increases strictly.

    `last_ticks` is the last timestamp of the previous run. Store it, or every frame counts as a replay after the clock
    was set back. Raises ValueError for a key of another length.
    """

    def __init__(self, key: bytes, *, link_id: int, utc_us: Callable[[], int], last_ticks: int = 0) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"invalid signing key: {len(key)} bytes; a key has {KEY_LENGTH}")
        self._key = key
        self._link_id = link_id
        self._utc_us = utc_us
        self.last_ticks = last_ticks

    def signature(self, frame: bytes) -> bytes:
        """Return the 13 bytes of signature that follow `frame` (magic to checksum)."""
        self.last_ticks = max(self.last_ticks + 1, ticks_from_utc_us(self._utc_us()))
        trailer = bytes((self._link_id,)) + self.last_ticks.to_bytes(6, "little")
        return trailer + _digest(self._key, frame, trailer)


class Verifier:
    """Accepts a frame once: signed with the key, and with a timestamp newer than the last one of its stream.

    A stream is (system, component, link id). `now_ticks` is the newest known timestamp, from the clock or from any
    accepted frame; a new stream must not be more than a minute behind it.
    """

    def __init__(self, key: bytes, *, now_ticks: int = 0) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"invalid signing key: {len(key)} bytes; a key has {KEY_LENGTH}")
        self._key = key
        self.now_ticks = now_ticks
        self._streams: dict[tuple[Address, int], int] = {}

    def refusal(self, frame: Frame) -> str | None:
        """Return None for an accepted frame, else the reason of refusal. Accepting advances the stream's timestamp."""
        if not frame.signed:
            return "not signed"
        signature = frame.raw[-SIGNATURE_LENGTH:]
        if not hmac.compare_digest(
            _digest(self._key, frame.raw[:-SIGNATURE_LENGTH], signature[:7]), signature[7:]
        ):
            return "signed with another key, or modified in transit"
        ticks = int.from_bytes(signature[1:7], "little")
        stream = (frame.source, signature[0])
        last = self._streams.get(stream)
        if last is None and ticks + NEW_STREAM_WINDOW_TICKS < self.now_ticks:
            return "too old for a new stream"
        if last is not None and ticks <= last:
            return "replay: the timestamp is not newer than the last"
        self._streams[stream] = ticks
        self.now_ticks = max(self.now_ticks, ticks)
        return None
