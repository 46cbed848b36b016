"""Columns of a whole log compared with the same log read frame by frame, and with damaged logs."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import encode
from controller.wire.columns import Columns, read_tlog
from controller.wire.framer import Framer

START_US = 1_779_000_000_000_000


def entries(count: int = 400, seed: int = 7) -> list[bytes]:
    """Return log entries with both MAVLink versions, arrays, texts, and an unknown message."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        message: Any = rng.choice(
            [
                m.ATTITUDE(time_boot_ms=i, roll=rng.gauss(0, 1), yaw=math.nan),
                m.BATTERY_STATUS(voltages=tuple(range(i, i + 10)), battery_remaining=-1),
                m.STATUSTEXT(severity=4, text=f"event {i}"),
                m.FILE_TRANSFER_PROTOCOL(payload=bytes(range(251))),
                m.GPS_RAW_INT(lat=-(2**31), lon=2**31 - 1, satellites_visible=i % 20),
                m.AUTOPILOT_VERSION(uid=2**64 - 1 - i, flight_custom_version=b"\1\2\3"),
            ]
        )
        version = rng.choice([1, 2])
        frame = encode(message, seq=i % 256, source=address(1 + i % 3, 1), version=version)
        if i % 50 == 20:
            frame = b"\xfd\x03\0\0\x09\x01\x01" + (60_001).to_bytes(3, "little") + b"\1\2\3\xab\xcd"
        made.append((START_US + i * 1000).to_bytes(8, "big") + frame)
    return made


def agrees(columns: Columns, frames: list[Any]) -> None:
    """Assert that every field of every message equals the frame-by-frame decoder's."""
    seen: dict[str, int] = {}
    for frame in frames:
        table = columns.tables[frame.name]
        at = seen.get(frame.name, 0)
        seen[frame.name] = at + 1
        head = (table.sequences[at], table.systems[at], table.components[at])
        assert head == (frame.seq, frame.system, frame.component)
        for name, value in frame.message().to_dict().items():
            got = table[name][at]
            if isinstance(value, str):
                assert got == value.encode("utf-8", "surrogateescape")
            elif isinstance(value, bytes):
                assert bytes(got) == value
            else:
                np.testing.assert_array_equal(got, value)
    assert seen == {name: table.count for name, table in columns.tables.items()}


def frames_of(made: list[bytes]) -> list[Any]:
    return [frame for entry in made for frame in Framer().feed(entry[8:]) if frame.known]


def test_every_field_equals_the_frame_by_frame_decoder() -> None:
    made = entries()
    columns = read_tlog(b"".join(made))
    agrees(columns, frames_of(made))
    assert columns.bad_bytes == 0
    assert columns.unknown == {60_001: 8}
    assert columns.messages == len(made)


def test_times_are_those_of_the_entries() -> None:
    made = [entry for entry in entries() if entry[8:] and Framer().feed(entry[8:])[0].name == "ATTITUDE"]
    times = read_tlog(b"".join(made)).tables["ATTITUDE"].times_us
    assert times.tolist() == [int.from_bytes(entry[:8], "big") for entry in made]


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_a_truncated_log_is_read_up_to_its_last_whole_entry(cut: int) -> None:
    made = entries(60)
    columns = read_tlog(b"".join(made)[:-cut])
    agrees(columns, frames_of(made[:-1]))
    assert columns.bad_bytes == len(made[-1]) - cut


def test_an_empty_log_and_a_log_of_zeros_have_no_messages() -> None:
    assert read_tlog(b"").messages == 0
    zeros = read_tlog(bytes(5000))
    assert (zeros.messages, zeros.bad_bytes) == (0, 5000)


def test_a_damaged_range_loses_only_its_own_entries_and_is_counted() -> None:
    made = [entry for entry in entries(100) if Framer().feed(entry[8:])[0].known]
    broken = bytearray(made[50])
    broken[12] ^= 0x10
    columns = read_tlog(b"".join([*made[:50], bytes(broken), b"garbage\xfd\xfe", *made[51:]]))
    agrees(columns, frames_of(made[:50] + made[51:]))
    assert columns.bad_bytes == len(broken) + 9


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_breaks_it_and_every_byte_is_accounted_for(data: st.DataObject) -> None:
    whole = bytearray(b"".join(entries(40)))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if kind == "flip":
            whole[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del whole[at : at + data.draw(st.integers(1, 60))]
        else:
            whole[at:at] = data.draw(st.binary(max_size=60))
        if not whole:
            break
    columns = read_tlog(bytes(whole))
    payloads = sum(table.count * 16 for table in columns.tables.values())
    assert 0 <= columns.bad_bytes <= len(whole)
    assert columns.bad_bytes + payloads <= len(whole)


def test_recorded_flights_have_the_same_columns_as_frames(recordings: Path) -> None:
    path = recordings / "logs" / "arduplane_vtol.tlog"
    raw = path.read_bytes()
    columns = read_tlog(raw)
    assert columns.messages == 23_894
    assert columns.bad_bytes == 0
    frames = []
    at = 0
    while at < len(raw) and len(frames) < 4000:
        length = raw[at + 9] + (8 if raw[at + 8] == 0xFE else 12)
        frames += Framer().feed(raw[at + 8 : at + 8 + length])
        at += 8 + length
    table = columns.tables["ATTITUDE"]
    rolls = [frame.message().roll for frame in frames if frame.name == "ATTITUDE"]
    assert table["roll"][: len(rolls)].tolist() == rolls
