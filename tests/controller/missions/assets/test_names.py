"""Names of assets on mission items, kept by the formats."""

from __future__ import annotations

from controller.missions.assets.names import asset_of, named
from controller.missions.formats import qgc_plan, waypoints_txt
from controller.missions.plan import Home, Plan, PlanItem


def test_an_items_asset_is_kept_by_a_plan_and_is_a_comment_in_waypoints() -> None:
    item = named(PlanItem(command=16, lat_deg=47.0, lon_deg=8.0, alt_m=30.0), "tower 14")
    plan = Plan(items=(item, PlanItem(command=16, lat_deg=47.1, lon_deg=8.0)), home=Home(47.0, 8.0, 400.0))
    read = qgc_plan.read(qgc_plan.write(plan), "a.plan")
    assert [asset_of(one) for one in read.items] == ["tower 14", ""]
    assert qgc_plan.read(qgc_plan.write(read), "a.plan") == read
    text = waypoints_txt.write(plan)
    assert text.splitlines()[2] == "# asset: tower 14"
    assert waypoints_txt.read(text, "a.waypoints").items[0].comment == "# asset: tower 14"
    assert not [loss for loss in waypoints_txt.FORMAT.losses(plan) if "asset" in loss.what]


def test_a_name_of_several_lines_is_one_line_of_comment() -> None:
    assert asset_of(named(PlanItem(command=16), "tower\n1\x00 \t4")) == "tower 1 4"
    assert asset_of(PlanItem(command=16, extra='{"asset": 3}')) == ""
