"""Signatures against pymavlink's, and against controller.wire's."""

from __future__ import annotations

import json

import pytest

from controller.wire.framer import Framer as WireFramer
from controller.wire.signing import Verifier as WireVerifier
from firmware.mavlite.framer import Framer
from firmware.mavlite.signing import ACCEPTED, FORGED, REPLAYED, UNSIGNED, Signer, Verifier, ticks_from_utc_us
from tests.support.box.micropython import VECTORS, run_onboard

KEY = bytes(range(32))
FRAMES = json.loads((VECTORS / "frames.json").read_text())
SIGNED = [bytes.fromhex(frame["raw"]) for frame in FRAMES if frame["kind"] == "signed"]
PLAIN = [bytes.fromhex(frame["raw"]) for frame in FRAMES if frame["kind"] != "signed"]


def view_of(raw: bytes) -> Framer:
    framer = Framer(512)
    framer.feed(bytearray(raw), len(raw))
    assert framer.next() == len(raw)
    return framer


def test_what_pymavlink_signed_is_accepted_once_and_in_order() -> None:
    verifier = Verifier(KEY, 0)
    assert [verifier.check(view_of(raw)) for raw in SIGNED] == [ACCEPTED] * len(SIGNED)
    assert [verifier.check(view_of(raw)) for raw in SIGNED] == [REPLAYED] * len(SIGNED)


def test_a_forged_frame_is_refused_wherever_it_was_changed() -> None:
    raw = SIGNED[0]
    for key in (bytes(32), bytes(range(1, 33))):
        assert Verifier(key, 0).check(view_of(raw)) == FORGED
    for at in range(len(raw) - 13, len(raw)):
        changed = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        assert Verifier(KEY, 0).check(view_of(changed)) == FORGED


def test_what_is_not_signed_is_said_to_be_so() -> None:
    assert {Verifier(KEY, 0).check(view_of(raw)) for raw in PLAIN} == {UNSIGNED}


def test_a_recording_is_refused_after_a_restart() -> None:
    before = Verifier(KEY, 0)
    for raw in SIGNED:
        before.check(view_of(raw))
    for after in (Verifier(KEY, before.now_ticks + 6_000_001), Verifier(KEY, 0, before.now_ticks)):
        assert [after.check(view_of(raw)) for raw in SIGNED] == [REPLAYED] * len(SIGNED)


@pytest.mark.parametrize("raw", PLAIN + SIGNED, ids=lambda raw: raw[:12].hex())
def test_what_the_box_signs_the_ground_station_accepts_with_its_content_unchanged(raw: bytes) -> None:
    view = view_of(raw)
    out = Signer(KEY, 1, 5).sign(view, 1_790_000_000_000_000)
    (frame,) = WireFramer().feed(bytes(out.buf[: out.length]))
    (plain,) = WireFramer().feed(raw)
    assert WireVerifier(KEY).refusal(frame) is None
    assert frame.message() == plain.message()
    assert (frame.source, frame.seq) == (plain.source, plain.seq)


def test_timestamps_never_stand_still_or_go_back() -> None:
    signer = Signer(KEY, 1, 0)
    view = view_of(PLAIN[0])
    seen = []
    for utc_us in (1_790_000_000_000_000, 1_790_000_000_000_000, 1_600_000_000_000_000, 0):
        signer.sign(view, utc_us)
        seen.append(signer.last_ticks)
    assert seen == [ticks_from_utc_us(1_790_000_000_000_000) + i for i in range(4)]


def test_micropython_signs_and_verifies_the_same() -> None:
    assert run_onboard("signing.py", str(VECTORS)) == {"verdicts": [0] * 15 + [3] * 15, "resigned": [0] * 45}
