"""Mission upload and read-back over good and bad links, with the behavior of both autopilots."""

from __future__ import annotations

import math

import pytest

from controller.protocol.mission.behavior import ARDUPILOT, PX4, STANDARD, MissionBehavior
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from tests.support.mavlink.lossy_pipe import DEGRADED, VEHICLE, Pipe

PERSONALITIES = pytest.mark.parametrize(
    "behavior", [ARDUPILOT, PX4, STANDARD], ids=["ardupilot", "px4", "guide"]
)


def made_items(count: int, mission_type: int = MISSION) -> list[MissionItem]:
    return [
        MissionItem(
            frame=3,
            command=16 + (i % 7),
            param1=i / 3,
            param4=math.nan if i % 5 == 0 else 0.1,
            x=-353_632_610 + i * 1013,
            y=1_491_652_299 - i * 977,
            z=i * 0.1,
            autocontinue=i % 3 != 0,
            mission_type=mission_type,
        )
        for i in range(count)
    ]


def made_stores() -> dict[int, MissionStore]:
    return {kind: MissionStore() for kind in (MISSION, FENCE, RALLY)}


@pytest.mark.parametrize("seed", range(10))
@PERSONALITIES
def test_500_items_survive_a_bad_link_and_read_back_equal(behavior: MissionBehavior, seed: int) -> None:
    items = made_items(500)
    stores = made_stores()
    pipe = Pipe(
        [upload := MissionUpload(VEHICLE, items)], [MissionService(VEHICLE, stores, behavior)], DEGRADED, seed
    )
    assert pipe.run(upload).items == 500
    pipe.add(download := MissionDownload(VEHICLE))
    read_back = pipe.run(download).items
    assert len(read_back) == 500
    assert all(sent.differs(got) is None for sent, got in zip(items, read_back, strict=True))
    assert stores[MISSION].items == read_back or all(
        a.differs(b) is None for a, b in zip(stores[MISSION].items, read_back, strict=True)
    )


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("mission_type", [MISSION, FENCE, RALLY])
@PERSONALITIES
def test_short_lists_of_every_type_survive_forty_bad_links(
    behavior: MissionBehavior, mission_type: int, count: int
) -> None:
    for seed in range(40):
        items = made_items(count, mission_type)
        stores = made_stores()
        service = MissionService(VEHICLE, stores, behavior)
        pipe = Pipe([upload := MissionUpload(VEHICLE, items, mission_type)], [service], DEGRADED, seed)
        pipe.run(upload)
        assert len(stores[mission_type].items) == count
        pipe.add(download := MissionDownload(VEHICLE, mission_type))
        read_back = pipe.run(download).items
        assert all(sent.differs(got) is None for sent, got in zip(items, read_back, strict=True))
        assert all(not store.items for kind, store in stores.items() if kind != mission_type)


def test_a_mission_is_uploaded_and_read_back_over_mavlink_1() -> None:
    items = made_items(20)
    pipe = Pipe(
        [MissionUpload(VEHICLE, items)], [MissionService(VEHICLE, made_stores(), ARDUPILOT)], version=1
    )
    pipe.run()
    pipe.add(download := MissionDownload(VEHICLE))
    assert all(a.differs(b) is None for a, b in zip(items, pipe.run(download).items, strict=True))


def test_float_items_are_as_exact_as_floats_are() -> None:
    items = made_items(5)
    stores = made_stores()
    pipe = Pipe([MissionUpload(VEHICLE, items, as_int=False)], [MissionService(VEHICLE, stores, ARDUPILOT)])
    pipe.run()
    assert [message.name for message in pipe.messages(to_vehicle=True)].count("MISSION_ITEM") == 5
    for sent, got in zip(items, stores[MISSION].items, strict=True):
        assert abs(sent.x - got.x) < 40  # 4e-6 degrees: half a step of a 32-bit float at 35 degrees
        assert abs(sent.y - got.y) < 80


def test_a_legacy_download_gets_float_items() -> None:
    stores = made_stores() | {MISSION: MissionStore(tuple(made_items(3)))}
    pipe = Pipe([MissionDownload(VEHICLE, as_int=False)], [MissionService(VEHICLE, stores, ARDUPILOT)])
    assert len(pipe.run().items) == 3
    assert len(pipe.messages(to_vehicle=False, name="MISSION_ITEM")) == 3


def test_ardupilot_sends_mission_request_and_px4_mission_request_int() -> None:
    for behavior, name in ((ARDUPILOT, "MISSION_REQUEST"), (PX4, "MISSION_REQUEST_INT")):
        pipe = Pipe(
            [MissionUpload(VEHICLE, made_items(4))], [MissionService(VEHICLE, made_stores(), behavior)]
        )
        pipe.run()
        assert [message.seq for message in pipe.messages(to_vehicle=False, name=name)] == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(10))
def test_a_part_of_a_mission_is_replaced_and_read(seed: int) -> None:
    for behavior in (ARDUPILOT, STANDARD):
        before, part = made_items(30), made_items(45)[40:]
        stores = made_stores() | {MISSION: MissionStore(tuple(before))}
        pipe = Pipe(
            [MissionUpload(VEHICLE, part, first=10)],
            [MissionService(VEHICLE, stores, behavior)],
            DEGRADED,
            seed,
        )
        pipe.run()
        announced = behavior.partial_read
        pipe.add(download := MissionDownload(VEHICLE, span=(9, 15), announce=announced))
        got = pipe.run(download)
        assert got.first == 9
        expected = [before[9], *part, before[15]]
        assert all(a.differs(b) is None for a, b in zip(expected, got.items, strict=True))
        assert len(stores[MISSION].items) == 30


def test_the_item_marked_as_current_is_reported() -> None:
    service = MissionService(
        VEHICLE, made_stores() | {MISSION: MissionStore(tuple(made_items(5)))}, ARDUPILOT
    )
    service.current_seq = 3
    assert Pipe([MissionDownload(VEHICLE)], [service]).run().current == 3


def test_item_0_of_an_ardupilot_mission_is_home_whatever_was_sent() -> None:
    home = MissionItem(frame=0, command=16, x=1, y=2, z=3.0)
    service = MissionService(VEHICLE, made_stores(), ARDUPILOT, home=lambda: home)
    pipe = Pipe([MissionUpload(VEHICLE, made_items(3))], [service])
    pipe.run()
    pipe.add(download := MissionDownload(VEHICLE))
    assert pipe.run(download).items[0] == home
