"""MAVLink 2 signatures: make, verify, refuse replay (https://mavlink.io/en/guide/message_signing.html).

A timestamp counts 10 microseconds since 2015. Hashing allocates (a few hundred bytes a frame), so it happens only to frames
that are signed, never on the way of the others.
"""

from hashlib import sha256

from firmware.mavlite.frame import MAX_FRAME, SIGNATURE, V2_MAGIC, View
from firmware.mavlite.hot import copy, same
from firmware.mavlite.pack import close

EPOCH_2015_UTC_US = 1_420_070_400_000_000
NEW_STREAM_WINDOW_TICKS = 6_000_000  # a minute, as mavlink.io wants it
KEY_LENGTH = 32
MAX_STREAMS = 16

ACCEPTED = 0
UNSIGNED = 1
FORGED = 2
REPLAYED = 3


def ticks_from_utc_us(utc_us: int) -> int:
    return max(0, utc_us - EPOCH_2015_UTC_US) // 10


def next_key(key: bytes) -> bytes:
    """The key after this one: both sides make it for themselves, and it is never sent."""
    return sha256(b"landline box next key\n" + key).digest()


def _digest(key: bytes, buf: bytearray, at: int, count: int) -> bytes:
    hashed = sha256(key)
    hashed.update(memoryview(buf)[at : at + count])
    return hashed.digest()


class Signer:
    """Signs a copy of a frame. Timestamps never stand still or go back; `last_ticks` is what a former run ended with."""

    def __init__(self, key: bytes, link_id: int, last_ticks: int) -> None:
        self._key = key
        self._link_id = link_id
        self._out = View(MAX_FRAME)
        self.last_ticks = last_ticks

    def sign(self, view: View, utc_us: int) -> View:
        """The frame as MAVLink 2 with our signature, in place of one it may have had. The message must be a known one."""
        out = self._out
        count = view.payload_length()
        buf = out.buf
        buf[0] = V2_MAGIC
        buf[1] = count
        buf[2] = 1
        buf[3] = view.buf[view.at + 3] if view.head == 10 else 0
        buf[4] = view.seq
        buf[5] = view.system
        buf[6] = view.component
        buf[7] = view.msg_id & 0xFF
        buf[8] = view.msg_id >> 8 & 0xFF
        buf[9] = view.msg_id >> 16
        copy(buf, 10, view.buf, view.at + view.head, count)
        out.row = view.row
        out.parse()
        close(out)
        end = count + 12
        self.last_ticks = max(self.last_ticks + 1, ticks_from_utc_us(utc_us))
        buf[end] = self._link_id
        buf[end + 1 : end + 7] = self.last_ticks.to_bytes(6, "little")
        buf[end + 7 : end + SIGNATURE] = _digest(self._key, buf, 0, end + 7)[:6]
        out.length = end + SIGNATURE
        return out


class Verifier:
    """Accepts a signed frame once: right key, and newer than all before it in its stream (system, component, link).

    A stream heard for the first time must not lie more than a minute behind the newest timestamp known, `now_ticks`, and not at
    or before `noted_ticks`, which is what a former run has noted of it: what was recorded until then stays refused.
    """

    def __init__(self, key: bytes, now_ticks: int, noted_ticks: int = 0) -> None:
        self.key = key
        self._saved_ticks = noted_ticks
        self._streams: dict[int, int] = {}
        self.now_ticks = now_ticks

    def check(self, view: View) -> int:
        """ACCEPTED, UNSIGNED, FORGED or REPLAYED. Accepting moves the stream's timestamp on."""
        if not view.signed():
            return UNSIGNED
        buf, end = view.buf, view.at + view.length
        if not same(_digest(self.key, buf, view.at, view.length - 6), 0, buf, end - 6, 6):
            return FORGED
        stream = view.system << 16 | view.component << 8 | buf[end - SIGNATURE]
        ticks = int.from_bytes(buf[end - 12 : end - 6], "little")
        last = self._streams.get(stream)
        if last is None:
            if ticks + NEW_STREAM_WINDOW_TICKS < self.now_ticks or ticks <= self._saved_ticks:
                return REPLAYED
            if len(self._streams) >= MAX_STREAMS:
                return REPLAYED
        elif ticks <= last:
            return REPLAYED
        self._streams[stream] = ticks
        if ticks > self.now_ticks:
            self.now_ticks = ticks
        return ACCEPTED
