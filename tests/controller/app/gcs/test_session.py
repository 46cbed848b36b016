"""A session behind the live view, in virtual time: orders and their outcomes, the mission, silence, leaving."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.app.gcs.session import News, Session
from controller.app.station import Station
from controller.logs.record.recorder import FlightRecorder
from controller.missions.files import open_plan
from controller.missions.plan import Plan
from hil.sim.clock import VirtualClock
from tests.support.flights import SQUARE, plan_of, station_with, waypoint
from tests.support.scripted_vehicle import Script, ScriptedVehicle


class Seat:
    """An operator in front of a session: presses keys and reads what is said."""

    def __init__(self, session: Session, aircraft: ScriptedVehicle, news: list[News], folder: Path) -> None:
        self.session = session
        self.aircraft = aircraft
        self.news = news
        self.folder = folder

    async def order(self, key: str, within_s: float = 20.0) -> str:
        """Key and confirmation; the outcome of the order."""
        before = len(self.outcomes)
        self.session.press(key)
        self.session.press("y")
        await self.until(lambda: len(self.outcomes) > before, within_s)
        return self.outcomes[-1]

    @property
    def outcomes(self) -> list[str]:
        return [news.text for news in self.news if news.fields.get("outcome") in ("done", "failed")]

    @property
    def links(self) -> list[bool]:
        return [news.fields["up"] for news in self.news if news.kind == "link"]

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while not holds():
                self.session.alive()
                await asyncio.sleep(0.1)

    @property
    def record(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


@asynccontextmanager
async def seat(
    folder: Path, stack: str = "ardupilot", script: Script | None = None, plan: Plan | None = None
) -> AsyncIterator[Seat]:
    async with station_with(stack, script or Script(ready_at_s=0.0)) as (station, aircraft):
        recorder = FlightRecorder(folder, clock=station.clock)
        news: list[News] = []
        session = Session(station, recorder, tell=news.append, plan=plan)
        async with session.running():
            here = Seat(session, aircraft, news, folder)
            await here.until(lambda: any(one.kind == "mission" for one in news))
            yield here
        recorder.close()


async def test_a_confirmed_key_is_an_order_and_goes_on_record(tmp_path: Path) -> None:
    async with seat(tmp_path) as here:
        here.session.press("a")
        await asyncio.sleep(4)
        assert here.aircraft.commands == []
        assert here.session.picture().question == "arm the motors"
        assert await here.order("a") == "arm: done"
        await here.until(lambda: here.aircraft.armed and here.session.picture().armed_for_s)
        assert [event["outcome"] for event in here.record if event["kind"] == "action"] == ["ordered", "done"]


async def test_what_the_aircraft_refuses_is_said_in_its_own_words(tmp_path: Path) -> None:
    async with seat(tmp_path, script=Script(ready_at_s=0.0, arm_refusals=9)) as here:
        assert "Gyros inconsistent" in await here.order("t")
        assert here.session.said.startswith("take off: the aircraft refuses to arm: Arm: Gyros inconsistent")


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_plan_at_hand_is_uploaded_shown_and_flown(tmp_path: Path, stack: str) -> None:
    async with seat(tmp_path, stack, plan=SQUARE) as here:
        assert here.session.picture().mission.items == 0
        assert "6 items are on board, read back the same" in await here.order("u")
        assert here.session.picture().mission.items == 6
        assert here.session.picture().mission.number is None
        assert (await here.order("m")).startswith("mission: done")
        await here.until(lambda: here.session.picture().mission.number == 3)
        assert here.session.picture().mission.name == "NAV_WAYPOINT"
        assert "is flying already" in await here.order("u")
        await here.until(lambda: here.session.picture().armed_for_s is None, 300)
        reached = [event["item"] for event in here.record if event.get("reached")]
        assert reached == [1, 2, 3, 5, 6]
    assert len(open_plan(tmp_path / "mission.plan").items) == 6


async def test_a_mission_that_another_hand_has_changed_is_not_started_unseen(tmp_path: Path) -> None:
    async with seat(tmp_path, plan=SQUARE) as here:
        await here.order("u")
        stored = here.aircraft._mission.items
        here.aircraft._mission.items = (*stored[:2], *stored[3:])
        assert "the mission on board is not the one shown" in await here.order("m")
        assert not here.aircraft.armed
        # Now it has been shown; ordered once more, it is meant.
        assert (await here.order("m")).startswith("mission: done")


async def test_a_mission_that_must_not_be_flown_is_not_started(tmp_path: Path) -> None:
    far = plan_of(*SQUARE.items[:1], waypoint(400_000))
    async with seat(tmp_path, plan=far) as here:
        await here.order("u")
        assert "(a safety check)" in await here.order("m")
        assert not here.aircraft.armed


async def test_without_a_mission_on_board_none_is_started(tmp_path: Path) -> None:
    async with seat(tmp_path) as here:
        assert "there is no mission on board" in await here.order("m")


async def test_an_urgent_order_breaks_off_the_one_before(tmp_path: Path) -> None:
    async with seat(tmp_path, "arduplane", plan=plan_of(waypoint(300, alt_m=60))) as here:
        await here.order("u")
        here.session.press("m")
        here.session.press("y")
        await here.until(lambda: here.aircraft.armed)
        assert (await here.order("h")).startswith(("home: done", "mission: starting the mission broken off"))
        await here.until(lambda: len(here.outcomes) == 3)
        assert {text.split(":")[0] for text in here.outcomes} == {"upload", "home", "mission"}
        assert here.aircraft.mode == "RTL"


async def test_silence_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    script = Script(ready_at_s=0.0, falls_silent=lambda aircraft: aircraft.uptime_s > 20)
    async with seat(tmp_path, script=script) as here:
        await here.until(lambda: here.session.picture().silent, within_s=60)
        await asyncio.sleep(10)
        here.session.alive()
        assert "last heard" in here.session.left()
        script.falls_silent = None
        here.aircraft.silent = False
        await here.until(lambda: len(here.links) > 1)
        await asyncio.sleep(5)
        here.session.alive()
        assert here.links == [False, True]


async def test_leaving_asks_again_only_while_the_aircraft_is_armed(tmp_path: Path) -> None:
    async with seat(tmp_path) as here:
        await here.order("a")
        here.session.press("q")
        assert "armed, mode STABILIZE, and stays so. Leave" in here.session.picture().question
        assert not here.session.leave.is_set()
        here.session.press("y")
        assert here.session.leave.is_set()
    async with seat(tmp_path / "two") as here:
        here.session.press("q")
        assert here.session.leave.is_set()


async def test_an_order_before_any_aircraft_is_heard_sends_nothing(tmp_path: Path) -> None:
    async with Station(clock=VirtualClock()) as station:
        news: list[News] = []
        session = Session(station, FlightRecorder(tmp_path, clock=station.clock), tell=news.append)
        async with session.running():
            session.press("a")
            session.press("y")
            assert session.said == "arm: no aircraft is heard yet; nothing was sent"
            assert session.left() == "no aircraft was heard"


async def test_an_aircraft_that_restarts_is_asked_for_its_messages_again(tmp_path: Path) -> None:
    async with seat(tmp_path) as here:
        await asyncio.sleep(10)
        asked = len([one for one in here.aircraft.heard if one.name == "COMMAND_LONG"])
        here.aircraft._began = here.session.clock.now()  # its time since boot begins anew
        await here.until(lambda: any("restart" in one.text for one in here.news))
        await asyncio.sleep(10)
        assert len([one for one in here.aircraft.heard if one.name == "COMMAND_LONG"]) >= asked + 5
