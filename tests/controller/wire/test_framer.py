"""Framer: every chunk size, valid frames inside broken ones, both versions mixed, unknown messages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder, encode
from controller.wire.framer import Framer

VEHICLE = address(1, 1)


def stream() -> tuple[list[bytes], bytes]:
    """Return frames of both versions, short and long, one of them full of magic bytes, and their concatenation."""
    new, old = Encoder(VEHICLE), Encoder(GROUND_STATION, version=1)
    frames = [
        new.pack(m.HEARTBEAT(type=2, autopilot=3)),
        old.pack(m.HEARTBEAT(type=6, autopilot=8)),
        new.pack(m.STATUSTEXT(severity=4, text="\x7dbattery\x7e low" * 2)),
        new.pack(m.FILE_TRANSFER_PROTOCOL(payload=b"\xfd\xfe" * 100)),
        old.pack(m.PARAM_REQUEST_READ(param_id="ARMING_CHECK", param_index=-1)),
        new.pack(m.SYSTEM_TIME()),
    ]
    return frames, b"".join(frames)


def fed(data: bytes, size: int) -> list[bytes]:
    framer = Framer()
    return [frame.raw for at in range(0, len(data), size) for frame in framer.feed(data[at : at + size])]


def test_every_chunk_size_gives_the_same_frames() -> None:
    frames, data = stream()
    for size in range(1, len(data) + 1):
        assert fed(data, size) == frames


def test_noise_between_frames_is_counted_and_skipped() -> None:
    frames, _ = stream()
    noise = bytes(range(0x20, 0x60))
    framer = Framer()
    found = framer.feed(noise + (noise.join(frames)) + noise)
    assert [frame.raw for frame in found] == frames
    assert framer.stats.bad_bytes == len(noise) * (len(frames) + 1)
    assert framer.stats.bytes == framer.stats.bad_bytes + sum(map(len, frames))


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_valid_frame_inside_a_broken_one_is_found(size: int) -> None:
    inner = Encoder(VEHICLE).pack(m.HEARTBEAT(type=2))
    outer = Encoder(VEHICLE).pack(m.FILE_TRANSFER_PROTOCOL(payload=inner + b"\x01" * 200))
    broken = outer[:-1] + bytes((outer[-1] ^ 0xFF,))
    assert fed(broken, size) == [inner]


def test_any_single_changed_byte_loses_that_frame_and_no_other() -> None:
    before = Encoder(VEHICLE).pack(m.HEARTBEAT(type=2, system_status=4))
    frame = Encoder(VEHICLE).pack(
        m.ATTITUDE(time_boot_ms=123456, roll=0.5, pitch=-0.25, yaw=3.0, yawspeed=0.1)
    )
    after = Encoder(GROUND_STATION).pack(m.HEARTBEAT(type=6, system_status=4)) * 12
    for at in range(len(frame)):
        changed = bytearray(frame)
        changed[at] ^= 0x40
        found = Framer().feed(before + bytes(changed) + after)
        known = [f.raw for f in found if f.known]
        assert known[0] == before
        assert bytes(changed) not in known
        assert known.count(after[: len(after) // 12]) >= 11 if at != 1 else True


def test_the_header_is_parsed_for_both_versions() -> None:
    new = Framer().feed(encode(m.GPS_RAW_INT(lat=1), seq=200, source=address(7, 42)))[0]
    old = Framer().feed(encode(m.GPS_RAW_INT(lat=1), seq=201, source=address(8, 43), version=1))[0]
    assert (new.version, new.msg_id, new.seq, new.source) == (2, 24, 200, (7, 42))
    assert (old.version, old.msg_id, old.seq, old.source) == (1, 24, 201, (8, 43))
    assert old.message() == new.message()


def unknown_frame(payload: bytes = b"\x01\x02\x03") -> bytes:
    return (
        b"\xfd"
        + bytes((len(payload), 0, 0, 9, 1, 1))
        + (60_001).to_bytes(3, "little")
        + payload
        + b"\xab\xcd"
    )


def test_a_frame_of_unknown_type_is_passed_on_undecoded_when_another_follows() -> None:
    known = Encoder(VEHICLE).pack(m.HEARTBEAT())
    framer = Framer()
    found = framer.feed(unknown_frame() + known + unknown_frame())
    assert [f.raw for f in found] == [unknown_frame(), known, unknown_frame()]
    assert [f.known for f in found] == [False, True, False]
    assert found[0].name == "UNKNOWN_60001"
    assert framer.stats.unknown_frames == 2
    with pytest.raises(KeyError):
        found[0].message()


def test_an_unknown_frame_followed_by_noise_is_rejected() -> None:
    framer = Framer()
    assert framer.feed(unknown_frame() + b"\x00") == []
    assert framer.stats.unknown_frames == 0


def test_unknown_incompatibility_flags_make_a_frame_unreadable() -> None:
    frame = bytearray(Encoder(VEHICLE).pack(m.HEARTBEAT()))
    frame[2] = 0x02
    assert Framer().feed(bytes(frame)) == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(stream()[0])), max_size=12), st.integers(1, 50)
)
def test_no_bytes_break_it_and_every_byte_is_accounted_for(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    framer = Framer()
    found = [f for at in range(0, len(data), size) for f in framer.feed(data[at : at + size])]
    stats = framer.stats
    assert stats.frames == len(found)
    assert stats.bytes == len(data)
    rest = len(data) - stats.bad_bytes - sum(len(f.raw) for f in found)
    assert 0 <= rest < 280
    for frame in found:
        if frame.known:
            frame.message()


@pytest.mark.slow
def test_a_long_noisy_stream_still_gives_every_undamaged_frame() -> None:
    rng = random.Random(4)
    encoder = Encoder(VEHICLE)
    for _ in range(300):
        frames = [
            encoder.pack(m.GLOBAL_POSITION_INT(lat=rng.randrange(-(2**31), 2**31), hdg=rng.randrange(65536)))
            for _ in range(200)
        ]
        # Noise without magic bytes cannot hide a frame.
        noise = [bytes(rng.choices(range(0xFD), k=rng.randrange(20))) for _ in frames]
        data = b"".join(x for pair in zip(noise, frames, strict=True) for x in pair)
        assert fed(data, rng.randrange(1, 300)) == frames


def recorded(folder: Path) -> list[Path]:
    return sorted((folder / "reference").glob("*/*.tlog"))


def test_recorded_flights_are_read_to_the_last_frame(recordings: Path) -> None:
    for path in recorded(recordings)[:6]:
        data: Any = path.read_bytes()
        # A tlog has eight bytes of time before each frame: noise to a framer.
        framer = Framer()
        found = framer.feed(data)
        assert framer.stats.bad_bytes <= 8 * len(found) + 8
        assert len(found) > 10_000
