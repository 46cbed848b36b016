"""Files of plans through the page: what is read comes back as it was, and a broken file is one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.missions.errors import PlanError
from controller.missions.files import open_plan
from controller.missions.formats import registry, text_file
from controller.web.plans.plan_json import body_as_node, plan_as_json, plan_from_json
from tests.support.dji import wpml_files as dji

Call = Callable[..., tuple[int, bytes]]
REAL = (
    "ardupilot/Kingaroy-vlarge.txt",
    "ardupilot/ap1.txt",
    "ardupilot/copter_AVC2013_mission.txt",
    "ardupilot/copter_loiter_to_alt.txt",
    "ardupilot/copter_mission.txt",
    "ardupilot/copter_nav_delay.txt",
    "ardupilot/copter_spline_mission.txt",
    "qgc/qgroundcontrol_sample.plan",
    "qgc/qgroundcontrol_sample_with_survey.plan",
    "qgc/qgroundcontrol_sample_with_structured_scan.plan",
)
TESTS = Path(__file__).parents[3]
OURS = (
    *sorted((TESTS / "vectors" / "missions").glob("*.*")),
    *sorted((TESTS / "data" / "cases").glob("*.plan")),
    *sorted((TESTS / "data" / "cases").glob("*.waypoints")),
)


def _opened(call: Call, path: Path) -> Any:
    status, body = call(f"/api/plans/open?name={path.name}", path.read_bytes())
    assert status == 200, body
    return json.loads(body)["plan"]


def _edited(plan: Any) -> Any:
    """Return the plan with another height of the first item, as the page sends it."""
    plan["items"][0]["params"][6] += 1.5
    return plan


@pytest.mark.parametrize("name", REAL)
def test_a_real_mission_is_saved_as_it_was(shared_data: Path, call: Call, name: str) -> None:
    path = shared_data / "missions" / name
    format_ = "plan" if name.endswith(".plan") else "wpl"
    status, saved = call("/api/plans/save", {"plan": _opened(call, path), "format": format_})
    assert status == 200
    assert saved == path.read_bytes()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_plan_is_the_same_after_the_way_through_json(path: Path) -> None:
    plan = open_plan(path)
    text = json.dumps(plan_as_json(plan), allow_nan=False)
    again = plan_from_json(body_as_node(text.encode()))
    assert again == plan
    assert again.source == plan.source
    assert again.notes == plan.notes
    assert [item.origin for item in again.items] == [item.origin for item in plan.items]


def test_unknown_fields_of_a_plan_survive_an_edit(call: Call, tmp_path: Path) -> None:
    document = json.loads((TESTS.parent / "examples" / "inspection.plan").read_bytes())
    document["mission"]["remark"] = {"by": "planner"}
    document["mission"]["items"][0]["colour"] = "red"
    file = tmp_path / "field.plan"
    file.write_text(json.dumps(document))
    plan = _edited(_opened(call, file))
    status, saved = call("/api/plans/save?name=new", {"plan": plan, "format": "plan"})
    assert status == 200
    written = json.loads(saved)
    assert written["mission"]["remark"] == {"by": "planner"}
    assert written["mission"]["items"][0]["colour"] == "red"
    assert written["mission"]["items"][0]["params"][6] == document["mission"]["items"][0]["params"][6] + 1.5


def test_items_inserted_before_a_survey_shift_the_numbers_in_it(call: Call, samples: Path) -> None:
    plan = _opened(call, samples / "meadow.plan")
    new = {**plan["items"][0], "jump_id": None, "extra": "", "origin": ""}
    plan["items"] = [{**item, "jump_id": None} for item in (new, *plan["items"])]
    plan["patterns"] = [{**one, "at": one["at"] + 1} for one in plan["patterns"]]
    status, saved = call("/api/plans/save", {"plan": plan, "format": "plan"})
    assert status == 200, saved
    again = registry.read(saved, "saved.plan")
    assert [item.jump_id for item in again.items] == list(range(1, len(again.items) + 1))
    assert len(again.complex_items) == len(plan["patterns"])


def test_what_a_text_file_cannot_hold_is_said_before_it_is_saved(call: Call, samples: Path) -> None:
    plan = _opened(call, samples / "meadow.plan")
    _, body = call("/api/plans/losses", {"plan": plan, "format": "wpl"})
    said = [one["what"] for one in json.loads(body)["losses"]]
    assert any("fence" in what for what in said)
    assert any("rally point" in what for what in said)
    _, body = call("/api/plans/losses", {"plan": plan, "format": "plan"})
    assert json.loads(body) == {"losses": [], "unchanged": True}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n", "this is a picture"),
        (b"QGC WPL 110\n0\t1\t0", "fields instead of 12"),
        (b'{"fileType": "Plan"', "truncated"),
        (b"[" * 100_000, "nested too deeply|unknown format"),
    ],
)
def test_a_broken_file_is_one_line(call: Call, content: bytes, what: str) -> None:
    status, body = call("/api/plans/open?name=broken.plan", content)
    assert status == 400
    line = json.loads(body)["error"]
    assert "\n" not in line
    assert "broken.plan" in line
    with pytest.raises(PlanError, match=what):
        registry.read(content, "broken.plan")


def test_a_file_above_the_limit_is_refused_while_it_is_read(call: Call) -> None:
    status, body = call("/api/plans/open?name=large.plan", b" " * (text_file.MAX_BYTES + 1))
    assert status == 413
    assert "it has more than" in json.loads(body)["error"]


def test_row_0_is_read_as_home_or_as_the_first_item_as_the_operator_says(call: Call) -> None:
    data = (TESTS / "data" / "cases" / "nohome_wp.waypoints").read_bytes()
    counts = {}
    for choice in ("yes", "no"):
        status, body = call(f"/api/plans/open?name=a.waypoints&home_row={choice}", data)
        assert status == 200, body
        counts[choice] = len(json.loads(body)["plan"]["items"])
    assert counts["no"] == counts["yes"] + 1


def test_a_dji_mission_is_opened_with_what_it_lost(call: Call) -> None:
    data = dji.job(dji.waypoint(0, dji.group(dji.action("megaphone"))), dji.waypoint(1))
    status, body = call("/api/plans/open?name=job.kmz", data)
    plan = json.loads(body)["plan"]
    assert status == 200
    assert [item["command"] for item in plan["items"]] == [22, 178, 16, 178, 16, 20]
    assert plan["losses"][0] == {
        "item": 3,
        "what": "action megaphone",
        "why": "no mission item does that",
        "instead": "the flight without it",
    }


def test_the_formats_are_told_with_their_endings_and_the_largest_file(call: Call) -> None:
    told = json.loads(call("/api/plans/formats", method="GET")[1])
    assert [one["name"] for one in told["written"]] == [
        "plan",
        "wpl",
        "litchi",
        "kml",
        "gpx",
        "geojson",
        "wpml",
    ]
    assert told["max_bytes"] == text_file.MAX_BYTES


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("items",), 5, "items: invalid field: must be a list"),
        (("items", 0, "params"), [1, 2], "must hold 7 values, not 2"),
        (("items", 0, "params", 6), "high", "must be a number, not a text"),
        (("items", 0, "command"), 1.5, "must be an integer"),
        (("items", 0, "frame"), None, "must be a number, not null"),
        (("items", 0, "autocontinue"), 1, "must be true or false"),
        (("items", 0, "extra"), "[1]", "must be the text of a JSON object"),
        (("home", "lat_deg"), 91, "not between -90 and 90"),
        (("vehicle_type",), 256, "not between 0 and 255"),
        (("fence", "polygons"), [{"corners": [[1, 2]], "inclusion": True}], "a fence polygon needs 3"),
        (("fence", "circles"), [{"center": [1, 2], "radius_m": 0, "inclusion": True}], "needs a radius"),
        (("rally",), [{"lat_deg": 1}], "it is missing"),
        (("patterns",), [{"kind": "survey", "at": 0, "count": 999, "raw": "", "origin": ""}], "has only"),
        (("source",), {"path": "a"}, "it is missing"),
        (("notes",), [1], "must be an object"),
    ],
)
def test_json_of_the_wrong_shape_is_refused_with_its_field(
    call: Call, path: tuple[str | int, ...], value: Any, what: str
) -> None:
    plan = _opened(call, TESTS.parent / "examples" / "inspection.plan")
    place = plan
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    status, body = call("/api/plans/save", {"plan": plan, "format": "plan"})
    assert status == 400
    assert what in json.loads(body)["error"]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[1,2]", b"{", b'{"plan": 3, "format": "plan"}', b"\xff\xfe"]
)
def test_a_body_that_is_no_plan_is_refused(call: Call, body: bytes) -> None:
    for path in ("save", "losses", "check"):
        status, answer = call(f"/api/plans/{path}", body)
        assert status == 400
        assert json.loads(answer)["error"].count("\n") == 0


def test_an_invalid_number_of_an_item_is_not_saved(call: Call) -> None:
    plan = _opened(call, TESTS.parent / "examples" / "inspection.plan")
    plan["items"][2]["params"][4] = 95.0
    status, body = call("/api/plans/save", {"plan": plan, "format": "plan"})
    assert status == 400
    assert "item 3: NAV_WAYPOINT: latitude 95 is not between -90 and 90" in json.loads(body)["error"]
