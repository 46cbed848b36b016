"""Logs on board over MAVLink's log service: both sides joined back to back, through pipes that lose, double and delay."""

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
from tests.support.lossy_pipe import BAD, CLEAR, VEHICLE, Pipe, Weather

CONTENT = random.Random(3).randbytes(100_003)
LOGS = {number: (1_770_000_000 + number, CONTENT[: 1000 * number]) for number in range(3, 60)}


@pytest.mark.parametrize("weather", [CLEAR, BAD])
def test_all_logs_are_listed_whatever_is_lost(weather: Weather) -> None:
    service = LogService(VEHICLE, LOGS)
    assert Pipe([LogListing(VEHICLE)], [service], weather).run() == tuple(map(service.entry, LOGS))


@pytest.mark.parametrize("lost", [{3, 4}, {0}, {9}, {0, 9}])
@pytest.mark.parametrize("one_too_many", [False, True])
def test_a_lost_entry_is_asked_for_again_whatever_is_called_the_last(
    lost: set[int], one_too_many: bool
) -> None:
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


def test_no_logs_are_none_and_silence_is_an_error() -> None:
    assert Pipe([LogListing(VEHICLE)], [LogService(VEHICLE, {})]).run() == ()
    with pytest.raises(LinkError, match="no answer from 1/1 to 6 tries"):
        Pipe([LogListing(VEHICLE)], []).run()


@pytest.mark.parametrize("weather", [CLEAR, BAD, Weather(loss=0.4, delay_s=0.1)])
@pytest.mark.parametrize("offset", [0, 1234])
def test_a_log_comes_whole_through_any_link(weather: Weather, offset: int) -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT)})
    machine = LogDownload(VEHICLE, service.entry(7), offset=offset)
    pipe = Pipe([machine], [service], weather)
    assert pipe.run() == CONTENT[offset:]
    assert machine.progress.done == len(CONTENT) - offset
    asked = pipe.messages(to_vehicle=True, name="LOG_REQUEST_DATA")
    assert max(message.count for message in asked) <= BLOCK_BYTES
    if weather == CLEAR:
        assert len(asked) == -(-(len(CONTENT) - offset) // BLOCK_BYTES)
        assert len(pipe.messages(to_vehicle=False)) <= len(CONTENT) // DATA_BYTES + 3


@pytest.mark.parametrize("length", [0, 1, 89, 90, 91, 180, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 90])
@pytest.mark.parametrize("more", [0, 1, 90, 50_000])
def test_a_log_shorter_than_its_entry_says_ends_where_it_ends(length: int, more: int) -> None:
    machine = LogDownload(VEHICLE, LogEntry(7, 0, length + more))
    assert Pipe([machine], [LogService(VEHICLE, {7: (0, CONTENT[:length])})]).run() == CONTENT[:length]
    assert machine.size_bytes == length


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1 << 20), length=st.integers(0, 3000), loss=st.sampled_from((0.0, 0.1, 0.4)))
def test_lengths_and_losses_of_all_kinds(seed: int, length: int, loss: float) -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT[:length])})
    weather = Weather(loss=loss, delay_s=0.02, dup=0.1, reorder=0.1)
    assert (
        Pipe([LogDownload(VEHICLE, service.entry(7))], [service], weather, seed=seed).run()
        == CONTENT[:length]
    )


def test_what_came_before_the_silence_can_be_kept() -> None:
    service, left = LogService(VEHICLE, {7: (0, CONTENT)}), 300

    def dies(message: Message, to_vehicle: bool) -> Iterable[Message]:
        nonlocal left
        left -= not to_vehicle
        return [message] if left > 0 else []

    machine = LogDownload(VEHICLE, service.entry(7))
    with pytest.raises(LinkError, match=r"fell silent at byte 26,910 of 100,003"):
        Pipe([machine], [service], filter=dies).run()
    assert machine.received_from() == CONTENT[: 299 * 90]


def test_other_logs_and_other_systems_do_not_get_into_it() -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT[:500]), 8: (0, bytes(500))})

    def mixed(message: Message, to_vehicle: bool) -> Iterable[Message]:
        other = m.LOG_DATA(id=8, ofs=90, count=90, data=bytes(90))
        return [message] if to_vehicle else [other, message]

    assert Pipe([LogDownload(VEHICLE, service.entry(7))], [service], filter=mixed).run() == CONTENT[:500]


def test_the_end_of_the_transfer_stops_the_stream() -> None:
    service = LogService(VEHICLE, {7: (0, CONTENT)})
    service.receive(m.LOG_REQUEST_DATA(id=7, count=90_000), VEHICLE, 0.0)
    assert service.deadline is not None
    assert service.receive(m.LOG_REQUEST_END(), VEHICLE, 0.0) == []
    assert service.deadline is None
