"""The station: discovery of aircraft, heartbeat with and without an operator, the record of a flight."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from controller.app.discovery import links_text
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.errors import LinkError
from controller.link.memory import memory_pair
from controller.logs.record.recorder import FlightRecorder
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.sim.clock import VirtualClock
from landline import connect
from tests.support.flights import SQUARE, plan_of, station_with, waypoint
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle


async def received_by_the_aircraft(station: Station, seconds: float) -> list[str]:
    """Names of the messages that the station sends by itself."""
    ours, theirs = memory_pair()
    await station.add(ours)
    framer, names = Framer(), []
    try:
        async with asyncio.timeout(seconds):
            while chunk := await theirs.read():
                names += [frame.name for frame in framer.feed(chunk)]
    except TimeoutError:
        pass
    return names


async def test_the_heartbeat_is_sent_once_a_second() -> None:
    async with Station(clock=VirtualClock()) as station:
        assert (await received_by_the_aircraft(station, 10.5)).count("HEARTBEAT") == 10


async def test_with_operator_feeds_the_heartbeat_needs_alive_calls() -> None:
    async with Station(clock=VirtualClock(), operator_feeds=True) as station:
        assert await received_by_the_aircraft(station, 5) == []
        asyncio.get_running_loop().call_later(5, station.alive)
        assert (await received_by_the_aircraft(station, 20)).count("HEARTBEAT") == 3


async def test_gimbals_cameras_and_ground_stations_are_not_aircraft() -> None:
    async with Station(clock=VirtualClock()) as station:
        ours, theirs = memory_pair()
        await station.add(ours)
        for component, kind, autopilot in ((1, 6, 8), (154, 26, 8), (100, 30, 8), (190, 6, 8), (1, 18, 8)):
            heartbeat = m.HEARTBEAT(type=kind, autopilot=autopilot)
            await theirs.write(Encoder(address(1, component)).pack(heartbeat))
        with pytest.raises(LinkError, match="no heartbeat"):
            await station.vehicle(timeout_s=5)


async def test_connect_yields_an_aircraft_that_can_fly_a_mission() -> None:
    clock = VirtualClock()
    ours, theirs = memory_pair()
    async with asyncio.TaskGroup() as group:
        scripted = ScriptedVehicle("ardupilot", clock, Script(ready_at_s=0))
        living = group.create_task(scripted.run(theirs))
        async with connect(ours, clock=clock) as vehicle:
            await vehicle.mission.upload(SQUARE)
            await vehicle.mission.start()
            assert [item.number async for item in vehicle.mission.progress() if item.reached] == [
                1,
                2,
                3,
                5,
                6,
            ]
        living.cancel()


async def test_connect_without_an_aircraft_names_the_link() -> None:
    ours, _ = memory_pair("radio")
    with pytest.raises(LinkError, match="memory:radio"):
        async with connect(ours, clock=VirtualClock(), timeout_s=3):
            pass


async def test_a_flight_is_recorded(tmp_path: Path) -> None:
    plan = plan_of(*SQUARE.items[:2], waypoint(20), SQUARE.items[-1])
    async with station_with("ardupilot") as (station, _):
        recorder = FlightRecorder.start(tmp_path, vehicle="test", clock=station.clock)
        station.hub.tap(recorder.frames)
        events = [event async for event in fly(plan, station, FlyOptions(), recorder=recorder)]
        recording = recorder.close()
    assert recording.problems == ()
    lines = [
        json.loads(line)
        for line in (recording.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    kinds = {line["kind"] for line in lines}
    assert {"action", "mode", "mission", "check", "note"} <= kinds
    reached = [line["item"] for line in lines if line["kind"] == "mission" and line.get("reached")]
    assert reached == list(events[-1].items_reached)  # type: ignore[union-attr]
    assert json.loads((recording.folder / "params.json").read_text(encoding="utf-8"))["TKOFF_ALT"] == 50.0
    assert (recording.folder / "mission.plan").exists()
    assert recording.frames > 100


async def test_a_link_in_memory_is_shown_as_the_simulator() -> None:
    async with Station() as station:
        await station.add(memory_pair()[0])
        assert links_text(station.hub.links) == "the simulator"
