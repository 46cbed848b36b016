"""Compiles the simulator's kernels into numba's cache on disk: `python -m tests.support.kernels AIRFRAME ...`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# One line a process; they take about the same time.
BATCHES = (("quad_x",), ("plane", "rover"))


def compile_kernels() -> None:
    """Compile what is not in the cache, in two processes. A failure is left to the tests that need the kernels."""
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.support.kernels", *batch], cwd=ROOT)
        for batch in BATCHES
    ]
    for process in running:
        process.wait()


def main(airframes: list[str]) -> None:
    """Compile what one simulated flight of each airframe needs."""
    from hil.geodesy import Home
    from hil.sim.prepare import prepare

    for airframe in airframes:
        prepare(airframe, Home(47.0, 8.0, 500.0, 0.0), lambda _: None)


if __name__ == "__main__":
    main(sys.argv[1:])
