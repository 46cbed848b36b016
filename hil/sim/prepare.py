"""Gets the compiled simulator ready before it is needed; the first time after an installation that takes a while."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from controller.clock import stopwatch_s
from hil.airframes.load import load_airframe
from hil.geodesy import Home
from hil.jit import cache_dir
from hil.sim.loops import make_loop


def prepare(airframe: str | Path, home: Home, tell: Callable[[str], None]) -> None:
    """Load what is compiled, or compile it and `tell` so. Raises AirframeError."""
    loaded = load_airframe(airframe)
    # The folder is there as soon as something is imported; numba's index files only once something is compiled.
    first = next(cache_dir().rglob("*.nbi"), None) is None
    started = stopwatch_s()
    if first:
        tell("compiling the simulator for this machine, once; it takes about fifteen seconds ...")
    make_loop(loaded, home, seed=0).advance(0.02)
    if first:
        tell(f"compiled in {stopwatch_s() - started:.0f} s")
