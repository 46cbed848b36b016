"""Events over a bad link: gaps, repetitions, restarts, wrap-around."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.protocol.events.receiver import EventReceiver
from controller.protocol.events.server import KEPT, EventService
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.message import Message
from controller.wire.tlog import TlogFrames
from tests.support.mavlink.lossy_pipe import DEGRADED, PERFECT, VEHICLE, Pipe, PipeConditions

REAL = Path(__file__).parents[3] / "data" / "real"


def event(sequence: int, boot_ms: int = 1000, **fields: Any) -> Message:
    message: Message = m.EVENT(id=sequence, sequence=sequence, event_time_boot_ms=boot_ms, **fields)
    return message


class Ground:
    """A receiver, and the numbers of the events that it passed on."""

    def __init__(self) -> None:
        self.machine = EventReceiver(GROUND_STATION, VEHICLE.system)
        self.now = 0.0

    def receive(self, *messages: Message) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the events passed on and the ranges requested."""
        sent: list[Message] = []
        for message in messages:
            sent += self.machine.receive(message, VEHICLE, self.now)
        return self._result(sent)

    def wait(self, seconds: float) -> tuple[list[int], list[tuple[int, int]]]:
        sent: list[Message] = []
        end = self.now + seconds
        while self.machine.deadline is not None and self.machine.deadline <= end:
            self.now = self.machine.deadline
            sent += self.machine.tick(self.now)
        self.now = end
        return self._result(sent)

    def _result(self, sent: list[Message]) -> tuple[list[int], list[tuple[int, int]]]:
        events = [received.message.sequence for received in self.machine.events()]
        return events, [(request.first_sequence, request.last_sequence) for request in sent]


def test_events_before_the_first_one_received_are_not_requested() -> None:
    assert Ground().receive(event(500), event(501)) == ([500, 501], [])
    assert Ground().receive(m.CURRENT_EVENT_SEQUENCE(sequence=12), event(13)) == ([13], [])


def test_a_gap_is_requested_once_and_the_later_event_does_not_wait() -> None:
    ground = Ground()
    assert ground.receive(event(1), event(4)) == ([1, 4], [(2, 3)])
    assert ground.receive(event(2)) == ([2], [])
    assert ground.wait(0.5) == ([], [(3, 3)])
    assert ground.receive(event(3)) == ([3], [])
    assert ground.machine.deadline is None


def test_one_gap_is_requested_after_the_other() -> None:
    ground = Ground()
    assert ground.receive(event(1), event(4), event(6)) == ([1, 4, 6], [(2, 3)])
    assert ground.receive(event(2), event(3)) == ([2, 3], [])
    assert ground.wait(0.5) == ([], [(5, 5)])


def test_a_lost_last_event_is_found_by_the_announced_number() -> None:
    ground = Ground()
    assert ground.receive(event(1), m.CURRENT_EVENT_SEQUENCE(sequence=2)) == ([1], [(2, 2)])
    assert ground.receive(event(2)) == ([2], [])


def test_a_repeated_event_is_passed_on_once() -> None:
    assert Ground().receive(event(1), event(2), event(1), event(2)) == ([1, 2], [])


def test_numbers_wrap_around() -> None:
    ground = Ground()
    assert ground.receive(event(65534), event(1)) == ([65534, 1], [(65535, 0)])
    assert ground.receive(event(65535), event(0)) == ([65535, 0], [])


def test_an_event_that_is_not_kept_any_more_is_counted_as_lost() -> None:
    ground = Ground()
    ground.receive(event(1), event(9))
    refusal = m.RESPONSE_EVENT_ERROR(
        target_system=255, target_component=190, sequence=2, sequence_oldest_available=9
    )
    assert ground.receive(refusal) == ([], [])
    assert ground.machine.lost() == {VEHICLE: 7}
    assert ground.machine.lost() == {}


def test_a_refusal_to_another_ground_station_is_ignored() -> None:
    ground = Ground()
    ground.receive(event(1), event(9))
    refusal = m.RESPONSE_EVENT_ERROR(
        target_system=250, target_component=190, sequence=2, sequence_oldest_available=9
    )
    assert ground.receive(refusal) == ([], [])


