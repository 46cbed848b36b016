"""The box's framer against pymavlink's frames and against the same vectors on MicroPython and in controller.wire."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.wire import dialect
from controller.wire.framer import Framer as WireFramer
from firmware.mavlite.frame import View
from firmware.mavlite.framer import Framer
from firmware.mavlite.hot import crc16
from firmware.mavlite.pack import Packer
from firmware.mavlite.table import ROWS, TABLE
from tests.firmware.onboard import framing
from tests.support.box.micropython import VECTORS, run_onboard
from tests.vectors.frames.make_table import rows

FRAMES: list[dict[str, Any]] = json.loads((VECTORS / "frames.json").read_text())
STREAMS: list[dict[str, Any]] = json.loads((VECTORS / "streams.json").read_text())


def fed(data: bytes, sizes: list[int]) -> list[bytes]:
    framer, found, at = Framer(256), [], 0
    while at < len(data):
        size = sizes.pop(0) if sizes else 256
        part = data[at : at + size]
        at += size
        framer.feed(bytearray(part), len(part))
        while (count := framer.next()) != 0:
            if count > 0:
                found.append(bytes(framer.buf[framer.at : framer.at + count]))
    return found


def test_the_checksum_is_crc_16_mcrf4xx() -> None:
    assert crc16(bytearray(b"123456789"), 0, 9, -1) == 0x6F91


def test_the_table_is_what_pymavlink_says() -> None:
    assert b"".join(rows()) == TABLE
    assert len(TABLE) == 8 * ROWS


def test_the_table_knows_every_message_that_the_ground_station_knows() -> None:
    ours = {int.from_bytes(TABLE[at : at + 3], "little"): TABLE[at + 3] for at in range(0, len(TABLE), 8)}
    assert ours == dict(dialect.crc_extras())


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream["name"])
def test_every_chunk_size_gives_the_frames_that_are_in_the_stream(stream: dict[str, Any]) -> None:
    data = bytes.fromhex(stream["data"])
    for size in [*range(1, 20), 63, 64, 127, 255, 256]:
        bad: list[int] = []
        assert framing.frames_of(data, size, bad) == stream["frames"], size
        assert bad == [stream["bad_bytes"]], size


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream["name"])
def test_the_ground_station_finds_the_same_frames(stream: dict[str, Any]) -> None:
    framer = WireFramer()
    found = framer.feed(bytes.fromhex(stream["data"]))
    assert [frame.raw.hex() for frame in found] == stream["frames"]
    assert framer.stats.bad_bytes == stream["bad_bytes"]


def test_micropython_finds_the_same_frames() -> None:
    assert run_onboard("framing.py", str(VECTORS)) == {"streams": len(STREAMS), "wrong": []}


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame['kind']}-{frame['name']}")
def test_headers_are_read_as_pymavlink_wrote_them_at_every_split(frame: dict[str, Any]) -> None:
    raw = bytes.fromhex(frame["raw"])
    for split in range(1, len(raw)):
        framer = Framer(256)
        for part in (raw[:split], raw[split:]):
            for at in range(0, len(part), 256):
                framer.feed(bytearray(part[at : at + 256]), len(part[at : at + 256]))
                got = framer.next()
        assert got == len(raw)
        assert (framer.msg_id, framer.seq, framer.system, framer.component) == tuple(
            frame[key] for key in ("msg_id", "seq", "system", "component")
        )
        assert framer.signed() == (frame["kind"] == "signed")


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=600), seed=st.integers(0, 2**32))
def test_whatever_noise_comes_chunks_do_not_matter_and_no_byte_is_unaccounted(
    noise: bytes, seed: int
) -> None:
    rng = random.Random(seed)
    raw = bytes.fromhex(FRAMES[15]["raw"])
    data = noise + raw + bytes(300) + raw + bytes(300)
    whole = fed(data, [])
    assert fed(data, [rng.randrange(1, 257) for _ in range(2000)]) == whole
    assert raw in whole


def test_a_frame_held_up_by_a_stray_magic_byte_comes_out_when_the_line_is_quiet() -> None:
    framer = Framer()
    raw = bytes.fromhex(FRAMES[0]["raw"])
    framer.feed(bytearray(b"\xfd\x60\x00" + raw), len(raw) + 3)
    assert framer.next() == 0
    assert framer.waiting()
    framer.flush()
    results = [framer.next() for _ in range(3)]
    assert results == [-1, -2, len(raw)]


def test_an_unknown_message_waits_for_the_next_byte_or_for_silence() -> None:
    unknown = next(s for s in STREAMS if s["name"] == "an unknown message between others")["frames"][1]
    framer = Framer()
    framer.feed(bytearray.fromhex(unknown), len(unknown) // 2)
    assert framer.next() == 0
    framer.flush()
    assert framer.next() == len(unknown) // 2
    assert framer.row == -1
    assert framer.unknown_frames == 1


def test_a_packed_frame_is_what_pymavlink_packs() -> None:
    wanted = next(f for f in FRAMES if f["kind"] == "v2" and f["name"] == "COMMAND_LONG")
    packer = Packer(7, 191)
    packer.next_seq = wanted["seq"]
    view: View = packer.pack(76, "<fffffffHBBB", 1, 0, 0, 0, 0, 0, 0, 400, 1, 1, 0)
    assert bytes(view.buf[: view.length]).hex() == wanted["raw"]
    assert struct.unpack_from("<f", view.buf, 10) == (1.0,)
