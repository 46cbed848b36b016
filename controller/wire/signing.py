"""MAVLink 2 signatures: make, verify, refuse replay (https://mavlink.io/en/guide/message_signing.html).

A signature is the link's number, a timestamp in 10 microseconds since 2015-01-01 and the first six bytes of the SHA-256
over key, frame, link number and timestamp. It authenticates; it hides nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

from controller.wire.address import Address
from controller.wire.frame import SIGNATURE_LENGTH, Frame

EPOCH_2015_UTC_US = 1_420_070_400_000_000
TICK_US = 10
# A stream not heard before may be this far behind the newest timestamp known (mavlink.io, "Accepting signed packets").
NEW_STREAM_WINDOW_TICKS = 60_000_000 // TICK_US
KEY_LENGTH = 32


def ticks_from_utc_us(utc_us: int) -> int:
    """Signing timestamp for a moment in microseconds since 1970."""
    return max(0, utc_us - EPOCH_2015_UTC_US) // TICK_US


def _digest(key: bytes, frame_without_signature: bytes, trailer: bytes) -> bytes:
    return sha256(key + frame_without_signature + trailer).digest()[:6]


class Signer:
    """Signs frames of one link. The timestamp follows `utc_us` and never stands still or goes back.

    `last_ticks` is what a former run ended with: store it, or a clock set back makes every frame a replay.
    """

    def __init__(self, key: bytes, *, link_id: int, utc_us: Callable[[], int], last_ticks: int = 0) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a signing key has {KEY_LENGTH} bytes, not {len(key)}")
        self._key = key
        self._link_id = link_id
        self._utc_us = utc_us
        self.last_ticks = last_ticks

    def signature(self, frame: bytes) -> bytes:
        """The 13 bytes that follow `frame` (magic to checksum)."""
        self.last_ticks = max(self.last_ticks + 1, ticks_from_utc_us(self._utc_us()))
        trailer = bytes((self._link_id,)) + self.last_ticks.to_bytes(6, "little")
        return trailer + _digest(self._key, frame, trailer)


class Verifier:
    """Accepts a signed frame once: right key, and a timestamp newer than all before it in its stream.

    A stream is (system, component, link). `now_ticks` is the newest timestamp known, from the clock or from any accepted
    frame; a stream heard for the first time must not lie more than a minute behind it.
    """

    def __init__(self, key: bytes, *, now_ticks: int = 0) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a signing key has {KEY_LENGTH} bytes, not {len(key)}")
        self._key = key
        self.now_ticks = now_ticks
        self._streams: dict[tuple[Address, int], int] = {}

    def refusal(self, frame: Frame) -> str | None:
        """None when the frame is accepted, otherwise why it is not. Accepting moves the stream's timestamp on."""
        if not frame.signed:
            return "not signed"
        signature = frame.raw[-SIGNATURE_LENGTH:]
        if not hmac.compare_digest(
            _digest(self._key, frame.raw[:-SIGNATURE_LENGTH], signature[:7]), signature[7:]
        ):
            return "signed with another key, or changed on the way"
        ticks = int.from_bytes(signature[1:7], "little")
        stream = (frame.source, signature[0])
        last = self._streams.get(stream)
        if last is None and ticks + NEW_STREAM_WINDOW_TICKS < self.now_ticks:
            return "too old for a stream not heard before"
        if last is not None and ticks <= last:
            return "a replay: its timestamp is not newer than the last"
        self._streams[stream] = ticks
        self.now_ticks = max(self.now_ticks, ticks)
        return None
