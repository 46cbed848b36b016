"""Command to several aircraft: addressees, acknowledgement, and when it is abandoned."""

from __future__ import annotations

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.box.rig import Rig, heartbeat, station_heartbeat

LAND = 21


class Field:
    """A pressed stop, and two aircraft: 1/1 and 2/7."""

    def __init__(self) -> None:
        self.rig = Rig(radios=[{"port": "memory"}], emergency_stop={"hold_ms": 0, "action": "land"})
        self.aircraft = {1: Encoder(address(1, 1)), 2: Encoder(address(2, 7))}
        self.rig.up(station_heartbeat())
        self.sent(10)
        self.rig.pressed = True
        assert set(self.sent(100)) == {(1, 1, 0), (2, 7, 0)}
        self.rig.pressed = False

    def sent(self, ms: int) -> list[tuple[int, int, int]]:
        """(system, component, confirmation) of the commands that went out."""
        rig = self.rig
        for encoder in self.aircraft.values():
            rig.radios[0].feed(encoder.pack(heartbeat()))
        rig.run(ms)
        messages = [frame.message() for frame in rig.heard(rig.radios[0]) if frame.name == "COMMAND_LONG"]
        assert {message.command for message in messages} <= {LAND}
        return [(x.target_system, x.target_component, x.confirmation) for x in messages]

    def answer(
        self, system: int, component: int, *, command: int = LAND, result: int = 0, to: int = 255
    ) -> None:
        ack = m.COMMAND_ACK(command=command, result=result, target_system=to)
        self.rig.radios[0].feed(Encoder(address(system, component)).pack(ack))

    def open(self) -> set[int]:
        """Systems that are still commanded."""
        self.sent(500)
        return {system for system, _, _ in self.sent(500)}


def test_each_aircraft_is_addressed_by_its_ids_with_a_confirmation_count() -> None:
    field = Field()
    assert [field.sent(500) for _ in range(2)] == [[(1, 1, i), (2, 7, i)] for i in (1, 2)]


def test_an_answer_closes_the_order_of_the_aircraft_that_gave_it_alone() -> None:
    field = Field()
    field.answer(1, 1)
    assert field.open() == {2}
    field.answer(2, 7, result=5)
    assert field.open() == set()


def test_the_answer_to_another_command_closes_nothing() -> None:
    field = Field()
    field.answer(1, 1, command=400)
    assert field.open() == {1, 2}


def test_the_answer_of_another_component_closes_nothing() -> None:
    field = Field()
    field.answer(1, 154)
    field.answer(2, 1)
    assert field.open() == {1, 2}


def test_an_ack_to_another_station_is_ignored() -> None:
    field = Field()
    field.answer(1, 1, to=250)
    assert field.open() == {1, 2}
    field.answer(1, 1, to=0)
    assert field.open() == {2}


def test_temporarily_rejected_is_asked_again_and_a_refusal_is_not() -> None:
    field = Field()
    field.answer(1, 1, result=1)
    field.answer(2, 7, result=4)
    assert field.open() == {1}
    order = field.rig.bridge.estop.fleet_command  # type: ignore[union-attr]
    assert (order.accepted, order.refused) == (0, 1)


def test_after_eleven_tries_it_is_given_up_aloud() -> None:
    field = Field()
    field.answer(1, 1)
    assert sum(len(field.sent(500)) for _ in range(30)) == 10
    assert "aircraft did not answer: 1" in field.rig.texts()


def test_a_command_goes_only_to_the_aircraft_it_was_given_for() -> None:
    field = Field()
    del field.aircraft[2]
    field.aircraft[3] = Encoder(address(3, 1))
    assert field.open() == {1, 2}


def test_an_order_that_was_never_answered_ends_when_the_aircraft_is_forgotten() -> None:
    field = Field()
    field.answer(1, 1)
    field.aircraft = {}
    field.rig.run(4000)
    field.rig.run(700_000, step_ms=500)
    field.rig.heard(field.rig.radios[0])
    assert field.sent(5000) == []
