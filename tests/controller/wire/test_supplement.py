"""Messages and fields that pymavlink lacks, on bytes that real autopilots sent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.wire import columns, dialect, enums
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import encode
from controller.wire.crc import checksum
from controller.wire.framer import Framer
from controller.wire.tlog import TlogFrames

REAL = Path(__file__).parents[2] / "data" / "real"
RECORDINGS = sorted(REAL.glob("*.tlog"))


def sent(file: str, name: str) -> list[Any]:
    frames = [frame for _, frame in TlogFrames((REAL / file).read_bytes()) if frame.name == name]
    return [dialect.DECODERS[frame.msg_id](frame.raw) for frame in frames]


def undecoded(data: bytes) -> set[str]:
    """Return the messages of a recording that are unknown, or longer than their definition."""
    found = set()
    for _, frame in TlogFrames(data):
        kind = dialect.by_id(frame.msg_id)
        if kind is None or len(frame.payload) > kind.length:
            found.add(frame.name)
    return found


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_no_message_and_no_field_of_a_recording_is_unknown(recording: Path) -> None:
    assert undecoded(recording.read_bytes()) == set()
    assert columns.read_tlog(recording.read_bytes()).unknown == {}


def test_no_message_of_the_whole_recordings_is_unknown(shared_data: Path) -> None:
    whole = list((shared_data / "real").rglob("*.tlog"))
    assert len(whole) >= 19
    assert [path for path in whole if undecoded(path.read_bytes())] == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_recorded_frames_are_written_again_byte_for_byte(recording: Path) -> None:
    for _, frame in TlogFrames(recording.read_bytes()):
        message = dialect.DECODERS[frame.msg_id](frame.raw)
        again = encode(message, seq=frame.seq, source=frame.source)
        # Behind the NUL of a text autopilots leave rubbish.
        if frame.version == 2 and not any(field.type == "char" for field in message.type_.fields):
            assert again == frame.raw, message
        assert repr(Framer().feed(again)[0].message()) == repr(message)


def test_the_mission_id_of_the_acknowledgement_is_the_current_one() -> None:
    acks = [ack for ack in sent("px4_plane_without_landing_denied.tlog", "MISSION_ACK") if ack.opaque_id]
    assert [ack.opaque_id for ack in acks] == [1404593554]
    current = sent("px4_plane_without_landing_denied.tlog", "MISSION_CURRENT")
    assert (current[0].mission_id, current[-1].mission_id) == (0, 1404593554)
    assert enums.describe("MISSION_STATE", current[-1].mission_state) == "NO_MISSION"


def test_motors_are_read_as_arrays() -> None:
    status = sent("px4_motors.tlog", "ESC_STATUS")[0]
    assert len(status.rpm) == len(status.voltage) == 4
    assert all(math.isfinite(value) for value in status.voltage)
    table = columns.read_tlog((REAL / "px4_motors.tlog").read_bytes()).tables["ESC_STATUS"]
    assert table["rpm"].shape == (1, 4)
    assert np.array_equal(table["rpm"][0], status.rpm)


def test_columns_hold_the_arguments_of_events() -> None:
    data = (REAL / "px4_plane_without_landing_denied.tlog").read_bytes()
    events = columns.read_tlog(data).tables["EVENT"]
    assert events["id"].tolist() == [25237137, 16910493, 16910493]
    assert events["arguments"].shape == (3, 40)


def test_a_new_field_that_is_zero_is_not_sent() -> None:
    # A peer with older definitions gets the frames that it knows.
    ack = encode(m.MISSION_ACK(target_system=1, target_component=1, type=1), seq=0, source=address(3, 77))
    assert ack[1] == 3
    count = encode(
        m.MISSION_COUNT(target_system=1, target_component=1, count=2, mission_type=1),
        seq=0,
        source=address(3, 77),
    )
    assert count[1] == 5
    assert checksum(count[1:-2], 221).to_bytes(2, "little") == count[-2:]


def test_a_peer_with_older_definitions_reads_what_it_knows_of_new_fields() -> None:
    from pymavlink.dialects.v20 import ardupilotmega

    raw = encode(m.MISSION_ACK(target_system=1, opaque_id=77, mission_type=2), seq=0, source=address(3, 77))
    peer = ardupilotmega.MAVLink(None)
    read = peer.parse_buffer(raw)[0]
    assert (read.get_type(), read.target_system, read.mission_type) == ("MISSION_ACK", 1, 2)
