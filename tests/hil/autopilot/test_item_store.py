"""The simulated aircraft's store of mission items."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ardupilot_mission
from controller.wire.enums import MAV_CMD, MAV_FRAME
from hil.autopilot.autopilot import VehicleItemStore


def test_an_item_is_stored_once_although_an_upload_hands_it_over_many_times() -> None:
    stored = ardupilot_mission(winged=False).stored
    store = VehicleItemStore(stored, lambda current: None)  # noqa: ARG005 - only the items count
    # 19.45 m is truncated to the centimetre below when it is stored again.
    item = MissionItem(
        frame=int(MAV_FRAME.GLOBAL_RELATIVE_ALT), command=int(MAV_CMD.NAV_WAYPOINT), x=1, y=2, z=19.45
    )
    once = stored(item).z
    assert stored(replace(item, z=once)).z != pytest.approx(once, abs=1e-3)
    for number in range(3):
        store.replace((*store.items[:number], item))
    assert [one.z for one in store.items] == [once] * 3
