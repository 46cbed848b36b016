"""Gets the compiled simulator ready before it is needed; the first time after an installation that takes a while.

Half of it, the control core, is compiled by a second process meanwhile where there is a second processor. What both leave on disk
is what one alone would have left, and the loop around it is soon put together.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from controller.clock import stopwatch_s
from hil.airframes.load import load_airframe
from hil.autopilot.control.make_detached import make_detached
from hil.geodesy import Home
from hil.jit import cache_dir
from hil.sim.loops.make import make_plant, make_sim

ROOT = Path(__file__).parents[2]
WINGED = "winged_kernel.advance_winged"
# Without numba's index of the innermost loop everything around it is yet to be compiled, too.
KERNELS = {
    "multirotor": "multirotor_kernel.advance",
    "plane": WINGED,
    "vtol": WINGED,
    "rover": "rover_kernel.advance_rover",
}


def prepare(airframe: str | Path, home: Home, tell: Callable[[str], None]) -> None:
    """Load what is compiled, or compile it and `tell` so. Raises AirframeError."""
    loaded = load_airframe(airframe)
    first = next(cache_dir().rglob(f"{KERNELS[loaded.kind]}-*.nbi"), None) is None
    started = stopwatch_s()
    if first:
        tell("compiling the simulator for this machine, once; it takes about ten seconds ...")
        with _core_compiled_beside(str(airframe)):
            make_plant(loaded, home, seed=0).advance(0.004)
    make_sim(loaded, home, seed=0).advance(0.02)
    if first:
        tell(f"compiled in {stopwatch_s() - started:.0f} s")


@contextlib.contextmanager
def _core_compiled_beside(airframe: str) -> Iterator[None]:
    """Compiles the control core in a process of its own; that it cannot be had, or fails, only costs time."""
    # Where a process can be held to some of the processors, they are what counts.
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if (ours or 1) < 2:
        yield
        return
    found = os.pathsep.join(path for path in (str(ROOT), os.environ.get("PYTHONPATH")) if path)
    silent = subprocess.DEVNULL
    try:
        helper = subprocess.Popen(
            [sys.executable, "-m", "hil.sim.prepare", airframe],
            env={**os.environ, "PYTHONPATH": found},
            stdin=silent, stdout=silent, stderr=silent,
        )  # fmt: skip
    except OSError:
        yield
        return
    try:
        yield
        helper.wait()
    finally:
        helper.kill()
        helper.wait()


if __name__ == "__main__":
    make_detached(load_airframe(sys.argv[1]), Home(0.0, 0.0, 0.0, 0.0)).run_cycle(0.0, slow=True)
