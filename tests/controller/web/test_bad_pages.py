"""Pages that misbehave on the live connection: others never notice, and the aircraft gets no command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.web.access import Role
from controller.web.live import client as live_client
from controller.web.live.limits import BURST, MAX_PAGES, MAX_PAGES_OF_ONE, MAX_REFUSED, MESSAGES_A_SECOND
from tests.support.web import CODES, COOKIE, ClosedByServer, LivePage, Web, ages_s, web_station

ARM = {"type": "act", "request": "1", "aircraft": "1.1", "name": "arm", "args": {}}


@asynccontextmanager
async def watched_station(folder: Path) -> AsyncIterator[tuple[Web, LivePage]]:
    """A station with a good page; at the end its telemetry is still fresh, and the aircraft got no command."""
    async with web_station(folder) as web, web.live() as good:
        yield web, good
        good.drain()
        news = await good.next("state", within_s=2.0)
        assert news["states"]
        assert good.closed is None
        assert web.aircraft.commands == []
        assert not web.aircraft.armed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "null",
        "[]",
        '"act"',
        "1e999",
        "{}",
        '{"type": null}',
        '{"type": "act"}',
        '{"type": "unknown"}',
        '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1", "name": "arm", "args": []}',
        '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "9.9", "name": "arm", "args": {}}',
        '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1", "name": "explode", "args": {}}',
        '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1", "name": "arm", "args": {"alt_m": NaN}}',
        '{"type": "act", "type": "act", "request": "1", "aircraft": "1.1", "name": "arm", "args": {}}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"type": "act", "t_s": 1e9, "request": "' + "9" * 100_000 + '"}',
        '{"type": ' + "9" * 4000 + "}",
        "\ud800",
        "\x00",
    ],
    ids=lambda text: text[:40],
)
async def test_a_message_of_the_wrong_shape_is_answered_with_one_line(tmp_path: Path, text: str) -> None:
    async with watched_station(tmp_path) as (web, _), web.live() as page:
        await page.send_text(text)
        refused = await page.next("error")
        assert "\n" not in refused["error"]
        assert len(refused["error"]) < 300


async def test_a_binary_message_is_answered_with_one_line(tmp_path: Path) -> None:
    async with watched_station(tmp_path) as (web, _), web.live() as page:
        await page.send_bytes(b'{"type": "act"}\xff\x00')
        assert "must be text" in (await page.next("error"))["error"]


async def test_a_page_that_stops_reading_is_closed_and_others_notice_nothing(tmp_path: Path) -> None:
    async with watched_station(tmp_path) as (web, good), web.live() as stuck:
        stuck.stop_reading()
        good.drain()
        began = asyncio.get_running_loop().time()
        ages = []
        while stuck.closed is None and asyncio.get_running_loop().time() < began + 60:
            news = await good.next("state", within_s=2.0)
            ages += ages_s(news)
        assert stuck.closed is not None
        assert (stuck.closed.code, stuck.closed.reason) == (1013, "the page does not read its messages")
        assert asyncio.get_running_loop().time() - began < live_client.MAX_WRITE_S + 5
        assert max(ages) < 0.5
        assert len(ages) > 20


async def test_what_waits_for_a_page_that_does_not_read_is_bounded(tmp_path: Path) -> None:
    async with watched_station(tmp_path) as (web, _), web.live() as stuck:
        stuck.stop_reading()
        page = list(web.feed._clients.values())[-1]
        for number in range(10 * live_client.MAX_WAITING):
            page.send({"type": "error", "request": None, "error": str(number)})
        assert len(page._messages) <= live_client.MAX_WAITING


async def test_commands_in_a_flood_are_refused_and_not_kept_for_later(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as good, web.live() as page:
        for number in range(400):
            await page.send({"type": "seen", "number": number})
        await page.send(ARM)
        refused = await page.next("error", request=None)
        while "some had no effect" not in refused["error"]:
            refused = await page.next("error", request=None)
        assert f"more than {MESSAGES_A_SECOND:.0f} messages a second" in refused["error"]
        await asyncio.sleep(60)
        assert web.aircraft.commands == []
        good.drain()
        await good.next("state", within_s=2.0)


async def test_a_page_that_floods_is_closed_and_others_notice_nothing(tmp_path: Path) -> None:
    async with watched_station(tmp_path) as (web, _), web.live() as page:
        for _ in range(int(BURST) + MAX_REFUSED + 50):
            await page.send_text("{}")
        closed = await page.until_closed()
        assert (closed.code, closed.reason) == (1008, "the page sends too many messages")


async def test_a_joystick_stays_within_the_rate(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        for _ in range(25 * 60):
            await page.send({"type": "seen"})
            await asyncio.sleep(1 / 25)
        assert [one for one in page.drain() if "some had no effect" in one.get("error", "")] == []


async def test_pages_of_one_browser_are_limited_with_a_clear_reason(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(web.live()) for _ in range(MAX_PAGES_OF_ONE)]
        for _ in range(1000):
            with pytest.raises(ClosedByServer) as refused:
                await stack.enter_async_context(web.live())
            assert refused.value.code == 1013
            assert refused.value.reason == (
                f"this browser has {MAX_PAGES_OF_ONE} pages open already; close one of them"
            )
        assert len(web.feed._clients) == MAX_PAGES_OF_ONE
        for page in pages:
            page.drain()
            await page.next("state", within_s=2.0)


async def test_observers_leave_room_for_a_pilot(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, AsyncExitStack() as stack:
        opened = 0
        with pytest.raises(ClosedByServer, match="pages of observers are open already"):
            for _ in range(100):
                session = web.site.logins.log_in(CODES[Role.OBSERVER], "192.0.2.1")
                assert session is not None
                who: dict[str, Any] = {
                    "cookie": f"{COOKIE}={session.cookie}",
                    "sec_websocket_protocol": f"landline, {session.key}",
                }
                await stack.enter_async_context(web.live(**who))
                opened += 1
        assert opened == MAX_PAGES[Role.OBSERVER]
        page = await stack.enter_async_context(web.live(role=Role.PILOT))
        assert page.hello["role"] == "pilot"


async def test_a_page_that_leaves_in_the_middle_of_a_command_leaves_nothing_behind(tmp_path: Path) -> None:
    async with watched_station(tmp_path) as (web, _):
        before = len(asyncio.all_tasks())
        for _ in range(50):
            async with web.live() as page:
                await page.send_text("{}")
        await asyncio.sleep(1)
        assert len(web.feed._clients) == 1
        assert len(asyncio.all_tasks()) <= before


async def test_a_bug_in_a_handler_closes_that_page_alone_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched_station(tmp_path) as (web, _):

        def broken(*_: object) -> None:
            raise ZeroDivisionError("a secret of the server")

        monkeypatch.setattr(web.feed.commands, "receive", broken)
        async with web.live() as page:
            await page.send_text("{}")
            closed = await page.until_closed()
        assert closed.code == 1011
        assert len(web.bugs) == 1
        web.bugs.clear()


async def test_a_bug_in_the_feed_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched_station(tmp_path) as (web, page):
        whole = web.feed._send_news

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(web.feed, "_send_news", broken)
        await web.until(lambda: web.bugs)
        monkeypatch.setattr(web.feed, "_send_news", whole)
        web.bugs.clear()
        page.drain()
        await page.next("state", within_s=2.0)
