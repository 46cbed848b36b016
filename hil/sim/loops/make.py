"""Which plant, loop and face an airframe flies with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hil.airframes.load import Airframe
from hil.autopilot.stacks.arducopter import ArduPilot
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
    ("ardupilot", "multirotor"): ArduPilot,
    ("ardupilot", "plane"): ArduPlane,
    ("ardupilot", "vtol"): QuadPlane,
    ("ardupilot", "rover"): ArduRover,
    ("px4", "multirotor"): Px4,
}


def make_sim(
    airframe: Airframe, home: Home, *, seed: int, faults: Iterable[Fault] = (), **world: Any
) -> Loop:
    """An aircraft with its control core, standing at home. Raises ScenarioError."""
    schedule = tuple(faults)
    if any(fault.part is Part.FLOW for fault in schedule):
        raise ScenarioError("the emulated autopilot flies without optical flow", where="fault")
    return LOOPS[airframe.kind](airframe, home, seed=seed, faults=schedule, **world)


def make_plant(airframe: Airframe, home: Home, *, seed: int, **world: Any) -> Plant:
    """An aircraft without an autopilot, standing at home. Raises ScenarioError."""
    return PLANTS[airframe.kind](airframe, home, seed=seed, **world)


def face_of(autopilot: str, airframe: Airframe) -> type[AutopilotStack]:
    """The stack's face on this kind of aircraft. Raises ScenarioError where it is not emulated."""
    face = STACKS.get((autopilot, airframe.kind))
    if face is not None:
        return face
    stacks = sorted({stack for stack, _ in STACKS})
    if autopilot not in stacks:
        raise ScenarioError(
            f"there is no autopilot of this name (there are: {', '.join(stacks)})", where=autopilot
        )
    others = ", ".join(sorted(stack for stack, kind in STACKS if kind == airframe.kind))
    raise ScenarioError(
        f"{autopilot} is not emulated on a {airframe.kind} (there is: {others})", where=airframe.name
    )


def stack_defaults(face: type[AutopilotStack], airframe: Airframe) -> dict[str, float]:
    """Parameters that follow from the airframe."""
    return face.defaults(airframe) if issubclass(face, ArduPlane | ArduRover) else {}
