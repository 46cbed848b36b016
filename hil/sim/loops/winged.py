"""Simulated aeroplane and VTOL with their autopilot cores.

The estimator runs at 250 Hz in compiled code, guidance and surfaces at 50 Hz. A seed determines the flight bit for bit.
"""

from __future__ import annotations

from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.vtol import VtolControlLoop
from hil.sim.loops.python_control import PythonControlSim
from hil.sim.plant.winged import WingedPlant


class PlaneSim(PlaneControlLoop, PythonControlSim, WingedPlant):
    """Aeroplane with the emulated autopilot's core, in steps of the fast sensors."""


class VtolSim(VtolControlLoop, PythonControlSim, WingedPlant):
    """VTOL with the emulated autopilot's cores for forward flight and hover."""
