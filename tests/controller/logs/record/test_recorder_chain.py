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
    assert recording.problems[0].startswith("the record is not signed: ")


KILLER = """
import asyncio, os, random, signal, sys, time
from pathlib import Path
from controller.clock import SystemClock
from controller.logs.flights import store
from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.columns import read_tlog
from controller.wire.framer import Framer
folder, times, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(3)
frame = Framer().feed(Encoder(address(1, 1)).pack(m.ATTITUDE(roll=0.25)))
class Link: name = "test"
taken, at = 0, {}
def queue(self, utc_us, queue=ChainWriter.queue_blocks):
    number = queue(self, utc_us)
    at[number] = taken
    return number
def put(self, number, utc_us, *, sign, put=ChainWriter.write_queued):
    put(self, number, utc_us, sign=sign)
    tell("covered", at[number])
def tell(what, count):
    os.write(told, f"{what} {count}\\n".encode())
async def record(name):
    global taken
    ChainWriter.queue_blocks, ChainWriter.write_queued = queue, put
    recorder = FlightRecorder.start(
        folder / "flights", vehicle=name, clock=SystemClock(), keys=folder / "keys", sync_s=0.004, sign_s=0.012
    )
    tell("signed", 0)  # the first head is on disk: from here on everything is promised
    # Whoever kills us may be killed itself: nobody's recorder would run for ever.
    while os.getppid() == parent:
        recorder.frames(frame, [Link], False)
        taken += 1
        tell("taken", taken)
        recorder.event("note", text="x")
        await asyncio.sleep(0)
    os._exit(1)
load_key(folder / "keys")
read_tlog(b"")
parent, promised = os.getpid(), []
for i in range(times):
    hear, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(hear)
        asyncio.run(record(f"kill{i}"))
    os.close(told)
    with open(hear, "rb") as said:
        words = [said.readline()]
        while not words[-1].startswith(b"signed"):
            assert words[-1], "it died by itself"
            words.append(said.readline())
        time.sleep(rng.uniform(0.0, 0.15))
        os.kill(child, signal.SIGKILL)
        words += said.readlines()
    os.waitpid(child, 0)
    most = {"taken": 0, "covered": 0, "signed": 0}
    for word in words:
        what, count = word.decode().split()
        most[what] = max(most[what], int(count))
    promised.append(most)
notes, flights = read_ledger(folder / "keys"), {path.name.partition("-")[2]: path for path in store.all_flights(folder / "flights")}
for i, most in enumerate(promised):
    flight = flights[f"kill{i}"]
    result = verify_flight(flight, ledger=notes)
    assert result.ok and not result.closed and notes.of(flight.name), (flight, result)
    path = flight / "frames.tlog"
    log = read_tlog(path.read_bytes())
    # The system may be killed in the middle of a write, at a page's end: then the last entry is cut, and no other.
    assert log.bad_bytes < len(frame[0].raw) + 8, (flight, log.bad_bytes)
    # What was taken is there, whole and with its way, and what was said to be covered is.
    assert most["taken"] <= log.messages <= most["taken"] + 1, (flight, most, log.messages)
    ways = flight / "frames.way"
    assert most["taken"] <= (ways.stat().st_size if ways.exists() else 0) <= log.messages, (flight, most)
    assert most["covered"] <= result.frames <= log.messages, (flight, most, result)
print("checked", len(promised), *(f"{what} {sum(most[what] for most in promised)}" for what in ("taken", "covered")))
"""


def killed(tmp_path: Path, times: int) -> tuple[int, int]:
    """Frames that they had taken and that they had told to be covered, all found again."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), str(times)],
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
@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing many recorders quickly needs fork")
def test_a_recorder_killed_at_any_moment_leaves_a_record_that_verifies(tmp_path: Path) -> None:
    taken, _ = killed(tmp_path, 8)
    assert taken > 0


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
    taken, covered = killed(tmp_path, 500)
    assert taken > covered > 5_000
