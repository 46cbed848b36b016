"""Log service: client and server joined by a pipe with loss, duplication and delay."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import LinkError
from controller.protocol.logs.client import BLOCK_BYTES, DATA_BYTES, LogDownload, LogEntry, LogListing
from controller.protocol.logs.server import LogService
from controller.wire import messages as m
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import DEGRADED, PERFECT, VEHICLE, Pipe, PipeConditions
from tests.support.mavlink.px4_log_service import Px4LogService

CONTENT = random.Random(3).randbytes(100_003)
LOGS = {number: (1_770_000_000 + number, CONTENT[: 1000 * number]) for number in range(3, 60)}


@pytest.mark.parametrize("conditions", [PERFECT, DEGRADED])
def test_all_logs_are_listed_whatever_is_lost(conditions: PipeConditions) -> None:
    service = LogService(VEHICLE, LOGS)
    assert Pipe([LogListing(VEHICLE)], [service], conditions).run() == tuple(map(service.entry, LOGS))


@pytest.mark.parametrize("lost", [{3, 4}, {0}, {9}, {0, 9}])
@pytest.mark.parametrize("one_too_many", [False, True])
def test_a_lost_entry_is_requested_again_for_any_last_log_num(lost: set[int], one_too_many: bool) -> None:
    service, once = LogService(VEHICLE, {number: (0, bytes(100 + number)) for number in range(10)}), set(lost)

    def loses(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if to_vehicle or message.name != "LOG_ENTRY":
            return [message]
        if message.id in once:
            once.remove(message.id)
            return []
        last = message.last_log_num + one_too_many  # newer PX4
        return [m.LOG_ENTRY(id=message.id, num_logs=10, last_log_num=last, size=message.size)]

    assert Pipe([LogListing(VEHICLE)], [service], filter=loses).run() == tuple(map(service.entry, range(10)))


@pytest.mark.parametrize("offset", [0, 99_803, 99_990])
def test_px4s_numbers_and_whole_packets_give_the_log(offset: int) -> None:
    service = Px4LogService(VEHICLE, {0: (9, CONTENT), 1: (10, CONTENT[:100])})
    listed = Pipe([LogListing(VEHICLE, silence_is_empty=True)], [service]).run()
    assert [entry.id for entry in listed] == [0, 1]
    pipe = Pipe([LogDownload(VEHICLE, listed[0], offset=offset)], [service])
    assert pipe.run() == CONTENT[offset:]


def test_no_answer_means_no_logs_only_where_the_autopilot_is_silent_then() -> None:
    service = Px4LogService(VEHICLE, {})
    pipe = Pipe([LogListing(VEHICLE, silence_is_empty=True)], [service])
    assert pipe.run() == ()
    assert pipe.now < 7
    with pytest.raises(LinkError, match="no answer from 1/1 to 6 tries"):
        Pipe([LogListing(VEHICLE)], [service]).run()


def test_no_logs_give_an_empty_list_and_no_answer_an_error() -> None:
    assert Pipe([LogListing(VEHICLE)], [LogService(VEHICLE, {})]).run() == ()
    with pytest.raises(LinkError, match="no answer from 1/1 to 6 tries"):
        Pipe([LogListing(VEHICLE)], []).run()


@pytest.mark.parametrize("conditions", [PERFECT, DEGRADED, PipeConditions(loss=0.4, delay_s=0.1)])
@pytest.mark.parametrize("offset", [0, 1234])
def test_a_log_arrives_complete_over_any_link(conditions: PipeConditions, offset: int) -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT)})
    machine = LogDownload(VEHICLE, service.entry(7), offset=offset)
    pipe = Pipe([machine], [service], conditions)
    assert pipe.run() == CONTENT[offset:]
    assert machine.progress.done == len(CONTENT) - offset
    asked = pipe.messages(to_vehicle=True, name="LOG_REQUEST_DATA")
    assert max(message.count for message in asked) <= BLOCK_BYTES
    if conditions == PERFECT:
        assert len(asked) == -(-(len(CONTENT) - offset) // BLOCK_BYTES)
        assert len(pipe.messages(to_vehicle=False)) <= len(CONTENT) // DATA_BYTES + 3


@pytest.mark.parametrize("length", [0, 1, 89, 90, 91, 180, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 90])
@pytest.mark.parametrize("more", [0, 1, 90, 50_000])
def test_a_log_shorter_than_announced_ends_at_its_real_end(length: int, more: int) -> None:
    machine = LogDownload(VEHICLE, LogEntry(7, 0, length + more))
    assert Pipe([machine], [LogService(VEHICLE, {7: (0, CONTENT[:length])})]).run() == CONTENT[:length]
    assert machine.size_bytes == length


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1 << 20), length=st.integers(0, 3000), loss=st.sampled_from((0.0, 0.1, 0.4)))
def test_logs_of_any_length_arrive_at_any_loss(seed: int, length: int, loss: float) -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT[:length])})
    conditions = PipeConditions(loss=loss, delay_s=0.02, dup=0.1, reorder=0.1)
    assert (
        Pipe([LogDownload(VEHICLE, service.entry(7))], [service], conditions, seed=seed).run()
        == CONTENT[:length]
    )


def test_data_received_before_a_failure_is_available() -> None:
    service, left = LogService(VEHICLE, {7: (0, CONTENT)}), 300

    def dies(message: Message, to_vehicle: bool) -> Iterable[Message]:
        nonlocal left
        left -= not to_vehicle
        return [message] if left > 0 else []

    machine = LogDownload(VEHICLE, service.entry(7))
    with pytest.raises(LinkError, match=r"stopped answering at byte 26,910 of 100,003"):
        Pipe([machine], [service], filter=dies).run()
    assert machine.received_from() == CONTENT[: 299 * 90]


def test_data_of_other_logs_and_systems_is_ignored() -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT[:500]), 8: (0, bytes(500))})

    def mixed(message: Message, to_vehicle: bool) -> Iterable[Message]:
        other = m.LOG_DATA(id=8, ofs=90, count=90, data=bytes(90))
        return [message] if to_vehicle else [other, message]

    assert Pipe([LogDownload(VEHICLE, service.entry(7))], [service], filter=mixed).run() == CONTENT[:500]


def test_log_request_end_stops_the_stream() -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT)})
    service.receive(m.LOG_REQUEST_DATA(id=7, count=90_000), VEHICLE, 0.0)
    assert service.deadline is not None
    assert service.receive(m.LOG_REQUEST_END(), VEHICLE, 0.0) == []
    assert service.deadline is None
