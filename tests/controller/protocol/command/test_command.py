"""Command protocol: each command takes effect once; refusals and timeouts are distinguished."""

from __future__ import annotations

from typing import Any

import pytest

from controller.errors import AircraftRefused, LinkError
from controller.protocol.command.client import (
    ACCEPTED,
    CANCELLED,
    IN_PROGRESS,
    TEMPORARILY_REJECTED,
    CommandRefused,
    CommandRequest,
    safe_to_retry,
)
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import DEGRADED, VEHICLE, Pipe, PipeConditions

ARM, YAW, SPEED, CALIBRATE = 400, 115, 178, 241


def ack(command: int = ARM, result: int = ACCEPTED, **fields: Any) -> Message:
    fields = {"target_system": 255, "target_component": 190} | fields
    message: Message = m.COMMAND_ACK(command=command, result=result, **fields)
    return message


class Handler:
    """Command handler that records commands and always returns the same reply."""

    def __init__(self, reply: CommandReply | None = None) -> None:
        self.calls: list[ReceivedCommand] = []
        self.reply = reply or CommandReply(ACCEPTED)

    def __call__(self, call: ReceivedCommand, now: float) -> CommandReply:  # noqa: ARG002
        self.calls.append(call)
        return self.reply


def test_an_accepted_command_ends_with_its_result() -> None:
    request = CommandRequest(VEHICLE, ARM, (1.0,))
    handler = Handler(CommandReply(ACCEPTED, result_param2=7))
    assert Pipe([request], [CommandService(VEHICLE, handler)]).run().result_param2 == 7
    assert handler.calls == [ReceivedCommand(ARM, (1.0, 0, 0, 0, 0, 0, 0), address(255, 190))]


@pytest.mark.parametrize(
    ("result", "text"),
    [(1, "TEMPORARILY_REJECTED"), (2, "DENIED"), (3, "UNSUPPORTED"), (4, "FAILED"), (99, "99")],
)
def test_a_refusal_names_the_command_and_the_reason(result: int, text: str) -> None:
    pipe = Pipe([CommandRequest(VEHICLE, ARM)], [CommandService(VEHICLE, Handler(CommandReply(result)))])
    with pytest.raises(
        CommandRefused, match=f"cannot execute command COMPONENT_ARM_DISARM: refused by 1/1 with {text}"
    ) as caught:
        pipe.run()
    assert caught.value.result == result
    assert isinstance(caught.value, AircraftRefused)


def test_no_answer_is_a_link_error_after_six_tries_with_rising_confirmation() -> None:
    pipe = Pipe([CommandRequest(VEHICLE, ARM)], [], PipeConditions(loss=1.0))
    with pytest.raises(LinkError, match="no answer from 1/1 to 6 tries"):
        pipe.run()
    assert [sent.confirmation for sent in pipe.messages(to_vehicle=True)] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("command", "params"), [(YAW, (10, 5, 1, 1)), (SPEED, (0, 5, -1, 1)), (CALIBRATE, (1,))]
)
def test_a_command_that_a_repeat_would_add_to_is_sent_once(command: int, params: tuple[float, ...]) -> None:
    pipe = Pipe([CommandRequest(VEHICLE, command, params)], [], PipeConditions(loss=1.0))
    with pytest.raises(LinkError, match="may have been executed"):
        pipe.run()
    assert len(pipe.messages(to_vehicle=True)) == 1


