"""ArduPilot's packed parameter file: read by us, by pymavlink and by MAVProxy alike; damaged files get one line."""

from __future__ import annotations

import math
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink.mavftp import MAVFTP

from controller.errors import VerificationFailed
from controller.protocol.params.packed import read_packed
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT16, INT32, REAL32
from hil.autopilot.stacks.ftp.param_pack import opener

TYPES_OF_ARDUPILOT = {INT8: 1, INT16: 2, INT32: 3, REAL32: 4}
VALUES = [
    ParamValue("ACRO_BAL_PITCH", 1.0, REAL32),
    ParamValue("ACRO_BAL_ROLL", struct.unpack("<f", struct.pack("<f", 0.1))[0], REAL32),
    ParamValue("AHRS_TRIM_X", -0.0, REAL32),
    ParamValue("COMPASS_DEV_ID", 97539, INT32),
    ParamValue("COMPASS_DEV_ID2", 2_147_483_647, INT32),
    ParamValue("COMPASS_DEV_ID3", -16_777_217, INT32),
    ParamValue("COMPASS_DEV", -128, INT8),
    ParamValue("SERVO1_MAX", 1900, INT16),
    ParamValue("SERVO1_MIN", -1, INT16),
    ParamValue("ABCDEFGHIJKLMNOP", 1, INT8),
    ParamValue("ABCDEFGHIJKLMNOQ", 0, INT32),
]
DEFAULTS = {"ACRO_BAL_PITCH": 0.5, "COMPASS_DEV_ID": 0, "SERVO1_MAX": 2000, "COMPASS_DEV": 0}


def file_of(
    values: list[ParamValue],
    defaults: dict[str, float | int],
    query: str = "?withdefaults=1",
    size: int = 239,
) -> bytes:
    opened = opener(lambda: values, defaults)(f"param.pck{query}")
    assert opened is not None
    data = b""
    while piece := opened.read(len(data), size):
        data += piece
    return data


names = st.text("ABCDEFG_0123456789", min_size=1, max_size=16).filter(lambda name: name.strip("_") != "")
values = st.one_of(
    st.builds(ParamValue, names, st.integers(-128, 127), st.just(INT8)),
    st.builds(ParamValue, names, st.integers(-(2**15), 2**15 - 1), st.just(INT16)),
    st.builds(ParamValue, names, st.integers(-(2**31), 2**31 - 1), st.just(INT32)),
    st.builds(ParamValue, names, st.floats(width=32, allow_nan=False, allow_infinity=False), st.just(REAL32)),
)


@settings(max_examples=40)
@given(st.lists(values, min_size=1, max_size=20, unique_by=lambda one: one.name), st.data())
def test_every_file_is_read_as_it_was_written(written: list[ParamValue], data: st.DataObject) -> None:
    changed = data.draw(st.sets(st.sampled_from([one.name for one in written])))
    defaults = {one.name: 1 if one.name in changed else one.value for one in written}
    size = data.draw(st.sampled_from([48, 64, 110, 239]))
    raw = file_of(written, defaults, size=size)
    found = read_packed(raw)
    assert list(found.values.values()) == written
    assert found.on_board == len(written)
    assert found.defaults is not None
    assert all(abs(found.defaults[name] - default) < 2e-7 for name, default in defaults.items())
    theirs = MAVFTP.ftp_param_decode(raw)
    assert theirs is not None
    assert [(name.decode(), value, kind) for name, value, kind in theirs.params] == [
        (one.name, one.value, TYPES_OF_ARDUPILOT[one.type]) for one in written
    ]


def test_values_keep_their_types_and_all_their_bits() -> None:
    found = read_packed(file_of(VALUES, DEFAULTS))
    assert list(found.values.values()) == VALUES
    assert math.copysign(1, found.values["AHRS_TRIM_X"].value) == -1
    assert found.values["COMPASS_DEV_ID3"].value == -16_777_217  # a float in a message cannot hold it


def test_defaults_are_those_of_the_file_and_else_the_values() -> None:
    found = read_packed(file_of(VALUES, DEFAULTS))
    assert found.defaults == {one.name: one.value for one in VALUES} | DEFAULTS


def test_a_file_without_defaults_says_nothing_about_them() -> None:
    found = read_packed(file_of(VALUES, DEFAULTS, query=""))
    assert found.defaults is None
    assert len(found.values) == len(VALUES)


def test_no_value_crosses_the_end_of_a_packet() -> None:
    many = [ParamValue(f"P{number:03}_VALUE", 0x01020304, INT32) for number in range(300)]
    raw = file_of(many, {}, query="")
    ends = [at + 4 for at in range(len(raw)) if raw[at : at + 4] == b"\4\3\2\1"]
    assert len(ends) == 300
    assert all(end % 239 == 0 or end % 239 >= 4 for end in ends)


def test_a_part_of_the_list_says_how_many_there_are() -> None:
    found = read_packed(file_of(VALUES, DEFAULTS, query="?start=2&count=3"))
    assert list(found.values) == [one.name for one in VALUES[2:5]]
    assert found.on_board == len(VALUES)


HEADER = struct.pack("<HHH", 0x671B, 1, 1)
DAMAGED = {
    b"": "0 bytes, too few for its header (byte 0)",
    b"\x1b\x67": "2 bytes, too few for its header (byte 0)",
    struct.pack("<HHH", 0x671D, 0, 0): "unknown kind 0x671d (byte 0)",
    HEADER: "it ends before its last parameter (byte 6)",
    HEADER + bytes(400): "it ends before its last parameter (byte 406)",
    HEADER + b"\x05\x00A": "unknown type 5 with flags 0 (byte 6)",
    HEADER + b"\x21\x00A\x01": "unknown type 1 with flags 2 (byte 6)",
    HEADER + b"\x01\x00\xff\x01": r"invalid name b'\xff' (byte 6)",
    HEADER + b"\x01\x01A\x01": "invalid name b'A' (byte 6)",
    HEADER + b"\x04\x00A\x01\x02\x03": "it ends within a parameter (byte 12)",
    HEADER + b"\x01\x00A\x01\x02": "more bytes than 1 parameters have (byte 10)",
    struct.pack("<HHH", 0x671B, 2, 2) + b"\x01\x00A\x01" * 2: "A is in it twice (byte 14)",
    struct.pack("<HHH", 0x671B, 0xFFFF, 0xFFFF): "it ends before its last parameter (byte 6)",
}


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_file_gets_one_line(data: bytes) -> None:
    with pytest.raises(VerificationFailed) as caught:
        read_packed(data)
    assert caught.value.what == f"cannot read the packed parameters: {DAMAGED[data]}"


@settings(max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 40), st.sampled_from([0x671B, 0x671C]))
def test_any_bytes_are_read_or_refused(body: bytes, count: int, magic: int) -> None:
    try:
        found = read_packed(struct.pack("<HHH", magic, count, count) + body)
    except VerificationFailed as error:
        assert "\n" not in str(error)
    else:
        assert len(found.values) == count


@pytest.mark.parametrize("seed", range(4))
def test_a_file_with_wrong_bytes_is_read_or_refused(seed: int) -> None:
    rng, raw = random.Random(seed), file_of(VALUES, DEFAULTS)
    for _ in range(500):
        broken = bytearray(raw)
        broken[rng.randrange(len(raw))] = rng.randrange(256)
        cut = rng.choice([len(broken), rng.randrange(len(broken))])
        try:
            found = read_packed(bytes(broken[:cut]))
        except VerificationFailed:
            continue
        assert all(len(name) <= 16 for name in found.values)
