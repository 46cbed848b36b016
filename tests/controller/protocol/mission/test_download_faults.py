"""Faults of mission downloads: refusals, timeouts, restarts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from controller.errors import LinkError
from controller.protocol.mission.behavior import ARDUPILOT, PX4
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import (
    CANCELLED,
    FENCE,
    MISSION,
    MissionRefused,
)
from controller.wire import messages as m
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE, Pipe, PipeConditions
from tests.support.mavlink.mission_transfers import items, stores


def test_silence_during_a_download_names_the_item() -> None:
    def until_item_5(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [] if message.name == "MISSION_ITEM_INT" and message.seq >= 5 else [message]

    for behavior in (ARDUPILOT, PX4):
        service = MissionService(VEHICLE, stores(9), behavior)
        with pytest.raises(LinkError, match="stopped answering at item 5 of 9"):
            Pipe([MissionDownload(VEHICLE)], [service], filter=until_item_5).run()


def test_no_answer_to_a_download_is_a_link_error() -> None:
    with pytest.raises(LinkError, match="no answer from 1/1 to 6 tries"):
        Pipe([MissionDownload(VEHICLE)], [], PipeConditions(loss=1.0)).run()


def test_an_unsupported_mission_type_is_refused() -> None:
    service = MissionService(VEHICLE, {MISSION: MissionStore()}, ARDUPILOT)
    for machine in (MissionDownload(VEHICLE, FENCE), MissionUpload(VEHICLE, items(1, FENCE), FENCE)):
        with pytest.raises(MissionRefused, match="UNSUPPORTED"):
            Pipe([machine], [service]).run()


def test_a_download_that_px4_aborts_restarts() -> None:
    service = MissionService(VEHICLE, stores(9), PX4)
    pipe = Pipe([MissionDownload(VEHICLE)], [service], PipeConditions(delay_s=0.1))
    pipe.run_for(1.0)
    stray = m.MISSION_REQUEST_INT(seq=0, target_system=1, target_component=1)
    pipe.send([stray], to_vehicle=True)
    assert len(pipe.run().items) == 9
    assert len(pipe.messages(to_vehicle=True, name="MISSION_REQUEST_LIST")) == 2


def test_items_for_another_ground_station_are_ignored() -> None:
    download = MissionDownload(VEHICLE)
    download.start(0.0)
    download.receive(m.MISSION_COUNT(count=2, target_system=255, target_component=190), VEHICLE, 0.1)
    download.receive(m.MISSION_ITEM_INT(seq=0, target_system=254, target_component=190), VEHICLE, 0.2)
    assert download.progress.done == 0


def test_cancelling_a_download_notifies_the_aircraft() -> None:
    download = MissionDownload(VEHICLE)
    download.start(0.0)
    (sent,) = download.cancel(0.1)
    assert (sent.name, sent.type) == ("MISSION_ACK", CANCELLED)
