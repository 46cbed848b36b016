"""One simulated rover with the emulated autopilot's core.

The estimator runs at 250 Hz in compiled code, steering at 50 Hz. One seed, one drive, bit for bit.
"""

from __future__ import annotations

from hil.autopilot.rover.control_loop import RoverControlLoop
from hil.sim.loops.slow import SlowControlSim
from hil.sim.plant.rover import RoverPlant


class RoverSim(RoverControlLoop, SlowControlSim, RoverPlant):
    """A rover and its core, in steps of the fast sensors."""
