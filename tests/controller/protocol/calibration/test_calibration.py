"""Calibrations against peers that lead through them as the autopilots do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controller.protocol.calibration.base import SIDES, Calibration, CalibrationView
from controller.protocol.calibration.by_answer import CalibrationByAnswer
from controller.protocol.calibration.by_compasses import CalibrationByCompasses
from controller.protocol.calibration.by_positions import SUCCESS, CalibrationByPositions
from controller.protocol.calibration.by_texts import CalibrationByTexts
from controller.protocol.calibration.server import CalibrationServer
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE, Pipe

PREFLIGHT, POSITION, START_MAG, CANCEL_MAG = 241, 42429, 42424, 42426
ACCEL, LEVEL = (0.0, 0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0, 2.0)
ACCEPTED, REJECTED, FAILED = 0, 1, 4


class Autopilot:
    """Command handler in front of the calibration server; `answer` is given to the start."""

    def __init__(self, server: CalibrationServer, answer: int = ACCEPTED) -> None:
        self.server, self.answer = server, answer
        self.stopped = False

    def __call__(self, call: ReceivedCommand, now: float) -> CommandReply:
        if call.command == POSITION:
            return CommandReply(ACCEPTED if self.server.confirm(call.params[0], now) else FAILED)
        if call.command == CANCEL_MAG or not any(call.params):
            self.stopped = True
            return CommandReply(ACCEPTED, messages=tuple(self.server.stop(now)))
        if self.answer == ACCEPTED:
            kind = "compass" if call.command == START_MAG or call.params[1] else "accel"
            self.server.begin("level" if call.params[4] == 2.0 else kind, now)
        return CommandReply(self.answer)


def joined(machine: Calibration, autopilot: Autopilot, **options: Any) -> Pipe:
    service = CommandService(VEHICLE, autopilot)
    return Pipe([machine], [service, autopilot.server], **options)


def follow(
    pipe: Pipe, machine: Calibration, until_s: float, act: Callable[[float], None] = lambda _: None
) -> None:
    """Run the pipe, and let the operator act after each step."""
    while machine.outcome is None and pipe.now < until_s:
        pipe.run_for(0.1)
        act(pipe.now)


def test_each_position_is_asked_for_confirmed_and_measured_in_order() -> None:
    machine = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    pipe = joined(machine, Autopilot(CalibrationServer("positions", GROUND_STATION)))
    asked: list[str] = []

    def operator(now: float) -> None:
        if machine.view.confirm:
            asked.append(machine.view.wanted)
            pipe.send(machine.confirm(now), to_vehicle=True)

    follow(pipe, machine, 60, operator)
    assert asked == list(SIDES)
    assert machine.view == CalibrationView("done", sides=tuple((side, "done") for side in SIDES))


def test_a_position_is_measured_only_after_the_operator_confirmed_it() -> None:
    machine = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    pipe = joined(machine, Autopilot(CalibrationServer("positions", GROUND_STATION)))
    follow(pipe, machine, 15)
    assert (machine.view.phase, machine.view.wanted, machine.view.confirm) == ("position", "level", True)
    assert [one for _, to, one in pipe.sent if to and one.command == POSITION] == []


def test_a_lost_confirmation_is_asked_for_again() -> None:
    machine = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    lost: list[Message] = []

    def lose_first(message: Message, to_vehicle: bool) -> list[Message]:
        if to_vehicle and message.name == "COMMAND_LONG" and message.command == POSITION and not lost:
            lost.append(message)
            return []
        return [message]

    pipe = joined(machine, Autopilot(CalibrationServer("positions", GROUND_STATION)), filter=lose_first)
    confirmed = 0

    def operator(now: float) -> None:
        nonlocal confirmed
        if machine.view.confirm:
            confirmed += 1
            pipe.send(machine.confirm(now), to_vehicle=True)

    follow(pipe, machine, 60, operator)
    assert machine.view.phase == "done"
    assert confirmed == len(SIDES) + 1


def test_the_result_of_the_calibration_before_does_not_end_a_new_one() -> None:
    machine = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    machine.start(0.0)
    old = m.COMMAND_LONG(target_system=255, target_component=190, command=POSITION, param1=float(SUCCESS))
    machine.receive(old, VEHICLE, 0.1)
    assert machine.outcome is None


def test_a_stop_between_positions_says_that_the_autopilot_waits_and_a_start_goes_on() -> None:
    autopilot = Autopilot(CalibrationServer("positions", GROUND_STATION))
    first = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    pipe = joined(first, autopilot)

    def until_left(now: float) -> None:
        if first.view.confirm and first.view.wanted == "level":
            pipe.send(first.confirm(now), to_vehicle=True)
        elif first.view.wanted == "left":
            pipe.send(first.stop(now), to_vehicle=True)

    follow(pipe, first, 30, until_left)
    assert first.view.phase == "cancelled"
    assert "no command to stop it" in first.view.says
    again = CalibrationByPositions(VEHICLE, PREFLIGHT, ACCEL)
    follow(joined(again, autopilot, now=pipe.now), again, pipe.now + 5)
    assert again.view.wanted == "left"
    assert again.view.sides[0] == ("level", "done")


@pytest.mark.parametrize(("fails", "phase"), [(False, "done"), (True, "failed")])
def test_compasses_show_their_progress_until_all_have_reported(fails: bool, phase: str) -> None:
    machine = CalibrationByCompasses(VEHICLE, START_MAG, (0.0, 0.0, 1.0))
    server = CalibrationServer("positions", GROUND_STATION, fails=fails)
    shown: list[int] = []
    follow(joined(machine, Autopilot(server)), machine, 60, lambda _: shown.append(machine.view.percent or 0))
    assert machine.view.phase == phase
    assert shown == sorted(shown)
    assert max(shown) > 80
    assert machine.view.reboot is not fails
    if fails:
        assert "compass 2: the measurements do not fit" in machine.view.says


@pytest.mark.parametrize(("params", "sides"), [((0.0, 1.0), 6), (ACCEL, 6), (LEVEL, 0)])
def test_texts_lead_through_the_sides_in_any_order(params: tuple[float, ...], sides: int) -> None:
    machine = CalibrationByTexts(VEHICLE, PREFLIGHT, params)
    phases: list[tuple[str, str]] = []

    def note(_: float) -> None:
        if not phases or phases[-1] != (machine.view.phase, machine.view.wanted):
            phases.append((machine.view.phase, machine.view.wanted))

    follow(joined(machine, Autopilot(CalibrationServer("texts", GROUND_STATION))), machine, 90, note)
    assert machine.view.phase == "done"
    assert machine.view.percent == 100
    assert len(machine.view.sides) == sides
    assert {state for _, state in machine.view.sides} <= {"done"}
    if sides:
        turned = [side for phase, side in phases if phase == "measuring" and side]
        assert turned == ["level", "back", "right", "left", "nose_down", "nose_up"]


def test_a_failure_that_the_texts_tell_ends_it_with_their_words() -> None:
    machine = CalibrationByTexts(VEHICLE, PREFLIGHT, LEVEL)
    follow(joined(machine, Autopilot(CalibrationServer("texts", GROUND_STATION, fails=True))), machine, 30)
    assert (machine.view.phase, machine.view.says) == ("failed", "calibration failed: level")


@pytest.mark.parametrize(
    ("machine", "style"),
    [
        (lambda: CalibrationByTexts(VEHICLE, PREFLIGHT, ACCEL), "texts"),
        (lambda: CalibrationByCompasses(VEHICLE, START_MAG, (0.0, 0.0, 1.0)), "positions"),
    ],
    ids=["texts", "compasses"],
)
def test_the_operator_stops_it_at_any_time(machine: Callable[[], Calibration], style: Any) -> None:
    made = machine()
    autopilot = Autopilot(CalibrationServer(style, GROUND_STATION))
    pipe = joined(made, autopilot)
    asked: list[float] = []

    def stop(now: float) -> None:
        if now > 2.0 and not asked:
            asked.append(now)
            pipe.send(made.stop(now), to_vehicle=True)

    follow(pipe, made, 20, stop)
    assert made.view.phase == "cancelled"
    assert autopilot.stopped
    assert not autopilot.server.busy


@pytest.mark.parametrize("way", [CalibrationByPositions, CalibrationByTexts, CalibrationByAnswer])
def test_a_refusal_ends_it_with_the_answer(way: Callable[..., Calibration]) -> None:
    machine = way(VEHICLE, PREFLIGHT, ACCEL)
    autopilot = Autopilot(CalibrationServer("texts", GROUND_STATION), REJECTED)
    follow(joined(machine, autopilot), machine, 60)
    assert machine.view.phase == "failed"
    assert "TEMPORARILY_REJECTED" in machine.view.says


@pytest.mark.parametrize(
    ("way", "within_s"), [(CalibrationByPositions, 60), (CalibrationByTexts, 130), (CalibrationByAnswer, 41)]
)
def test_silence_ends_it(way: Callable[..., Calibration], within_s: float) -> None:
    machine = way(VEHICLE, PREFLIGHT, ACCEL)
    follow(Pipe([machine], []), machine, within_s)
    assert machine.view.phase == "failed"
    assert machine.deadline is None


def test_the_command_is_sent_once_however_late_the_answer_is() -> None:
    machine = CalibrationByAnswer(VEHICLE, PREFLIGHT, ACCEL)
    pipe = Pipe([machine], [])
    follow(pipe, machine, 30)
    assert machine.view.phase == "measuring"
    pipe.send(
        [m.COMMAND_ACK(command=PREFLIGHT, result=0, target_system=255, target_component=190)],
        to_vehicle=False,
    )
    follow(pipe, machine, 31)
    assert machine.view.phase == "done"
    assert len([one for _, to, one in pipe.sent if to]) == 1
