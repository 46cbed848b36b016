"""The recorder on disks that are really full, limited or read-only: it never raises, tells, goes on, and what is there verifies.

A file system of its own needs no rights of the machine's: Linux gives them in a namespace. Where it does not, those tests are
skipped; a limit on the size of files (RLIMIT_FSIZE) is there on every system but Windows.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
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
from tests.support.recorded_flights import LINKS, attitude_frames, recorded_problems

FLIGHT = """
import json, os, sys
from pathlib import Path
from controller.logs.record import recorder as recording
from controller.logs.record.ledger import read_ledger
from controller.logs.verification.flight import verify_flight
from controller.wire.columns import read_tlog
from tests.support.recorded_flights import LINKS, attitude_frames

how, disk = sys.argv[1], Path(sys.argv[2])

class Clock:
    seconds = 0.0
    def now(self): return self.seconds
    def utc_us(self): return 1_790_000_000_000_000 + round(self.seconds * 1e6)

clock, told, frames = Clock(), [], attitude_frames(250)

def fly(recorder, seconds):
    for _ in range(round(seconds * 10)):
        clock.seconds += 0.1
        recorder.frames(frames, LINKS, False)
        if round(clock.seconds * 10) % 10 == 0:
            recorder.event("note", at=clock.seconds)

recorder = recording.FlightRecorder.start(
    disk / "flights", vehicle="copter", clock=clock, on_problem=told.append, keys=disk / "keys"
)
fly(recorder, 2)
ballast = disk / "ballast"
if how == "tmpfs":
    usage = os.statvfs(disk)
    room = usage.f_bavail * usage.f_frsize - 50_000
    ballast.write_bytes(bytes(max(room, 0)))
elif how == "rlimit":
    import resource
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (recorder._tlog.written_bytes + 50_001, hard))
fly(recorder, 25)
missing_then = recorder.frames_missing
if how == "tmpfs":
    ballast.unlink()
elif how == "rlimit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
fly(recorder, 15)
recorded = recorder.close(outcome="completed")
result = {"told": told, "problems": recorded.problems, "missing": recorded.frames_missing, "frames": recorded.frames}
if recorded.folder.is_dir():
    found = verify_flight(recorded.folder, ledger=read_ledger(disk / "keys"))
    log = read_tlog((recorded.folder / "frames.tlog").read_bytes())
    lines = (recorded.folder / "events.jsonl").read_bytes().splitlines()
    result |= {
        "missing_then": missing_then, "ok": found.ok, "closed": found.closed, "why": str(found.first_fault),
        "proved": found.frames, "messages": log.messages, "bad_bytes": log.bad_bytes,
        "events": sum(json.loads(line)["kind"] == "note" for line in lines),
    }
print(json.dumps(result))
"""


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _mounted(folder: Path, options: str, how: str) -> dict[str, Any]:
    """The flight on a small file system in memory, in a namespace of its own."""
    script = f'mount -t tmpfs -o {options} tmpfs "$1" && shift && exec "$@"'
    inside = ["unshare", "-Urm", "sh", "-c", script, "sh", str(folder)]
    if (
        not shutil.which("unshare")
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no file system of one's own can be mounted here")
    return _run([*inside, sys.executable, "-c", FLIGHT, how, str(folder)])


@pytest.mark.realtime
def test_a_disk_that_is_really_full_costs_frames_and_neither_the_flight_nor_the_proof(tmp_path: Path) -> None:
    found = _mounted(tmp_path, "size=12m", "tmpfs")
    assert found["told"][0].endswith("MB left")
    assert any("No space left on device" in line for line in found["told"])
    assert "frames.tlog is recorded again" in found["told"][-1]
    assert 0 < found["missing_then"] <= found["missing"]
    assert (found["ok"], found["closed"]) == (True, True), found["why"]
    assert found["frames"] == found["messages"] == found["proved"]
    assert found["frames"] + found["missing"] == 42 * 10 * 250
    assert (found["bad_bytes"], found["events"]) == (0, 42)


@pytest.mark.realtime
def test_a_disk_that_is_read_only_from_the_start_is_told_and_the_flight_goes_on(tmp_path: Path) -> None:
    found = _mounted(tmp_path, "ro", "read-only")
    assert "Read-only file system; nothing is recorded" in found["told"][0]
    assert (found["frames"], found["missing"]) == (0, 42 * 10 * 250)


@pytest.mark.realtime
@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_a_file_that_may_not_grow_costs_frames_and_the_record_verifies(tmp_path: Path) -> None:
    found = _run([sys.executable, "-c", FLIGHT, "rlimit", str(tmp_path)])
    assert any("File too large" in line for line in found["told"])
    assert found["missing"] > 0
    assert (found["ok"], found["closed"]) == (True, True), found["why"]
    assert found["frames"] == found["messages"] == found["proved"]
    assert (found["bad_bytes"], found["events"]) == (0, 42)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
async def test_a_disk_that_turns_bad_in_flight_leaves_a_chain_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Every second call fails after half the bytes; taking them back fails too, until the disk works again."""
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


async def test_nothing_is_written_behind_the_final_head_of_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys", durable=False
    )
    recorder.frames(attitude_frames(2), LINKS, False)

    def failing(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)  # it was not asked for until the files are closed
        recording = recorder.close()
    recorder.mission("{}")
    recorder.params({"A": 1.0})
    assert (
        "frames.tlog cannot be written: Input/output error; the flight goes on unrecorded"
        in recording.problems
    )
    assert not list(recording.folder.glob("*.plan")) + list(recording.folder.glob("params*"))
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed, found.frames) == (True, True, 2), found.first_fault


def test_a_record_that_cannot_be_taken_back_is_taken_back_later(
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


async def test_the_disk_is_told_early_with_how_long_it_lasts_and_once_more_near_the_end(
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
    told = recorded_problems(recorder.folder)
    assert [line.split(" has ")[1].split(",")[0] for line in told] == ["199 MB left", "19 MB left"]
    assert all("min of a flight like this" in line for line in told)


async def test_a_folder_with_a_record_is_refused_with_one_line(tmp_path: Path) -> None:
    first = FlightRecorder(tmp_path, clock=VirtualClock())
    with pytest.raises(UserError, match="a flight is recorded in this folder already"):
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
    print("mine", flush=True)
except UserError as error:
    print(error, flush=True)
sys.stdin.readline()
"""


@pytest.mark.realtime
def test_of_two_processes_that_record_into_one_folder_one_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIM, str(tmp_path)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate("\n", timeout=60)[0].strip() for process in both)
    assert said[1] == "mine"
    assert "a flight is recorded in this folder already" in said[0]
    assert "\n" not in said[0]


def test_a_ledger_line_that_was_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    append_head(tmp_path, LedgerEntry("a", "1" * 64, True))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b'{"flight": "b", "he')
    append_head(tmp_path, LedgerEntry("c", "2" * 64, False))
    assert [entry.flight for entry in read_ledger(tmp_path).entries.values()] == ["a", "c"]


def test_a_line_of_the_chain_that_was_refused_is_no_leaf(
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
