"""Checks of a plan that depend on the aircraft: its kind, its return heights, and the limit of the flight's height."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.autopilots.vehicle_class import VehicleClass, vehicle_class
from controller.missions.checks.findings import Finding, Severity
from controller.missions.checks.items import Limits
from controller.missions.estimate import FlightEstimate
from controller.missions.plan import Home, Plan


@dataclass(frozen=True, slots=True)
class PlanContext:
    """Plan, its flight estimate, home, the limits, and the aircraft's parameters as far as they have been read."""

    plan: Plan
    flown: FlightEstimate
    home: Home | None
    limits: Limits
    params: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Climb:
    """Height above home that the autopilot may climb to by itself; `why` names the reason and the parameter."""

    what: str
    alt_m: float
    why: str


def return_climb(name: str, alt_m: float) -> Climb:
    """Return the climb of a return to launch to `alt_m`, which the parameter `name` sets."""
    return Climb(f"a return to launch climbs to {alt_m:g} m above home", alt_m, f"{name} of the aircraft")


def height_findings(climbs: tuple[Climb, ...], limits: Limits) -> Iterator[Finding]:
    """Yield a finding of each climb above a limit."""
    for climb in climbs:
        if climb.alt_m > limits.alt_error_m:
            why = f"{climb.why}; the limit is {limits.alt_error_m:g} m"
            yield Finding(Severity.ERROR, 0, climb.what, why)
        elif climb.alt_m > limits.alt_m:
            why = f"{climb.why}; {limits.alt_m:g} m is the usual legal limit"
            yield Finding(Severity.WARNING, 0, climb.what, why)


def kind_findings(plan: Plan, kind: VehicleClass) -> Iterator[Finding]:
    """Yield a finding of a plan whose vehicle type is of another class than the aircraft.

    A VTOL flies the plans of planes and of copters, so such a plan is only worth a warning.
    """
    planned = vehicle_class(plan.vehicle_type)
    if VehicleClass.OTHER in (planned, kind) or planned is kind:
        return
    related = {VehicleClass.COPTER, VehicleClass.PLANE, VehicleClass.VTOL}
    may_fly = VehicleClass.VTOL in (planned, kind) and {planned, kind} <= related
    yield Finding(
        Severity.WARNING if may_fly else Severity.ERROR,
        0,
        f"the plan is for a {planned.value}, the aircraft is a {kind.value}",
        f"vehicle type {plan.vehicle_type} of the plan; make the plan for a {kind.value} in its planner",
    )
