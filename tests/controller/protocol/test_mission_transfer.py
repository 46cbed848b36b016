"""Upload and read-back through good and bad pipes, against both autopilots' ways."""

from __future__ import annotations

import math

import pytest

from controller.protocol.items import MissionItem
from controller.protocol.mission_download import MissionDownload
from controller.protocol.mission_service import MissionService
from controller.protocol.mission_store import ARDUPILOT, BY_THE_GUIDE, PX4, MissionStore, Personality
from controller.protocol.mission_upload import MissionUpload
from controller.protocol.mission_wire import FENCE, MISSION, RALLY
from tests.support.pipe import BAD, VEHICLE, Pipe

PERSONALITIES = pytest.mark.parametrize(
    "personality", [ARDUPILOT, PX4, BY_THE_GUIDE], ids=["ardupilot", "px4", "guide"]
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
def test_500_items_survive_a_bad_link_and_read_back_equal(personality: Personality, seed: int) -> None:
    items = made_items(500)
    stores = made_stores()
    pipe = Pipe(
        [upload := MissionUpload(VEHICLE, items)], [MissionService(VEHICLE, stores, personality)], BAD, seed
    )
    assert pipe.run(upload).items == 500
    pipe.add(download := MissionDownload(VEHICLE))
    read_back = pipe.run(download).items
    assert len(read_back) == 500
    assert all(sent.differs(got) is None for sent, got in zip(items, read_back, strict=True))
    assert stores[MISSION].items == read_back or all(
        a.differs(b) is None for a, b in zip(stores[MISSION].items, read_back, strict=True)
    )
