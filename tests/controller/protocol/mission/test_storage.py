"""What reads back of an item that was sent, against values and recordings of the real autopilots."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.protocol.mission.items import COMPARED_FIELDS, MissionItem
from controller.protocol.mission.storage import (
    ListStorage,
    ardupilot_fence,
    ardupilot_mission,
    ardupilot_rally,
    px4_fence,
    px4_mission,
    px4_rally,
)
from controller.protocol.mission.wire import item_from
from tests.support.data_folders import REAL
from tests.support.logs.recorded_tlogs import records

COPTER, PX4_COPTER = ArduPilot(VehicleClass.COPTER), PX4(VehicleClass.COPTER)
HERE = {"frame": 3, "x": 473_977_000, "y": 85_456_000, "z": 20.0}
NAN = math.nan
TURNS, HOLD, LAND = 18, 19, 21

# Behaviour tables of November 2026: what was sent, and the fields that came back otherwise.
ARDUCOPTER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"command": 16, "param4": NAN}, {"param4": 0.0}),
    ({"command": 16, "param4": 90.0}, {"param4": 0.0}),
    ({"command": LAND, "param4": NAN}, {"param4": 1.0}),
    ({"command": TURNS, "param1": 2.5}, {"param1": 2.0}),
    ({"command": TURNS, "param1": 0.5}, {}),
    ({"command": TURNS, "param1": 0.3}, {"param1": 0.296875}),
    ({"command": TURNS, "param1": 300.0}, {"param1": 255.0}),
    ({"command": TURNS, "param1": 1.0, "param3": 60.7}, {"param3": 60.0}),
    ({"command": TURNS, "param1": 1.0, "param3": 305.0}, {"param3": 300.0}),
    ({"command": TURNS, "param1": 1.0, "param3": 3000.0}, {"param3": 2550.0}),
    ({"command": TURNS, "param1": 1.0, "param3": -60.0}, {}),
    ({"command": TURNS, "param1": 1.0, "param4": 2.0}, {"param4": 1.0}),
    ({"command": HOLD, "param1": 70_000.0, "param3": 1.0}, {"param1": 4464.0}),
    ({"command": 16, "param1": 70_000.0}, {"param1": 4464.0}),
    ({"command": HOLD, "param1": -3.0, "param3": 1.0}, {"param1": 65_533.0}),
    ({"command": HOLD, "param3": 0.0}, {"param3": 1.0}),
    ({"command": 2500, "param1": 0.0}, {"frame": 0, "x": 0, "y": 0, "z": 0.0}),
    ({"command": 42600, "param1": 1.0, "param2": 2.0}, {"frame": 0, "x": 0, "y": 0, "z": 0.0}),
    ({"command": 16, "z": 40_000.0}, {}),
    # QGroundControl sends these two in frame 2.
    ({"command": 189, "frame": 2, "x": 0, "y": 0, "z": 0.0}, {"frame": 0}),
    ({"command": 197, "frame": 2, "x": 0, "y": 0, "z": 0.0}, {"frame": 0}),
]
PX4_ITEMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"command": 16, "param4": NAN}, {"frame": 6}),
    ({"command": 16, "param4": 400.0}, {"frame": 6, "param4": 39.9999886}),
    ({"command": 16, "param4": -90.0}, {"frame": 6, "param4": 270.0}),
    ({"command": 16, "param2": NAN}, {"frame": 6}),
    ({"command": 16, "param2": 0.0, "z": 12.345}, {"frame": 6, "z": 12.3450003}),
    ({"command": 16, "frame": 0}, {"frame": 5}),
    ({"command": 177, "frame": 2, "param1": 1.0, "param2": 2.0, "x": 0, "y": 0, "z": 0.0}, {}),
]


def same(one: float, two: float) -> bool:
    return one == pytest.approx(two, rel=5e-8, nan_ok=True)


@pytest.mark.parametrize(
    ("autopilot", "storage", "sent", "back"),
    [(COPTER, ardupilot_mission(winged=False), *row) for row in ARDUCOPTER]
    + [(PX4_COPTER, px4_mission(), *row) for row in PX4_ITEMS],
)
def test_an_item_reads_back_as_the_real_autopilot_sends_it(
    autopilot: Autopilot, storage: ListStorage, sent: dict[str, Any], back: dict[str, Any]
) -> None:
    item = MissionItem(**{**HERE, **sent})
    stored = storage.stored(item)
    assert all(same(getattr(stored, f), back.get(f, getattr(item, f))) for f in COMPARED_FIELDS), stored
    home = () if autopilot is PX4_COPTER else (MissionItem(frame=0, command=16),)
    received = replace(item, **back)
    differences = autopilot.readback_differences((*home, item), (*home, received))
    assert [one for one in differences if one.why is None] == []


AREAS: list[tuple[Autopilot, ListStorage, int, dict[str, Any], dict[str, Any]]] = [
    (COPTER, ardupilot_fence(), 1, {"command": 5003, "frame": 0, "param1": 200.0, "z": 0.0}, {}),
    (COPTER, ardupilot_fence(), 1, {"command": 5001, "frame": 3, "param1": 4.0}, {"frame": 0, "z": 0.0}),
    (COPTER, ardupilot_fence(), 1, {"command": 5000, "frame": 3}, {"frame": 0, "z": 0.0}),
    (COPTER, ardupilot_rally(), 2, {"command": 5100, "z": 25.5}, {"z": 25.0}),
    (PX4_COPTER, px4_fence(), 1, {"command": 5001, "frame": 0, "param1": 4.0}, {"frame": 5}),
    (PX4_COPTER, px4_fence(), 1, {"command": 5000, "frame": 3}, {"frame": 5}),
    (PX4_COPTER, px4_rally(), 2, {"command": 5100, "z": 25.5, "param1": 3.0}, {"frame": 6, "param1": 0.0}),
    (PX4_COPTER, px4_rally(), 2, {"command": 5100, "frame": 0}, {"frame": 5}),
]


@pytest.mark.parametrize(("autopilot", "storage", "kind", "sent", "back"), AREAS)
def test_a_fence_or_rally_item_reads_back_as_the_real_autopilot_sends_it(
    autopilot: Autopilot, storage: ListStorage, kind: int, sent: dict[str, Any], back: dict[str, Any]
) -> None:
    item = MissionItem(**{**HERE, **sent, "mission_type": kind})
    # Only PX4's rally points keep autocontinue.
    kept = autopilot is PX4_COPTER and kind == 2
    received = replace(item, **back, autocontinue=kept)
    assert storage.stored(item) == received
    refused = [one for one in autopilot.readback_differences([item], [received], kind) if one.why is None]
    assert refused == []
    moved = replace(received, x=received.x + 1)
    (wrong,) = (one for one in autopilot.readback_differences([item], [moved], kind) if one.why is None)
    assert wrong.field == "x"


def test_the_recorded_fence_of_a_real_ardupilot_is_accepted() -> None:
    sent, back = {}, {}
    for _, source, message in records(REAL / "ardupilot_fence_read_back.tlog", ("MISSION_ITEM_INT",)):
        (sent if source.system == 255 else back)[message.mission_type, message.seq] = item_from(message)
    assert not back[1, 0].autocontinue
    for kind in (0, 1):
        lists = [[items[key] for key in sorted(items) if key[0] == kind] for items in (sent, back)]
        assert [one for one in COPTER.readback_differences(*lists, kind) if one.why is None] == []
    assert ardupilot_fence().stored(sent[1, 0]) == back[1, 0]
