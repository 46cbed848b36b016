"""The recorder and its chain together: closed well, killed at any moment, on a disk that fails."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.logs.flights import store
from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.sim.clock import VirtualClock
from tests.support.cli import ROOT


class Origin:
    name = "test"


LINKS = (Origin(),)


async def test_a_closed_record_verifies_with_plan_and_parameters(tmp_path: Path) -> None:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys", durable=False
    )
    encoder = Encoder(address(1, 1))
    for second in range(25):
        await asyncio.sleep(1)
        recorder.frames(Framer().feed(encoder.pack(m.HEARTBEAT(custom_mode=second))), LINKS, False)
        recorder.event("note", second=second)
    recorder.mission('{"fileType": "Plan"}')
    recorder.params({"RTL_ALT": 15.0})
    recorder.params({"RTL_ALT": 16.0})
    recording = recorder.close(outcome="completed")
    assert recording.problems == ()
    result = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (result.ok, result.closed, result.frames) == (True, True, 25)
    chain = (recording.folder / "chain.jsonl").read_text().splitlines()
    assert {json.loads(line)["file"] for line in chain if '"kind":"file"' in line} == {
        "mission.plan",
        "params.json",
        "params-2.json",
    }
    assert sum('"kind":"head"' in line for line in chain) >= 4
    (recording.folder / store.MISSION).write_text("{}")
    assert not verify_flight(recording.folder).ok


async def test_a_key_that_does_not_open_costs_the_signature_not_the_record(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "record.ed25519.pem").write_text("garbage")
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys"
    )
    recorder.frames(Framer().feed(Encoder(address(1, 1)).pack(m.HEARTBEAT())), LINKS, False)
    recording = recorder.close()
    assert recording.frames == 1
    assert len(recording.problems) == 1
    assert recording.problems[0].startswith("cannot sign the record: ")


KILLED_RECORDERS = [sys.executable, "-m", "tests.support.records.killed_recorders"]


def killed(tmp_path: Path, times: int) -> tuple[int, int]:
    """Return the number of frames that the killed recorders had taken and that their chains covered."""
    done = subprocess.run(
        [*KILLED_RECORDERS, str(tmp_path), str(times)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, checked, _, taken, _, covered = done.stdout.split()
    assert int(checked) == times
    return int(taken), int(covered)


@pytest.mark.realtime
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_recorder_killed_at_any_moment_leaves_a_record_that_verifies(tmp_path: Path) -> None:
    taken, _ = killed(tmp_path, 8)
    assert taken > 0


@pytest.mark.realtime
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads child processes from /proc")
def test_a_recorder_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    killer = subprocess.Popen(
        [*KILLED_RECORDERS, str(tmp_path), "100000"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert killer.stderr is not None
    assert int(killer.stderr.readline()) > 0  # process number of the first recorder
    killer.kill()
    # Every recorder holds the pipe open as well, so it ends with the last of them.
    killer.communicate(timeout=60)
    assert not any(_records(pid, tmp_path) for pid in _processes())


def _processes() -> list[str]:
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def _records(pid: str, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(folder).encode() in command


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_five_hundred_killed_recorders_leave_records_that_verify(tmp_path: Path) -> None:
    taken, covered = killed(tmp_path, 500)
    assert taken > covered > 5_000
