"""Folders of flights: the store, the summary, and the search by name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.flights.find import find_flight
from controller.logs.record.recorder import FlightRecorder
from hil.sim.clock import VirtualClock
from tests.support.logs.recorded_flights import LINKS, attitude_frames


async def two_flights(flights: Path) -> tuple[Path, Path]:
    first = FlightRecorder.start(flights, vehicle="one", clock=VirtualClock())
    first.frames(attitude_frames(3), LINKS, False)
    await asyncio.sleep(60)
    first.frames(attitude_frames(1), LINKS, False)
    first.event("warning", text="low battery")
    first.close(outcome="completed")
    second = FlightRecorder.start(flights, vehicle="two", clock=VirtualClock())
    return first.folder, second.folder


def test_the_flights_folder_is_set_by_the_operator_or_in_the_user_data_folder(tmp_path: Path) -> None:
    assert store.flights_folder({"LANDLINE_HOME": str(tmp_path)}) == tmp_path / "flights"
    assert store.flights_folder({}, tmp_path).parts[-2:] == ("landline", "flights")


async def test_a_folder_flights_with_a_flight_in_the_current_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "flights").mkdir()
    assert store.flights_folder({}, tmp_path) != tmp_path / "flights"
    await two_flights(tmp_path / "flights")
    assert store.flights_folder({}, tmp_path) == tmp_path / "flights"
    assert (
        store.flights_folder({"LANDLINE_HOME": str(tmp_path / "own")}, tmp_path) == tmp_path / "own/flights"
    )


async def test_flights_are_listed_newest_last_and_other_folders_are_not(tmp_path: Path) -> None:
    assert store.list_flights(tmp_path / "none yet") == []
    first, second = await two_flights(tmp_path)
    (tmp_path / "holiday photos").mkdir()
    assert store.list_flights(tmp_path) == [first, second]


async def test_a_flight_is_found_by_name_prefix_path_or_last(tmp_path: Path) -> None:
    first, second = await two_flights(tmp_path)
    assert find_flight(tmp_path, first.name) == first
    assert find_flight(tmp_path, second.name[:16]) == second
    assert find_flight(tmp_path, str(first)) == first
    assert find_flight(tmp_path, "last") == first, "nothing was received in the second"
    (second / store.FRAMES).write_bytes(b"frames")
    assert find_flight(tmp_path, "last") == second


async def test_a_missing_or_ambiguous_flight_name_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot find flight 'x' .*this folder has no flights"):
        find_flight(tmp_path, "x")
    _, second = await two_flights(tmp_path)
    with pytest.raises(UserError, match=rf"cannot find flight 'x' .*the newest is {second.name}"):
        find_flight(tmp_path, "x")
    with pytest.raises(UserError, match="ambiguous name '2026': 2 flights begin with it"):
        find_flight(tmp_path, "2026")


async def test_a_summary_has_the_facts_of_a_flight(tmp_path: Path) -> None:
    first, second = await two_flights(tmp_path)
    summary = store.summarize_flight(first)
    assert (summary.vehicle, summary.started_utc) == ("one", "2026-01-01T00:00:00.000000Z")
    assert (summary.frames, summary.duration_s, summary.systems) == (4, 60.0, ((1, 1),))
    assert (summary.events, summary.warnings, summary.outcome) == (4, 1, "completed")
    empty = store.summarize_flight(second)
    assert (empty.frames, empty.duration_s, empty.outcome) == (0, 0.0, "")


async def test_a_summary_of_a_crashed_record_counts_what_can_be_read(tmp_path: Path) -> None:
    first, _ = await two_flights(tmp_path)
    for name, cut in (("frames.tlog", 10), ("events.jsonl", 10)):
        path = first / name
        path.write_bytes(path.read_bytes()[:-cut])
    summary = store.summarize_flight(first)
    assert (summary.frames, summary.events) == (3, 3)
    assert summary.bad_bytes > 0
