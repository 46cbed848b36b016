"""Stop, button and dead-man together: priorities and addressees."""

from __future__ import annotations

from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.box.rig import Rig, heartbeat, station_heartbeat

ONE = [{"port": "memory", "baud": 57600}]
LAND, RETURN = 21, 20
Sent = list[tuple[int, int, int]]


class Flight:
    """One radio, an aircraft with a 1 Hz heartbeat that acknowledges commands, and a laptop that may be silent."""

    def __init__(self, **changes: Any) -> None:
        given = {
            "radios": ONE,
            "dead_man": {"silent_ms": 3000, "hold_ms": 10_000, "action": "return"},
            "emergency_stop": {"hold_ms": 500, "button_hold_ms": 2000},
            **changes,
        }
        self.rig = Rig(**given)
        self.laptop = True
        self.radio = True
        self.armed = True
        self.answers = True
        self.others: list[Encoder] = []

    def fly(self, seconds: float) -> Sent:
        """The commands that the aircraft hear meanwhile: (command, system, component)."""
        rig = self.rig
        found = []
        for _ in range(int(seconds * 10)):
            if rig.now_ms // 100 % 10 == 0:
                if self.radio:
                    rig.down(heartbeat(armed=self.armed))
                    rig.radios[0].feed(b"".join(other.pack(heartbeat()) for other in self.others))
                if self.laptop:
                    rig.up(station_heartbeat())
            rig.run(100)
            for frame in rig.heard(rig.radios[0]):
                if frame.name != "COMMAND_LONG":
                    continue
                command = frame.message()
                found.append((int(command.command), command.target_system, command.target_component))
                if self.answers:
                    rig.down(m.COMMAND_ACK(command=command.command, result=0, target_system=255))
        return found

    def press(self, *, button: bool = False, seconds: float = 1) -> Sent:
        name = "confirmed" if button else "pressed"
        setattr(self.rig, name, True)
        found = self.fly(seconds)
        setattr(self.rig, name, False)
        return found

    def beats(self, seconds: float) -> int:
        """Heartbeats in the laptop's name meanwhile."""
        rig, count = self.rig, 0
        for _ in range(int(seconds)):
            rig.down(heartbeat(armed=self.armed))
            rig.run(1000)
            count += rig.names(rig.radios[0]).count("HEARTBEAT")
        return count


def test_the_dead_man_does_not_override_the_stop_at_the_end_of_the_hold_time() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = False
    flight.fly(6)
    assert flight.press() == [(LAND, 1, 1)]
    assert flight.fly(30) == []
    assert "commanded by hand already: no action" in flight.rig.texts()


def test_a_stop_cancels_unacknowledged_dead_man_commands() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = flight.answers = False
    assert set(flight.fly(14)) == {(RETURN, 1, 1)}
    flight.press(seconds=0.6)
    assert set(flight.fly(10)) == {(LAND, 1, 1)}


def test_a_stop_while_the_laptop_is_there_holds_when_it_falls_silent_afterwards() -> None:
    flight = Flight()
    flight.fly(5)
    assert flight.press() == [(LAND, 1, 1)]
    flight.laptop = False
    assert flight.fly(40) == []


def test_the_dead_man_is_rearmed_by_the_laptops_return_or_when_all_are_disarmed() -> None:
    for returned in (True, False):
        flight = Flight()
        flight.fly(5)
        flight.laptop = not returned
        flight.fly(5)
        flight.press()
        flight.fly(3)
        flight.laptop = True
        flight.armed = returned
        flight.fly(3)
        flight.armed, flight.laptop = True, False
        flight.rig.down(heartbeat())
        assert flight.fly(30) == [(RETURN, 1, 1)]


def test_after_an_accepted_stop_the_heartbeat_goes_on_so_that_no_failsafe_undoes_it() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = False
    flight.fly(6)
    flight.press()
    flight.fly(20)
    assert flight.rig.bridge.dead_man is not None
    assert flight.rig.bridge.dead_man.state == 3
    assert flight.beats(10) >= 9


def test_the_stop_reaches_every_aircraft_and_the_button_the_armed_ones() -> None:
    for button, command in ((False, LAND), (True, RETURN)):
        flight = Flight()
        flight.armed = False
        flight.others = [Encoder(address(2, 1))]
        flight.fly(3)
        wanted = {(RETURN, 2, 1)} if button else {(LAND, 1, 1), (LAND, 2, 1)}
        assert set(flight.press(button=button, seconds=3)) == wanted, command
        assert ("button, return: 1 aircraft" in flight.rig.texts()) == button


def test_the_button_acts_only_after_its_time_and_once_a_press() -> None:
    flight = Flight()
    flight.fly(3)
    assert flight.press(button=True, seconds=1.8) == []
    flight.fly(1)
    assert flight.press(button=True, seconds=10) == [(RETURN, 1, 1)]
    assert "button, return: 1 aircraft" in flight.rig.texts()


