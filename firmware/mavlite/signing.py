"""MAVLink 2 message signing: signing, verification, replay protection.

Source: https://mavlink.io/en/guide/message_signing.html. Timestamps count 10 microseconds since 2015. Hashing
allocates a few hundred bytes a frame, so only signed frames are hashed.
"""

from hashlib import sha256

from firmware.mavlite.frame import MAX_FRAME, SIGNATURE, V2_MAGIC, View
from firmware.mavlite.hot import copy, same
from firmware.mavlite.pack import close

EPOCH_2015_UTC_US = 1_420_070_400_000_000
NEW_STREAM_WINDOW_TICKS = 6_000_000  # a minute, by the guide
KEY_LENGTH = 32
MAX_STREAMS = 16

ACCEPTED = 0
UNSIGNED = 1
FORGED = 2
REPLAYED = 3


def ticks_from_utc_us(utc_us: int) -> int:
    return max(0, utc_us - EPOCH_2015_UTC_US) // 10


def next_key(key: bytes) -> bytes:
    """Return the next key; both sides derive it, and it is never sent."""
    return sha256(b"landline box next key\n" + key).digest()


def _digest(key: bytes, buf: bytearray, at: int, count: int) -> bytes:
    hashed = sha256(key)
    hashed.update(memoryview(buf)[at : at + count])
    return hashed.digest()


class Signer:
    """Signs copies of frames with strictly increasing timestamps, after `last_ticks` of the previous run."""

    def __init__(self, key: bytes, link_id: int, last_ticks: int) -> None:
        self._key = key
        self._link_id = link_id
        self._out = View(MAX_FRAME)
        self.last_ticks = last_ticks

    def sign(self, view: View, utc_us: int) -> View:
        """Return the frame as MAVLink 2 with a new signature. The message must be in the table."""
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
    """Verifies signatures and rejects replays: timestamps must increase in each stream (system, component, link).

    The first frame of a stream must be at most a minute older than the newest timestamp, `now_ticks`, and newer than
    `noted_ticks`, saved by the previous run, so that older recordings stay refused.
    """

    def __init__(self, key: bytes, now_ticks: int, noted_ticks: int = 0) -> None:
        self.key = key
        self._saved_ticks = noted_ticks
        self._streams: dict[int, int] = {}
        self.now_ticks = now_ticks

    def check(self, view: View) -> int:
        """Return ACCEPTED, UNSIGNED, FORGED or REPLAYED; ACCEPTED advances the stream's timestamp."""
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
