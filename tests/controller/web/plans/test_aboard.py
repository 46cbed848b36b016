"""The plan on board through the page: uploaded as an order, read back, compared, cleared; refused while armed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.missions.files import open_plan
from controller.missions.formats.json_node import JsonNode
from controller.missions.plan import Plan
from controller.web.plans.plan_json import plan_as_json, plan_from_json
from tests.support.scripted.script import Script, with_item_changed
from tests.support.web import LivePage, Web, web_station

PLAN = open_plan(Path(__file__).parents[4] / "examples" / "inspection.plan")
STACKS = pytest.mark.parametrize("stack", ["ardupilot", "px4"])


async def _act(page: LivePage, name: str, outcome: str, **args: Any) -> dict[str, Any]:
    await page.send(
        {"type": "act", "request": f"{name} {args}", "aircraft": "1.1", "name": name, "args": args}
    )
    news = await page.next("action", name=name, outcome=outcome, within_s=120.0)
    action: dict[str, Any] = news["action"]
    return action


async def _staged(web: Web, plan: Plan) -> str:
    answer = await web.post("/api/plans/stage", {"plan": plan_as_json(plan)})
    assert answer.status == 200, answer.body
    name: str = answer.json["plan"]
    return name


async def _aboard(web: Web) -> list[Any]:
    answer = await web.post("/api/plans/onboard", {"aircraft": "1.1"})
    items: list[Any] = answer.json["plan"]["items"]
    return items


@STACKS
async def test_a_plan_is_uploaded_read_back_and_found_equal(tmp_path: Path, stack: str) -> None:
    async with web_station(tmp_path, stack) as web, web.live() as page:
        action = await _act(page, "upload_plan", "done", plan=await _staged(web, PLAN))
        assert "uploaded and verified" in action["why"]
        assert action["words"].startswith(f"upload {PLAN.path}: {len(PLAN.items)} items")
        compared = await web.post("/api/plans/compare", {"plan": plan_as_json(PLAN), "aircraft": "1.1"})
        assert compared.json["items"] == []
        assert compared.json["fence"]["same"]
        read = await web.post("/api/plans/onboard", {"aircraft": "1.1"})
        assert len(read.json["plan"]["items"]) == len(PLAN.items)
        assert (await web.get("/api/plans/progress?aircraft=1.1")).json["total"] >= 0


async def test_differences_name_the_item_the_field_and_both_values(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await _act(page, "upload_plan", "done", plan=await _staged(web, PLAN))
        moved = replace(PLAN.items[2], alt_m=PLAN.items[2].alt_m + 5.0)
        edited = PLAN.with_items((*PLAN.items[:2], moved, *PLAN.items[3:-1]))
        compared = (
            await web.post("/api/plans/compare", {"plan": plan_as_json(edited), "aircraft": "1.1"})
        ).json
        changed, missing = compared["items"]
        assert (changed["kind"], changed["number"]) == ("changed", 3)
        assert changed["fields"][0]["name"] == "altitude"
        assert float(changed["fields"][0]["planned"]) == float(changed["fields"][0]["onboard"]) + 5.0
        assert (missing["kind"], missing["onboard_number"]) == ("only on board", len(PLAN.items))


async def test_an_inserted_item_does_not_make_the_others_differ(tmp_path: Path) -> None:
    async with web_station(tmp_path, "px4") as web, web.live() as page:
        await _act(page, "upload_plan", "done", plan=await _staged(web, PLAN))
        new = replace(PLAN.items[2], lat_deg=PLAN.items[2].lat_deg + 0.0005, jump_id=None)
        edited = PLAN.with_items((*PLAN.items[:3], new, *PLAN.items[3:]))
        compared = await web.post("/api/plans/compare", {"plan": plan_as_json(edited), "aircraft": "1.1"})
        kinds = [(one["kind"], one["number"]) for one in compared.json["items"]]
        assert kinds == [("only planned", 4)]


async def test_the_mission_is_cleared_by_an_order(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await _act(page, "upload_plan", "done", plan=await _staged(web, PLAN))
        await _act(page, "clear_mission", "done", everything=True)
        assert await _aboard(web) == []


async def test_nothing_on_board_changes_while_the_aircraft_is_armed(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await _act(page, "upload_plan", "done", plan=await _staged(web, PLAN))
        await _act(page, "arm", "done")
        before = await _aboard(web)
        for name, args in (
            ("upload_plan", {"plan": await _staged(web, PLAN)}),
            ("clear_mission", {"everything": True}),
        ):
            action = await _act(page, name, "refused", **args)
            assert "the aircraft is armed already" in action["why"]
        assert await _aboard(web) == before


async def test_a_plan_with_errors_is_refused_with_the_first_of_them(tmp_path: Path) -> None:
    high = PLAN.with_items((replace(PLAN.items[0], alt_m=5000.0), *PLAN.items[1:]))
    async with web_station(tmp_path) as web, web.live() as page:
        before = await _aboard(web)
        action = await _act(page, "upload_plan", "refused", plan=await _staged(web, high))
        assert "item 1: 5000 m above home (the limit is 1000 m)" in action["why"]
        assert await _aboard(web) == before


async def test_a_mission_stored_otherwise_is_no_success(tmp_path: Path) -> None:
    script = Script(ready_at_s=0.0, changes_items=with_item_changed(3, z=99.0))
    async with web_station(tmp_path, script=script) as web, web.live() as page:
        action = await _act(page, "upload_plan", "refused", plan=await _staged(web, PLAN))
        assert "differs from the plan" in action["why"]


async def test_an_upload_goes_on_when_its_page_is_closed(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        async with web.live() as page:
            await _act(page, "upload_plan", "asked", plan=await _staged(web, PLAN))
        await web.until(lambda: any("upload plan: done" in one.text for one in web.events), 120.0)


@pytest.mark.parametrize(
    ("args", "what"),
    [
        ({"plan": "gone"}, "it is no longer here"),
        ({}, "plan is missing"),
        ({"plan": 5}, "plan must be a text"),
        ({"plan": "x", "clear_fence": "yes"}, "it is no longer here"),
    ],
)
async def test_an_order_with_wrong_values_is_refused(tmp_path: Path, args: dict[str, Any], what: str) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send(
            {"type": "act", "request": "1", "aircraft": "1.1", "name": "upload_plan", "args": args}
        )
        assert what in (await page.next("error"))["error"]


async def test_an_empty_plan_and_an_unknown_aircraft_are_refused(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        empty = await web.post("/api/plans/stage", {"plan": plan_as_json(Plan())})
        assert (empty.status, "no items, no fence" in empty.error) == (400, True)
        for path, body in (
            ("onboard", {"aircraft": "7.1"}),
            ("compare", {"aircraft": "7.1", "plan": plan_as_json(PLAN)}),
            ("check", {"aircraft": "7.1", "plan": plan_as_json(PLAN), "autopilot": None, "max_alt_m": None}),
        ):
            answer = await web.post(f"/api/plans/{path}", body)
            assert "unknown aircraft '7.1'" in answer.error


async def test_a_plan_is_checked_for_the_aircraft_with_its_parameters(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        asked = {"plan": plan_as_json(PLAN), "aircraft": "1.1", "autopilot": None, "max_alt_m": None}
        answer = await web.post("/api/plans/check", asked)
        assert answer.json["checked_for"].startswith("ArduPilot")
        assert answer.json["errors"] == 0
        assert answer.json["home"] is not None


def test_a_plan_of_the_aircraft_goes_through_json() -> None:
    node = JsonNode(plan_as_json(PLAN), "plan", "{}")
    assert plan_from_json(node) == PLAN
    assert open_plan(PLAN.path) == PLAN
