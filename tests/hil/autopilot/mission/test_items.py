"""Accepted mission items, and their form in a download."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from hil.autopilot.autopilot import VehicleItemStore
from hil.autopilot.stacks.arducopter import ArduCopter
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.px4 import Px4
from tests.support.logs.recorded_tlogs import records

HERE = MissionItem(frame=3, command=16, x=473_977_000, y=85_456_000, z=20.0)
CORNER = replace(HERE, frame=0, command=5001, param1=4.0, z=0.0, mission_type=1)
STACKS = {"arducopter": ArduCopter(), "px4": Px4()}


def recordings() -> list[tuple[str, str]]:
    names = ("square", "survey", "mission", "mission_avc2013", "mission_spline", "mission_loiter_to_alt")
    return [("arducopter", name) for name in (*names, "mission_nav_delay")] + [
        ("px4", "square"),
        ("px4", "survey"),
    ]


def test_an_item_on_board_keeps_its_height_while_others_arrive() -> None:
    store = VehicleItemStore(STACKS["arducopter"].stored, lambda _: None)
    for _ in range(4):
        # Stored as 1829 whole centimetres; stored again, that would be 1828.
        store.replace((*store.items, replace(HERE, z=18.3)))
    assert [item.z for item in store.items] == pytest.approx([18.29] * 4, abs=1e-4)


@pytest.mark.parametrize(("stack", "flight"), recordings())
def test_downloaded_items_equal_those_of_the_real_autopilot(
    stack: str, flight: str, shared_data: Path
) -> None:
    autopilot = STACKS[stack]
    sent, returned = {}, {}
    path = shared_data / "reference" / stack / f"{flight}.tlog"
    for _, source, message in records(path, ("MISSION_ITEM_INT",)):
        (sent if source.system == 255 else returned)[message.seq] = item_from(message)
    assert sent
    for seq, item in sent.items():
        assert autopilot.refuse_item(item, seq) == 0
        if autopilot.numbering.is_flown(seq, max(sent) + 1):
            assert autopilot.stored(item).differs(returned[seq]) is None, (seq, item, returned[seq])


@pytest.mark.parametrize(
    ("stack", "item", "result"),
    [
        (ArduCopter(), replace(HERE, command=9999), 3),
        (ArduCopter(), replace(HERE, frame=1), 2),
        (ArduCopter(), replace(HERE, x=1_000_000_000), 10),
        (ArduCopter(), replace(HERE, y=-1_900_000_000), 11),
        (ArduCopter(), replace(HERE, z=math.nan), 12),
        (Px4(), replace(HERE, command=82), 3),  # splines are ArduPilot's
        (Px4(), replace(HERE, command=36), 3),  # and so are arcs: ArduCopter's
        (ArduPlane(), replace(HERE, command=36), 3),
        (ArduCopter(), replace(HERE, command=36, param1=90.0), 0),
        (Px4(), replace(HERE, frame=10), 2),  # heights above terrain
        (Px4(), replace(HERE, frame=2), 3),  # a waypoint without a place
        (Px4(), replace(HERE, command=20), 3),  # a return with one
        (ArduCopter(), replace(HERE, param2=math.nan), 7),
        (ArduCopter(), replace(HERE, z=83_000.0), 12),
        (Px4(), replace(HERE, frame=2, command=183), 3),
        (Px4(), replace(HERE, frame=2, command=195), 3),
        (Px4(), replace(CORNER, param1=2.0), 1),
        (Px4(), replace(CORNER, frame=10), 2),
    ],
)
def test_items_that_cannot_be_flown_are_refused_at_upload(
    stack: AutopilotStack, item: MissionItem, result: int
) -> None:
    assert stack.refuse_item(item, 1) == result


def test_ardupilot_accepts_any_item_as_item_0() -> None:
    assert ArduCopter().refuse_item(replace(HERE, command=9999), 0) == 0


@pytest.mark.parametrize(
    ("stack", "item"),
    [
        (ArduCopter(), replace(HERE, param4=math.nan)),
        (ArduCopter(), replace(HERE, z=40_000.0)),
        (ArduCopter(), replace(HERE, command=84)),
        (Px4(), replace(HERE, x=950_000_000)),
        (Px4(), replace(HERE, z=math.nan)),
        *((Px4(), replace(HERE, frame=2, command=command)) for command in (112, 114, 187, 211, 260, 534)),
        (Px4(), replace(CORNER, command=5003, param1=0.0)),
    ],
)
def test_items_that_the_real_autopilots_take_are_accepted(stack: AutopilotStack, item: MissionItem) -> None:
    assert stack.refuse_item(item, 1) == 0


def polygon(count: int, declared: int) -> list[MissionItem]:
    return [replace(CORNER, param1=float(declared))] * count


@pytest.mark.parametrize(
    ("fence", "result"),
    [
        (polygon(4, 4), 0),
        ([*polygon(3, 3), replace(CORNER, command=5003, param1=50.0)], 0),
        (polygon(2, 2), 1),
        (polygon(3, 4), 1),
        ([replace(CORNER, command=5003, param1=0.0)], 1),
    ],
)
def test_ardupilot_refuses_a_fence_without_an_area(fence: list[MissionItem], result: int) -> None:
    assert ArduCopter().refuse_list(fence, 1) == result