def test_the_absolute_forms_of_those_commands_are_retried() -> None:
    assert safe_to_retry(YAW, (10, 5, 1, 0, 0, 0, 0))
    assert safe_to_retry(SPEED, (0, 5, -1, 0, 0, 0, 0))
    assert safe_to_retry(ARM, (1, 0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize("seed", range(100))
def test_on_a_bad_link_a_command_takes_effect_exactly_once(seed: int) -> None:
    handler = Handler()
    service = CommandService(VEHICLE, handler, duplicate_s=0.2)
    pipe = Pipe([CommandRequest(VEHICLE, ARM, (1.0,))], [service], DEGRADED, seed)
    try:
        pipe.run()
        assert len(handler.calls) == 1
    except LinkError:
        assert len(handler.calls) <= 1
    pipe.run_for(5.0)
    assert len(handler.calls) <= 1


def test_a_new_command_of_the_same_number_is_executed_again() -> None:
    handler = Handler()
    pipe = Pipe([CommandRequest(VEHICLE, ARM, (1.0,))], [CommandService(VEHICLE, handler)])
    pipe.run()
    pipe.run_for(1.0)
    pipe.add(again := CommandRequest(VEHICLE, ARM, (1.0,)))
    pipe.run(again)
    assert len(handler.calls) == 2


def test_a_retry_from_another_ground_station_is_a_new_command() -> None:
    handler = Handler()
    service = CommandService(VEHICLE, handler)
    message = m.COMMAND_LONG(command=ARM, param1=1.0, target_system=1, target_component=1, confirmation=1)
    for system in (255, 254):
        service.receive(message, address(system, 190), 0.0)
    assert [call.source.system for call in handler.calls] == [255, 254]


def test_a_first_copy_that_arrives_after_its_retry_has_no_effect() -> None:
    handler = Handler()
    service = CommandService(VEHICLE, handler)
    first = m.COMMAND_LONG(command=ARM, param1=1.0, target_system=1, target_component=1)
    service.receive(first.replace(confirmation=1), address(255, 190), 0.0)
    (answer,) = service.receive(first, address(255, 190), 1.0)
    assert answer.result == ACCEPTED
    assert len(handler.calls) == 1


def test_a_retry_after_a_long_time_is_a_new_command() -> None:
    handler = Handler()
    service = CommandService(VEHICLE, handler)
    retry = m.COMMAND_LONG(command=ARM, param1=1.0, target_system=1, target_component=1, confirmation=1)
    service.receive(retry, address(255, 190), 0.0)
    service.receive(retry, address(255, 190), 60.0)
    assert len(handler.calls) == 2


def test_commands_for_another_system_are_not_answered() -> None:
    service = CommandService(VEHICLE, Handler())
    other = m.COMMAND_LONG(command=ARM, target_system=2, target_component=1)
    assert service.receive(other, address(255, 190), 0.0) == []


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        (ack(), address(2, 1)),
        (ack(), address(1, 154)),
        (ack(command=176), VEHICLE),
        (ack(target_system=254), VEHICLE),
        (ack(target_component=1), VEHICLE),
    ],
    ids=["other system", "other component", "other command", "other ground station", "other program"],
)
def test_an_ack_that_is_not_ours_does_not_end_the_command(answer: Message, source: Any) -> None:
    request = CommandRequest(VEHICLE, ARM)
    request.start(0.0)
    request.receive(answer, source, 0.1)
    assert request.outcome is None


def test_an_ack_without_target_counts_as_ours() -> None:
    request = CommandRequest(VEHICLE, ARM)
    request.start(0.0)
    request.receive(ack(target_system=0, target_component=0), VEHICLE, 0.1)
    assert request.outcome is not None


def test_progress_is_reported_and_extends_the_timeout_without_a_repeat() -> None:
    request = CommandRequest(VEHICLE, CALIBRATE, (1.0,))
    service = CommandService(VEHICLE, Handler(CommandReply(IN_PROGRESS, progress=0)))
    pipe = Pipe([request], [service])
    for percent in (20, 40, 60):
        pipe.run_for(8.0)
        pipe.send(service.report(CALIBRATE, percent), to_vehicle=False)
        pipe.run_for(0.1)
        assert request.progress.done == percent
    pipe.send(service.conclude(CALIBRATE, ACCEPTED), to_vehicle=False)
    assert pipe.run().progress == 60
    assert len(pipe.messages(to_vehicle=True)) == 1


def test_a_timeout_after_progress_is_a_link_error_with_the_progress() -> None:
    pipe = Pipe(
        [CommandRequest(VEHICLE, CALIBRATE)],
        [CommandService(VEHICLE, Handler(CommandReply(IN_PROGRESS, 40)))],
    )
    with pytest.raises(LinkError, match="last at 40 %, then stopped answering"):
        pipe.run()


def test_while_a_command_runs_a_new_one_is_rejected_and_a_retry_in_progress() -> None:
    handler = Handler(CommandReply(IN_PROGRESS, 5))
    service = CommandService(VEHICLE, handler)
    first = m.COMMAND_LONG(command=CALIBRATE, param1=1.0, target_system=1, target_component=1)
    service.receive(first, address(255, 190), 0.0)
    (again,) = service.receive(first, address(255, 190), 3.0)
    (retry,) = service.receive(first.replace(confirmation=1), address(255, 190), 3.1)
    (other,) = service.receive(first, address(254, 190), 3.2)
    assert [again.result, retry.result, other.result] == [
        TEMPORARILY_REJECTED,
        IN_PROGRESS,
        TEMPORARILY_REJECTED,
    ]
    assert len(handler.calls) == 1


