"""Telemetry logs: every frame of a sound file, and every undamaged frame of a damaged one."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.tlog.frames import TlogFrames, entries, read_tlog
from controller.wire import columns
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.damage import DamageSummary
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.signing import Signer

BEGAN_US = 1_767_225_600_000_000


def frames(count: int, *, version: int = 2, signer: Signer | None = None) -> list[Frame]:
    encoder = Encoder(address(1, 1), version=version, signer=signer)
    messages = [m.ATTITUDE(time_boot_ms=n, yaw=1.5) if n % 3 else m.HEARTBEAT(type=2) for n in range(count)]
    return Framer().feed(b"".join(map(encoder.pack, messages)))


def log(recorded: list[Frame]) -> bytes:
    return b"".join(entries(BEGAN_US + 1000 * n, [frame]) for n, frame in enumerate(recorded))


def mixed() -> list[Frame]:
    signer = Signer(bytes(32), link_id=1, utc_us=lambda: BEGAN_US)
    return [*frames(5), *frames(5, version=1), *frames(5, signer=signer)]


def test_frames_of_both_versions_and_signed_ones_come_back_with_their_times() -> None:
    recorded = mixed()
    read = TlogFrames(log(recorded))
    assert list(read) == [(BEGAN_US + 1000 * n, frame) for n, frame in enumerate(recorded)]
    assert [frame.source for _, frame in read] == [frame.source for frame in recorded]
    assert (len(read), read.bad_bytes, read.damage) == (15, 0, [])


def test_a_frame_of_an_unknown_message_is_kept() -> None:
    known = frames(3)
    raw = bytearray(known[1].raw)
    raw[7:10] = (59_999).to_bytes(3, "little")
    unknown = Frame((bytes(raw), 59_999, known[1].seq, 1, 1))
    read = TlogFrames(log([known[0], unknown, known[2]]))
    assert [frame.msg_id for _, frame in read] == [known[0].msg_id, 59_999, known[2].msg_id]
    assert read.unknown_frames == 1


def test_a_file_cut_off_anywhere_keeps_every_whole_entry() -> None:
    whole = log(mixed())
    stops = TlogFrames(whole).stops.tolist()
    for length in range(len(whole)):
        read = TlogFrames(whole[:length])
        assert len(read) == sum(stop <= length for stop in stops)
        assert read.bad_bytes == length - max([stop for stop in stops if stop <= length], default=0)


def test_damage_in_the_middle_costs_one_entry_and_its_offset_is_reported() -> None:
    recorded = frames(9)
    data = bytearray(log(recorded))
    hit = TlogFrames(bytes(data))
    start, stop = int(hit.starts[4]) - 8, int(hit.stops[4])
    data[start + 20] ^= 0xFF
    read = TlogFrames(bytes(data))
    assert [frame.seq for _, frame in read] == [0, 1, 2, 3, 5, 6, 7, 8]
    assert [(damage.offset, damage.length) for damage in read.damage] == [(start, stop - start)]
    assert columns.read_tlog(data).lost == DamageSummary(stop - start, 1, start, cut_off=False)


@given(st.binary(max_size=600))
def test_any_bytes_at_all_are_read_without_an_error(data: bytes) -> None:
    read = TlogFrames(data)
    assert len(list(read)) == len(read)
    assert read.bad_bytes == sum(damage.length for damage in read.damage)


@given(st.integers(0, 2**32), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=40)), max_size=4))
def test_a_log_with_bytes_overwritten_loses_no_entry_that_was_not_hit(
    seed: int, wounds: list[tuple[int, bytes]]
) -> None:
    recorded = frames(40, version=random.Random(seed).choice((1, 2)))
    data = bytearray(log(recorded))
    whole = TlogFrames(bytes(data))
    hit: set[int] = set()
    for place, wound in wounds:
        at = place % (len(data) - 40)
        data[at : at + len(wound)] = wound
        hit.update(
            n
            for n, (start, stop) in enumerate(zip(whole.starts - 8, whole.stops, strict=True))
            if start < at + len(wound) and stop > at
        )
    found = {frame.raw for _, frame in TlogFrames(bytes(data))}
    assert found >= {frame.raw for n, frame in enumerate(recorded) if n not in hit}


def test_a_file_that_is_no_log_is_refused_in_a_line(tmp_path: Path) -> None:
    zeros = tmp_path / "zeros.tlog"
    zeros.write_bytes(bytes(10_000))
    with pytest.raises(
        UserError, match=r"zeros\.tlog: invalid telemetry log: no MAVLink frame in it \(your input\); is it"
    ):
        read_tlog(zeros)
    with pytest.raises(UserError, match=r"missing\.tlog: cannot read the log: No such file"):
        read_tlog(tmp_path / "missing.tlog")


def test_an_empty_log_is_a_log_without_frames(tmp_path: Path) -> None:
    (tmp_path / "empty.tlog").write_bytes(b"")
    assert list(read_tlog(tmp_path / "empty.tlog")) == []


def pymavlink_messages(path: Path) -> list[Any]:
    """Messages that pymavlink finds, without its BAD_DATA."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymavlink import mavutil

        log = mavutil.mavlink_connection(str(path), dialect="ardupilotmega")
        found = []
        while (message := log.recv_msg()) is not None:
            if message.get_type() != "BAD_DATA":
                found.append(message)
        log.close()
    return found


def test_pymavlink_reads_what_we_write_with_the_same_count_types_and_times(tmp_path: Path) -> None:
    recorded = [
        *mixed(),
        *Framer().feed(Encoder(GROUND_STATION).pack(m.COMMAND_LONG(target_system=1, command=400))),
    ]
    path = tmp_path / "frames.tlog"
    path.write_bytes(log(recorded))
    found = pymavlink_messages(path)
    assert [message.get_type() for message in found] == [frame.name for frame in recorded]
    assert [round(message._timestamp * 1e6) for message in found] == [
        time_us for time_us, _ in read_tlog(path)
    ]


def test_a_real_flight_is_read_with_pymavlinks_count_of_every_type(shared_data: Path) -> None:
    path = min((shared_data / "reference").rglob("*.tlog"), key=lambda log: log.stat().st_size)
    ours: dict[int, int] = {}
    for _, frame in read_tlog(path):
        ours[frame.msg_id] = ours.get(frame.msg_id, 0) + 1
    theirs: dict[int, int] = {}
    for message in pymavlink_messages(path):
        name = message.get_type()
        msg_id = int(name.removeprefix("UNKNOWN_")) if name.startswith("UNKNOWN_") else message.get_msgId()
        theirs[msg_id] = theirs.get(msg_id, 0) + 1
    assert ours == theirs


@pytest.mark.slow
def test_all_real_flights_are_read_with_pymavlinks_count(shared_data: Path) -> None:
    counts = {}
    for path in sorted(shared_data.rglob("*.tlog")):
        counts[path.name, path.parent.name] = (len(read_tlog(path)), len(pymavlink_messages(path)))
    assert counts
    assert {name: pair for name, pair in counts.items() if pair[0] != pair[1]} == {}
