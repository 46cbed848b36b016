"""Program that starts recorders, kills each with SIGKILL at a random moment, and checks the records they leave.

Usage: python -m tests.support.records.killed_recorders FOLDER COUNT

Each recorder runs in a forked child and reports over a pipe after each step: frames taken, frames covered by the
chain. Prints one line with the sums at the end. An assertion fails if a record does not verify or lacks a frame
that was reported. POSIX only.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from controller.clock import SystemClock
from controller.logs.flights import store
from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from controller.logs.record.ledger import Ledger, read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire.columns import read_tlog
from tests.support.logs.recorded_flights import LINKS, attitude_frames

FRAME = attitude_frames(1)


class Reporter:
    """Reports to the parent process over the pipe `handle` what the recorder has done."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._taken = 0
        self._taken_at: dict[int, int] = {}

    def report(self, step: str, count: int) -> None:
        os.write(self._handle, f"{step} {count}\n".encode())

    def follow(self, chain_class: Any) -> None:
        """Wrap the chain's two methods, to know how many frames a written line covers."""
        queue_blocks, write_queued = chain_class.queue_blocks, chain_class.write_queued

        def queue(chain: ChainWriter, utc_us: int) -> int:
            number: int = queue_blocks(chain, utc_us)
            self._taken_at[number] = self._taken
            return number

        def write(chain: ChainWriter, queued: int, utc_us: int, *, sign: bool) -> None:
            write_queued(chain, queued, utc_us, sign=sign)
            self.report("covered", self._taken_at[queued])

        chain_class.queue_blocks, chain_class.write_queued = queue, write

    async def record(self, folder: Path, name: str, parent: int) -> None:
        """Record frames until this process is killed, or its parent is gone."""
        self.follow(ChainWriter)
        recorder = FlightRecorder.start(
            folder / "flights",
            vehicle=name,
            clock=SystemClock(),
            keys=folder / "keys",
            sync_s=0.004,
            sign_s=0.012,
        )
        self.report("signed", 0)  # the first head is on the disk: from here on every promise holds
        while os.getppid() == parent:
            recorder.frames(FRAME, LINKS, False)
            self._taken += 1
            self.report("taken", self._taken)
            recorder.event("note", text="x")
            await asyncio.sleep(0)
        os._exit(1)


def kill_one(folder: Path, name: str, rng: random.Random) -> dict[str, int]:
    """Start a recorder in a child process and kill it. Return the highest count that it reported of each step."""
    parent = os.getpid()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        asyncio.run(Reporter(writing).record(folder, name, parent))
    os.close(writing)
    sys.stderr.write(f"{child}\n")
    with os.fdopen(reading, "rb") as pipe:
        lines = [pipe.readline()]
        while not lines[-1].startswith(b"signed"):
            assert lines[-1], "the recorder ended by itself"
            lines.append(pipe.readline())
        for _ in range(rng.randrange(400)):
            lines.append(pipe.readline())
        os.kill(child, signal.SIGKILL)
        lines += pipe.readlines()
    os.waitpid(child, 0)
    reported = {"taken": 0, "covered": 0, "signed": 0}
    for line in lines:
        step, count = line.decode().split()
        reported[step] = max(reported[step], int(count))
    return reported


def check(flight: Path, ledger: Ledger, reported: dict[str, int]) -> None:
    """Check that the record verifies, and holds each frame that was reported."""
    result = verify_flight(flight, ledger=ledger)
    assert result.ok and not result.closed and ledger.of(flight.name), (flight, result)
    log = read_tlog((flight / "frames.tlog").read_bytes())
    # A kill in the middle of a write, at the end of a page, cuts the last entry and no other.
    assert log.bad_bytes < len(FRAME[0].raw) + 8, (flight, log.bad_bytes)
    assert reported["taken"] <= log.messages <= reported["taken"] + 1, (flight, reported, log.messages)
    routes = flight / "frames.way"
    route_bytes = routes.stat().st_size if routes.exists() else 0
    assert reported["taken"] <= route_bytes <= log.messages, (flight, reported)
    assert reported["covered"] <= result.frames <= log.messages, (flight, reported, result)


def main(folder: Path, count: int) -> None:
    """Kill `count` recorders, then check all records."""
    load_key(folder / "keys")
    read_tlog(b"")  # loads the reader before the children are forked
    rng = random.Random(3)
    reports = [kill_one(folder, f"kill{number}", rng) for number in range(count)]
    ledger = read_ledger(folder / "keys")
    flights = {path.name.partition("-")[2]: path for path in store.all_flights(folder / "flights")}
    for number, reported in enumerate(reports):
        check(flights[f"kill{number}"], ledger, reported)
    sums = (f"{step} {sum(reported[step] for reported in reports)}" for step in ("taken", "covered"))
    sys.stdout.write(f"checked {len(reports)} {' '.join(sums)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