def test_the_button_does_nothing_while_the_stop_is_held_or_not_answered() -> None:
    flight = Flight()
    flight.fly(3)
    flight.rig.confirmed = True
    assert flight.press(seconds=4) == [(LAND, 1, 1)]
    flight.rig.confirmed = False
    flight.fly(1)
    flight.answers = False
    flight.press(seconds=0.6)
    assert set(flight.press(button=True, seconds=3)) == {(LAND, 1, 1)}


def test_a_stop_takes_back_what_the_button_has_commanded() -> None:
    flight = Flight()
    flight.fly(3)
    flight.answers = False
    assert set(flight.press(button=True, seconds=3)) == {(RETURN, 1, 1)}
    flight.press(seconds=0.6)
    assert set(flight.fly(3)) == {(LAND, 1, 1)}


def test_what_the_button_has_commanded_the_dead_man_leaves_alone() -> None:
    flight = Flight(dead_man={"silent_ms": 3000, "hold_ms": 10_000, "action": "land"})
    flight.fly(5)
    flight.laptop = False
    flight.fly(5)
    assert flight.press(button=True, seconds=3) == [(RETURN, 1, 1)]
    assert flight.fly(30) == []


def test_an_aircraft_blocked_by_a_rule_is_neither_returned_nor_stopped() -> None:
    ours = {"direction": "both", "allow": True, "system": 1}
    flight = Flight(firewall={"rules": [ours, {"direction": "down", "allow": False}]})
    flight.others = [Encoder(address(77, 1))]
    flight.fly(5)
    flight.laptop = False
    assert flight.fly(20) == [(RETURN, 1, 1)]
    assert flight.press() == [(LAND, 1, 1)]


def test_the_dead_man_and_the_button_obey_the_rules_and_say_whom_these_bar() -> None:
    for button in (True, False):
        flight = Flight(firewall={"rules": [{"direction": "up", "allow": False, "target": 77}]})
        flight.others = [Encoder(address(77, 1))]
        flight.fly(5)
        flight.laptop = button
        sent = flight.press(button=True, seconds=3) if button else flight.fly(20)
        assert sent == [(RETURN, 1, 1)]
        assert "the rules bar a command to 1 aircraft" in flight.rig.texts()


def test_only_an_aircraft_in_contact_costs_tries_and_no_stale_command_is_sent() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = flight.radio = flight.answers = False
    flight.rig.radios[0].gone = True
    assert flight.fly(60) == []
    assert "commanded 0 aircraft, 1 when heard" in flight.rig.texts()
    flight.rig.radios[0].gone = False
    assert flight.fly(5) == []
    flight.radio = True
    assert flight.fly(2.5) == [(RETURN, 1, 1)] * 5
    assert len(flight.fly(60)) == 6


def test_an_aircraft_out_of_contact_is_left_to_its_own_failsafe() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = flight.radio = False
    flight.fly(20)
    sent = len(flight.rig.radios[0].sent)
    assert flight.fly(60) == []
    assert len(flight.rig.radios[0].sent) == sent  # no heartbeat either


def test_an_aircraft_that_has_landed_when_it_is_heard_again_is_not_commanded() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = flight.radio = False
    flight.fly(30)
    flight.radio, flight.armed = True, False
    assert flight.fly(20) == []


def test_the_laptops_return_takes_back_an_order_that_is_not_answered() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = flight.answers = False
    assert flight.fly(15) != []
    flight.laptop = True
    flight.fly(1)
    assert flight.fly(10) == []


def test_the_laptop_that_returns_hears_what_was_commanded_and_what_became_of_it() -> None:
    for answers, outcome in (
        (True, "1 accepted, 0 refused, 0 silent"),
        (False, "0 accepted, 0 refused, 1 silent"),
    ):
        flight = Flight()
        flight.fly(5)
        flight.rig.laptop.gone = True
        flight.answers = answers
        flight.laptop = False
        flight.fly(120)
        flight.rig.texts()
        flight.rig.laptop.gone, flight.laptop = False, True
        flight.fly(3)
        texts = flight.rig.texts()
        assert f"return to 1: {outcome}" in texts
        assert flight.rig.bridge.dead_man is not None
        assert texts.count("laptop is back") == 1


def test_a_stop_pressed_while_the_laptop_was_gone_is_told_when_it_is_back() -> None:
    flight = Flight()
    flight.fly(5)
    flight.laptop = False
    flight.fly(5)
    flight.press()
    flight.rig.texts()
    flight.laptop = True
    flight.fly(2)
    assert "stop to 1: 1 accepted, 0 refused, 0 silent" in flight.rig.texts()


@pytest.mark.parametrize("up", ["best", "all"])
def test_the_stop_passes_a_full_queue(up: str) -> None:
    flight = Flight(uplink=up)
    flight.fly(3)
    rig = flight.rig
    rig.pressed = True
    rig.run(500)
    rig.up(*[m.COMMAND_LONG(command=1, target_system=1)] * 60)  # in the turn in which it acts
    rig.run(50)
    commands = [frame.message().command for frame in rig.heard(rig.radios[0]) if frame.name == "COMMAND_LONG"]
    assert LAND in commands
    assert rig.bridge.radios[0].shaper.queues[0].frames > 20


