"""Cost of recording (share of one processor core) and speed of verification (MB/s).

Records as in a real flight: every frame written before it is passed on, flushed and chained each second, signed
every ten seconds; then verifies the record. The clock is set by hand, so the frames come as fast as they are
recorded; the figure is processor time.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.framing import telemetry
from benchmarks.measure import machine, seconds
from controller.logs.record.ledger import Ledger, read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire.frame import Frame
from controller.wire.framer import Framer

FRAMES_A_S = 20_000
STREAM_S = 30
ROUNDS = 5
VERIFIED_BYTES = 400_000_000
TARGET_CORE, TARGET_MB_S = 0.25, 200


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def utc_us(self) -> int:
        return 1_790_000_000_000_000 + round(self.seconds * 1e6)


class _Link:
    name = "benchmark"


def record(folder: Path, frames: list[Frame], *, chunk: int, stream_s: float) -> tuple[FlightRecorder, float]:
    """Record `stream_s` seconds of frames. Return the closed recorder and the processor time in seconds."""
    clock = _Clock()
    recorder = FlightRecorder.start(folder / "flights", vehicle="copter", clock=clock, keys=folder / "keys")
    chunks = [frames[at : at + chunk] for at in range(0, len(frames) - chunk + 1, chunk)]
    links, step_s = (_Link(),), chunk / FRAMES_A_S
    began = time.process_time()
    for number in range(round(stream_s / step_s)):
        clock.seconds += step_s
        recorder.frames(chunks[number % len(chunks)], links, False)
    used = time.process_time() - began
    recording = recorder.close()
    assert recording.frames == round(stream_s / step_s) * chunk
    assert not recording.problems, recording.problems
    return recorder, used


def main() -> None:
    """Print both tables."""
    folder = Path(tempfile.mkdtemp(prefix="landline-record-"))
    try:
        frames = Framer().feed(telemetry())
        print(
            f"{machine()}\n\n| {FRAMES_A_S:,d} frames a second, chunk size in frames | share of one core |\n|---|---|"
        )
        for chunk in (400, 100, 20, 1):
            shares = [
                record(folder, frames, chunk=chunk, stream_s=STREAM_S)[1] / STREAM_S for _ in range(ROUNDS)
            ]
            print(f"| {chunk} | {statistics.median(shares):.1%} |")
        size = sum(len(frame.raw) + 8 for frame in frames) / len(frames)
        long_s = VERIFIED_BYTES / size / FRAMES_A_S
        recorder, _ = record(folder, frames, chunk=400, stream_s=long_s)
        ledger = read_ledger(folder / "keys")
        total = sum(path.stat().st_size for path in recorder.folder.iterdir())
        times = [seconds(lambda: _check(recorder.folder, ledger)) for _ in range(ROUNDS)]
        print(
            f"\nverify, a record of {total / 1e6:.0f} MB: {total / 1e6 / statistics.median(times):.0f} MB/s"
        )
        print(f"\ntarget: below {TARGET_CORE:.0%} of a core, and {TARGET_MB_S} MB/s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(folder: Path, ledger: Ledger) -> None:
    assert verify_flight(folder, ledger=ledger).ok


if __name__ == "__main__":
    main()
