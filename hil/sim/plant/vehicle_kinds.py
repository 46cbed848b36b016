"""Differences between the kinds of vehicles, used by plants and batches."""

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
    """Return the place of each command in the physics' inputs, counted from DUTY.

    The order is rotors, propeller, surfaces; or left and right wheel.
    """
    if airframe.rover is not None:
        return rp.LEFT, rp.RIGHT
    rotors = tuple(range(airframe.rotor_count))
    if airframe.wing is None:
        return rotors
    return (*rotors, wp.PROPELLER, *range(wp.DEFLECTION, wp.DEFLECTION + airframe.surface_count))


def check_faults(airframe: Airframe, schedule: Iterable[Fault]) -> None:
    """Check that the faults are possible on this airframe. Raises ScenarioError."""
    full_v = float(airframe.params[pp.OCV + pp.OCV_POINTS - 1])
    for fault in schedule:
        if fault.part is Part.MOTOR and fault.instance > airframe.motor_count:
            known = (
                f"number must be 1 to {airframe.motor_count}" if airframe.motor_count > 1 else "it has one"
            )
            raise ScenarioError(
                f"{airframe.name} has no motor {fault.instance}; {known}",
                where=f"fault motor{fault.instance}",
            )
        if fault.kind is Kind.CELL and fault.amount >= full_v:
            raise ScenarioError(
                f"battery of {airframe.name} has {full_v:g} V when full: a loss of {fault.amount:g} V is not possible",
                where="fault battery cell",
            )
        if fault.part is Part.AIRSPEED and airframe.wing is None:
            raise ScenarioError(f"{airframe.name} has no airspeed sensor", where="fault")


def watched_rotor_count(airframe: Airframe) -> int | None:
    """Return the number of rotors of a multirotor, None for other kinds (for the divergence check)."""
    return airframe.rotor_count if airframe.wing is None and airframe.rover is None else None


def idle_commands(airframe: Airframe) -> Array:
    """Return the commands of stopped motors and neutral surfaces."""
    duties = np.zeros(ps.MAX_ROTORS)
    if airframe.rover is not None:
        duties[:] = 0.5
    elif airframe.wing is not None:
        duties[wp.DEFLECTION :] = 0.5
    return duties


def vibration_sources(airframe: Airframe) -> tuple[int, int]:
    """Return first and end of rotors and propeller, which vibrate the board, counted from ROTOR in the state."""
    rotors = airframe.rotor_count
    if airframe.wing is None:
        return 0, rotors
    return (0 if rotors else wp.PROPELLER), wp.PROPELLER + 1


def kind_params(airframe: Airframe) -> Array:
    """Return the parameter row of its kind besides `hil.physics.params`; it is empty for a multirotor."""
    row = airframe.wing if airframe.wing is not None else airframe.rover
    return np.zeros(0) if row is None else row


def default_roughness_m(airframe: Airframe) -> float:
    """Return the default roughness of the ground, m: wind shear for wings, none for other vehicles."""
    return 0.0 if airframe.wing is None else SHORT_GRASS_M


def params_at_step(airframe: Airframe, rows: Array, dt: float) -> Array:
    """Return a copy of the parameters (one row or several) for steps of dt seconds."""
    out = pp.at_step(rows, dt)
    if airframe.rover is not None:
        # The battery divides shaft power by this efficiency; the drive model has its own already.
        out[..., pp.EFFICIENCY] = 1.0
    return out
