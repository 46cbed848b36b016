"""Checks of a plan that depend on the aircraft: its kind, its commands, its return heights, and the height limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from controller.autopilots.vehicle_class import VehicleClass, vehicle_class
from controller.missions import commands
from controller.missions.areas import kind_of
from controller.missions.checks.findings import Finding, Severity, item_ranges
from controller.missions.checks.items import NOT_FOR_MISSIONS, Limits
from controller.missions.commands import CMD
from controller.missions.estimate import FlightEstimate
from controller.missions.plan import Home, Plan, PlanItem


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


def refused_findings(
    items: Iterable[PlanItem], name: str, taken: frozenset[int], instead: Mapping[int, str]
) -> Iterator[Finding]:
    """Yield a finding of each command that the autopilot `name` refuses at the upload, with the numbers of its items.

    `taken` are the commands that it accepts in a mission; `instead` says what to do about some of the others. The
    commands that no mission takes are left to the checks of single items.
    """
    refused: dict[int, list[int]] = {}
    for number, item in enumerate(items, start=1):
        elsewhere = kind_of(item.command) != "mission" or item.name.startswith(NOT_FOR_MISSIONS)
        if item.command not in taken and not elsewhere:
            refused.setdefault(item.command, []).append(number)
    for command, numbers in refused.items():
        what = f"{name} refuses {commands.name_of(command)} in a mission: {item_ranges(numbers)}"
        yield Finding(Severity.ERROR, numbers[0], what, instead.get(command, "remove it from the plan"))


def plane_findings(context: PlanContext, radius_m: float, *, lands: bool) -> Iterator[Finding]:
    """Yield what shows that a plan was not made for a plane: no landing, and legs shorter than its circles.

    `radius_m` is the radius of its circles; `lands` says whether the mission ends on the ground.
    """
    if context.plan.items and not lands and not context.flown.order.endless:
        what = "the plan has no landing"
        yield Finding(Severity.WARNING, 0, what, "the plane circles at the end until it is commanded to land")
    items = context.plan.items
    short = [
        leg.number
        for before, leg in pairwise(context.flown.legs)
        if 0.0 < leg.distance_m < radius_m
        and items[before.number - 1].command == items[leg.number - 1].command == CMD.NAV_WAYPOINT
    ]
    if short:
        what = f"{item_ranges(set(short))} less than {radius_m:g} m from the waypoint before"
        yield Finding(
            Severity.WARNING, min(short), what, "a plane turns in circles of that radius and flies past it"
        )
