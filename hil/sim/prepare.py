"""Preparation of the compiled simulator; the first run after an installation compiles it.

With more than one processor, a second process compiles the control core meanwhile. The cache on disk is the same as
that of one process.
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
# If numba's index of this kernel is missing, the simulator is not compiled.
KERNELS = {
    "multirotor": "multirotor_kernel.advance",
    "plane": WINGED,
    "vtol": WINGED,
    "rover": "rover_kernel.advance_rover",
}


def prepare(airframe: str | Path, home: Home, note: Callable[[str], None]) -> None:
    """Load the compiled simulator, or compile it and report that. Raises AirframeError."""
    loaded = load_airframe(airframe)
    first = next(cache_dir().rglob(f"{KERNELS[loaded.kind]}-*.nbi"), None) is None
    started = stopwatch_s()
    if first:
        note("compiling the simulator for this machine, once; it takes ten seconds to two minutes ...")
        with _core_compiled_beside(str(airframe)):
            make_plant(loaded, home, seed=0).advance(0.004)
    make_sim(loaded, home, seed=0).advance(0.02)
    if first:
        note(f"compiled in {stopwatch_s() - started:.0f} s")


@contextlib.contextmanager
def _core_compiled_beside(airframe: str) -> Iterator[None]:
    """Compile the control core in a second process; a failure of that process only costs time."""
    # The processors this process may use, where the system can limit them.
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if (processors or 1) < 2:
        yield
        return
    python_path = os.pathsep.join(path for path in (str(ROOT), os.environ.get("PYTHONPATH")) if path)
    silent = subprocess.DEVNULL
    try:
        helper = subprocess.Popen(
            [sys.executable, "-m", "hil.sim.prepare", airframe],
            env={**os.environ, "PYTHONPATH": python_path},
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
