"""Flight recorder: complete records, and disk errors that never stop the flight."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.link.memory import memory_pair
from controller.logs.flights import store
from controller.logs.formats.tlog.frames import TlogFrames, entries, read_tlog
from controller.logs.record.disk_space import WARN_FREE_BYTES
from controller.logs.record.recorder import FlightRecorder
from controller.router.hub import Hub
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from hil.sim.clock import EPOCH_UTC_US, VirtualClock
from tests.support.logs.recorded_flights import (
    LINKS,
    attitude_frames,
    recorded_events,
    recorded_problems,
)

ROOT = Path(__file__).parents[4]


def start(folder: Path, **more: Any) -> FlightRecorder:
    return FlightRecorder.start(folder, vehicle="quad x/1", clock=VirtualClock(), **more)


async def test_frames_of_both_directions_are_on_disk_before_listeners_get_them(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    near, far = memory_pair()
    on_disk: list[int] = []
    async with Hub(clock=VirtualClock()) as hub:
        hub.tap(recorder.frames)
        ground = hub.local(GROUND_STATION)
        ground.listen(lambda _frame: on_disk.append(len(read_tlog(recorder.folder / "frames.tlog"))))
        await hub.add(near)
        await far.write(attitude_frames(1)[0].raw)
        await asyncio.sleep(2)
        ground.send(m.HEARTBEAT(type=6))
    recording = recorder.close()
    assert on_disk == [1]
    logged = list(read_tlog(recording.folder / "frames.tlog"))
    assert [(frame.name, frame.source) for _, frame in logged] == [
        ("ATTITUDE", (1, 1)),
        ("HEARTBEAT", (255, 190)),
    ]
    assert [time_us for time_us, _ in logged] == [EPOCH_UTC_US, EPOCH_UTC_US + 2_000_000]


async def test_the_checksum_in_the_last_event_is_that_of_the_file(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    for frame in attitude_frames(5):
        recorder.frames([frame], LINKS, False)
    recording = recorder.close()
    data = (recording.folder / "frames.tlog").read_bytes()
    assert recording.tlog_sha256 == hashlib.sha256(data).hexdigest()
    assert (recording.frames, recording.frames_missing, recording.bytes) == (5, 0, len(data))
    assert recording.problems == ()
    assert recorded_events(recording.folder)[-1]["tlog_sha256"] == recording.tlog_sha256
    assert recorder.close() is recording


async def test_events_carry_both_times_their_kind_and_their_fields(tmp_path: Path) -> None:
    recorder = start(tmp_path, start_fields={"seed": 7})
    await asyncio.sleep(1.5)
    recorder.event("action", name="arm", forced=False, kind="cannot be changed", position=(1.0, float("nan")))
    began, action = recorded_events(recorder.folder)
    assert began == {
        "utc": "2026-01-01T00:00:00.000000Z",
        "t_s": 0,
        "kind": "start",
        "vehicle": "quad x/1",
        "seed": 7,
    }
    assert action == {
        "utc": "2026-01-01T00:00:01.500000Z",
        "t_s": 1.5,
        "kind": "action",
        "name": "arm",
        "forced": False,
        "position": [1.0, None],
    }


async def test_an_event_is_one_line_whatever_its_text(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    recorder.event("text", text="two\nlines \udcff and a broken byte")
    assert len(recorded_events(recorder.folder)) == 2


async def test_two_flights_within_a_second_have_two_folders(tmp_path: Path) -> None:
    folders = [start(tmp_path).folder.name for _ in range(3)]
    assert folders == [f"20260101T000000Z-quad-x-1{number}" for number in ("", "-2", "-3")]


async def test_mission_and_parameters_are_saved(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    recorder.mission('{"fileType": "Plan"}')
    recorder.params({"WPNAV_SPEED": 500.0, "ARMING_CHECK": 1, "NAN": float("nan")})
    assert (recorder.folder / "mission.plan").read_text() == '{"fileType": "Plan"}'
    kept = json.loads((recorder.folder / "params.json").read_text())
    assert list(kept.items()) == [("ARMING_CHECK", 1), ("NAN", None), ("WPNAV_SPEED", 500.0)]
    assert not list(recorder.folder.glob("*.new"))


class Disk:
    """Replacement of `os.write` with a limited number of free bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free_bytes: int | None = None
        self._write: Callable[[int, bytes], int] = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if self.free_bytes is None:
            return self._write(file, data)
        if not self.free_bytes:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = self._write(file, data[: self.free_bytes])
        self.free_bytes -= taken
        return taken


