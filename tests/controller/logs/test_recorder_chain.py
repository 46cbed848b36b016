"""The recorder and its chain together: closed well, killed at any moment, on a disk that fails."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from controller.logs import store
from controller.logs.keys import ledger
from controller.logs.recorder import FlightRecorder
from controller.logs.verify import verify
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.sim.clock import VirtualClock
from tests.support.cli import ROOT


class Origin:
    name = "test"


async def test_a_closed_record_verifies_with_plan_and_parameters(tmp_path: Path) -> None:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys", durable=False
    )
    encoder = Encoder(address(1, 1))
    for second in range(25):
        await asyncio.sleep(1)
        recorder.frames(Framer().feed(encoder.pack(m.HEARTBEAT(custom_mode=second))), Origin(), False)
        recorder.event("note", second=second)
    recorder.mission('{"fileType": "Plan"}')
    recorder.params({"RTL_ALT": 15.0})
    recording = recorder.close(outcome="completed")
    assert recording.problems == ()
    result = verify(recording.folder, noted=ledger(tmp_path / "keys")[recording.folder.name])
    assert (result.ok, result.closed, result.frames) == (True, True, 25)
    chain = (recording.folder / "chain.jsonl").read_text().splitlines()
    assert {json.loads(line)["file"] for line in chain if '"kind":"file"' in line} == {
        "mission.plan",
        "params.json",
    }
    assert sum('"kind":"head"' in line for line in chain) >= 4
    (recording.folder / store.MISSION).write_text("{}")
    assert not verify(recording.folder).ok


async def test_a_key_that_does_not_open_costs_the_signature_not_the_record(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "record.ed25519.pem").write_text("garbage")
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=VirtualClock(), keys=tmp_path / "keys"
    )
    recorder.frames(Framer().feed(Encoder(address(1, 1)).pack(m.HEARTBEAT())), Origin(), False)
    recording = recorder.close()
    assert recording.frames == 1
    assert len(recording.problems) == 1
    assert recording.problems[0].startswith("the record is not signed: ")


KILLER = """
import asyncio, os, random, signal, sys, time
from pathlib import Path
from controller.clock import SystemClock
from controller.logs import recorder as recording, store
from controller.logs.keys import ledger
from controller.logs.verify import verify
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.columns import read_tlog
from controller.wire.framer import Framer
recording.SYNC_S, recording.SIGN_S = 0.004, 0.012
folder, times, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(3)
frame = Framer().feed(Encoder(address(1, 1)).pack(m.ATTITUDE(roll=0.25)))
class Origin: name = "test"
async def record(name):
    recorder = recording.FlightRecorder.start(folder / "flights", vehicle=name, clock=SystemClock(), keys=folder / "keys")
    # Whoever kills us may be killed itself: nobody's recorder would run for ever.
    while os.getppid() == parent:
        recorder.frames(frame, Origin(), False)
        recorder.event("note", text="x")
        await asyncio.sleep(0)
    os._exit(1)
recording.load_key(folder / "keys")
read_tlog(b"")
parent = os.getpid()
for i in range(times):
    child = os.fork()
    if not child:
        asyncio.run(record(f"kill{i}"))
    time.sleep(rng.uniform(0.0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
notes = ledger(folder / "keys")
checked = 0
for flight in store.list_flights(folder / "flights"):
    if flight.name not in notes:
        continue  # killed before its first head: nothing was promised yet
    result = verify(flight, noted=notes[flight.name])
    assert result.ok and not result.closed, (flight, result)
    path = flight / "frames.tlog"
    log = read_tlog(path.read_bytes() if path.exists() else b"")
    # The system may be killed in the middle of a write, at a page's end: then the last entry is cut, and no other.
    assert log.bad_bytes < len(frame[0].raw) + 8 and log.messages >= result.frames, (flight, result, log.messages)
    checked += 1
print("checked", checked)
"""


def killed(tmp_path: Path, times: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), str(times)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Some die before they have promised anything, but not most.
    assert int(done.stdout.split()[-1]) > times * 0.6


@pytest.mark.realtime
@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing many recorders quickly needs fork")
def test_a_recorder_killed_at_any_moment_leaves_a_record_that_verifies(tmp_path: Path) -> None:
    killed(tmp_path, 25)


@pytest.mark.realtime
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in Linux' /proc")
def test_a_recorder_whose_killer_is_killed_ends(tmp_path: Path) -> None:
    killer = subprocess.Popen([sys.executable, "-c", KILLER, str(tmp_path), "100000"], cwd=ROOT)
    children = Path(f"/proc/{killer.pid}/task/{killer.pid}/children")
    deadline = time.monotonic() + 60
    while not (born := children.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.005)
    killer.kill()
    killer.wait()
    # The last one that was seen, or a younger one: none may be left of this folder.
    while time.monotonic() < deadline and any(_records(pid, tmp_path) for pid in _processes()):
        time.sleep(0.01)
    assert born
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
@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing many recorders quickly needs fork")
def test_five_hundred_killed_recorders_leave_records_that_verify(tmp_path: Path) -> None:
    killed(tmp_path, 500)
