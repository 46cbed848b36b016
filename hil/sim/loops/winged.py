"""Simulated aeroplanes with their autopilot cores, as `hil.sim.loops.multirotor.MultirotorSim` is for rotors alone.

The estimator runs at 250 Hz in compiled code, guidance and surfaces at 50 Hz. One seed, one flight, bit for bit.
"""

from __future__ import annotations

from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.vtol import VtolControlLoop
from hil.sim.loops.slow import SlowControlSim
from hil.sim.plant.winged import WingedPlant


class PlaneSim(PlaneControlLoop, SlowControlSim, WingedPlant):
    """A winged plant and an aeroplane's core, in steps of the fast sensors."""


class VtolSim(VtolControlLoop, SlowControlSim, WingedPlant):
    """A winged plant, an aeroplane's core, and a multirotor's."""
