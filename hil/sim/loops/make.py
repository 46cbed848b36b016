"""Factory of plants, simulations and autopilot stacks by the kind of airframe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hil.airframes.load import Airframe
from hil.autopilot.stacks.arducopter import ArduCopter
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.autopilot.stacks.ardurover import ArduRover
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.px4 import Px4
from hil.autopilot.stacks.quadplane import QuadPlane
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Part
from hil.geodesy import Home
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.loops.rover import RoverSim
from hil.sim.loops.winged import PlaneSim, VtolSim
from hil.sim.plant.plant import Plant
from hil.sim.plant.rover import RoverPlant
from hil.sim.plant.winged import WingedPlant

Loop = MultirotorSim | PlaneSim | VtolSim | RoverSim
LOOPS: Mapping[str, type[Loop]] = {
    "multirotor": MultirotorSim,
    "plane": PlaneSim,
    "vtol": VtolSim,
    "rover": RoverSim,
}
PLANTS: Mapping[str, type[Plant]] = {
    "multirotor": Plant,
    "plane": WingedPlant,
    "vtol": WingedPlant,
    "rover": RoverPlant,
}
STACKS: Mapping[tuple[str, str], type[AutopilotStack]] = {
    ("ardupilot", "multirotor"): ArduCopter,
    ("ardupilot", "plane"): ArduPlane,
    ("ardupilot", "vtol"): QuadPlane,
    ("ardupilot", "rover"): ArduRover,
    ("px4", "multirotor"): Px4,
}


def make_sim(
    airframe: Airframe, home: Home, *, seed: int, faults: Iterable[Fault] = (), **world: Any
) -> Loop:
    """Return a vehicle with its autopilot core, standing at home. Raises ScenarioError."""
    schedule = tuple(faults)
    if any(fault.part is Part.FLOW for fault in schedule):
        raise ScenarioError(
            "cannot simulate optical flow faults: the emulated autopilot has no optical flow sensor",
            where="fault",
        )
    return LOOPS[airframe.kind](airframe, home, seed=seed, faults=schedule, **world)


def make_plant(airframe: Airframe, home: Home, *, seed: int, **world: Any) -> Plant:
    """Return a vehicle without autopilot, standing at home. Raises ScenarioError."""
    return PLANTS[airframe.kind](airframe, home, seed=seed, **world)


def stack_class(autopilot: str, airframe: Airframe) -> type[AutopilotStack]:
    """Return the emulated autopilot stack for this kind of airframe. Raises ScenarioError where there is none."""
    stack = STACKS.get((autopilot, airframe.kind))
    if stack is not None:
        return stack
    stacks = sorted({name for name, _ in STACKS})
    if autopilot not in stacks:
        raise ScenarioError(f"unknown autopilot (known: {', '.join(stacks)})", where=autopilot)
    others = ", ".join(sorted(name for name, kind in STACKS if kind == airframe.kind))
    raise ScenarioError(
        f"cannot emulate {autopilot} on a {airframe.kind} (available: {others})", where=airframe.name
    )
