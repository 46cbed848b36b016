"""Signatures compared with pymavlink's, and tampered frames."""

from __future__ import annotations

import hashlib

from pymavlink.dialects.v20 import ardupilotmega

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder, encode
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.signing import Signer, Verifier, ticks_from_utc_us

KEY = hashlib.sha256(b"a passphrase").digest()
NOW_US = 1_779_000_000_000_000
SOURCE = address(255, 190)


class Calendar:
    """Clock set by the test."""

    def __init__(self, utc_us: int = NOW_US) -> None:
        self.utc_us = utc_us

    def __call__(self) -> int:
        return self.utc_us


def signed(seq: int = 0, *, calendar: Calendar | None = None, key: bytes = KEY, link_id: int = 1) -> Frame:
    signer = Signer(key, link_id=link_id, utc_us=calendar or Calendar())
    return Framer().feed(encode(m.HEARTBEAT(type=6), seq=seq, source=SOURCE, signer=signer))[0]


def verifier() -> Verifier:
    return Verifier(KEY, now_ticks=ticks_from_utc_us(NOW_US))


def test_pymavlink_accepts_our_signature_and_we_accept_theirs() -> None:
    peer = ardupilotmega.MAVLink(None, srcSystem=255, srcComponent=190)
    peer.signing.secret_key = KEY
    peer.signing.link_id = 4
    peer.signing.timestamp = ticks_from_utc_us(NOW_US)
    peer.signing.sign_outgoing = True
    theirs = ardupilotmega.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3).pack(peer)
    assert verifier().refusal(Framer().feed(bytes(theirs))[0]) is None
    peer.signing.allow_unsigned_callback = None
    assert peer.parse_buffer(signed(calendar=Calendar(NOW_US + 10_000_000)).raw)[0].get_signed()


def test_a_changed_frame_or_another_key_is_refused() -> None:
    frame = signed()
    assert verifier().refusal(signed(key=bytes(32))) == "signed with another key, or modified in transit"
    for at in range(len(frame.raw) - 13, len(frame.raw)):
        raw = bytearray(frame.raw)
        raw[at] ^= 1
        changed = Framer().feed(bytes(raw))[0]
        assert verifier().refusal(changed) is not None


def test_the_same_frame_twice_is_a_replay() -> None:
    guard, frame = verifier(), signed()
    assert guard.refusal(frame) is None
    assert guard.refusal(frame) == "replay: the timestamp is not newer than the last"


def test_an_older_frame_after_a_newer_one_is_a_replay() -> None:
    guard = verifier()
    old, new = signed(calendar=Calendar(NOW_US)), signed(calendar=Calendar(NOW_US + 1_000))
    assert guard.refusal(new) is None
    assert guard.refusal(old) == "replay: the timestamp is not newer than the last"


def test_streams_have_timestamps_of_their_own_within_a_minute() -> None:
    guard = verifier()
    assert guard.refusal(signed(calendar=Calendar(NOW_US + 50_000_000), link_id=1)) is None
    assert guard.refusal(signed(calendar=Calendar(NOW_US), link_id=2)) is None
    assert guard.refusal(signed(calendar=Calendar(NOW_US - 30_000_000), link_id=3)) == (
        "too old for a new stream"
    )


def test_an_unsigned_frame_is_not_accepted() -> None:
    raw = encode(m.HEARTBEAT(), seq=0, source=SOURCE)
    assert verifier().refusal(Framer().feed(raw)[0]) == "not signed"


def test_timestamps_increase_when_the_clock_stands_or_goes_back() -> None:
    calendar = Calendar()
    signer = Signer(KEY, link_id=0, utc_us=calendar)
    encoder, guard = Encoder(SOURCE, signer=signer), verifier()
    for step_us in (0, 0, -5_000_000, 20):
        calendar.utc_us += step_us
        assert guard.refusal(Framer().feed(encoder.pack(m.HEARTBEAT()))[0]) is None


def test_a_stored_timestamp_survives_a_restart_with_the_clock_set_back() -> None:
    first = Signer(KEY, link_id=0, utc_us=Calendar())
    guard = verifier()
    assert guard.refusal(Framer().feed(Encoder(SOURCE, signer=first).pack(m.HEARTBEAT()))[0]) is None
    second = Signer(KEY, link_id=0, utc_us=Calendar(NOW_US - 10**9), last_ticks=first.last_ticks)
    assert guard.refusal(Framer().feed(Encoder(SOURCE, signer=second).pack(m.HEARTBEAT()))[0]) is None
