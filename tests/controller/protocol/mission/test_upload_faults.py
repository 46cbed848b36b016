"""Faults of mission uploads: refusals, timeouts, late and ambiguous answers."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from controller.errors import AircraftRefused, LinkError, UserError
from controller.protocol.mission.behavior import ARDUPILOT, PX4, MissionBehavior
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.wire import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    FENCE,
    INVALID_SEQUENCE,
    MISSION,
    MissionRefused,
)
from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE, Pipe, PipeConditions
from tests.support.mavlink.mission_transfers import (
    EACH_BEHAVIOR,
    OTHER_GROUND,
    ack,
    items,
    request,
    started,
    stores,
)


def test_an_acceptance_before_all_items_were_requested_is_ignored() -> None:
    upload = started(3)
    upload.receive(ack(ACCEPTED), VEHICLE, 0.1)
    upload.receive(request(0), VEHICLE, 0.2)
    upload.receive(request(1), VEHICLE, 0.3)
    upload.receive(ack(ACCEPTED), VEHICLE, 0.4)
    assert upload.outcome is None
    upload.receive(request(2), VEHICLE, 0.5)
    upload.receive(ack(ACCEPTED), VEHICLE, 0.6)
    assert upload.outcome is not None


def test_requests_out_of_order_and_repeated_get_the_requested_item() -> None:
    upload = started(3)
    asked = [2, 0, 0, 1, 2]
    answers = [upload.receive(request(seq), VEHICLE, 0.1) for seq in asked]
    assert [answer[0].seq for answer in answers] == asked
    assert [answer[0].x for answer in answers] == asked


@pytest.mark.parametrize(
    ("message", "source"),
    [
        (request(0), address(2, 1)),
        (request(0), address(1, 2)),
        (request(0, target_system=254), VEHICLE),
        (request(0, mission_type=1), VEHICLE),
        (request(3), VEHICLE),
    ],
    ids=["other system", "other component", "for another", "other type", "no such item"],
)
def test_requests_of_other_uploads_get_no_answer(message: Message, source: Address) -> None:
    upload = started(3)
    assert upload.receive(message, source, 0.1) == []
    assert upload.outcome is None


@pytest.mark.parametrize("result", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 77])
def test_a_refused_item_is_named_with_the_reason(result: int) -> None:
    upload = started(3)
    upload.receive(request(0), VEHICLE, 0.1)
    upload.receive(request(1), VEHICLE, 0.2)
    upload.receive(ack(result), VEHICLE, 0.3)
    error = upload.outcome.error  # type: ignore[union-attr]
    assert isinstance(error, MissionRefused)
    assert isinstance(error, AircraftRefused)
    assert (error.item, error.result) == (1, result)
    assert "refused item 1" in str(error)


def test_a_mission_that_is_too_long_is_refused_with_no_space() -> None:
    service = MissionService(VEHICLE, stores(), PX4, max_items=2)
    with pytest.raises(MissionRefused, match="NO_SPACE"):
        Pipe([MissionUpload(VEHICLE, items(3))], [service]).run()


def test_an_error_followed_by_a_request_is_ignored() -> None:
    upload = started(2)
    upload.receive(request(0), VEHICLE, 0.1)
    upload.receive(ack(ERROR), VEHICLE, 0.2)
    upload.receive(request(1), VEHICLE, 0.3)
    upload.receive(ack(ACCEPTED), VEHICLE, 0.4)
    assert upload.outcome.value.items == 2  # type: ignore[union-attr]


def test_an_error_followed_by_silence_is_a_refusal_of_that_item() -> None:
    upload = started(3)
    upload.receive(request(0), VEHICLE, 0.1)
    upload.receive(request(1), VEHICLE, 0.2)
    upload.receive(ack(ERROR), VEHICLE, 0.3)
    upload.tick(upload.deadline or 0.0)
    assert upload.outcome.error.item == 1  # type: ignore[union-attr]


@EACH_BEHAVIOR
def test_a_refused_item_ends_the_upload(behavior: MissionBehavior) -> None:
    service = MissionService(VEHICLE, stores(), behavior, validate=lambda _, seq: 6 if seq == 4 else 0)
    with pytest.raises(MissionRefused, match="refused item 4: INVALID_PARAM1"):
        Pipe([MissionUpload(VEHICLE, items(9))], [service]).run()


def test_px4_keeps_the_old_mission_when_an_upload_fails_and_ardupilot_does_not() -> None:
    for behavior, left in ((PX4, 7), (ARDUPILOT, 5)):
        lists = stores(7)
        service = MissionService(VEHICLE, lists, behavior, validate=lambda _, seq: 6 if seq == 4 else 0)
        with pytest.raises(MissionRefused):
            Pipe([MissionUpload(VEHICLE, items(5))], [service]).run()
        assert len(lists[MISSION].items) == left


# -- upload, silence


def test_no_answer_at_all_is_a_link_error_after_six_tries() -> None:
    pipe = Pipe([MissionUpload(VEHICLE, items(3))], [], PipeConditions(loss=1.0))
    with pytest.raises(LinkError, match="did not request any item, 6 tries"):
        pipe.run()


@EACH_BEHAVIOR
def test_silence_during_an_upload_is_a_link_error_that_names_the_item(behavior: MissionBehavior) -> None:
    gone = False

    def gone_after_item_5(message: Message, to_vehicle: bool) -> Iterable[Message]:
        nonlocal gone
        gone = gone or (not to_vehicle and message.seq > 5)
        return [] if gone else [message]

    service = MissionService(VEHICLE, stores(), behavior)
    pipe = Pipe([MissionUpload(VEHICLE, items(20))], [service], filter=gone_after_item_5)
    with pytest.raises(LinkError, match=r"stopped answering after item 5 \(6 of 20 sent\)"):
        pipe.run()
    assert pipe.now < 20.0


@EACH_BEHAVIOR
def test_requests_that_never_get_through_end_with_an_error(behavior: MissionBehavior) -> None:
    def no_more_than_5(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [] if not to_vehicle and getattr(message, "seq", 0) > 5 else [message]

    service = MissionService(VEHICLE, stores(), behavior)
    pipe = Pipe([MissionUpload(VEHICLE, items(20))], [service], filter=no_more_than_5)
    with pytest.raises((LinkError, MissionRefused), match="item 5"):
        pipe.run()


@EACH_BEHAVIOR
def test_an_upload_succeeds_if_the_last_acceptance_is_lost(behavior: MissionBehavior) -> None:
    lost = [0]

    def first_acceptance_lost(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if not to_vehicle and message.name == "MISSION_ACK" and not lost[0]:
            lost[0] += 1
            return []
        return [message]

    lists = stores()
    pipe = Pipe(
        [MissionUpload(VEHICLE, items(5))],
        [MissionService(VEHICLE, lists, behavior)],
        filter=first_acceptance_lost,
    )
    result = pipe.run()
    assert result.acknowledged == behavior.repeats_last_ack
    assert len(lists[MISSION].items) == 5
    assert lost == [1]


def test_a_lost_acceptance_and_a_wrong_count_restart_and_end_as_a_refusal() -> None:
    """The count is the only confirmation, and it is wrong."""
    upload = started(2)
    now = 0.0
    for _ in range(1000):
        if upload.outcome is not None:
            break
        assert upload.deadline is not None
        now = upload.deadline
        for message in upload.tick(now):
            if message.name == "MISSION_COUNT":
                upload.receive(request(0), VEHICLE, now)
                upload.receive(request(1), VEHICLE, now)
            elif message.name == "MISSION_REQUEST_LIST":
                upload.receive(
                    m.MISSION_COUNT(count=9, target_system=255, target_component=190), VEHICLE, now
                )
    assert isinstance(upload.outcome.error, MissionRefused)  # type: ignore[union-attr]


def test_the_upload_restarts_after_the_aircraft_gave_up() -> None:
    upload = started(3)
    upload.receive(request(0), VEHICLE, 0.1)
    (again,) = upload.receive(ack(CANCELLED), VEHICLE, 8.0)
    assert again.name == "MISSION_COUNT"


def test_the_cancellation_of_an_earlier_attempt_is_ignored() -> None:
    upload = started(3)
    assert upload.receive(ack(CANCELLED), VEHICLE, 0.1) == []
    assert upload.outcome is None


def test_cancelling_an_upload_notifies_the_aircraft() -> None:
    upload = started(3)
    upload.receive(request(0), VEHICLE, 0.1)
    (sent,) = upload.cancel(0.2)
    assert (sent.name, sent.type) == ("MISSION_ACK", CANCELLED)
    assert isinstance(upload.outcome.error, LinkError)  # type: ignore[union-attr]
    assert upload.receive(request(1), VEHICLE, 0.3) == []


def test_a_cancelled_upload_frees_the_aircraft_for_the_next() -> None:
    lists = stores()
    pipe = Pipe(
        [upload := MissionUpload(VEHICLE, items(50))],
        [MissionService(VEHICLE, lists, PX4)],
        PipeConditions(delay_s=0.1),
    )
    pipe.run_for(2.0)
    pipe.send(upload.cancel(pipe.now), to_vehicle=True)
    pipe.add(following := MissionUpload(VEHICLE, items(2)))
    pipe.run(following)
    assert len(lists[MISSION].items) == 2


def test_a_busy_aircraft_is_asked_again_until_it_is_free() -> None:
    """Another ground station started an upload and disappeared."""
    for behavior in (ARDUPILOT, PX4):
        service = MissionService(VEHICLE, lists := stores(), behavior)
        service.receive(m.MISSION_COUNT(count=5, target_system=1, target_component=1), OTHER_GROUND, 0.0)
        pipe = Pipe([MissionUpload(VEHICLE, items(3))], [service])
        pipe.run()
        assert len(lists[MISSION].items) == 3


def test_an_aircraft_that_stays_busy_is_a_refusal() -> None:
    upload = started(3)
    while upload.outcome is None:
        assert upload.deadline is not None
        upload.tick(upload.deadline)
        upload.receive(ack(DENIED), VEHICLE, upload.deadline or 0.0)
    assert "DENIED" in str(upload.outcome.error)  # type: ignore[union-attr]


def test_endless_invalid_sequence_ends_with_an_error() -> None:
    upload = started(3)
    upload.receive(request(0), VEHICLE, 0.1)
    for _ in range(1000):
        if upload.outcome is not None:
            return
        assert upload.deadline is not None
        now = upload.deadline
        upload.receive(ack(INVALID_SEQUENCE), VEHICLE, now - 0.01)
        upload.tick(upload.deadline)
    pytest.fail("it never ends")


def test_a_mixed_list_and_an_empty_partial_upload_are_user_errors() -> None:
    with pytest.raises(UserError):
        MissionUpload(VEHICLE, items(1, FENCE), MISSION)
    with pytest.raises(UserError):
        MissionUpload(VEHICLE, (), first=3)
