"""Benchmark: speed of a whole flight - simulator, links, ground station, recorder - over real time.

No other project runs all of this in one process without an autopilot's binary, so the figure is relative to real time.
Each flight is a process started by the command, pinned to one core where the system allows that.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import machine, seconds

PLAN = Path(__file__).parents[1] / "examples" / "inspection.plan"
COMMAND = [sys.executable, "-m", "controller.cli.main"]


def one_core() -> None:
    """Pin a child process to one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def fly(folder: str, *, cores: Callable[[], None] | None = one_core) -> tuple[float, float]:
    """Return a flight's speed over real time and the seconds of its process; `cores` limits the child's processors."""
    command = [*COMMAND, "fly", str(PLAN), "--sim", "quad_x", "--speed", "max", "--json", "--out", folder]
    environment = {**os.environ, "LANDLINE_HOME": folder}
    out = b""

    def run() -> None:
        nonlocal out
        out = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            preexec_fn=cores,
            check=True,
        ).stdout

    whole_s = seconds(run)
    return float(json.loads(out.splitlines()[-1])["speed_factor"]), whole_s


def start_up() -> float:
    """Return the seconds of `landline --help`."""
    return statistics.median(
        seconds(lambda: subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True))
        for _ in range(9)
    )


def first_flight(folder: str, *, cores: Callable[[], None] | None) -> float:
    """Return the seconds of a flight with an empty compile cache."""
    with tempfile.TemporaryDirectory(dir=folder) as empty:
        os.environ["LANDLINE_CACHE"] = str(Path(empty) / "cache")
        os.environ["NUMBA_CACHE_DIR"] = str(Path(empty) / "numba")
        try:
            return fly(folder, cores=cores)[1]
        finally:
            del os.environ["LANDLINE_CACHE"], os.environ["NUMBA_CACHE_DIR"]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        fly(folder)
        flights = [fly(folder) for _ in range(5)]
        factor = statistics.median(factor for factor, _ in flights)
        whole_s = statistics.median(whole for _, whole in flights)
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"A whole flight, {machine()}\n\n| what | figure |\n|---|---|")
        print(f"| examples/inspection.plan, one core | {factor:.0f} times real time |")
        print(f"| the whole process, start to report | {whole_s:.2f} s |")
        print(f"| its peak memory | {peak_mb:.0f} MB |")
        print(
            f"| the first flight, everything compiled, one core | {first_flight(folder, cores=one_core):.1f} s |"
        )
        print(
            f"| the first flight, everything compiled, all cores | {first_flight(folder, cores=None):.1f} s |"
        )
        print(f"| landline --help | {start_up():.3f} s |")


if __name__ == "__main__":
    main()
