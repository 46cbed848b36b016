"""Encoding and decoding compared with pymavlink, an independent generator from the same definitions."""

from __future__ import annotations

import math
import pickle
import random
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega, development

from controller.wire import dialect, enums, make_table
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder, encode
from controller.wire.framer import Framer
from controller.wire.message import Field, MessageType

SOURCE = address(3, 77)
PEERS = {**development.mavlink_map, **ardupilotmega.mavlink_map}


def random_value(rng: random.Random, kind: str, length: int) -> Any:
    if length and kind == "char":
        return "".join(rng.choices("abcXYZ_09", k=rng.randrange(length + 1)))
    if length:
        values = [random_value(rng, kind, 0) for _ in range(length)]
        return bytes(values) if kind == "uint8_t" else tuple(values)
    match kind:
        case "float":
            return rng.randrange(-(2**20), 2**20) / 64
        case "double":
            return rng.random()
        case "char":
            return b"x"
    bits = int(kind.strip("uint_"))
    return (
        rng.randrange(2**bits) if kind.startswith("u") else rng.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1))
    )


def random_message(rng: random.Random, kind: MessageType) -> Any:
    """Return a message with random values; extension fields that pymavlink lacks are left out."""
    known = PEERS[kind.msg_id].fieldnames
    return kind.cls(**{f.name: random_value(rng, f.type, f.length) for f in kind.fields if f.name in known})


def peer_message(kind: MessageType, message: Any) -> Any:
    values = message.to_dict()
    for field in kind.fields:
        if field.type == "char":
            value = values[field.name]
            values[field.name] = value if isinstance(value, bytes) else value.encode()
        elif field.type == "uint8_t" and field.length:
            values[field.name] = list(values[field.name])
    peer = PEERS[kind.msg_id]
    return peer(*[values[name] for name in peer.fieldnames])


@pytest.mark.parametrize("version", [1, 2])
def test_every_message_encodes_to_the_same_bytes_as_pymavlink(version: int) -> None:
    rng = random.Random(version)
    checked = 0
    for name in dialect.message_names():
        kind = dialect.by_name(name)
        if kind.msg_id not in PEERS:
            continue
        if version == 1 and (kind.msg_id > 255 or kind.min_length != kind.length):
            continue  # pymavlink sends extension fields in MAVLink 1 too, which the specification forbids
        message = random_message(rng, kind)
        peer = ardupilotmega.MAVLink(None, srcSystem=3, srcComponent=77)
        peer.seq = 41
        theirs = peer_message(kind, message).pack(peer, force_mavlink1=version == 1)
        ours = encode(message, seq=41, source=SOURCE, version=version)
        assert ours == bytes(theirs), name
        back = Framer().feed(ours)[0].message()
        if version == 2:
            assert back == message, name
        checked += 1
    assert checked > 100


def test_the_table_agrees_with_the_installed_pymavlink() -> None:
    for msg_id, peer in PEERS.items():
        kind = dialect.by_id(msg_id)
        if kind is not None and kind.name == peer.msgname:
            assert kind.crc_extra == peer.crc_extra, kind.name


def test_the_committed_table_matches_a_fresh_compilation() -> None:
    made = make_table.compile_table()
    kept = dialect.by_name("HEARTBEAT")
    entry = made["messages"]["HEARTBEAT"]
    assert (entry["id"], entry["crc_extra"]) == (kept.msg_id, kept.crc_extra)
    for message in make_table.definitions(make_table.SUPPLEMENT.parent, make_table.SUPPLEMENT.stem)[
        0
    ].message:
        assert tuple(Field(*field) for field in made["messages"][message.name]["fields"]) == (
            dialect.by_name(message.name).fields
        )
    common = set(made["messages"]) & set(dialect.message_names())
    assert len(common) >= 300


def test_trailing_zeros_are_truncated_and_restored() -> None:
    raw = encode(m.PARAM_VALUE(param_id="A"), seq=0, source=SOURCE)
    assert raw[1] == 9  # value, count and index are zero, but precede the first letter of the name
    assert Framer().feed(raw)[0].message() == m.PARAM_VALUE(param_id="A")
    assert encode(m.HEARTBEAT(), seq=0, source=SOURCE)[1] == 1  # at least one byte is sent


def test_surplus_bytes_of_a_newer_dialect_are_ignored() -> None:
    kind = dialect.by_name("HEARTBEAT")
    raw = encode(m.HEARTBEAT(type=2, mavlink_version=3), seq=0, source=SOURCE)
    longer = bytes((raw[0], 12)) + raw[2:10] + raw[10:19] + b"new"
    assert kind.from_raw(longer + b"\0\0") == m.HEARTBEAT(type=2, mavlink_version=3)


def test_a_value_that_does_not_fit_is_refused_by_message_and_field() -> None:
    with pytest.raises(
        ValueError, match=r"invalid COMMAND_LONG: field command cannot hold 70000 \(uint16_t\)"
    ):
        encode(m.COMMAND_LONG(command=70000), seq=0, source=SOURCE)
    with pytest.raises(ValueError, match=r"invalid PARAM_SET\.param_id: 17 bytes"):
        encode(m.PARAM_SET(param_id="A" * 17), seq=0, source=SOURCE)
    with pytest.raises(ValueError, match=r"GPS_INPUT|ATTITUDE_QUATERNION_COV"):
        encode(m.ATTITUDE_QUATERNION_COV(q=(1.0, 0.0)), seq=0, source=SOURCE)
    with pytest.raises(TypeError, match="HEARTBEAT has no field typ"):
        m.HEARTBEAT(typ=2)
    with pytest.raises(AttributeError):
        _ = m.HEARTBEET


def test_mavlink_1_has_no_large_numbers_and_no_extensions() -> None:
    with pytest.raises(ValueError, match="MAVLink 1 has no message 259"):
        encode(m.CAMERA_INFORMATION(), seq=0, source=SOURCE, version=1)
    raw = encode(m.STATUSTEXT(text="x", id=5, chunk_seq=1), seq=0, source=SOURCE, version=1)
    assert Framer().feed(raw)[0].message() == m.STATUSTEXT(text="x")


def test_nan_and_bytes_that_are_not_utf_8_survive() -> None:
    raw = encode(m.COMMAND_LONG(param4=math.nan), seq=0, source=SOURCE)
    assert math.isnan(Framer().feed(raw)[0].message().param4)
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    back = Framer().feed(encode(m.STATUSTEXT(text=odd), seq=0, source=SOURCE))[0].message()
    assert back.text == odd


def test_the_sequence_counts_to_255_and_starts_again() -> None:
    encoder = Encoder(SOURCE)
    seqs = [encoder.pack(m.HEARTBEAT())[4] for _ in range(300)]
    assert seqs == [i % 256 for i in range(300)]


def test_messages_of_two_types_differ_and_survive_pickling() -> None:
    beat = m.HEARTBEAT(type=2)
    assert beat != tuple(beat)
    assert m.MISSION_CLEAR_ALL() != m.MISSION_REQUEST_LIST()
    assert pickle.loads(pickle.dumps(beat)) == beat
    assert beat.replace(type=3).type == 3


def test_enums_are_short_and_unknown_values_stay_numbers() -> None:
    assert enums.MAV_CMD.NAV_WAYPOINT == 16
    assert enums.describe("MAV_MISSION_RESULT", 4) == "NO_SPACE"
    assert enums.describe("MAV_RESULT", 99) == "99"
