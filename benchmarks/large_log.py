"""Memory and time of `logs review` and `logs report` for a telemetry log of 500 MB, each in a process of its own.

    python -m benchmarks.large_log [LOG [BEFORE]]

LOG is repeated until it has 500 MB; without one, a stream is generated. BEFORE is the folder of another checkout, which
is run after this one. Memory is the peak of the process, libraries and mapped pages included. Linux and macOS.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.framing import telemetry
from benchmarks.logs import timed_log
from benchmarks.measure import machine

SIZE = 500_000_000
ROOT = Path(__file__).parents[1]
_KILOBYTE = 1 if sys.platform == "darwin" else 1024


def run(root: Path, arguments: list[str]) -> tuple[float, float, float]:
    """Real seconds, processor seconds and peak bytes of one command of the checkout in `root`."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL, check=True); used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    command = [sys.executable, "-c", script, sys.executable, "-m", "controller.cli.main", *arguments]
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    processor_s, peak = map(float, done.stdout.split())
    return seconds, processor_s, peak * _KILOBYTE


def main(log: Path | None = None, before: Path | None = None) -> None:
    """Print the table."""
    if not hasattr(resource, "getrusage"):
        return
    once = log.read_bytes() if log else timed_log(telemetry())
    builds = {"this build": ROOT} | ({"the build before": before} if before else {})
    print(f"Large telemetry log, {machine()}\n")
    print("| command | build | peak / size | processor | real |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.tlog"
        path.write_bytes(once * (SIZE // len(once) + 1))
        size = path.stat().st_size
        for command in (["review"], ["report", "--out", str(Path(folder) / "report.html")]):
            verb, *options = command
            for name, root in builds.items():
                seconds, processor_s, peak = run(root, ["logs", verb, str(path), *options])
                print(f"| {verb} | {name} | {peak / size:.2f} | {processor_s:.1f} s | {seconds:.1f} s |")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
