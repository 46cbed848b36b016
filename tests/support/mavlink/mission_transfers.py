"""Helpers for tests of mission transfers: items, lists, and messages of the aircraft."""

from __future__ import annotations

from typing import Any

import pytest

from controller.protocol.mission.behavior import ARDUPILOT, PX4, STANDARD
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import (
    FENCE,
    MISSION,
    RALLY,
)
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE

EACH_BEHAVIOR = pytest.mark.parametrize(
    "behavior", [ARDUPILOT, PX4, STANDARD], ids=["ardupilot", "px4", "guide"]
)
OTHER_GROUND = address(254, 190)


def items(count: int, mission_type: int = MISSION) -> tuple[MissionItem, ...]:
    return tuple(
        MissionItem(frame=3, command=16, x=i, y=-i, z=float(i), mission_type=mission_type)
        for i in range(count)
    )


def stores(mission: int = 0) -> dict[int, MissionStore]:
    return {MISSION: MissionStore(items(mission)), FENCE: MissionStore(), RALLY: MissionStore()}


def request(seq: int, **fields: Any) -> Message:
    fields = {"target_system": 255, "target_component": 190} | fields
    message: Message = m.MISSION_REQUEST_INT(seq=seq, **fields)
    return message


def ack(result: int, **fields: Any) -> Message:
    fields = {"target_system": 255, "target_component": 190} | fields
    message: Message = m.MISSION_ACK(type=result, **fields)
    return message


def started(count: int = 3, **options: Any) -> MissionUpload:
    upload = MissionUpload(VEHICLE, items(count), **options)
    upload.start(0.0)
    return upload
