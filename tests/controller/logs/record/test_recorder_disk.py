"""Recorder on full, limited and read-only disks: it never raises, reports the problem, and its record verifies.

A small file system is mounted in a Linux namespace, without root rights; where that is not possible these tests are
skipped. A limit on the size of a file (RLIMIT_FSIZE) exists on every system but Windows.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.errors import UserError
from controller.logs.record.append_file import AtomicAppender
from controller.logs.record.chain import ChainWriter
from controller.logs.record.disk_space import LAST_FREE_BYTES, WARN_FREE_BYTES
from controller.logs.record.keys import load_key
from controller.logs.record.ledger import LedgerEntry, append_head, read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from hil.sim.clock import VirtualClock
from tests.support.cli import ROOT
from tests.support.logs.recorded_flights import LINKS, attitude_frames, recorded_problems

FULL_DISK_FLIGHT = [sys.executable, "-m", "tests.support.records.full_disk_flight"]


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _mounted(folder: Path, options: str, how: str) -> dict[str, Any]:
    """Record the flight on a tmpfs mounted in a namespace of its own."""
    script = f'mount -t tmpfs -o {options} tmpfs "$1" && shift && exec "$@"'
    inside = ["unshare", "-Urm", "sh", "-c", script, "sh", str(folder)]
    if (
        not shutil.which("unshare")
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("cannot mount a file system here")
    return _run([*inside, *FULL_DISK_FLIGHT, how, str(folder)])


@pytest.mark.realtime
def test_a_really_full_disk_loses_frames_but_not_the_flight_or_its_proof(tmp_path: Path) -> None:
    found = _mounted(tmp_path, "size=12m", "tmpfs")
    assert re.match("low disk space: [0-9]+ MB free", found["reported"][0])
    assert any("No space left on device" in line for line in found["reported"])
    assert "frames.tlog is recorded again" in found["reported"][-1]
    assert 0 < found["missing_then"] <= found["missing"]
    assert (found["ok"], found["closed"]) == (True, True), found["why"]
    assert found["frames"] == found["messages"] == found["proved"]
    assert found["frames"] + found["missing"] == 42 * 10 * 250
    assert (found["bad_bytes"], found["events"]) == (0, 42)


@pytest.mark.realtime
def test_a_read_only_disk_is_reported_and_the_flight_goes_on(tmp_path: Path) -> None:
    found = _mounted(tmp_path, "ro", "read-only")
    assert "Read-only file system; the flight goes on" in found["reported"][0]
    assert (found["frames"], found["missing"]) == (0, 42 * 10 * 250)


@pytest.mark.realtime
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file size")
def test_a_file_size_limit_loses_frames_and_the_record_verifies(tmp_path: Path) -> None:
    found = _run([*FULL_DISK_FLIGHT, "rlimit", str(tmp_path)])
    assert any("File too large" in line for line in found["reported"])
    assert found["missing"] > 0
    assert (found["ok"], found["closed"]) == (True, True), found["why"]
    assert found["frames"] == found["messages"] == found["proved"]
    assert (found["bad_bytes"], found["events"]) == (0, 42)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
async def test_a_disk_that_fails_in_flight_leaves_a_chain_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Every second write fails after half the bytes; truncating fails as well, until the disk works again."""
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys", durable=False
    )
    write, truncate, calls = os.write, os.ftruncate, [0]
    bad = [False]

    def failing(file: int, data: bytes) -> int:
        calls[0] += 1
        if not bad[0]:
            return write(file, data)
        if calls[0] % 2:
            return write(file, data[: len(data) // 2])
        raise OSError(number, os.strerror(number))

    def stuck(file: int, length: int) -> None:
        if bad[0]:
            raise OSError(number, os.strerror(number))
        truncate(file, length)

    monkeypatch.setattr(os, "write", failing)
    monkeypatch.setattr(os, "ftruncate", stuck)
    frames = attitude_frames(1)
    for second in range(60):
        bad[0] = 20 <= second < 40
        await asyncio.sleep(1)
        recorder.frames(frames, LINKS, False)
        recorder.event("note", second=second)
    recording = recorder.close()
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed, found.frames) == (True, True, recording.frames), found.first_fault
    assert recording.frames_missing >= 19
    assert recording.frames + recording.frames_missing == 60


async def test_nothing_is_written_after_the_final_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys", durable=False
    )
    recorder.frames(attitude_frames(2), LINKS, False)

    def failing(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)  # first called when the files are closed
        recording = recorder.close()
    recorder.mission("{}")
    recorder.params({"A": 1.0})
    assert "cannot write frames.tlog: Input/output error; the flight goes on unrecorded" in recording.problems
    assert not list(recording.folder.glob("*.plan")) + list(recording.folder.glob("params*"))
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed, found.frames) == (True, True, 2), found.first_fault


