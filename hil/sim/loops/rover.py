"""Simulated rover with its autopilot core.

The estimator runs at 250 Hz in compiled code, steering at 50 Hz. A seed determines the drive bit for bit.
"""

from __future__ import annotations

from hil.autopilot.rover.control_loop import RoverControlLoop
from hil.sim.loops.python_control import PythonControlSim
from hil.sim.plant.rover import RoverPlant


class RoverSim(RoverControlLoop, PythonControlSim, RoverPlant):
    """Rover with the emulated autopilot's core, in steps of the fast sensors."""
