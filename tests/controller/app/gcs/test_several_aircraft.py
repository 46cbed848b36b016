"""Several aircraft in one session: a key commands the selected one alone, and quitting names each armed one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.app.gcs.session import GcsSession, SessionEvent
from controller.link.memory import memory_pair
from controller.logs.record.recorder import FlightRecorder
from controller.missions.files import open_plan
from controller.missions.plan import Plan
from controller.wire.enums import MAV_CMD
from tests.support.flights import SQUARE, plan_of, station_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle


@dataclass
class Two:
    """A session with an ArduPilot copter, system 1, and a PX4 copter, system 2."""

    session: GcsSession
    first: ScriptedVehicle
    second: ScriptedVehicle
    events: list[SessionEvent]
    folder: Path

    async def until(self, holds: Callable[[], Any], within_s: float = 30.0) -> None:
        async with asyncio.timeout(within_s):
            while not holds():
                self.session.alive()
                await asyncio.sleep(0.1)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.session.press(key)

    @property
    def record(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


@asynccontextmanager
async def two_aircraft(folder: Path, plan: Plan | None = None) -> AsyncIterator[Two]:
    async with (
        station_with("ardupilot", Script(ready_at_s=0.0)) as (station, first),
        asyncio.TaskGroup() as group,
    ):
        ours, theirs = memory_pair("second", "second aircraft")
        second = ScriptedVehicle("px4", station.clock, Script(ready_at_s=0.0), system=2)
        flying = group.create_task(second.run(theirs))
        await station.add(ours)
        recorder = FlightRecorder(folder, clock=station.clock)
        events: list[SessionEvent] = []
        session = GcsSession(station, recorder, on_event=events.append, plan=plan)
        async with session.running():
            two = Two(session, first, second, events, folder)
            await two.until(lambda: sum(one.kind == "mission" for one in events) == 2)
            yield two
        recorder.close()
        flying.cancel()


def arms(aircraft: ScriptedVehicle) -> int:
    return sum(command == MAV_CMD.COMPONENT_ARM_DISARM for command, _ in aircraft.commands)


async def test_a_key_commands_the_selected_aircraft_alone_and_names_it(tmp_path: Path) -> None:
    async with two_aircraft(tmp_path) as two:
        two.press("a")
        assert two.session.display_state().question == "ArduPilot copter 1: arm the motors"
        two.press("n")  # another key is no confirmation
        two.press("y")
        await asyncio.sleep(3)
        assert (arms(two.first), arms(two.second)) == (0, 0)
        two.press("a")
        assert two.session.display_state().question == "PX4 copter 2: arm the motors"
        two.press("y")
        await two.until(lambda: two.second.armed)
        await asyncio.sleep(3)
        assert (arms(two.first), arms(two.second)) == (0, 1)
        assert {one["system"] for one in two.record if one["kind"] == "action"} == {2}


async def test_quitting_asks_while_any_aircraft_is_armed_and_names_it(tmp_path: Path) -> None:
    async with two_aircraft(tmp_path) as two:
        two.second.armed = True
        await two.until(lambda: sum(one.vehicle.state.armed for one in two.session.aircraft.values()))
        two.press("q")
        question = two.session.display_state().question
        assert question == "aircraft: PX4 copter 2: on the ground, armed, mode LOITER; it stays so. Quit"
        assert not two.session.leave.is_set()
        two.press("n")
        two.session.interrupt()
        assert not two.session.leave.is_set()
        assert "ArduPilot copter 1: on the ground, disarmed" in two.session.left()
        two.session.interrupt()
        assert two.session.leave.is_set()


async def test_missions_of_several_aircraft_stand_side_by_side_in_the_record(tmp_path: Path) -> None:
    async with two_aircraft(tmp_path, SQUARE) as two:
        two.press("u", "y")
        await two.until(lambda: sum(bool(one.fields.get("items")) for one in two.events) == 1)
        two.second._mission.replace(plan_of(*SQUARE.items[:3]).wire_items(first_seq=0))
        await two.session.aircraft[two.second.address].vehicle.mission.download()
        await two.until((tmp_path / "mission-2.plan").exists)
        saved = {
            one["system"]: one["file"] for one in two.record if "file" in one and one["kind"] == "mission"
        }
        assert saved == {1: "mission.plan", 2: "mission-2.plan"}
        assert len(open_plan(tmp_path / "mission.plan").items) == 6
        assert len(open_plan(tmp_path / "mission-2.plan").items) == 3