def test_a_running_command_can_be_cancelled() -> None:
    stopped: list[ReceivedCommand] = []

    def cancel(call: ReceivedCommand, now: float) -> bool:
        stopped.append(call)
        return True

    request = CommandRequest(VEHICLE, CALIBRATE)
    pipe = Pipe([request], [CommandService(VEHICLE, Handler(CommandReply(IN_PROGRESS)), cancel=cancel)])
    pipe.run_for(1.0)
    pipe.send(request.cancel(pipe.now), to_vehicle=True)
    with pytest.raises(CommandRefused) as caught:
        pipe.run()
    assert caught.value.result == CANCELLED
    assert len(stopped) == 1


def test_an_unanswered_cancel_ends_and_sends_nothing_more() -> None:
    request = CommandRequest(VEHICLE, ARM)
    pipe = Pipe([request], [], PipeConditions(loss=1.0))
    pipe.send(request.cancel(0.0), to_vehicle=True)
    with pytest.raises(LinkError):
        pipe.run()
    assert [sent.name for sent in pipe.messages(to_vehicle=True)] == ["COMMAND_LONG", "COMMAND_CANCEL"]


def test_an_int_only_aircraft_gets_command_int_with_scaled_positions() -> None:
    class IntOnly(Handler):
        def __call__(self, call: ReceivedCommand, now: float) -> CommandReply:
            super().__call__(call, now)
            return CommandReply(8 if call.frame is None else ACCEPTED)

    handler = IntOnly()
    request = CommandRequest(VEHICLE, 192, (-1, 1, 0, 0, 47.25, 8.5, 30.0))
    Pipe([request], [CommandService(VEHICLE, handler)]).run()
    assert [call.frame for call in handler.calls] == [None, 0]
    assert (handler.calls[1].x, handler.calls[1].y, handler.calls[1].z) == (472_500_000, 85_000_000, 30.0)


def test_a_long_only_aircraft_gets_command_long_in_degrees() -> None:
    class LongOnly(Handler):
        def __call__(self, call: ReceivedCommand, now: float) -> CommandReply:
            super().__call__(call, now)
            return CommandReply(7 if call.frame is not None else ACCEPTED)

    handler = LongOnly()
    request = CommandRequest(VEHICLE, 192, (-1, 1), frame=6, x=472_500_000, y=85_000_000, z=30.0)
    Pipe([request], [CommandService(VEHICLE, handler)]).run()
    assert handler.calls[1].params == (-1, 1, 0, 0, 47.25, 8.5, 30.0)


def test_an_aircraft_that_accepts_neither_form_is_a_refusal() -> None:
    class Neither(Handler):
        def __call__(self, call: ReceivedCommand, now: float) -> CommandReply:
            super().__call__(call, now)
            return CommandReply(7 if call.frame is not None else 8)

    handler = Neither()
    with pytest.raises(CommandRefused):
        Pipe([CommandRequest(VEHICLE, ARM)], [CommandService(VEHICLE, handler)]).run()
    assert len(handler.calls) == 2


def test_messages_of_a_reply_follow_the_ack() -> None:
    text = m.STATUSTEXT(text="hello")
    service = CommandService(VEHICLE, Handler(CommandReply(ACCEPTED, messages=(text,))))
    message = m.COMMAND_LONG(command=512, target_system=1, target_component=1)
    assert [answer.name for answer in service.receive(message, address(255, 190), 0.0)] == [
        "COMMAND_ACK",
        "STATUSTEXT",
    ]


def test_a_retry_repeats_the_messages_of_the_reply() -> None:
    service = CommandService(VEHICLE, Handler(CommandReply(ACCEPTED, messages=(m.STATUSTEXT(text="hello"),))))
    message = m.COMMAND_LONG(command=512, target_system=1, target_component=1)
    service.receive(message, address(255, 190), 0.0)
    again = service.receive(message.replace(confirmation=1), address(255, 190), 1.0)
    assert [answer.name for answer in again] == ["COMMAND_ACK", "STATUSTEXT"]


def test_a_refused_repeat_warns_that_the_first_copy_may_have_been_executed() -> None:
    """Takeoff: the first copy works, its ACK is lost, the second is refused because the aircraft is in the air."""
    request = CommandRequest(VEHICLE, 22)
    request.start(0.0)
    request.tick(request.deadline or 0.0)
    request.receive(ack(22, 4), VEHICLE, 1.5)
    error = request.outcome.error  # type: ignore[union-attr]
    assert isinstance(error, CommandRefused)
    assert error.retried
    assert "may have been executed" in str(error)
