"""Losses of a conversion between formats, item by item."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from controller.missions.fence import Fence, FenceCircle, FencePoint, RallyPoint
from controller.missions.files import open_plan
from controller.missions.formats import qgc_plan, registry, waypoints_txt
from controller.missions.formats.mission_format import ConversionLoss
from controller.missions.plan import Home, Plan, PlanItem

WAYPOINT = PlanItem(command=16, lat_deg=47.4, lon_deg=8.55, alt_m=20.0, jump_id=1)


def losses(plan: Plan, name: str) -> tuple[ConversionLoss, ...]:
    (format_,) = (format_ for format_ in registry.FORMATS if format_.name == name)
    return registry.losses(plan, format_)


def lost(plan: Plan, name: str) -> list[tuple[int, str]]:
    return [(loss.item, loss.what) for loss in losses(plan, name)]


def test_all_losses_of_a_plan_in_text_format_are_listed(samples: Path) -> None:
    found = lost(open_plan(samples / "meadow.plan"), "wpl")
    assert found[:10] == [
        (0, "fence: inclusion polygon of 4 corners"),
        (0, "fence: exclusion circle of 25.5 m"),
        (0, "fence: return point"),
        (0, "rally point 1"),
        (0, "rally point 2"),
        (0, "cruise speed 14.5 m/s"),
        (0, "hover speed 6 m/s"),
        (0, "vehicle type 2"),
        (0, "firmware type 12"),
        (3, "the outline of the survey"),
    ]
    assert len(found) == 10


def test_a_pattern_without_items_is_a_loss(samples: Path) -> None:
    assert (2, "the StructureScan") in lost(open_plan(samples / "chimney.plan"), "wpl")


def test_comments_are_lost_in_a_plan(samples: Path) -> None:
    assert lost(open_plan(samples / "hedge.txt"), "plan") == [
        (0, "comment '# the launch pad behind the barn'"),
        (2, "comment '# along the hedge'"),
        (0, "comment '# end'"),
    ]


def test_an_unchanged_plan_loses_nothing_in_its_own_format(samples: Path) -> None:
    assert losses(open_plan(samples / "hedge.txt"), "wpl") == ()
    assert losses(open_plan(samples / "meadow.plan"), "plan") == ()


def test_a_changed_plan_is_compared_again(samples: Path) -> None:
    richer = replace(open_plan(samples / "hedge.txt"), cruise_speed_m_s=12.0)
    assert lost(richer, "wpl") == [(0, "cruise speed 12 m/s")]


def test_unknown_fields_are_losses() -> None:
    plan = Plan(
        items=(replace(WAYPOINT, extra=json.dumps({"AltitudeMode": 3, "Altitude": 20, "note": "x"})),),
        home=Home(47.4, 8.55, 0.0, alt_known=False),
        extra=json.dumps(
            {"groundStation": "x", "weather": 1, "mission": {"globalPlanAltitudeMode": 1, "crew": 2}}
        ),
    )
    assert lost(plan, "wpl") == [
        (0, "that home's altitude is unknown"),
        (0, "field weather"),
        (0, "field mission.crew"),
        (1, "field Altitude"),
        (1, "field AltitudeMode"),
        (1, "field note"),
    ]


def test_an_invented_home_is_a_loss() -> None:
    found = losses(Plan(items=(WAYPOINT,)), "plan")
    assert found == (
        ConversionLoss(
            0,
            "home position",
            "the plan has none; the format needs one, so the first item's position is written",
        ),
    )


def test_a_jump_keeps_its_target_between_formats(samples: Path) -> None:
    plan = open_plan(samples / "meadow.plan")
    text = waypoints_txt.read(waypoints_txt.write(plan), "a.txt")
    assert text.items[9].param1 == 9.0
    back = qgc_plan.read(qgc_plan.write(text), "b.plan")
    for first_seq in (0, 1):
        assert plan.wire_items(first_seq=first_seq) == back.wire_items(first_seq=first_seq)


def test_a_jump_without_target_is_written_unchanged_and_a_loss() -> None:
    plan = Plan(items=(WAYPOINT, PlanItem(command=177, frame=2, param1=70.0, param2=1.0)))
    assert (2, "DO_JUMP to 70") in lost(plan, "wpl")
    assert waypoints_txt.read(waypoints_txt.write(plan), "a.txt").items[1].param1 == 70.0


def test_rally_points_beside_a_fence_are_a_loss() -> None:
    fence = Fence((), (FenceCircle(FencePoint(47.4, 8.55), 30.0),))
    assert lost(Plan(fence=fence, rally=(RallyPoint(47.4, 8.55, 25.0),)), "wpl") == [(0, "rally point 1")]


def test_points_above_sea_level_are_a_loss_in_a_plan_whose_home_has_no_altitude() -> None:
    point = RallyPoint(47.4, 8.55, 513.5, frame=0)
    known = Plan(rally=(point,), home=Home(47.4, 8.55, 488.0))
    assert lost(known, "plan") == []
    assert qgc_plan.read(qgc_plan.write(known), "a.plan").rally == (RallyPoint(47.4, 8.55, 25.5),)
    unknown = replace(known, home=Home(47.4, 8.55, 0.0, alt_known=False))
    assert lost(unknown, "plan") == [(0, "that 1 rally or return points are above sea level")]