async def test_a_full_disk_is_reported_at_once_and_missing_frames_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    disk = Disk(monkeypatch)
    recorder = start(tmp_path, on_problem=reported.append)
    frames = attitude_frames(6)
    recorder.frames(frames[:2], LINKS, False)
    disk.free_bytes = 20  # half a frame
    recorder.frames(frames[2:3], LINKS, False)
    recorder.frames(frames[3:4], LINKS, False)
    assert [line.partition(":")[0] for line in reported] == [
        "cannot write frames.tlog",
        "cannot write events.jsonl",
    ]
    disk.free_bytes = None
    await asyncio.sleep(2)
    recorder.frames(frames[4:], LINKS, False)
    recording = recorder.close()
    log = read_tlog(recording.folder / "frames.tlog")
    assert [frame.seq for _, frame in log] == [0, 1, 4, 5]
    assert log.damage == []
    assert recording.tlog_sha256 == hashlib.sha256(log.data).hexdigest()
    assert (recording.frames, recording.frames_missing) == (4, 2)
    assert recording.problems[-1] == "2 frames are missing from frames.tlog"
    # Events wait in memory, so the record holds its own gap.
    assert recorded_problems(recording.folder)[0].startswith(
        "cannot write frames.tlog: No space left on device"
    )


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root can write to a read-only folder"
)
async def test_a_read_only_folder_is_reported_before_takeoff(tmp_path: Path) -> None:
    Path.chmod(tmp_path, 0o500)
    reported: list[str] = []
    recorder = start(tmp_path / "flights", on_problem=reported.append)
    recorder.frames(attitude_frames(3), LINKS, False)
    recorder.params({})
    recording = recorder.close()
    Path.chmod(tmp_path, 0o700)
    assert "cannot record" in reported[0]
    assert (recording.frames, recording.frames_missing) == (0, 3)


async def test_a_flights_folder_that_is_a_file_is_reported_and_not_raised(tmp_path: Path) -> None:
    (tmp_path / "flights").write_text("not a folder")
    reported: list[str] = []
    recorder = start(tmp_path / "flights", on_problem=reported.append)
    recorder.frames(attitude_frames(3), LINKS, False)
    recorder.mission("{}")
    recorder.params({})
    recording = recorder.close()
    assert "cannot record in" in reported[0]
    assert "cannot write mission.plan" in " ".join(recording.problems)
    assert "3 frames are missing from frames.tlog" in recording.problems


async def test_low_disk_space_is_reported_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = WARN_FREE_BYTES - 1

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage)
    recorder = start(tmp_path)
    assert recorder.problems == [f"low disk space: 199 MB free for {recorder.folder}"]


async def test_a_clock_jump_in_flight_is_recorded(tmp_path: Path) -> None:
    class ChangedClock(VirtualClock):
        offset_us = 0

        def utc_us(self) -> int:
            return super().utc_us() + self.offset_us

    clock = ChangedClock()
    recorder = FlightRecorder.start(tmp_path, vehicle="x", clock=clock)
    for second in range(40):
        if second == 25:
            clock.offset_us = -3_600_000_000
        recorder.frames(attitude_frames(1), LINKS, False)
        await asyncio.sleep(1)
    assert recorded_problems(recorder.folder) == [
        "the system clock jumped by -3600.0 s: the record's times go on evenly"
    ]
    recorder.event("end")
    times_us = read_tlog(recorder.folder / "frames.tlog").times_us
    assert (times_us[1:] - times_us[:-1]).tolist() == [1_000_000] * 39
    utc = [event["utc"] for event in recorded_events(recorder.folder)]
    assert utc == sorted(utc)


@pytest.mark.realtime
@pytest.mark.parametrize("after_lines", [1, 7])
async def test_a_killed_recorder_leaves_every_frame_it_had_taken(tmp_path: Path, after_lines: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.records.endless_recorder",
        str(tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        for _ in range(after_lines):
            recorded = int(await process.stdout.readline())
        process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        await process.communicate()
    (folder,) = store.list_flights(tmp_path)
    log = read_tlog(folder / "frames.tlog")
    assert len(log) >= recorded
    # The last write of a killed process may end at a page of the cache; no listener had got that frame yet.
    end = len(log.data)
    for torn in log.damage:
        assert torn.offset + torn.length == end
        assert torn.length < len(entries(0, attitude_frames(1)))
    assert [frame.seq for _, frame in log] == [n % 100 for n in range(len(log))]
    assert store.summarize_flight(folder).frames == len(log)
    assert isinstance(log, TlogFrames)
