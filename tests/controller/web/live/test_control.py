"""Control of an aircraft between two pages."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from controller.app.gcs.control import GONE_S
from tests.support.web import LivePage, web_station

ID = "/live?page=0123456789abcdef{}"


async def pilot(page: LivePage) -> dict[str, Any]:
    """The next description of the aircraft."""
    return dict((await page.next("aircraft"))["aircraft"])


def arm(request: str) -> dict[str, Any]:
    return {"type": "act", "request": request, "aircraft": "1.1", "name": "arm", "args": {}}


def take(*, force: bool = False) -> dict[str, Any]:
    return {"type": "take_control", "aircraft": "1.1", **({"force": True} if force else {})}


async def test_the_first_page_that_commands_has_control_and_the_other_is_refused(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as anna, web.live() as ben:
        await anna.send(arm("1"))
        assert (await pilot(ben))["pilot"] == anna.hello["client"]
        await ben.send(arm("1"))
        error = await ben.next("error", request="1")
        assert error["error"].startswith("cannot arm: page 1 has control")
        await anna.next("action", outcome="done")
        actions = [one for one in web.record if one["kind"] == "action"]
        assert {one["by"] for one in actions} == {"page 1"}


async def test_control_is_asked_for_and_given(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as anna, web.live() as ben:
        await anna.send(take())
        assert (await pilot(ben))["pilot_name"] == "page 1"
        await ben.send(take())
        assert (await pilot(anna))["pilot_name"] == "page 1"
        asked = await pilot(anna)
        assert asked["asked_by"] == [{"client": ben.hello["client"], "name": "page 2"}]
        await anna.send({"type": "give_control", "aircraft": "1.1", "to": ben.hello["client"]})
        assert (await pilot(anna))["pilot"] == ben.hello["client"]
        told = [one["text"] for one in web.record if one.get("name") == "control"]
        assert told == [
            "page 1 has control",
            "page 2 asks page 1 for control",
            "page 1 gave control to page 2",
        ]


async def test_both_pages_see_control_taken_over(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as anna, web.live() as ben:
        await anna.send(take())
        await ben.send(take(force=True))
        assert "must be asked first" in (await ben.next("error"))["error"]
        await ben.send(take())
        await asyncio.sleep(2.5)
        await ben.send(take(force=True))
        for page in (anna, ben):
            event = await page.next("event", text="page 2 took control over from page 1")
            assert event["event"]["aircraft"] == "1.1"
        await anna.send(arm("1"))
        assert "page 2 has control" in (await anna.next("error"))["error"]


async def test_a_closed_page_frees_the_aircraft_at_once(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as ben:
        async with web.live() as anna:
            await anna.send(take())
            assert (await pilot(ben))["pilot"] == anna.hello["client"]
        assert (await pilot(ben))["pilot"] is None
        assert not web.aircraft.armed


async def test_a_page_that_comes_back_in_time_still_has_control(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as ben:
        async with web.live(ID.format(1)) as anna:
            await anna.send(take())
            await pilot(ben)
            anna._to_server.put_nowait({"type": "websocket.disconnect", "code": 1006, "reason": ""})
            gone = await pilot(ben)
            assert (gone["pilot"], gone["pilot_gone"]) == (anna.hello["client"], True)
            await asyncio.sleep(GONE_S / 2)
        async with web.live(ID.format(1)) as again:
            assert again.hello["aircraft"][0]["pilot"] == again.hello["client"]
            assert not (await pilot(ben))["pilot_gone"]
            again._to_server.put_nowait({"type": "websocket.disconnect", "code": 1006, "reason": ""})
            await ben.next("event", text=f"page 2 is gone for {GONE_S:.0f} s; the aircraft is free")
            assert not web.aircraft.armed


async def test_a_page_that_opened_again_elsewhere_replaces_the_dead_connection(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live(ID.format(1)) as old:
        await old.send(take())
        async with web.live(ID.format(1)) as again:
            await old.until_closed()
            assert again.hello["client"] == old.hello["client"]
            await again.send(arm("1"))
            await again.next("action", outcome="done")


async def test_the_terminal_may_command_whoever_has_control(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as anna:
        await anna.send(take())
        web.session.press("a")
        web.session.press("y")
        news = (await anna.next("action", outcome="done"))["action"]
        assert news["client_name"] == "terminal"