def test_what_waited_for_the_radio_when_the_stop_acted_does_not_leave_after_it() -> None:
    flight = Flight()
    flight.fly(3)
    rig = flight.rig
    rig.pressed = True
    rig.run(480)
    takeoff = m.COMMAND_LONG(command=22, target_system=1)
    rig.up(*[m.COMMAND_LONG(command=1, target_system=1)] * 25, takeoff)
    rig.run(1000)
    frames = rig.heard(rig.radios[0])  # all of them whole
    commands = [int(frame.message().command) for frame in frames if frame.name == "COMMAND_LONG"]
    assert set(commands) == {1, LAND}
    assert set(commands[commands.index(LAND) :]) == {LAND}


def test_what_the_button_has_queued_does_not_leave_after_the_stop() -> None:
    flight = Flight(emergency_stop={"hold_ms": 0, "button_hold_ms": 1000})
    flight.fly(3)
    rig = flight.rig
    rig.confirmed = True
    rig.run(980)
    rig.up(*[m.COMMAND_LONG(command=1, target_system=1)] * 60)
    rig.run(40)
    assert "button, return: 1 aircraft" in rig.texts()
    rig.pressed = True
    rig.run(1000)
    commands = [
        int(frame.message().command) for frame in rig.heard(rig.radios[0]) if frame.name == "COMMAND_LONG"
    ]
    assert LAND in commands
    assert RETURN not in commands


def test_the_stop_goes_on_into_dead_air_until_somebody_is_heard() -> None:
    flight = Flight()
    flight.fly(3)
    flight.radio = flight.answers = False
    flight.fly(6)
    flight.press()
    assert len(flight.fly(30)) > 50
    flight.radio = True
    assert len(flight.fly(30)) == 11
    assert "aircraft did not answer: 1" in flight.rig.texts()


def test_a_stop_that_is_held_also_stops_the_aircraft_that_are_first_heard_then() -> None:
    flight = Flight()
    flight.radio = False
    flight.rig.pressed = True
    assert flight.fly(3) == []
    assert "emergency stop: 0 aircraft" in flight.rig.texts()
    flight.radio = True
    assert flight.fly(3) == [(LAND, 1, 1)]
    flight.others = [Encoder(address(2, 1))]
    assert set(flight.fly(2)) == {(LAND, 2, 1)}
    assert "emergency stop: 1 aircraft more" in flight.rig.texts()
    flight.rig.pressed = False
    flight.others = [Encoder(address(3, 1))]
    assert {system for _, system, _ in flight.fly(3)} == {2}  # which has not answered


def test_a_stop_that_is_held_is_not_given_up_on_an_aircraft_that_is_heard() -> None:
    flight = Flight()
    flight.fly(3)
    flight.answers = False
    flight.rig.pressed = True
    assert len(flight.fly(20)) > 30
    assert "aircraft did not answer: 1" in flight.rig.texts()
    flight.answers = True
    assert flight.fly(2) == [(LAND, 1, 1)]
    assert not flight.rig.bridge.commands.is_unanswered()


@pytest.mark.parametrize("answers", [True, False])
def test_a_forgotten_aircraft_that_reappears_is_stopped_while_the_stop_is_held(
    answers: bool,
) -> None:
    flight = Flight()
    flight.answers = answers
    flight.fly(3)
    flight.rig.pressed = True
    assert set(flight.fly(3)) == {(LAND, 1, 1)}
    flight.rig.run(700_000, step_ms=1000)
    flight.rig.heard(flight.rig.radios[0])
    flight.answers = True
    assert flight.fly(3) == [(LAND, 1, 1)]
    assert not flight.rig.bridge.commands.is_unanswered()


@pytest.mark.parametrize("button", [True, False])
@pytest.mark.parametrize("result", [4, None])
def test_a_refused_or_abandoned_command_counts_as_unanswered(result: int | None, button: bool) -> None:
    flight = Flight()
    flight.fly(3)
    flight.answers = False
    flight.press(button=button, seconds=2.5 if button else 0.6)
    if result is not None:
        command = RETURN if button else LAND
        flight.rig.down(m.COMMAND_ACK(command=command, result=result, target_system=255))
    flight.fly(10)
    held = flight.rig.bridge.button if button else flight.rig.bridge.estop
    assert held is not None
    assert not held.fleet_command.active
    assert flight.rig.bridge.commands.is_unanswered()


def test_the_dead_man_commands_nothing_during_a_held_stop_even_after_a_return() -> None:
    flight = Flight()
    flight.fly(5)
    flight.rig.pressed = True
    flight.laptop = False
    assert flight.fly(20) == [(LAND, 1, 1)]
    flight.laptop = True
    flight.fly(5)
    flight.laptop = False
    assert flight.fly(30) == []
