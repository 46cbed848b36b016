"""What differs between the kinds of aircraft where their plants and batches are put together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part
from hil.physics import params as pp
from hil.physics import rover_params as rp
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.physics.state import Array

SHORT_GRASS_M = 0.05


def output_slots(airframe: Airframe) -> tuple[int, ...]:
    """Where each command goes in the physics' inputs, counted from DUTY: the rotors', the propeller's and each surface's, or the
    left and the right wheel's."""
    if airframe.rover is not None:
        return rp.LEFT, rp.RIGHT
    rotors = tuple(range(airframe.rotor_count))
    if airframe.wing is None:
        return rotors
    return (*rotors, wp.PROPELLER, *range(wp.DEFLECTION, wp.DEFLECTION + airframe.surface_count))


def check_faults(airframe: Airframe, schedule: Iterable[Fault]) -> None:
    """Raises ScenarioError for what an aircraft like this does not have."""
    full_v = float(airframe.params[pp.OCV + pp.OCV_POINTS - 1])
    for fault in schedule:
        if fault.part is Part.MOTOR and fault.instance > airframe.motor_count:
            raise ScenarioError(f"{airframe.name} has no motor {fault.instance}", where="fault")
        if fault.kind is Kind.CELL and fault.amount >= full_v:
            raise ScenarioError(
                f"{airframe.name}'s battery has {full_v:g} V when full, it cannot lose {fault.amount:g}",
                where="fault battery cell",
            )
        if fault.part is Part.AIRSPEED and airframe.wing is None:
            raise ScenarioError(f"{airframe.name} has no pitot tube", where="fault")


def watched_rotor_count(airframe: Airframe) -> int | None:
    """For `hil.sim.plant.divergence_check`: how many a multirotor has, None of other kinds."""
    return airframe.rotor_count if airframe.wing is None and airframe.rover is None else None


def idle_commands(airframe: Airframe) -> Array:
    """Motors stopped, surfaces in the middle."""
    duties = np.zeros(ps.MAX_ROTORS)
    if airframe.rover is not None:
        duties[:] = 0.5
    elif airframe.wing is not None:
        duties[wp.DEFLECTION :] = 0.5
    return duties


def vibration_sources(airframe: Airframe) -> tuple[int, int]:
    """The first and the end of what turns fast and shakes the board, counted from ROTOR in the state: rotors, propeller."""
    rotors = airframe.rotor_count
    if airframe.wing is None:
        return 0, rotors
    return (0 if rotors else wp.PROPELLER), wp.PROPELLER + 1


def kind_params(airframe: Airframe) -> Array:
    """The row of its kind beside `hil.physics.params`; a multirotor's is empty."""
    row = airframe.wing if airframe.wing is not None else airframe.rover
    return np.zeros(0) if row is None else row


def default_roughness_m(airframe: Airframe) -> float:
    """Of the ground, where nothing else is said. On wings what counts is the wind at the ground, not that at 20 ft."""
    return 0.0 if airframe.wing is None else SHORT_GRASS_M


def stepped(airframe: Airframe, rows: Array, dt: float) -> Array:
    """A copy of the parameters (one row or several) for steps of dt seconds."""
    out = pp.at_step(rows, dt)
    if airframe.rover is not None:
        # Power over efficiency is drawn by the battery; the drive counts its own.
        out[..., pp.EFFICIENCY] = 1.0
    return out
