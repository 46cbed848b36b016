"""Actions of a page: their life, the shape of the messages, and that each happens once or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.wire.enums import MAV_CMD
from tests.support.scripted.script import Script
from tests.support.web import LivePage, Web, web_station


def act(name: str, request: str = "r1", aircraft: str = "1.1", **args: Any) -> dict[str, Any]:
    return {"type": "act", "request": request, "aircraft": aircraft, "name": name, "args": args}


async def outcomes(page: LivePage, last: str = "done") -> list[str]:
    """Outcomes of the action until `last`."""
    found: list[str] = []
    while not found or found[-1] != last:
        found.append((await page.next("action"))["action"]["outcome"])
    return found


def sent(web: Web, command: int) -> list[tuple[float, ...]]:
    return [params for one, params in web.aircraft.commands if one == command]


async def test_an_action_is_asked_accepted_and_done_and_recorded(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page, web.live() as watcher:
        await page.send(act("arm"))
        asked = (await page.next("action", outcome="asked"))["action"]
        assert (asked["words"], asked["client"], asked["request"]) == (
            "arm the motors",
            page.hello["client"],
            "r1",
        )
        assert await outcomes(page) == ["accepted", "done"]
        assert web.aircraft.armed
        assert await outcomes(watcher) == ["asked", "accepted", "done"]
        recorded = [event for event in web.record if event["kind"] == "action"]
        assert [(one["outcome"], one["by"], one["role"], one["system"]) for one in recorded] == [
            (outcome, "page 1", "pilot", 1) for outcome in ("asked", "accepted", "done")
        ]


async def test_a_refusal_has_the_words_of_the_aircraft(tmp_path: Path) -> None:
    async with (
        web_station(tmp_path, script=Script(ready_at_s=0.0, arm_refusals=9)) as web,
        web.live() as page,
    ):
        await page.send(act("takeoff", alt_m=20))
        news = (await page.next("action", outcome="refused"))["action"]
        assert "Arm: Gyros inconsistent" in news["why"]
        assert not sent(web, MAV_CMD.NAV_TAKEOFF)


async def test_a_takeoff_is_done_when_telemetry_shows_the_climb(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send(act("takeoff", alt_m=20))
        assert await outcomes(page, "accepted") == ["asked", "accepted"]
        await asyncio.sleep(3)
        assert not [one for one in page.drain() if one["type"] == "action"]
        web.aircraft.place[2] = 5.0
        assert (await page.next("action"))["action"]["why"] == ""


async def test_a_takeoff_without_a_climb_is_unconfirmed(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send(act("takeoff", alt_m=20))
        news = (await page.next("action", outcome="unconfirmed"))["action"]
        assert "no climb was seen within 15 s" in news["why"]
        assert web.aircraft.armed


async def test_without_an_answer_an_action_is_unconfirmed(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        web.aircraft.silent = True
        await page.send(act("pause"))
        news = (await page.next("action", outcome="unconfirmed", within_s=60))["action"]
        assert "no answer" in news["why"]


@pytest.mark.parametrize(
    ("name", "args"), [("arm", {}), ("takeoff", {"alt_m": 10}), ("disarm", {}), ("start_mission", {})]
)
async def test_while_the_state_is_not_known_it_is_refused(
    tmp_path: Path, name: str, args: dict[str, Any]
) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        web.aircraft.silent = True
        await asyncio.sleep(5)
        await page.send(act(name, **args))
        news = (await page.next("action"))["action"]
        assert news["outcome"] == "refused"
        assert "no telemetry for" in news["why"]


async def test_the_same_request_acts_once_also_after_the_page_connected_again(tmp_path: Path) -> None:
    name = "/live?page=0123456789abcdef"
    async with web_station(tmp_path) as web:
        async with web.live(name) as page:
            await page.send(act("arm"))
            await page.send(act("arm"))
            await outcomes(page)
            await page.send(act("arm"))
            assert (await page.next("action"))["action"]["outcome"] == "done"
            client = page.hello["client"]
        async with web.live(name) as page:
            assert page.hello["client"] == client
            assert [one["outcome"] for one in page.hello["actions"]] == ["asked", "accepted", "done"]
            await page.send(act("arm"))
            assert (await page.next("action"))["action"]["outcome"] == "done"
        assert len(sent(web, MAV_CMD.COMPONENT_ARM_DISARM)) == 1


async def test_an_action_of_a_closed_page_is_not_sent(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        async with web.live() as page:
            web.aircraft.silent = True  # the mission is downloaded before the start, and nothing answers
            await page.send(act("start_mission"))
            await page.next("action", outcome="asked")
        web.aircraft.silent = False
        await web.until(lambda: web.record[-1].get("outcome") == "refused")
        assert "ended before it was sent" in web.record[-1]["why"]
        await asyncio.sleep(10)
        assert web.aircraft.commands == []


async def test_a_second_action_waits_for_nothing_and_is_refused(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send(act("takeoff", "r1", alt_m=20))
        await page.send(act("start_mission", "r2"))
        news = (await page.next("action", request="r2"))["action"]
        assert (news["outcome"], "take off is in progress" in news["why"]) == ("refused", True)
        await page.next("action", request="r1", outcome="accepted")
        await page.send(act("land", "r3"))
        ended = (await page.next("action", request="r1", outcome="refused"))["action"]
        assert "cancelled by a newer command: land" in ended["why"]
        await page.next("action", request="r3", outcome="done")
        assert web.aircraft.mode == "LAND"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "no JSON"),
        ("[1]", "must be an object"),
        ('"act"', "must be an object"),
        ("{}", "type is missing"),
        ('{"type": "fly"}', "the type 'fly' is unknown"),
        ('{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1"}', "name is missing"),
        (
            '{"type": "act", "t_s": 1e9, "request": 1, "aircraft": "1.1", "name": "arm"}',
            "request must be a text",
        ),
        (
            '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "9.1", "name": "arm"}',
            "no aircraft '9.1'",
        ),
        (
            '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1", "name": "explode"}',
            "'explode' is unknown",
        ),
        (
            '{"type": "act", "t_s": 1e9, "request": "1", "aircraft": "1.1", "name": "arm", "x": 1}',
            "unknown field x",
        ),
        ('{"type": "act", "type": "act"}', "there twice"),
        ('{"type": "' + "a" * 5000 + '"}', "at most 4000"),
        ("[" * 2000, "nested too deeply"),
    ],
    ids=str,
)
async def test_a_message_of_a_wrong_shape_is_one_line_and_has_no_effect(
    tmp_path: Path, text: str, said: str
) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        before = len(web.record)
        await page.send_text(text)
        error = (await page.next("error"))["error"]
        assert said in error
        assert "\n" not in error
        assert (web.aircraft.commands, len(web.record)) == ([], before)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ('{"alt_m": NaN}', "NaN is no JSON number"),
        ('{"alt_m": 1e999}', "not between"),
        ('{"alt_m": "20"}', "must be a number, not a text"),
        ('{"alt_m": true}', "must be a number, not true or false"),
        ('{"alt_m": null}', "alt_m is missing"),
        ("{}", "alt_m is missing"),
        ('{"alt_m": 20, "alt": 3}', "unknown field args.alt"),
        ('{"alt_m": 20000}', "invalid height"),
        ('{"alt_m": -5}', "invalid height"),
        ("[20]", "args must be an object"),
    ],
)
async def test_a_wrong_value_is_refused_with_its_reason(tmp_path: Path, args: str, said: str) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send_text(
            f'{{"type":"act","t_s":1e9,"request":"1","aircraft":"1.1","name":"takeoff","args":{args}}}'
        )
        assert said in (await page.next("error"))["error"]
        assert web.aircraft.commands == []


async def test_an_emergency_stop_needs_its_word(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        web.aircraft.armed, web.aircraft.place[2] = True, 30.0
        await asyncio.sleep(3)
        await page.send(act("disarm", "r1"))
        assert "it is flying" in (await page.next("action", outcome="refused"))["action"]["why"]
        await page.send(act("emergency_stop", "r2"))
        assert "force is not true" in (await page.next("error"))["error"]
        assert web.aircraft.armed
        await page.send(act("emergency_stop", "r3", force=True))
        await page.next("action", outcome="done")
        assert not web.aircraft.armed


async def test_the_keys_of_the_terminal_are_news_on_the_pages(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        web.session.press("a")
        web.session.press("y")
        news = (await page.next("action", outcome="done"))["action"]
        assert (news["client_name"], news["name"], news["request"]) == ("terminal", "arm", "")


async def test_a_height_is_changed_where_the_aircraft_is(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send(act("altitude", "r1", alt_m=30))
        assert "on the ground" in (await page.next("action", outcome="refused"))["action"]["why"]
        web.aircraft.armed, web.aircraft.place[2] = True, 20.0
        await asyncio.sleep(3)
        await page.send(act("altitude", "r2", alt_m=30))
        await page.next("action", outcome="accepted")
        web.aircraft.mode = "GUIDED"
        await page.next("action", outcome="done")
        assert len(sent(web, MAV_CMD.DO_REPOSITION)) == 1
        place = [m for m in web.aircraft.received if m.name == "COMMAND_INT"][-1]
        assert (place.x, place.y, place.z) == (
            round(web.aircraft.place[0] * 1e7),
            round(web.aircraft.place[1] * 1e7),
            30.0,
        )
        web.aircraft.mode = "STABILIZE"  # as if the RC transmitter took it
        await asyncio.sleep(2)
        await page.send(act("altitude", "r3", alt_m=25))
        why = (await page.next("action", outcome="unconfirmed"))["action"]["why"]
        assert "the aircraft is in mode STABILIZE, not in GUIDED" in why


async def test_an_action_that_the_network_held_back_is_refused(tmp_path: Path) -> None:
    """A stalled network keeps a message for up to 40 s, until the server gives the connection up."""
    async with web_station(tmp_path) as web, web.live() as page:
        now = web.session.clock.now()
        for late_s, request in ((3.5, "1"), (35.0, "2")):
            await page.send({**act("arm", request), "t_s": now - late_s})
            refused = await page.next("error", request=request)
            assert refused["error"].startswith(f"cannot arm: it was {late_s:.0f} s on its way from the page")
        await page.send({"type": "take_control", "aircraft": "1.1", "t_s": now - 4})
        assert "cannot take control: it was 4 s" in (await page.next("error"))["error"]
        assert not web.aircraft.commands
        await page.send({**act("arm", "3"), "t_s": now - 2})
        assert await outcomes(page) == ["asked", "accepted", "done"]


@pytest.mark.parametrize("t_s", [None, "now", True, [], {}])
async def test_an_action_without_its_time_is_refused(tmp_path: Path, t_s: Any) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send({**act("arm"), "t_s": t_s})
        assert "t_s" in (await page.next("error", request="r1"))["error"]
        assert not web.aircraft.commands


def armings(web: Web) -> list[Any]:
    """Arm commands that reached an aircraft whose answers are lost."""
    commands = [one for one in web.aircraft.received if one.name == "COMMAND_LONG"]
    return [one for one in commands if one.command == MAV_CMD.COMPONENT_ARM_DISARM]


async def test_a_computer_that_slept_ends_what_was_in_progress(tmp_path: Path) -> None:
    """On Linux the clock of the timers stands still meanwhile: a lost command would be sent again an hour later."""
    slept_s, silent = 0.0, False
    script = Script(ready_at_s=0.0, silent_when=lambda _: silent)
    async with web_station(tmp_path, script=script, asleep_s=lambda: slept_s) as web, web.live() as page:
        silent = True
        await page.send(act("arm"))
        await web.until(lambda: armings(web))
        count, slept_s = len(armings(web)), 3600.0
        assert "computer slept" in (await page.until_closed()).reason
        await asyncio.sleep(30)
        assert len(armings(web)) == count
        assert [one["text"] for one in web.record if one.get("name") == "sleep"] == [
            "this computer slept for 3600 s: what is shown may be from before"
        ]
        async with web.live() as again:
            news = again.hello["actions"][-1]
            assert news["outcome"] == "unconfirmed"
            assert news["why"].startswith("this computer slept for 3600 s in the middle of it")


async def test_without_a_sleep_a_lost_command_is_sent_again(tmp_path: Path) -> None:
    silent = False
    script = Script(ready_at_s=0.0, silent_when=lambda _: silent)
    async with web_station(tmp_path, script=script) as web, web.live() as page:
        silent = True
        await page.send(act("arm"))
        await page.next("action", outcome="unconfirmed")
        assert len(armings(web)) > 1
