"""Mission server: concurrent ground stations, timeouts, and changes of its lists."""

from __future__ import annotations

from controller.protocol.mission.behavior import ARDUPILOT, PX4
from controller.protocol.mission.client_clear import MissionClear
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import (
    DENIED,
    ERROR,
    MISSION,
)
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from tests.support.mavlink.lossy_pipe import VEHICLE, Pipe
from tests.support.mavlink.mission_transfers import OTHER_GROUND, items, stores


def test_an_upload_by_one_ground_station_is_not_disturbed_by_another() -> None:
    for behavior in (ARDUPILOT, PX4):
        service = MissionService(VEHICLE, lists := stores(), behavior)
        count = m.MISSION_COUNT(count=2, target_system=1, target_component=1)
        item = m.MISSION_ITEM_INT(target_system=1, target_component=1, frame=3, command=16)
        service.receive(count, GROUND_STATION, 0.0)
        (refused,) = service.receive(count, OTHER_GROUND, 0.1)
        assert refused.type in (DENIED, ERROR)
        assert refused.target_system == OTHER_GROUND.system
        service.receive(item.replace(x=66), OTHER_GROUND, 0.2)
        service.receive(item.replace(x=1), GROUND_STATION, 0.3)
        service.receive(item.replace(seq=1, x=2), GROUND_STATION, 0.4)
        assert [stored.x for stored in lists[MISSION].items] == [1, 2]


def test_the_server_repeats_requests_and_gives_up_as_its_autopilot_does() -> None:
    for behavior, requests, ends in ((ARDUPILOT, 8, 1), (PX4, 20, 0)):
        service = MissionService(VEHICLE, stores(), behavior)
        sent = service.receive(
            m.MISSION_COUNT(count=2, target_system=1, target_component=1), GROUND_STATION, 0.0
        )
        while service.deadline is not None:
            sent += service.tick(service.deadline)
        names = [message.name for message in sent]
        assert names.count("MISSION_ACK") == ends
        assert len(names) - ends == requests


def test_the_opaque_id_changes_with_the_list_and_is_0_for_an_empty_one() -> None:
    store = MissionStore()
    assert store.opaque_id == 0
    store.replace(items(3))
    first = store.opaque_id
    store.replace(items(4))
    assert 0 != first != store.opaque_id != 0


def test_the_owner_is_notified_of_every_change() -> None:
    heard: list[int] = []
    store = MissionStore(on_change=lambda now: heard.append(len(now)))
    service = MissionService(VEHICLE, {MISSION: store}, PX4)
    pipe = Pipe([MissionUpload(VEHICLE, items(3))], [service])
    pipe.run()
    pipe.add(clear := MissionClear(VEHICLE))
    pipe.run(clear)
    assert heard == [3, 0]
