"""Interrupted flights keep their summary and findings: Ctrl-C, an ended process, a bug, a kill."""

from __future__ import annotations

import asyncio
import json
import re
from html import unescape
from pathlib import Path
from typing import Any, NoReturn

import pytest

from controller.app.fly import preparation
from controller.app.fly.compose import FlightResult, FlightSetup, flight_station, fly_recorded, hosted_flight
from controller.app.fly.events import FlyEvent, FlySummary
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import FlyProcedure
from controller.errors import LinkError
from controller.guard.audit import AuditRecord
from controller.link.memory import memory_pair
from controller.logs.flights.flight_summary import flight_summary
from controller.logs.report.report import write_report
from hil.sim.clock import VirtualClock
from tests.support.flights import SQUARE, station_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle

UNDER_WAY_S = 19.0  # a scripted aircraft is on its way to item 3
TEXT = "Radio Failsafe: continuing mission"


def events_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def words_of(report: Path) -> str:
    """Return the text of a report, without drawings and tags."""
    text = re.sub(r"<(svg|style|script).*?</\1>", "", report.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def copied(flights: Path) -> Path:
    """Copy the flight that is being recorded, as a kill would leave it."""
    (flown,) = [path for path in flights.iterdir() if path.is_dir()]
    killed = flights / "killed"
    killed.mkdir()
    for path in flown.iterdir():
        (killed / path.name).write_bytes(path.read_bytes())
    return killed


async def recorded_until(tmp_path: Path, act: Any) -> tuple[Path, list[FlightResult], list[FlyEvent]]:
    """Fly a recorded flight with a failsafe text, and call `act(task)` under way; return what came of it."""
    clock, results, events = VirtualClock(), list[FlightResult](), list[FlyEvent]()
    setup = FlightSetup(SQUARE, FlyOptions(), tmp_path, lambda _: None, seed=1)
    ours, theirs = memory_pair("ground", "aircraft")
    vehicle = ScriptedVehicle("ardupilot", clock, Script(speed_m_s=5.0))
    async with asyncio.TaskGroup() as group:
        living = group.create_task(vehicle.run(theirs))
        async with flight_station(setup, clock, "aircraft") as (station, recorder):
            await station.add(ours)
            flight = asyncio.ensure_future(
                fly_recorded(
                    setup,
                    station,
                    recorder,
                    clock,
                    AuditRecord(),
                    on_event=events.append,
                    on_result=results.append,
                )
            )
            await asyncio.sleep(UNDER_WAY_S)
            await vehicle._send_text(TEXT, 4)
            await asyncio.sleep(2)
            await act(flight, vehicle)
            await asyncio.gather(flight, return_exceptions=True)
            folder = recorder.folder
        living.cancel()
    return folder, results, events


async def test_a_flight_interrupted_by_ctrl_c_keeps_summary_and_findings(tmp_path: Path) -> None:
    async def interrupt(flight: asyncio.Task[None], _: object) -> None:
        flight.cancel()

    folder, results, events = await recorded_until(tmp_path, interrupt)
    assert isinstance(events[-1], FlySummary)
    (summary,) = [event for event in events_of(folder) if event.get("name") == "summary"]
    assert summary["outcome"] == "aborted"
    assert summary["why"] == "interrupted by the operator"
    assert f"radio failsafe: {TEXT}" in summary["findings"]
    assert summary["items_reached"] == [1]
    end = events_of(folder)[-1]
    assert (end["outcome"], end["interrupted"]) == ("aborted", results[0].interrupted)
    words = words_of(folder / "report.html")
    assert "interrupted by the operator" in words
    assert f"radio failsafe: {TEXT}" in words
    assert "item 5: not reached" in words


async def test_a_lost_link_keeps_summary_and_findings(tmp_path: Path) -> None:
    async def lose(_: object, vehicle: ScriptedVehicle) -> None:
        vehicle.silent = True

    folder, _, _ = await recorded_until(tmp_path, lose)
    summary = flight_summary(events_of(folder))
    assert summary["outcome"] == "lost"
    assert f"radio failsafe: {TEXT}" in summary["findings"]
    assert f"radio failsafe: {TEXT}" in words_of(folder / "report.html")


async def test_a_flight_whose_process_was_killed_is_reported_from_its_events(tmp_path: Path) -> None:
    copies: list[Path] = []

    async def copy(flight: asyncio.Task[None], _: object) -> None:
        copies.append(copied(tmp_path))
        flight.cancel()

    await recorded_until(tmp_path, copy)
    (killed,) = copies
    assert not any(event["kind"] == "end" for event in events_of(killed))
    words = words_of(write_report(killed))
    assert "interrupted no end recorded" in words
    assert f"radio failsafe: {TEXT}" in words
    assert flight_summary(events_of(killed))["items_reached"] == [1]


def test_a_session_without_a_flight_has_no_summary() -> None:
    assert flight_summary([{"kind": "start"}, {"kind": "warning", "text": "x"}, {"kind": "end"}]) == {}


async def test_a_bug_leaves_a_summary_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError("division by zero")

    async with station_with("ardupilot") as (station, _):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        monkeypatch.setattr(preparation, "upload", broken)
        events: list[FlyEvent] = []
        with pytest.raises(ZeroDivisionError):
            await procedure.run(events.append)
    assert isinstance(events[-1], FlySummary)
    assert events[-1].why == "Landline failed: ZeroDivisionError: division by zero"


async def test_an_ended_autopilot_process_is_not_the_operator() -> None:
    async with station_with("ardupilot") as (station, _):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        events: list[FlyEvent] = []

        async def flight() -> None:
            await procedure.run(events.append)

        async def host() -> NoReturn:
            await asyncio.sleep(UNDER_WAY_S)
            raise LinkError("the autopilot's process ended with exit code 139")

        with pytest.raises(LinkError):
            await hosted_flight(host(), flight())
    assert isinstance(events[-1], FlySummary)
    assert events[-1].why == "the process of the autopilot or the ground box ended"