def test_a_partial_record_that_cannot_be_removed_is_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = AtomicAppender(tmp_path / "x")
    file.append(b"whole")
    write, truncate = os.write, os.ftruncate
    answers = iter([2, None])

    def half(handle: int, data: bytes) -> int:
        taken = next(answers)
        if taken is None:
            raise OSError(errno.EIO, "Input/output error")
        return write(handle, data[:taken])

    def refused(handle: int, length: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "write", half)
    monkeypatch.setattr(os, "ftruncate", refused)
    with pytest.raises(OSError, match="Read-only"):
        file.append(b"torn")
    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "ftruncate", truncate)
    file.append(b" again")
    file.close()
    assert (tmp_path / "x").read_bytes() == b"whole again"


async def test_low_disk_space_is_reported_twice_with_the_remaining_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = WARN_FREE_BYTES + 1

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage)
    recorder = FlightRecorder.start(tmp_path, vehicle="x", clock=VirtualClock())
    for second in range(60):
        Usage.free = {20: WARN_FREE_BYTES - 1, 40: LAST_FREE_BYTES - 1}.get(second, Usage.free)
        recorder.frames(attitude_frames(1), LINKS, False)
        await asyncio.sleep(1)
    problems = recorded_problems(recorder.folder)
    assert [line.split(": ")[1].split(" for ")[0] for line in problems] == ["199 MB free", "19 MB free"]
    assert all("min at the present data rate" in line for line in problems)


async def test_a_folder_with_a_record_is_refused_with_one_line(tmp_path: Path) -> None:
    first = FlightRecorder(tmp_path, clock=VirtualClock())
    with pytest.raises(UserError, match="the folder holds a record already"):
        FlightRecorder(tmp_path, clock=VirtualClock())
    first.frames(attitude_frames(1), LINKS, False)
    assert first.close().frames == 1


CLAIM = """
import sys
from pathlib import Path
from controller.errors import UserError
from controller.logs.record.recorder import FlightRecorder
from controller.clock import SystemClock
sys.stdin.readline()
try:
    FlightRecorder(Path(sys.argv[1]), clock=SystemClock())
    print("recording", flush=True)
except UserError as error:
    print(error, flush=True)
sys.stdin.readline()
"""


@pytest.mark.realtime
def test_the_second_of_two_processes_recording_into_one_folder_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIM, str(tmp_path)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    answers = sorted(process.communicate("\n", timeout=60)[0].strip() for process in both)
    assert answers[1] == "recording"
    assert "the folder holds a record already" in answers[0]
    assert "\n" not in answers[0]


def test_a_ledger_line_cut_off_does_not_absorb_the_next(tmp_path: Path) -> None:
    append_head(tmp_path, LedgerEntry("a", "1" * 64, True))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b'{"flight": "b", "he')
    append_head(tmp_path, LedgerEntry("c", "2" * 64, False))
    assert [entry.flight for entry in read_ledger(tmp_path).entries.values()] == ["a", "c"]


def test_a_chain_line_that_the_disk_refused_is_no_leaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "flight"
    folder.mkdir()
    (folder / "frames.tlog").write_bytes(b"data")
    (folder / "events.jsonl").write_bytes(b"")
    chain = ChainWriter(
        folder, flight="flight", key=load_key(tmp_path), keys_folder=tmp_path, utc_us=1, durable=False
    )
    chain.add_bytes("frames.tlog", b"data")
    write = os.write

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        chain.checkpoint(2, sign=False)
    monkeypatch.setattr(os, "write", write)
    chain.close(3)
    found = verify_flight(folder, ledger=read_ledger(tmp_path))
    assert (found.ok, found.closed) == (True, True), found.first_fault
