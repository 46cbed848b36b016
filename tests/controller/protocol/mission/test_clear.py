"""Clearing mission lists, and setting the current item."""

from __future__ import annotations

import pytest

from controller.errors import LinkError, VerificationFailed
from controller.protocol.mission.behavior import ARDUPILOT, PX4, MissionBehavior
from controller.protocol.mission.client_clear import MissionClear, MissionSetCurrent
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import (
    ACCEPTED,
    ALL,
    FENCE,
    MISSION,
    RALLY,
    MissionRefused,
)
from controller.protocol.state_machine import Done
from controller.wire import messages as m
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import DEGRADED, VEHICLE, Pipe, PipeConditions
from tests.support.mavlink.mission_transfers import EACH_BEHAVIOR, ack, items, stores


@EACH_BEHAVIOR
def test_clearing_one_list_keeps_the_others_and_all_clears_all(behavior: MissionBehavior) -> None:
    for seed in range(20):
        lists = {kind: MissionStore(items(3, kind)) for kind in (MISSION, FENCE, RALLY)}
        pipe = Pipe(
            [MissionClear(VEHICLE, FENCE)], [MissionService(VEHICLE, lists, behavior)], DEGRADED, seed
        )
        pipe.run()
        assert [len(store.items) for store in lists.values()] == [3, 0, 3]
        pipe.add(everything := MissionClear(VEHICLE, ALL))
        pipe.run(everything)
        assert [len(store.items) for store in lists.values()] == [0, 0, 0]


def test_a_late_acceptance_of_another_exchange_does_not_confirm_a_clear() -> None:
    clear = MissionClear(VEHICLE)
    clear.start(0.0)
    (asked,) = clear.receive(ack(ACCEPTED), VEHICLE, 0.1)  # of the upload before
    assert asked.name == "MISSION_REQUEST_LIST"
    count = m.MISSION_COUNT(count=7, target_system=255, target_component=190)
    close, again = clear.receive(count, VEHICLE, 0.2)
    assert (close.name, again.name) == ("MISSION_ACK", "MISSION_CLEAR_ALL")
    clear.receive(ack(ACCEPTED), VEHICLE, 0.3)
    clear.receive(count.replace(count=0), VEHICLE, 0.4)
    assert clear.outcome is not None


def test_a_list_that_is_never_clear_fails_verification() -> None:
    clear = MissionClear(VEHICLE, FENCE)
    clear.start(0.0)
    for step in range(100):
        if clear.outcome is not None:
            break
        clear.receive(ack(ACCEPTED, mission_type=FENCE), VEHICLE, step)
        count = m.MISSION_COUNT(count=1, target_system=255, target_component=190, mission_type=FENCE)
        clear.receive(count, VEHICLE, step + 0.5)
    assert isinstance(clear.outcome.error, VerificationFailed)  # type: ignore[union-attr]


def test_a_clear_without_answer_is_a_link_error_and_a_refused_one_a_refusal() -> None:
    with pytest.raises(LinkError, match="cannot clear mission: no answer"):
        Pipe([MissionClear(VEHICLE)], [], PipeConditions(loss=1.0)).run()
    with pytest.raises(MissionRefused, match="UNSUPPORTED"):
        Pipe([MissionClear(VEHICLE, FENCE)], [MissionService(VEHICLE, {MISSION: MissionStore()}, PX4)]).run()


@pytest.mark.parametrize("seed", range(20))
def test_the_current_item_is_set_on_a_bad_link(seed: int) -> None:
    service = MissionService(VEHICLE, stores(9), ARDUPILOT)
    assert Pipe([MissionSetCurrent(VEHICLE, 4)], [service], DEGRADED, seed).run() == 4
    assert service.current_seq == 4


def current(seq: int) -> Message:
    message: Message = m.MISSION_CURRENT(seq=seq)
    return message


def test_a_current_item_that_will_do_is_not_set() -> None:
    machine = MissionSetCurrent(VEHICLE, 1, accepts=range(3), listen_s=1.5)
    assert machine.start(0.0) == []
    machine.receive(current(2), VEHICLE, 0.5)
    assert machine.outcome == Done(2)
    assert machine.before == 2


def test_the_item_is_set_where_another_or_none_is_reported() -> None:
    told = MissionSetCurrent(VEHICLE, 0, listen_s=1.5)
    told.start(0.0)
    (sent,) = told.receive(current(3), VEHICLE, 0.5)
    assert (sent.name, sent.seq) == ("MISSION_SET_CURRENT", 0)
    assert told.receive(current(3), VEHICLE, 0.6) == []
    told.receive(current(0), VEHICLE, 0.7)
    assert (told.outcome, told.before) == (Done(0), 3)
    silent = MissionSetCurrent(VEHICLE, 0, listen_s=1.5)
    silent.start(0.0)
    assert [one.name for one in silent.tick(1.5)] == ["MISSION_SET_CURRENT"]


def test_an_item_that_cannot_become_current_is_refused_with_a_status_text() -> None:
    service = MissionService(VEHICLE, stores(3), ARDUPILOT)
    pipe = Pipe([MissionSetCurrent(VEHICLE, 7)], [service])
    pipe.send([service.current()], to_vehicle=False)
    with pytest.raises(MissionRefused, match="cannot make item 7 the current one of 1/1: it stays at item 0"):
        pipe.run()
    assert pipe.messages(to_vehicle=False, name="STATUSTEXT")


def test_the_owner_may_forbid_a_change_of_the_current_item() -> None:
    service = MissionService(VEHICLE, stores(3), PX4, set_current=lambda _: False)
    with pytest.raises(LinkError, match="no MISSION_CURRENT received"):
        Pipe([MissionSetCurrent(VEHICLE, 1)], [service]).run()
