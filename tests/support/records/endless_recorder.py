"""Program that records frames until it is killed and prints the number of frames recorded so far, a line each 100.

Usage: python -m tests.support.records.endless_recorder FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from controller.logs.record.recorder import FlightRecorder
from hil.sim.clock import VirtualClock, run_virtual
from tests.support.logs.recorded_flights import LINKS, attitude_frames


async def record(folder: Path) -> None:
    """Record without end."""
    recorder = FlightRecorder.start(folder, vehicle="killed", clock=VirtualClock())
    frames = attitude_frames(100)
    recorded = 0
    while True:
        for frame in frames:
            recorder.frames([frame], LINKS, False)
            recorded += 1
        recorder.event("note", recorded=recorded)
        sys.stdout.write(f"{recorded}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    run_virtual(record(Path(sys.argv[1])))
