"""Reading and writing QGroundControl .plan files."""

from __future__ import annotations

import copy
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.missions.errors import PlanError
from controller.missions.fence import Fence, FenceCircle, FencePoint, RallyPoint
from controller.missions.formats import qgc_plan
from controller.missions.formats.json_lines import line_of
from controller.missions.plan import Home, Plan, PlanItem

Document = dict[str, Any]


@pytest.fixture
def document(samples: Path) -> Document:
    content: Document = json.loads((samples / "meadow.plan").read_text())
    return content


def read(document: Document) -> Plan:
    return qgc_plan.read(json.dumps(document, indent=1), "a.plan")


def test_all_parts_of_a_plan_are_read(samples: Path) -> None:
    plan = qgc_plan.read((samples / "meadow.plan").read_text(), "meadow.plan")
    assert [item.command for item in plan.items] == [22, 178, 16, 206, 16, 16, 16, 206, 16, 177, 20]
    assert plan.items[2].lat_deg == 47.4002000000001
    assert math.isnan(plan.items[2].param4)
    assert plan.items[2].origin == "mission.items[2].TransectStyleComplexItem.Items[0]"
    assert plan.home == Home(47.4, 8.55, 430.25)
    assert (plan.cruise_speed_m_s, plan.hover_speed_m_s, plan.vehicle_type, plan.firmware_type) == (
        14.5,
        6.0,
        2,
        12,
    )
    assert [(pattern.kind, pattern.at, len(pattern.items)) for pattern in plan.complex_items] == [
        ("survey", 2, 6)
    ]
    assert len(plan.fence.polygons[0].corners) == 4
    assert plan.fence.circles == (FenceCircle(FencePoint(47.4015, 8.5525), 25.5, inclusion=False),)
    assert plan.fence.breach_return == RallyPoint(47.4001, 8.5499, 35)
    assert plan.rally[1] == RallyPoint(47.4003, 8.5494, 30.5)


@pytest.mark.parametrize("name", ["meadow.plan", "chimney.plan"])
def test_an_unchanged_plan_is_written_back_byte_for_byte(samples: Path, name: str) -> None:
    text = (samples / name).read_text()
    assert qgc_plan.write(qgc_plan.read(text, name)) == text


def test_a_plan_without_source_is_written_completely(document: Document) -> None:
    assert json.loads(qgc_plan.write(replace(read(document), source=None))) == document


def test_a_changed_plan_keeps_its_unchanged_parts(document: Document) -> None:
    plan = read(document)
    changed = replace(plan, hover_speed_m_s=7.5)
    document["mission"]["hoverSpeed"] = 7.5
    assert json.loads(qgc_plan.write(changed)) == document


def test_the_planners_altitude_field_follows_a_changed_item(document: Document) -> None:
    plan = read(document)
    higher = plan.with_items((replace(plan.items[0], alt_m=42.5), *plan.items[1:]))
    assert json.loads(qgc_plan.write(higher))["mission"]["items"][0]["Altitude"] == 42.5


def test_a_plan_from_code_reads_back_equal() -> None:
    plan = Plan(items=(PlanItem(command=22, alt_m=10.0, jump_id=1), PlanItem(command=20, frame=2, jump_id=2)))
    back = qgc_plan.read(qgc_plan.write(plan), "b.plan")
    assert (back.items, back.home) == (plan.items, None)


def test_a_pattern_without_items_is_read_as_unflyable(samples: Path) -> None:
    plan = qgc_plan.read((samples / "chimney.plan").read_text(), "chimney.plan")
    assert [(pattern.kind, pattern.origin) for pattern in plan.unflyable] == [
        ("StructureScan", "mission.items[1]")
    ]


def test_fence_and_rally_points_may_be_missing_or_empty_old_lists(document: Document) -> None:
    document["geoFence"] = {"version": 1, "polygon": []}
    document["rallyPoints"] = {"version": 1, "points": []}
    assert not read(document).fence
    document["geoFence"], document["rallyPoints"] = {}, {}
    assert (read(document).fence, read(document).rally) == (Fence(), ())
    del document["geoFence"], document["rallyPoints"]
    assert read(document).rally == ()


def test_a_home_with_unknown_altitude_is_marked(document: Document) -> None:
    document["mission"]["plannedHomePosition"][2] = None
    assert read(document).home == Home(47.4, 8.55, 0.0, alt_known=False)


