"""FTP client against invalid answers: it ends, in bounded memory, and never returns data that did not arrive."""

from __future__ import annotations

import tracemalloc
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import LandlineError
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_download import FtpDownload, FtpFile
from controller.protocol.ftp.client_listing import FtpListing
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.missing_ranges import MAX_AHEAD_BYTES, MissingRanges
from controller.protocol.state_machine import Done, Failed, StateMachine
from controller.wire.address import GROUND_STATION
from controller.wire.message import Message
from tests.support.mavlink.ftp_server import ftp_peer
from tests.support.mavlink.lossy_pipe import VEHICLE

ANSWERS = st.lists(
    st.tuples(
        st.sampled_from((1, 1, 1, 1, 2, 0, 7)),  # added to the request's number
        st.sampled_from((wire.ACK, wire.ACK, wire.ACK, wire.NAK)),
        st.sampled_from((0, 0, 0, 239, -239, 5000, MAX_AHEAD_BYTES * 2)),  # added to its offset
        st.one_of(
            st.sampled_from(
                (b"", b"\x06", b"\x04", b"\x05", b"\x07", b"\x02\x02", b"\xe8\x03\0\0", b"\xff" * 4)
            ),
            st.binary(max_size=239),
        ),
        st.booleans(),
        st.integers(0, 3),  # how many answers before the next request is read
    ),
    max_size=60,
)
SETTINGS = settings(max_examples=150, deadline=None)


def run_with(machine: StateMachine[Any], answers: list[tuple[int, int, int, bytes, bool, int]]) -> None:
    now = 0.0
    asked: list[Message] = machine.start(now)
    for step, opcode, shift, data, complete, pause in answers:
        if machine.outcome is not None:
            return
        request = wire.parse(asked[-1].payload)
        answer = FtpPacket(
            (request.seq + step) & 0xFFFF,
            request.session,
            opcode,
            len(data),
            (request.offset + shift) & 0xFFFFFFFF,
            data,
            request.opcode,
            complete,
        )
        now += 0.01
        sent = machine.receive(answer.to(GROUND_STATION), VEHICLE, now)
        assert len(sent) <= 12
        if not pause and machine.deadline is not None:
            now = machine.deadline
            sent += machine.tick(now)
        asked = sent or asked
    for _ in range(2000):
        if machine.outcome is not None:
            return
        assert machine.deadline is not None
        before = machine.deadline
        machine.tick(before)
        assert machine.deadline is None or machine.deadline > before
    raise AssertionError("the machine does not end")


@SETTINGS
@given(answers=ANSWERS)
def test_a_download_with_invalid_answers_ends(answers: list[tuple[int, int, int, bytes, bool, int]]) -> None:
    machine = FtpDownload(ftp_peer(), "/a")
    run_with(machine, answers)
    if isinstance(machine.outcome, Done):
        found: FtpFile = machine.outcome.value
        assert len(found.data) == found.size_bytes <= 239 * len(answers)
    else:
        assert isinstance(machine.outcome, Failed)
        assert isinstance(machine.outcome.error, LandlineError)


@SETTINGS
@given(answers=ANSWERS)
def test_a_listing_with_invalid_answers_ends(answers: list[tuple[int, int, int, bytes, bool, int]]) -> None:
    run_with(FtpListing(ftp_peer()), answers)


def test_a_wrong_offset_or_size_allocates_no_memory() -> None:
    tracemalloc.start()
    holes = MissingRanges(0xFFFFFFFF)
    assert holes.add(0xF0000000, b"far") == 0
    assert holes.add(0, b"near") == 4
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@settings(max_examples=200, deadline=None)
@given(
    size=st.integers(0, 60),
    pieces=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 12)), max_size=30),
    cut=st.none() | st.integers(0, 60),
)
def test_missing_ranges_are_the_bytes_not_received(
    size: int, pieces: list[tuple[int, int]], cut: int | None
) -> None:
    content = bytes(range(1, 101))
    holes = MissingRanges(size)
    come: set[int] = set()
    for offset, count in pieces:
        new = set(range(offset, min(offset + count, size))) - come
        assert holes.add(offset, content[offset : offset + count]) == len(new)
        come |= new
    if cut is not None:
        holes.ends_at(cut)
        size = min(size, cut)
        come = {at for at in come if at < size}
    assert holes.received == len(come)
    assert holes.complete == (len(come) == size)
    told = [at for start, end in holes.missing(1000) for at in range(start, end)]
    assert told == [at for at in range(size) if at not in come]
    if holes.complete:
        assert holes.data() == content[:size]
