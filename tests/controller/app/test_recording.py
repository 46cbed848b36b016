"""No flight without a record: refused before it begins, told at once in flight, and no folder of an attempt."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from controller.app.fly.compose import FlightResult, FlightSetup, flight_station, fly_recorded
from controller.app.fly.events import FlyEvent, FlySummary, MissionUpdate, OperatorNote
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.gcs.compose import SessionSetup, recorded_session
from controller.app.recording import check_recordable
from controller.app.station import Station
from controller.errors import LinkError, SafetyRefused, UserError
from controller.guard.audit import AuditRecord
from controller.guard.data_folder import data_folder
from controller.guard.policy import EndpointPolicy
from controller.link.memory import memory_pair
from controller.logs.flights.find import find_folder
from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.vehicle.monitoring.events import ItemUpdate
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.enums import MAV_CMD
from hil.sim.clock import VirtualClock
from tests.support.cli import landline
from tests.support.flights import SQUARE, station_with
from tests.support.plans import short_plan
from tests.support.scripted.script import Script

NO_LINK = "tcp:127.0.0.1:9"  # the discard port: nothing listens there


def not_a_folder(folder: Path) -> Path:
    """A path that cannot become a folder, also for root."""
    (folder / "file").write_text("")
    return folder / "file" / "flights"


def test_a_folder_that_cannot_be_written_is_refused_before_a_flight(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot record a flight: Not a directory.*--out"):
        check_recordable(not_a_folder(tmp_path))


def test_a_full_disk_is_refused_before_a_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(UserError, match="No space left on device"):
        check_recordable(tmp_path)


def test_the_check_of_a_new_folder_leaves_no_file(tmp_path: Path) -> None:
    check_recordable(tmp_path / "new" / "flights")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_fly_with_an_unwritable_out_ends_before_it_connects(tmp_path: Path, json: tuple[str, ...]) -> None:
    plan, out = short_plan(tmp_path), not_a_folder(tmp_path)
    done = landline("fly", plan, "--link", NO_LINK, "--out", out, *json, home=tmp_path / "home")
    assert done.code == 2
    assert "cannot record a flight" in done.err
    assert "waiting for an aircraft" not in done.err + done.out


def test_a_link_that_cannot_be_opened_leaves_no_flight_folder(tmp_path: Path) -> None:
    older = tmp_path / "flights" / "20200101T000000Z-older"
    older.mkdir(parents=True)
    (older / "frames.tlog").write_bytes(b"x" * 100)
    for command in (("fly", short_plan(tmp_path)), ("gcs",)):
        done = landline(*command, "--link", NO_LINK, home=tmp_path)
        assert done.code == 3
        assert [path.name for path in (tmp_path / "flights").iterdir()] == [older.name]
    assert find_folder(tmp_path / "flights", "last") == older


def test_last_is_never_a_folder_without_frames(tmp_path: Path) -> None:
    flown, attempt = tmp_path / "20200101T000000Z-flown", tmp_path / "20200102T000000Z-attempt"
    for folder, data in ((flown, b"frames"), (attempt, b"")):
        folder.mkdir()
        (folder / "frames.tlog").write_bytes(data)
    assert find_folder(tmp_path, "last") == flown


async def test_an_attempt_in_which_nothing_is_received_leaves_no_folder(tmp_path: Path) -> None:
    clock, results, notes = VirtualClock(), list[FlightResult](), list[FlyEvent]()
    setup = FlightSetup(SQUARE, FlyOptions(heartbeat_within_s=25), tmp_path, lambda _: None, seed=1)
    with pytest.raises(LinkError, match="no heartbeat from an aircraft in 25 s: nothing was received"):
        async with flight_station(setup, clock, "aircraft") as (station, recorder):
            await station.add(memory_pair("silent")[0])
            await fly_recorded(
                setup,
                station,
                recorder,
                clock,
                AuditRecord(),
                on_event=notes.append,
                on_result=results.append,
            )
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - no disk to wait for
    assert (results[0].folder, results[0].report) == (None, None)
    entries = read_ledger(data_folder() / "keys").of(results[0].recording.folder.name)
    assert [entry.erased for entry in entries] == [True]
    waiting = [note.text for note in notes if isinstance(note, OperatorNote)]
    assert waiting == ["no heartbeat from an aircraft yet: nothing was received"] * 2


async def test_an_unwritable_folder_is_refused_by_gcs_before_it_connects(tmp_path: Path) -> None:
    setup = SessionSetup([NO_LINK], None, None, not_a_folder(tmp_path), "aircraft", lambda _: None)
    with pytest.raises(UserError, match="cannot record a flight"):
        async with recorded_session(setup, VirtualClock(), EndpointPolicy(), lambda _: None):
            pass


async def test_a_wrong_system_id_names_the_systems_that_are_heard() -> None:
    async with station_with("ardupilot") as (station, _):
        with pytest.raises(LinkError) as caught:
            await station.vehicle(7, timeout_s=5)
    assert "no heartbeat from aircraft 7 in 5 s: heartbeats came from system 1 (ArduPilot copter)" in str(
        caught.value
    )
    assert caught.value.hint == "give --system 1"


@pytest.mark.parametrize(
    ("data", "text", "hint"),
    [
        (b"\x55" * 40, "40 bytes were received, and no MAVLink message in them", "check the baud rate"),
        (
            Encoder(address(254, 190)).pack(m.HEARTBEAT(type=6, autopilot=8)),
            "heartbeats came from system 254 component 190 (GCS)",
            "the link works",
        ),
        (
            Encoder(address(3, 1)).pack(m.SYSTEM_TIME()),
            "messages came from system 3, and no heartbeat",
            "the link works",
        ),
    ],
    ids=["noise", "ground station", "no heartbeat"],
)
async def test_without_an_aircraft_it_is_said_what_came(data: bytes, text: str, hint: str) -> None:
    async with Station(clock=VirtualClock()) as station:
        ours, theirs = memory_pair()
        await station.add(ours)
        await theirs.write(data)
        with pytest.raises(LinkError) as caught:
            await station.vehicle(timeout_s=3)
    assert text in caught.value.what
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


async def flown_with(
    recorder: FlightRecorder, station: Station, when: str, act: object
) -> tuple[list[FlyEvent], FlySummary]:
    """Fly, and call `act` when item 2 is reached, or for "upload" at the end of the upload."""
    events = []
    station.hub.tap(recorder.frames)
    async for event in fly(SQUARE, station, FlyOptions(), recorder=recorder):
        events.append(event)
        reached = isinstance(event, MissionUpdate) and isinstance(event.change, ItemUpdate)
        if (when == "flight" and reached and event.change.number == 2) or (  # type: ignore[union-attr]
            getattr(event, "name", "") == when
        ):
            act()  # type: ignore[operator]
            when = "done"
    assert isinstance(events[-1], FlySummary)
    return events, events[-1]


async def test_a_record_deleted_in_flight_is_told_and_begins_again(tmp_path: Path) -> None:
    async with station_with("ardupilot", Script(speed_m_s=5.0)) as (station, _):
        recorder = FlightRecorder.start(tmp_path, vehicle="quad", clock=station.clock, durable=False)
        events, summary = await flown_with(
            recorder, station, "flight", lambda: shutil.rmtree(recorder.folder)
        )
        recording = recorder.close(outcome=summary.outcome)
    assert summary.outcome == "completed"
    warned = next(
        e for e in events if isinstance(e, OperatorNote) and "was deleted during the flight" in e.text
    )
    assert warned.warning
    assert any("was deleted during the flight" in finding for finding in summary.findings)
    assert recording.frames > 50
    assert recording.frames_missing > 100
    lines = [json.loads(line) for line in (recording.folder / "events.jsonl").read_text().splitlines()]
    assert "was deleted during the flight" in lines[0].get("problem", lines[1].get("problem", ""))
    assert lines[-1]["outcome"] == "completed"


async def test_a_folder_moved_in_flight_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    async with station_with("ardupilot", Script(speed_m_s=5.0)) as (station, _):
        recorder = FlightRecorder.start(tmp_path, vehicle="quad", clock=station.clock, durable=False)
        moved = tmp_path / "moved"
        _, summary = await flown_with(recorder, station, "flight", lambda: recorder.folder.rename(moved))
        recording = recorder.close(outcome=summary.outcome)
    assert summary.outcome == "completed"
    assert recording.frames_missing == 0
    assert any("was moved during the flight" in finding for finding in summary.findings)
    assert json.loads((moved / "events.jsonl").read_text().splitlines()[-1])["outcome"] == "completed"


async def test_a_disk_that_is_full_before_arming_refuses_the_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with station_with("ardupilot") as (station, vehicle):
        recorder = FlightRecorder.start(tmp_path, vehicle="quad", clock=station.clock, durable=False)
        with monkeypatch.context() as patch:
            _, summary = await flown_with(
                recorder, station, "upload", lambda: patch.setattr(os, "write", full)
            )
    assert isinstance(summary.error, SafetyRefused)
    assert "it would not be recorded" in str(summary.error)
    assert "No space left on device" in str(summary.error)
    assert MAV_CMD.COMPONENT_ARM_DISARM not in [command for command, _ in vehicle.commands]


async def test_a_disk_that_fills_in_flight_is_told_and_the_flight_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with station_with("ardupilot") as (station, _):
        recorder = FlightRecorder.start(tmp_path, vehicle="quad", clock=station.clock, durable=False)
        with monkeypatch.context() as patch:
            events, summary = await flown_with(
                recorder, station, "flight", lambda: patch.setattr(os, "write", full)
            )
    assert summary.outcome == "completed"
    assert any(isinstance(e, OperatorNote) and e.warning and "No space left" in e.text for e in events)
    assert any("No space left" in finding for finding in summary.findings)


def test_link_and_sim_together_are_refused_as_two_aircraft(tmp_path: Path) -> None:
    done = landline("fly", short_plan(tmp_path), "--link", NO_LINK, "--sim", "quad_x", home=tmp_path)
    assert done.code == 2
    assert "both --link and --sim are given" in done.err
