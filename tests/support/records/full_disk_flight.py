"""Program that records a flight of 42 s on a disk that becomes full after 2 s and has room again after 27 s.

Usage: python -m tests.support.records.full_disk_flight HOW FOLDER

HOW is `tmpfs` (FOLDER is a small file system, filled with a file), `rlimit` (a limit on the size of a file) or
`read-only` (FOLDER is read-only). Prints the problems reported and the result of the verification as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire.columns import read_tlog
from tests.support.logs.recorded_flights import LINKS, attitude_frames

FREE_BYTES = 50_000


class Clock:
    """A clock that is set by hand."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def utc_us(self) -> int:
        return 1_790_000_000_000_000 + round(self.seconds * 1e6)


def fly(recorder: FlightRecorder, clock: Clock, seconds: float) -> None:
    """Record 2500 frames and one event a second."""
    frames = attitude_frames(250)
    for _ in range(round(seconds * 10)):
        clock.seconds += 0.1
        recorder.frames(frames, LINKS, False)
        if round(clock.seconds * 10) % 10 == 0:
            recorder.event("note", at=clock.seconds)


def main(how: str, disk: Path) -> None:
    """Record the flight and print the result."""
    clock, reported = Clock(), list[str]()
    recorder = FlightRecorder.start(
        disk / "flights", vehicle="copter", clock=clock, on_problem=reported.append, keys=disk / "keys"
    )
    fly(recorder, clock, 2)
    ballast = disk / "ballast"
    if how == "tmpfs":
        usage = os.statvfs(disk)
        ballast.write_bytes(bytes(max(usage.f_bavail * usage.f_frsize - FREE_BYTES, 0)))
    elif how == "rlimit":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (recorder._tlog.written_bytes + FREE_BYTES + 1, hard))
    fly(recorder, clock, 25)
    missing_then = recorder.frames_missing
    if how == "tmpfs":
        ballast.unlink()
    elif how == "rlimit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    fly(recorder, clock, 15)
    recording = recorder.close(outcome="completed")
    result: dict[str, Any] = {
        "reported": reported,
        "problems": recording.problems,
        "missing": recording.frames_missing,
        "frames": recording.frames,
    }
    if recording.folder.is_dir():
        found = verify_flight(recording.folder, ledger=read_ledger(disk / "keys"))
        log = read_tlog((recording.folder / "frames.tlog").read_bytes())
        lines = (recording.folder / "events.jsonl").read_bytes().splitlines()
        result |= {
            "missing_then": missing_then,
            "ok": found.ok,
            "closed": found.closed,
            "why": str(found.first_fault),
            "proved": found.frames,
            "messages": log.messages,
            "bad_bytes": log.bad_bytes,
            "events": sum(json.loads(line)["kind"] == "note" for line in lines),
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