def test_without_an_answer_the_request_is_repeated_and_the_events_given_up() -> None:
    ground = Ground()
    ground.receive(event(1), event(4))
    assert ground.wait(10.0) == ([], [(2, 3)] * 10)
    assert ground.machine.deadline is None
    assert ground.machine.lost() == {VEHICLE: 2}


def test_a_restarted_aircraft_begins_anew() -> None:
    ground = Ground()
    ground.receive(event(700, boot_ms=60_000))
    assert ground.receive(event(3, boot_ms=2_000)) == ([3], [])
    assert ground.receive(m.CURRENT_EVENT_SEQUENCE(sequence=90, flags=1), event(91, boot_ms=3_000)) == (
        [91],
        [],
    )


def test_an_old_event_for_another_ground_station_is_no_restart() -> None:
    ground = Ground()
    ground.receive(event(5, boot_ms=1_000), event(6, boot_ms=90_000))
    assert ground.receive(event(5, boot_ms=1_000), event(7, boot_ms=91_000)) == ([7], [])


def test_events_for_others_are_counted_and_not_shown() -> None:
    ground = Ground()
    assert ground.receive(event(1), event(2, destination_system=9), event(3)) == ([1, 3], [])


def test_components_have_sequences_of_their_own_and_other_systems_are_ignored() -> None:
    machine = EventReceiver(GROUND_STATION, VEHICLE.system)
    for sequence, source in ((5, VEHICLE), (900, address(1, 154)), (6, VEHICLE), (7, address(2, 1))):
        assert machine.receive(event(sequence), source, 0.0) == []
    assert [received.message.sequence for received in machine.events()] == [5, 900, 6]


@pytest.mark.parametrize("conditions", [PERFECT, DEGRADED, PipeConditions(loss=0.3)])
@pytest.mark.parametrize("seed", range(5))
def test_all_events_arrive_over_a_bad_link(conditions: PipeConditions, seed: int) -> None:
    ground, service = EventReceiver(GROUND_STATION, VEHICLE.system), EventService(VEHICLE, first=65530)
    pipe = Pipe([ground], [service], conditions, seed)
    pipe.run_for(0.1)
    pipe.send([m.CURRENT_EVENT_SEQUENCE(sequence=65529)] * 9, to_vehicle=False)
    pipe.run_for(1.0)
    for number in range(30):
        pipe.send([service.emit(number, 6, b"", 1000 * number)], to_vehicle=False)
        pipe.run_for(1.0)
    pipe.run_for(20.0)
    assert sorted(received.message.id for received in ground.events()) == list(range(30))


def test_the_service_refuses_what_it_does_not_keep_by_number() -> None:
    service = EventService(VEHICLE)
    for number in range(KEPT + 5):
        service.emit(number, 6, b"", 0)
    request = m.REQUEST_EVENT(target_system=1, target_component=1, first_sequence=4, last_sequence=5)
    refused, sent = service.receive(request, GROUND_STATION, 0.0)
    assert (refused.name, refused.sequence, refused.sequence_oldest_available) == (
        "RESPONSE_EVENT_ERROR",
        4,
        5,
    )
    assert (sent.name, sent.sequence) == ("EVENT", 5)


@pytest.mark.parametrize("recording", sorted(REAL.glob("px4_*.tlog")), ids=lambda path: path.stem)
def test_each_recorded_event_is_passed_on_though_some_before_it_were_lost(recording: Path) -> None:
    frames = list(TlogFrames(recording.read_bytes()))
    machine = EventReceiver(GROUND_STATION, frames[0][1].system)
    for time_us, frame in frames:
        if machine.deadline is not None and time_us / 1e6 >= machine.deadline:
            machine.tick(time_us / 1e6)
        machine.receive(dialect.DECODERS[frame.msg_id](frame.raw), frame.source, time_us / 1e6)
    recorded = [frame for _, frame in frames if frame.name == "EVENT"]
    assert len(machine.events()) == len(recorded)


def test_the_recorded_gap_of_a_booting_px4_is_requested() -> None:
    machine = EventReceiver(GROUND_STATION, 8)
    frames = TlogFrames((REAL / "px4_plane_without_landing_denied.tlog").read_bytes())
    requests: list[Message] = []
    for time_us, frame in frames:
        requests += machine.receive(dialect.DECODERS[frame.msg_id](frame.raw), frame.source, time_us / 1e6)
    assert [(request.first_sequence, request.last_sequence) for request in requests] == [(5, 9)]
