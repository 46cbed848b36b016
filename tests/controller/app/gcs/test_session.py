"""A ground station session in virtual time: commands and their outcomes, the mission, lost telemetry, quitting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.app.gcs.session import GcsSession, SessionEvent
from controller.app.station import Station
from controller.logs.record.recorder import FlightRecorder
from controller.missions.files import open_plan
from controller.missions.plan import Plan
from controller.wire import messages as m
from controller.wire.enums import MAV_CMD
from hil.sim.clock import VirtualClock
from tests.support.flights import SQUARE, plan_of, station_with, waypoint
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle


class Operator:
    """An operator at a session: presses keys and reads the events."""

    def __init__(
        self, session: GcsSession, aircraft: ScriptedVehicle, events: list[SessionEvent], folder: Path
    ) -> None:
        self.session = session
        self.aircraft = aircraft
        self.events = events
        self.folder = folder

    async def command(self, key: str, within_s: float = 20.0, typed: str | None = None) -> str:
        """Press key, type a value if there is one, and confirm; return the outcome of the command."""
        before = len(self.outcomes)
        for one in (key, *(() if typed is None else (*typed, "\n")), "y"):
            self.session.press(one)
        await self.until(lambda: len(self.outcomes) > before, within_s)
        return self.outcomes[-1]

    @property
    def outcomes(self) -> list[str]:
        return [
            event.text
            for event in self.events
            if event.fields.get("outcome") in ("done", "refused", "unconfirmed")
        ]

    @property
    def links(self) -> list[bool]:
        return [event.fields["up"] for event in self.events if event.kind == "link"]

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while not holds():
                self.session.alive()
                await asyncio.sleep(0.1)

    @property
    def record(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


@asynccontextmanager
async def operator_at(
    folder: Path, stack: str = "ardupilot", script: Script | None = None, plan: Plan | None = None
) -> AsyncIterator[Operator]:
    async with station_with(stack, script or Script(ready_at_s=0.0)) as (station, aircraft):
        recorder = FlightRecorder(folder, clock=station.clock)
        events: list[SessionEvent] = []
        session = GcsSession(station, recorder, on_event=events.append, plan=plan)
        async with session.running():
            operator = Operator(session, aircraft, events, folder)
            await operator.until(lambda: any(one.kind == "mission" for one in events))
            yield operator
        recorder.close()


async def test_a_confirmed_key_sends_a_command_and_is_recorded(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        operator.session.press("a")
        await asyncio.sleep(4)
        assert operator.aircraft.commands == []
        assert operator.session.display_state().question == "arm the motors"
        assert await operator.command("a") == "arm: done"
        await operator.until(lambda: operator.aircraft.armed and operator.session.display_state().armed_for_s)
        assert [event["outcome"] for event in operator.record if event["kind"] == "action"] == [
            "asked",
            "accepted",
            "done",
        ]


async def test_a_refusal_shows_the_aircrafts_status_text(tmp_path: Path) -> None:
    async with operator_at(tmp_path, script=Script(ready_at_s=0.0, arm_refusals=9)) as operator:
        assert "Gyros inconsistent" in await operator.command("t", typed="")
        assert operator.session.last_line.startswith(
            "take off: the aircraft refuses to arm: Arm: Gyros inconsistent"
        )


async def test_an_address_of_the_aircraft_is_an_event_of_the_record_and_nothing_else(tmp_path: Path) -> None:
    address = "rtsp://192.0.2.1:554/live"
    script = Script(ready_at_s=0.0, messages=[m.VIDEO_STREAM_INFORMATION(uri=address)])
    async with operator_at(tmp_path, script=script) as operator:
        vehicle = operator.session.vehicle
        assert vehicle is not None
        await vehicle.message("VIDEO_STREAM_INFORMATION")
        text = f"{address}: named by the aircraft (VIDEO_STREAM_INFORMATION.uri); not opened"
        assert operator.session.last_line == text
        assert [one["text"] for one in operator.record if one.get("name") == "address"] == [text]


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_plan_is_uploaded_shown_and_flown(tmp_path: Path, stack: str) -> None:
    async with operator_at(tmp_path, stack, plan=SQUARE) as operator:
        assert operator.session.display_state().mission.items == 0
        assert "6 items uploaded and verified" in await operator.command("u")
        assert operator.session.display_state().mission.items == 6
        assert operator.session.display_state().mission.number is None
        assert (await operator.command("m")).startswith("mission: done")
        await operator.until(lambda: operator.session.display_state().mission.number == 3)
        assert operator.session.display_state().mission.name == "NAV_WAYPOINT"
        refused = await operator.command("u")
        assert "cannot upload the plan: the aircraft is flying already" in refused
        assert "landline gcs" not in refused
        await operator.until(lambda: operator.session.display_state().armed_for_s is None, 300)
        reached = [event["item"] for event in operator.record if event.get("reached")]
        assert reached == [1, 2, 3, 5, 6]
    assert len(open_plan(tmp_path / "mission.plan").items) == 6


async def test_a_mission_changed_by_another_operator_is_not_started(tmp_path: Path) -> None:
    async with operator_at(tmp_path, plan=SQUARE) as operator:
        await operator.command("u")
        stored = operator.aircraft._mission.items
        operator.aircraft._mission.items = (*stored[:2], *stored[3:])
        assert "the mission on board was not the one shown" in await operator.command("m")
        assert not operator.aircraft.armed
        # It is shown now; the second command starts it.
        assert (await operator.command("m")).startswith("mission: done")


async def test_a_plan_that_fails_the_checks_is_not_uploaded(tmp_path: Path) -> None:
    far = plan_of(*SQUARE.items[:1], waypoint(400_000))
    async with operator_at(tmp_path, plan=far) as operator:
        said = await operator.command("u")
        assert "cannot upload the plan: item 2: the first position is 400 km from home" in said
        assert "(a safety check)" in said
        assert operator.aircraft._mission.items == ()


async def test_a_mission_that_fails_the_checks_is_not_started(tmp_path: Path) -> None:
    async with operator_at(tmp_path, plan=SQUARE) as operator:
        await operator.command("u")
        stored = operator.aircraft._mission.items
        operator.aircraft._mission.items = (*stored[:2], replace(stored[2], x=0, y=900_000_000), *stored[3:])
        assert "the mission on board was not the one shown" in await operator.command("m")
        assert "cannot fly the plan: " in await operator.command("m")
        assert not operator.aircraft.armed


async def test_without_a_mission_on_board_none_is_started(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        assert "there is no mission on board" in await operator.command("m")


async def test_an_urgent_command_cancels_the_one_before(tmp_path: Path) -> None:
    async with operator_at(tmp_path, "arduplane", plan=plan_of(waypoint(300, alt_m=60))) as operator:
        await operator.command("u")
        operator.session.press("m")
        operator.session.press("y")
        await operator.until(lambda: operator.aircraft.armed)
        assert (await operator.command("h")).startswith(
            ("home: done", "mission: starting the mission cancelled")
        )
        await operator.until(lambda: len(operator.outcomes) == 3)
        assert {text.split(":")[0] for text in operator.outcomes} == {"upload", "home", "mission"}
        assert operator.aircraft.mode == "RTL"


async def test_lost_and_regained_telemetry_are_reported_once_each(tmp_path: Path) -> None:
    script = Script(ready_at_s=0.0, silent_when=lambda aircraft: aircraft.uptime_s > 20)
    async with operator_at(tmp_path, script=script) as operator:
        await operator.until(lambda: operator.session.display_state().silent, within_s=60)
        await asyncio.sleep(10)
        operator.session.alive()
        assert "last telemetry" in operator.session.left()
        script.silent_when = None
        operator.aircraft.silent = False
        await operator.until(lambda: len(operator.links) > 1)
        await asyncio.sleep(5)
        operator.session.alive()
        assert operator.links == [False, True]


async def test_quitting_needs_confirmation_only_while_armed(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        await operator.command("a")
        operator.session.press("q")
        assert "armed, mode STABILIZE; it stays so. Quit" in operator.session.display_state().question
        assert not operator.session.leave.is_set()
        operator.session.press("y")
        assert operator.session.leave.is_set()
    async with operator_at(tmp_path / "two") as operator:
        operator.session.press("q")
        assert operator.session.leave.is_set()


@pytest.mark.parametrize(
    ("key", "typed", "question", "sent"),
    [
        ("t", "25", "take off to 25 m", ("NAV_TAKEOFF", 25.0)),
        ("t", "", "take off to 10 m", ("NAV_TAKEOFF", 10.0)),
        ("s", "4.5", "fly at 4.5 m/s", ("DO_CHANGE_SPEED", 4.5)),
        ("g", "47.398 8.5456 30", "fly to 47.398000, 8.545600 at 30 m", ("DO_REPOSITION", -1.0)),
        ("f", "loiter", "change the flight mode to LOITER", ("DO_SET_MODE", 5.0)),
    ],
)
async def test_a_typed_value_is_confirmed_and_sent(
    tmp_path: Path, key: str, typed: str, question: str, sent: tuple[str, float]
) -> None:
    async with operator_at(tmp_path) as operator:
        await operator.command("a")
        operator.aircraft.place[2] = 20.0 if key == "g" else 0.0
        await asyncio.sleep(2)
        operator.aircraft.commands.clear()
        for one in (key, *typed):
            operator.session.press(one)
        assert operator.session.display_state().entry.endswith(f": {typed}")
        operator.session.press("\n")
        assert operator.aircraft.commands == []
        assert operator.session.display_state().question.startswith(question)
        operator.session.press("y")
        name, value = sent
        number = MAV_CMD[name]
        await operator.until(
            lambda: any(one == number and value in p for one, p in operator.aircraft.commands)
        )


@pytest.mark.parametrize(
    ("key", "typed", "reason"),
    [
        ("t", "ten", "ten is not a number"),
        ("t", "-5", "invalid height"),
        ("t", "nan", "not a number"),
        ("g", "here", "not a number"),
        ("g", "0 0 30", "invalid position"),
        ("g", "47.3977,5 8.5 30", "not a position"),
        ("s", "0", "invalid speed"),
        ("f", "turbo", "turbo is no mode of"),
    ],
)
async def test_a_wrong_value_is_refused_and_sends_nothing(
    tmp_path: Path, key: str, typed: str, reason: str
) -> None:
    async with operator_at(tmp_path) as operator:
        await operator.command("a")
        operator.aircraft.commands.clear()
        for one in (key, *typed, "\n", "y"):
            operator.session.press(one)
        await asyncio.sleep(2)
        assert operator.aircraft.commands == []
        assert reason in operator.session.last_line


async def test_letters_of_a_value_are_no_commands(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        for one in "fland\x1by":
            operator.session.press(one)
        await asyncio.sleep(2)
        assert (operator.aircraft.commands, operator.session.display_state().question) == ([], "")


async def test_ctrl_c_asks_while_armed_and_a_second_one_leaves(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        await operator.command("a")
        operator.session.interrupt()
        assert "it stays so. Quit" in operator.session.display_state().question
        operator.session.press("n")
        assert not operator.session.leave.is_set()
        operator.session.interrupt()
        operator.session.interrupt()
        assert operator.session.leave.is_set()
    async with operator_at(tmp_path / "two") as operator:
        operator.session.interrupt()
        assert operator.session.leave.is_set()


async def test_a_command_without_an_aircraft_sends_nothing(tmp_path: Path) -> None:
    async with Station(clock=VirtualClock()) as station:
        events: list[SessionEvent] = []
        session = GcsSession(station, FlightRecorder(tmp_path, clock=station.clock), on_event=events.append)
        async with session.running():
            session.press("a")
            session.press("y")
            session.press("g")
            session.press("\x1b")
            session.press("a")
            session.press("y")
            assert session.last_line == "arm: cannot send: no aircraft connected; wait for a heartbeat"
            assert session.left() == "no aircraft was found"


async def test_a_restarted_aircraft_is_asked_for_its_telemetry_again(tmp_path: Path) -> None:
    async with operator_at(tmp_path) as operator:
        await asyncio.sleep(10)
        asked = len([one for one in operator.aircraft.received if one.name == "COMMAND_LONG"])
        operator.aircraft._began = operator.session.clock.now()  # its time since boot begins anew
        await operator.until(lambda: any("restart" in one.text for one in operator.events))
        await asyncio.sleep(10)
        assert len([one for one in operator.aircraft.received if one.name == "COMMAND_LONG"]) >= asked + 5
