"""Single messages, intervals and timesync."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from controller.errors import LinkError
from controller.protocol.command.client import ACCEPTED, UNSUPPORTED, CommandRefused
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.protocol.messages.client import MessageRequest, SetMessageInterval
from controller.protocol.messages.server import IntervalService, StreamScheduler
from controller.protocol.timesync import TimesyncClient, TimesyncService
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import DEGRADED, VEHICLE, Pipe, PipeConditions

VERSION, ATTITUDE, HUD, HOME = 148, 30, 74, 242


def aircraft(**options: object) -> list[object]:
    def make(msg_id: int) -> Message | None:
        made: dict[int, Message] = {
            VERSION: m.AUTOPILOT_VERSION(capabilities=4),
            ATTITUDE: m.ATTITUDE(),
            HUD: m.VFR_HUD(),
        }
        return made.get(msg_id)

    known = frozenset((VERSION, ATTITUDE, HUD, HOME))
    streams = IntervalService(VEHICLE, make, {ATTITUDE: 4.0}, known=known, **options)  # type: ignore[arg-type]
    handler = lambda call, now: streams.handle(call, now) or CommandReply(UNSUPPORTED)  # noqa: E731
    return [CommandService(VEHICLE, handler), streams]


@pytest.mark.parametrize("seed", range(40))
def test_a_message_arrives_over_a_bad_link(seed: int) -> None:
    pipe = Pipe([MessageRequest(VEHICLE, VERSION)], aircraft(), DEGRADED, seed)  # type: ignore[arg-type]
    assert pipe.run().capabilities == 4


@pytest.mark.parametrize("order", ["ack first", "message first", "message only"])
def test_ack_and_message_may_come_in_any_order(order: str) -> None:
    request = MessageRequest(VEHICLE, VERSION)
    request.start(0.0)
    answer = m.COMMAND_ACK(command=512, target_system=255, target_component=190)
    wanted = m.AUTOPILOT_VERSION(capabilities=9)
    for message in {
        "ack first": [answer, wanted],
        "message first": [wanted, answer],
        "message only": [wanted],
    }[order]:
        request.receive(message, VEHICLE, 0.1)
    assert request.outcome.value == wanted  # type: ignore[union-attr]


def test_an_unsupported_message_is_refused_by_name() -> None:
    with pytest.raises(
        CommandRefused, match="REQUEST_MESSAGE of BATTERY_STATUS: refused by 1/1 with UNSUPPORTED"
    ):
        Pipe([MessageRequest(VEHICLE, 147)], aircraft()).run()  # type: ignore[arg-type]


def test_an_accepted_request_without_a_message_is_a_link_error() -> None:
    def no_version(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [] if message.name == "AUTOPILOT_VERSION" else [message]

    with pytest.raises(LinkError, match="accepted the request and did not send it"):
        Pipe([MessageRequest(VEHICLE, VERSION)], aircraft(), filter=no_version).run()  # type: ignore[arg-type]


def test_no_answer_to_a_request_is_a_link_error() -> None:
    with pytest.raises(LinkError, match="cannot get AUTOPILOT_VERSION: 1/1 did not answer, 6 tries"):
        Pipe([MessageRequest(VEHICLE, VERSION)], [], PipeConditions(loss=1.0)).run()


def test_the_same_message_of_another_system_is_not_the_answer() -> None:
    request = MessageRequest(VEHICLE, VERSION)
    request.start(0.0)
    request.receive(m.AUTOPILOT_VERSION(), address(2, 1), 0.1)
    refused = m.COMMAND_ACK(command=512, result=UNSUPPORTED, target_system=254, target_component=190)
    request.receive(refused, VEHICLE, 0.2)
    assert request.outcome is None


def test_a_message_that_accept_rejects_is_ignored() -> None:
    request = MessageRequest(VEHICLE, 147, (1.0,), accept=lambda message: message.id == 1)
    (asked,) = request.start(0.0)
    assert (asked.param1, asked.param2) == (147.0, 1.0)
    request.receive(m.BATTERY_STATUS(id=0), VEHICLE, 0.1)
    assert request.outcome is None
    request.receive(m.BATTERY_STATUS(id=1), VEHICLE, 0.2)
    assert request.outcome is not None


@pytest.mark.parametrize("seed", range(20))
def test_a_set_interval_is_kept(seed: int) -> None:
    vehicle = aircraft()
    pipe = Pipe([SetMessageInterval(VEHICLE, HUD, 100_000)], vehicle, DEGRADED, seed)  # type: ignore[arg-type]
    assert pipe.run().result == ACCEPTED
    before = len(pipe.messages(to_vehicle=False, name="VFR_HUD"))
    pipe.run_for(10.0)
    assert 99 <= len(pipe.messages(to_vehicle=False, name="VFR_HUD")) - before <= 101


def test_an_old_autopilot_gets_request_data_stream_instead() -> None:
    vehicle = [CommandService(VEHICLE, lambda call, now: CommandReply(UNSUPPORTED)), aircraft()[1]]  # noqa: ARG005
    pipe = Pipe([SetMessageInterval(VEHICLE, HUD, 100_000)], vehicle)  # type: ignore[arg-type]
    assert pipe.run().result == UNSUPPORTED
    pipe.run_for(2.0)
    assert 20 <= len(pipe.messages(to_vehicle=False, name="VFR_HUD")) <= 21


def test_a_refused_interval_is_an_error() -> None:
    vehicle = aircraft(refused=frozenset((HUD,)))
    with pytest.raises(CommandRefused, match="FAILED"):
        Pipe([SetMessageInterval(VEHICLE, HUD, 100_000)], vehicle).run()  # type: ignore[arg-type]


@pytest.mark.parametrize("param", [float("nan"), float("inf"), -1.0, 3.5, 1e9])
def test_an_invalid_message_number_is_denied(param: float) -> None:
    streams = aircraft()[1]
    call = ReceivedCommand(512, (param, 0, 0, 0, 0, 0, 0), GROUND_STATION)
    assert streams.handle(call, 0.0).result == 2  # type: ignore[attr-defined]


def test_the_current_interval_is_reported() -> None:
    pipe = Pipe([], aircraft())  # type: ignore[arg-type]
    asked = [
        m.COMMAND_LONG(command=510, param1=float(n), target_system=1, target_component=1)
        for n in (30, 74, 9999)
    ]
    pipe.send(asked, to_vehicle=True)
    pipe.run_for(0.1)
    answers = pipe.messages(to_vehicle=False, name="MESSAGE_INTERVAL")
    assert [answer.interval_us for answer in answers] == [250_000, -1, 0]


# -- scheduler


def test_a_schedule_keeps_its_rates_and_does_not_catch_up_after_a_pause() -> None:
    scheduler = StreamScheduler({1: 10.0, 2: 1.0}, now=0.0)
    sent: list[int] = []
    for step in range(1001):
        sent += scheduler.due(step / 100)
    assert sent.count(1) == pytest.approx(100, abs=1)
    assert sent.count(2) == pytest.approx(10, abs=1)
    assert scheduler.due(100.0).count(1) == 1
    assert scheduler.due(100.0) == []


def test_0_restores_the_default_and_minus_1_stops() -> None:
    scheduler = StreamScheduler({1: 10.0}, now=0.0)
    scheduler.set_interval(1, 1e6, 0.0)
    assert scheduler.interval_us(1) == 1_000_000
    scheduler.set_interval(1, 0, 0.0)
    assert scheduler.interval_us(1) == 100_000
    scheduler.set_interval(1, -1, 0.0)
    assert scheduler.interval_us(1) == -1
    assert scheduler.deadline is None


# -- timesync


@pytest.mark.parametrize("seed", range(10))
def test_a_clock_offset_is_measured_to_half_the_round_trip(seed: int) -> None:
    class Late(TimesyncService):
        """Server whose clock is 1000 s ahead of ours."""

        def receive(self, message: Message, source: object, now: float) -> list[Message]:
            return super().receive(message, source, now + 1000.0)  # type: ignore[arg-type]

    client = TimesyncClient(VEHICLE)
    pipe = Pipe([client], [Late(VEHICLE)], DEGRADED, seed)
    pipe.run_for(60.0)
    assert client.offset is not None
    assert client.offset.round_trip_s == pytest.approx(0.3, abs=0.05)
    assert client.offset.offset_ns / 1e9 == pytest.approx(1000.0, abs=client.offset.round_trip_s / 2)


def test_answers_to_other_clients_and_duplicates_are_ignored() -> None:
    client = TimesyncClient(VEHICLE)
    (asked,) = client.start(5.0)
    client.receive(m.TIMESYNC(tc1=9, ts1=asked.ts1 + 1), VEHICLE, 5.1)
    client.receive(m.TIMESYNC(tc1=9, ts1=asked.ts1), address(2, 1), 5.1)
    assert client.offset is None
    client.receive(m.TIMESYNC(tc1=9, ts1=asked.ts1), VEHICLE, 5.2)
    first = client.offset
    client.receive(m.TIMESYNC(tc1=99, ts1=asked.ts1), VEHICLE, 5.2)
    assert client.offset == first is not None


def test_an_answer_is_never_answered() -> None:
    assert TimesyncService(VEHICLE).receive(m.TIMESYNC(tc1=5, ts1=3), GROUND_STATION, 1.0) == []
