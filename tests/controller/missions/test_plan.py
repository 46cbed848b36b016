"""Plan, and its mission items for the upload."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.missions.errors import PlanError
from controller.missions.files import open_plan
from controller.missions.formats import qgc_plan, waypoints_txt
from controller.missions.from_wire import home_from_wire, plan_from_wire
from controller.missions.plan import Home, Plan, PlanItem
from controller.protocol.mission.items import MissionItem

WAYPOINT = PlanItem(command=16, param4=math.nan, lat_deg=47.397705960554916, lon_deg=-8.5, alt_m=30.5)


def jump(target: float, *, jump_id: int | None = None) -> PlanItem:
    return PlanItem(command=177, frame=2, param1=target, param2=2.0, jump_id=jump_id)


def test_positions_are_sent_as_rounded_integers() -> None:
    (item,) = Plan(items=(WAYPOINT,)).wire_items(first_seq=0)
    sent = MissionItem(frame=3, command=16, param4=math.nan, x=473977060, y=-85000000, z=30.5)
    assert sent.differs(item) is None


def test_parameters_5_and_6_without_a_position_are_sent_unscaled() -> None:
    (item,) = Plan(
        items=(PlanItem(command=203, frame=3, lat_deg=1.0, lon_deg=7.0, alt_m=math.nan),)
    ).wire_items(first_seq=0)
    assert (item.x, item.y, math.isnan(item.z)) == (1, 7, True)


def test_a_null_position_is_sent_as_the_current_position() -> None:
    (item,) = Plan(items=(PlanItem(command=22, lat_deg=math.nan, lon_deg=math.nan, alt_m=9.0),)).wire_items(
        first_seq=0
    )
    assert (item.x, item.y) == (0, 0)


def test_local_positions_are_sent_in_metres_times_1e4() -> None:
    (item,) = Plan(items=(PlanItem(command=16, frame=1, lat_deg=12.5, lon_deg=-3.25),)).wire_items(
        first_seq=0
    )
    assert (item.x, item.y) == (125_000, -32_500)


@pytest.mark.parametrize(("first_seq", "expected"), [(0, 8.0), (1, 9.0)])
def test_a_jump_is_sent_with_the_sequence_number_of_its_target(
    samples: Path, first_seq: int, expected: float
) -> None:
    # doJumpId 20 is the ninth item once the survey is unfolded.
    items = open_plan(samples / "meadow.plan").wire_items(first_seq=first_seq)
    assert items[9].param1 == expected
    assert items[8].command == 16


def test_a_jump_of_a_text_file_counts_home_as_item_0() -> None:
    plan = waypoints_txt.read(
        "QGC WPL 110\n0 1 0 16 0 0 0 0 52 1 9 1\n1 0 3 22 0 0 0 0 52 1 9 1\n2 0 3 177 1 3 0 0 0 0 0 1\n",
        "a.txt",
    )
    assert plan.wire_items(first_seq=1)[1].param1 == 1.0
    assert plan.wire_items(first_seq=0)[1].param1 == 0.0


def test_a_jump_target_without_id_is_an_item_number() -> None:
    plan = Plan(items=(WAYPOINT, WAYPOINT, jump(2)))
    assert plan.jump_target(plan.items[2]) == 2


@pytest.mark.parametrize("target", [7.0, 0.0, -1.0, 1.5, math.nan, math.inf])
def test_a_jump_without_target_is_not_sent(target: float) -> None:
    with pytest.raises(PlanError, match="no such item"):
        Plan(items=(WAYPOINT, jump(target))).wire_items(first_seq=1)


def test_a_jump_with_two_targets_is_not_sent() -> None:
    twice = replace(WAYPOINT, jump_id=4)
    with pytest.raises(PlanError):
        Plan(items=(twice, twice, jump(4, jump_id=5))).wire_items(first_seq=0)


def test_a_pattern_without_items_is_not_sent_and_is_named(samples: Path) -> None:
    with pytest.raises(PlanError, match="StructureScan") as caught:
        open_plan(samples / "chimney.plan").wire_items(first_seq=0)
    assert str(caught.value.where).endswith("chimney.plan: mission.items[1]")


def test_plans_are_equal_by_content_and_null_equals_null(samples: Path) -> None:
    text = (samples / "meadow.plan").read_text()
    assert qgc_plan.read(text, "a") == qgc_plan.read(text, "b")
    assert replace(WAYPOINT, param4=float("nan")) == WAYPOINT
    assert replace(WAYPOINT, param3=float("nan")) != WAYPOINT
    assert len({replace(WAYPOINT, param4=float("nan")), WAYPOINT}) == 1


def test_items_of_a_pattern_cannot_be_replaced(samples: Path) -> None:
    plan = open_plan(samples / "meadow.plan")
    with pytest.raises(ValueError, match="survey"):
        replace(plan, items=plan.items[1:])
    assert plan.with_items(plan.items[1:]).complex_items == ()


def test_a_mission_read_from_an_aircraft_gives_the_same_items(samples: Path) -> None:
    plan = open_plan(samples / "meadow.plan")
    sent = plan.wire_items(first_seq=1)
    back = plan_from_wire(sent, home=plan.home, fence=plan.fence.wire_items())
    assert [one.differs(two) for one, two in zip(back.wire_items(first_seq=1), sent, strict=True)] == [
        None
    ] * 11
    assert back.fence == plan.fence


def test_an_unset_home_item_gives_no_home() -> None:
    assert home_from_wire(MissionItem(frame=0, command=16)) is None
    assert home_from_wire(MissionItem(frame=0, command=16, x=520000000, y=-15000000, z=90.0)) == Home(
        52.0, -1.5, 90.0
    )
