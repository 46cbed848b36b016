"""Checks of a plan through the page: the words and figures of `landline mission check`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.app.fly.options import FlyOptions
from controller.app.mission_files import check_alone, check_for_autopilot, finding_as_json
from controller.missions.checks.findings import grouped
from controller.missions.files import open_plan
from controller.web.plans.plan_json import plan_as_json

Call = Callable[..., tuple[int, bytes]]
PLAN = Path(__file__).parents[4] / "examples" / "inspection.plan"


def _checked(call: Call, plan: Any, **options: Any) -> Any:
    asked = {"plan": plan, "aircraft": None, "autopilot": None, "max_alt_m": None} | options
    status, body = call("/api/plans/check", asked)
    assert status == 200, body
    return json.loads(body)


def test_the_findings_and_figures_are_those_of_mission_check(call: Call, samples: Path) -> None:
    for path in (PLAN, samples / "meadow.plan", samples / "chimney.plan", samples / "hedge.txt"):
        plan = open_plan(path)
        report = check_alone(plan, FlyOptions())
        told = _checked(call, plan_as_json(plan))
        assert told["findings"] == [finding_as_json(one) for one in grouped(report.findings)]
        assert told["figures"]["distance_m"] == report.estimate.distance_m
        assert told["figures"]["duration_s"] == report.estimate.duration_s
        assert len(told["legs"]) == len(report.estimate.legs)
        assert len(told["rows"]) == len(plan.items)


def test_an_autopilot_is_checked_without_an_aircraft(call: Call) -> None:
    plan = open_plan(PLAN)
    told = _checked(call, plan_as_json(plan), autopilot="px4")
    report = check_for_autopilot(plan, "px4", FlyOptions())
    assert told["checked_for"] == report.aircraft
    assert told["findings"] == [finding_as_json(one) for one in grouped(report.findings)]


def test_an_invalid_value_is_a_finding_of_its_item(call: Call) -> None:
    plan = plan_as_json(open_plan(PLAN))
    plan["items"][2]["params"][5] = 200.0
    told = _checked(call, plan)
    assert told["errors"] == 1
    assert told["findings"][0]["item"] == 3
    assert "longitude 200" in told["findings"][0]["what"]
    assert told["figures"] is None


def test_an_aircraft_that_is_not_there_is_refused(call: Call) -> None:
    asked = {"plan": plan_as_json(open_plan(PLAN)), "aircraft": "9.1", "autopilot": None, "max_alt_m": None}
    status, body = call("/api/plans/check", asked)
    assert status == 400
    assert "unknown aircraft '9.1'" in json.loads(body)["error"]


def test_a_lower_limit_of_height_gives_a_warning(call: Call) -> None:
    plan = plan_as_json(open_plan(PLAN))
    assert not any("m above home" in one["what"] for one in _checked(call, plan)["findings"])
    found = _checked(call, plan, max_alt_m=2.0)["findings"]
    assert any("m above home" in one["what"] and one["severity"] == "warning" for one in found)


def test_commands_have_the_labels_and_units_of_mavlink(call: Call) -> None:
    told = json.loads(call("/api/plans/commands", method="GET")[1])
    waypoint = next(one for one in told["commands"] if one["name"] == "NAV_WAYPOINT")
    assert waypoint["words"] == "waypoint"
    assert waypoint["is_destination"]
    hold = waypoint["params"][0]
    assert (hold["label"], hold["units"], hold["min"]) == ("Hold", "s", 0.0)
    speed = next(one for one in told["commands"] if one["name"] == "DO_CHANGE_SPEED")
    assert {"value": 1, "name": "GROUNDSPEED"} in speed["params"][0]["choices"]
    assert not any(one["name"].startswith("NAV_FENCE") for one in told["commands"])


def test_a_copter_climbs_before_it_is_flown_to_its_place_and_a_plane_does_not(call: Call) -> None:
    plan = plan_as_json(open_plan(PLAN))
    for vehicle_type, climbs in ((2, True), (0, True), (1, False)):
        first, *rest = _checked(call, {**plan, "vehicle_type": vehicle_type})["legs"]
        assert first["climbs"] is climbs
        assert not any(leg["climbs"] for leg in rest)
