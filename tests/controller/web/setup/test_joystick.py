"""Joystick of a page: frames only with control and after a take-over, and nothing goes out where no frame came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.web import LivePage, Web, web_station

FRAME_S = 0.05


@asynccontextmanager
async def flying(folder: Path, stack: str = "ardupilot") -> AsyncIterator[tuple[Web, LivePage]]:
    async with web_station(folder, stack) as web, web.live("/live?page=0123456789abcdef") as page:
        await page.send({"type": "take_control", "aircraft": "1.1"})
        yield web, page


async def frame(page: LivePage, **more: Any) -> None:
    await page.send({"type": "joystick", "aircraft": "1.1", **more})
    await asyncio.sleep(FRAME_S)


def sticks(web: Web) -> list[tuple[int, ...]]:
    return [
        (one.target, one.x, one.y, one.z, one.r)
        for one in web.aircraft.received
        if one.name == "MANUAL_CONTROL"
    ]


async def test_frames_become_manual_control_at_their_rate(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        await frame(page, begin=True)
        for _ in range(20):
            await frame(page, x=500, y=-250, z=0, r=1000)
        assert await page.next("joystick", active=True)
        assert sticks(web)[0] == (1, 0, 0, 500, 0)
        assert sticks(web)[1:] == [(1, 500, -250, 500, 1000)] * 20


async def test_without_a_take_over_nothing_is_sent(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        await frame(page, x=500)
        assert "has not taken over" in (await page.next("error"))["error"]
        assert sticks(web) == []


async def test_300_ms_without_a_frame_end_the_take_over_for_good(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        await frame(page, begin=True)
        await asyncio.sleep(0.2)
        await frame(page, x=100)
        sent = len(sticks(web))
        await asyncio.sleep(0.31)
        stopped = await page.next("joystick", active=False)
        assert stopped["why"] == "no frame of the joystick for 300 ms"
        for _ in range(5):
            await frame(page, x=900)
        assert len(sticks(web)) == sent
        assert any(one["kind"] == "warning" and "has stopped" in one["text"] for one in web.record)
        await frame(page, begin=True)
        assert len(sticks(web)) == sent + 1


async def test_a_page_without_control_cannot_take_over(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, _), web.live("/live?page=fedcba9876543210") as other:
        await frame(other, begin=True, x=700)
        assert "has control" in (await other.next("error"))["error"]
        assert sticks(web) == []


async def test_lost_control_ends_it_at_the_next_frame(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        await frame(page, begin=True)
        await page.send({"type": "release_control", "aircraft": "1.1"})
        await frame(page, x=500)
        assert (await page.next("joystick", active=False))["why"] == "this page has no control any more"
        assert (500,) not in [one[1:2] for one in sticks(web)]


async def test_a_lost_connection_ends_it(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        async with web.live("/live?page=0123456789abcdef") as page:
            await page.send({"type": "take_control", "aircraft": "1.1"})
            await frame(page, begin=True)
        sent = len(sticks(web))
        await asyncio.sleep(1.0)
        assert len(sticks(web)) == sent
        assert any("the connection to the page is lost" in str(one.get("text")) for one in web.record)


@pytest.mark.parametrize("axes", [{"x": 1001}, {"y": -5000}, {"z": 0.5}, {"r": "0"}, {"buttons": 1}])
async def test_wrong_axes_are_refused_and_not_sent(tmp_path: Path, axes: dict[str, Any]) -> None:
    async with flying(tmp_path) as (web, page):
        await frame(page, begin=True)
        await frame(page, **axes)
        assert (await page.next("error"))["error"]
        assert len(sticks(web)) == 1


async def test_more_frames_than_needed_are_thinned_out(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        await page.send({"type": "joystick", "aircraft": "1.1", "begin": True})
        for at in range(40):
            await page.send({"type": "joystick", "aircraft": "1.1", "x": at})
            await asyncio.sleep(0.02)
        assert 15 < len(sticks(web)) < 28


async def test_what_the_aircraft_requires_is_told(tmp_path: Path) -> None:
    async with flying(tmp_path, "px4") as (web, _):
        told = (await web.get("/api/setup/joystick?aircraft=1.1")).json
        assert told["own_system"] == 255
        assert [row["name"] for row in told["requirements"]] == [
            "COM_RC_IN_MODE",
            "COM_RC_LOSS_T",
            "NAV_RCL_ACT",
        ]


async def test_frames_that_the_network_held_back_fly_nothing(tmp_path: Path) -> None:
    async with flying(tmp_path) as (web, page):
        now = web.session.clock.now()
        await frame(page, begin=True, t_s=now - 2)
        assert "cannot fly with the joystick: it was 2 s" in (await page.next("error"))["error"]
        await frame(page, begin=True)
        for _ in range(10):
            await frame(page, x=500, t_s=now - 2)
        assert (await page.next("joystick", active=False))["why"].startswith("no frame")
        assert [one for one in sticks(web) if one[1]] == []