ITEM = ("mission", "items", 0)
SURVEY = ("mission", "items", 2)
MISSING = object()


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("fileType",), "Parameters", "fileType"),
        (("version",), 2, "version"),
        (("mission",), MISSING, "mission"),
        (("mission", "version"), 7, "mission.version"),
        (("mission", "items"), {}, "mission.items"),
        (("mission", "plannedHomePosition"), MISSING, "mission.plannedHomePosition"),
        (("mission", "plannedHomePosition"), [200, 8, 400], "mission.plannedHomePosition[0]"),
        (("mission", "plannedHomePosition"), [47, 8], "mission.plannedHomePosition"),
        (("mission", "hoverSpeed"), -3, "mission.hoverSpeed"),
        (("mission", "vehicleType"), "quad", "mission.vehicleType"),
        ((*ITEM, "type"), "MissionItem", "mission.items[0].type"),
        ((*ITEM, "command"), MISSING, "mission.items[0].command"),
        ((*ITEM, "command"), 9999, "mission.items[0].command"),
        ((*ITEM, "command"), 16.5, "mission.items[0].command"),
        ((*ITEM, "frame"), 17, "mission.items[0].frame"),
        ((*ITEM, "autoContinue"), 1, "mission.items[0].autoContinue"),
        ((*ITEM, "doJumpId"), True, "mission.items[0].doJumpId"),
        ((*ITEM, "params"), [0, 0, 0, 0, 47, 8], "mission.items[0].params"),
        ((*ITEM, "params", 0), "15", "mission.items[0].params[0]"),
        ((*ITEM, "params", 1), 1e300, "mission.items[0].params[1]"),
        ((*ITEM, "params", 4), 200, "mission.items[0].params[4]"),
        ((*ITEM, "params", 5), -180.5, "mission.items[0].params[5]"),
        ((*ITEM, "params", 6), None, "mission.items[0].params[6]"),
        ((*ITEM, "params", 6), 1e9, "mission.items[0].params[6]"),
        (("mission", "items", 3, "params", 4), None, "mission.items[3].params[4]"),
        ((*SURVEY, "version"), 9, "mission.items[2].version"),
        ((*SURVEY, "complexItemType"), MISSING, "mission.items[2].complexItemType"),
        (
            (*SURVEY, "TransectStyleComplexItem", "Items", 0, "command"),
            None,
            "mission.items[2].TransectStyleComplexItem.Items[0].command",
        ),
        (("geoFence", "version"), 3, "geoFence.version"),
        (("geoFence", "polygons", 0, "polygon"), [[1, 2], [3, 4]], "geoFence.polygons[0].polygon"),
        (("geoFence", "circles", 0, "circle", "radius"), 0, "geoFence.circles[0].circle.radius"),
        (("rallyPoints", "points", 1), [47.4, 8.5], "rallyPoints.points[1]"),
        (("rallyPoints",), {"version": 1, "points": [[47, 8, 30]]}, "rallyPoints.version"),
    ],
)
def test_an_invalid_field_is_refused_by_name(
    document: Document, path: tuple[Any, ...], value: Any, field: str
) -> None:
    broken = copy.deepcopy(document)
    node: Any = broken
    for step in path[:-1]:
        node = node[step]
    if value is MISSING:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    with pytest.raises(PlanError) as caught:
        read(broken)
    assert caught.value.where == f"a.plan:{line_of(json.dumps(broken, indent=1), field)}: {field}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('{"fileType": "Plan",\n "version": 1,\n', "a.plan:3", "the file ends too early"),
        ('{"fileType": "Plan",\n "version": }', "a.plan:2", "a value is missing"),
        ('{"fileType": "Plan",\n "version": 1,\n}', "a.plan:[23]", "a field name|a comma stands before"),
        ('{"fileType": "Plan"\n "version": 1}', "a.plan:2", "a comma or a closing bracket is missing"),
        ('{"fileType" "Plan"}', "a.plan:1", "a colon is missing"),
        ('{"fileType": "Pl\nan"}', "a.plan:1", "a line break"),
        ('{"fileType": "Pl\\xan"}', "a.plan:1", "an invalid escape"),
        ('{"fileType": "Plan}', "a.plan:1", "no closing quote"),
        ("{}\n{}", "a.plan:2", "something follows after the end"),
        ('{"fileType": "NaN",\n "version": NaN}', "a.plan:2", "NaN is not allowed"),
        ('{"fileType": "Plan",\n\n "version": 1e999}', "a.plan:3", "too large"),
        ('{"a": {"b": 1},\n "c": {"b": 1,\n "b": 2}}', "a.plan:3", "duplicate field 'b'"),
        ('{"a": ' + "[" * 100_000, "a.plan", "nested too deeply"),
        ('{"fileType": "Plan", "version": ' + "9" * 5000 + "}", "a.plan", "too many digits"),
        ("[]", "a.plan:1", "must be an object"),
    ],
)
def test_invalid_json_is_refused_in_words_with_its_line(text: str, where: str, what: str) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        qgc_plan.read(text, "a.plan")
    assert re.fullmatch(where, str(caught.value.where))
    assert "Expecting" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_line_of_a_field_is_that_of_its_value_or_of_its_parent() -> None:
    text = '{\n "a": [\n  1,\n  {"b,}": [2],\n   "c": 3}\n ]\n}'
    lines = [line_of(text, path) for path in ("", "a", "a[0]", "a[1].b,}[0]", "a[1].c", "a[1].d", "x.y")]
    assert lines == [1, 2, 3, 4, 5, 4, 1]


def test_a_huge_integer_is_refused_with_a_short_error(document: Document) -> None:
    document["mission"]["items"][0]["params"][0] = 10**4000
    with pytest.raises(PlanError, match="a huge number") as caught:
        read(document)
    assert len(str(caught.value)) < 200
