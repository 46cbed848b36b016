"""Check of a plan for the aircraft that is to fly it: one function for fly, mission check, mission upload and gcs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.app.fly.options import FlyOptions
from controller.app.fly.preflight import refuse_in_mission
from controller.autopilots.base import Autopilot, MissionEnd
from controller.autopilots.plan_checks import PlanContext
from controller.autopilots.procedures import ProcedureUnavailable
from controller.errors import AircraftRefused, LinkError
from controller.missions.checks.check import Finding, Severity, by_severity, check, planned_elsewhere
from controller.missions.errors import PlanError
from controller.missions.estimate import FlightEstimate, estimate
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.vehicle.mission_verdict import wait_for_home
from controller.vehicle.state import VehicleState
from controller.vehicle.vehicle import Vehicle

# A parameter that the aircraft does not have is not answered by all autopilots.
_PARAM_S = 2.0


@dataclass(frozen=True, slots=True)
class Aircraft:
    """What the checks need of an aircraft: its autopilot, MAV_TYPE and state, and the parameters read so far."""

    autopilot: Autopilot
    mav_type: int
    state: VehicleState
    params: Mapping[str, float]

    @classmethod
    def of(cls, vehicle: Vehicle) -> Aircraft:
        """Return the present state of a vehicle."""
        state = vehicle.state
        params = {name: float(value.value) for name, value in vehicle.params.known.items()}
        return cls(vehicle.autopilot, state.heartbeat.mav_type if state.heartbeat else 0, state, params)


def check_plan(
    plan: Plan, aircraft: Aircraft, options: FlyOptions, *, to_fly: bool = True
) -> tuple[list[Finding], FlightEstimate]:
    """Check the plan for this aircraft at its present position; return the findings and the flight estimate.

    The parameters that have been read count, such as the heights of a return. Without `to_fly` the plan is only
    uploaded, perhaps for a flight at another place: it is checked from its own home, and the start, the battery, and
    the commands of `options` are left out.
    """
    state, autopilot = aircraft.state, aircraft.autopilot
    position = state.home if to_fly else plan.home
    flight = estimate(plan, home=position)
    findings = check(
        plan,
        home=position,
        limits=options.limits,
        capabilities=autopilot.capabilities(aircraft.mav_type),
        flown=flight,
    )
    if not to_fly and state.home and plan.home:
        findings += planned_elsewhere(plan.home, state.home)
    home = position or plan.home
    findings += autopilot.plan_findings(PlanContext(plan, flight, home, options.limits, aircraft.params))
    if to_fly:
        findings += _start_findings(plan, aircraft)
        findings += _command_findings(plan, autopilot, options)
        findings += check_battery(state, options)
    return by_severity(findings), flight


async def read_checked_parameters(vehicle: Vehicle) -> None:
    """Read the parameters that the check uses and that have not been read; those without an answer stay unknown."""
    for names in vehicle.autopilot.checked_params:
        if any(name in vehicle.params.known for name in names):
            continue
        for name in names:
            try:
                async with asyncio.timeout(_PARAM_S):
                    await vehicle.params.get(name)
                break
            except (TimeoutError, AircraftRefused, LinkError):
                continue


async def check_upload(plan: Plan, vehicle: Vehicle, options: FlyOptions) -> list[Finding]:
    """Check a plan that is to be uploaded and not started; return the findings.

    The aircraft is asked for its home position, if it has one, and for the parameters that the check uses. Raises
    SafetyRefused where the aircraft flies the mission that the plan would replace.
    """
    if plan.items:
        refuse_in_mission(vehicle)
    if vehicle.state.home is None:
        await vehicle.request_home()
    await read_checked_parameters(vehicle)
    return check_plan(plan, Aircraft.of(vehicle), options, to_fly=False)[0]


async def home_known(vehicle: Vehicle, within_s: float, note: Callable[[str], None]) -> bool:
    """Wait until the aircraft has a home position; return whether it has one."""
    if vehicle.state.home is None and not await vehicle.request_home():
        note("waiting for the home position of the aircraft")
    return await wait_for_home(vehicle, within_s)


def _start_findings(plan: Plan, aircraft: Aircraft) -> list[Finding]:
    if not plan.items:
        what = "the plan has no mission items, only a fence or rally points"
        why = "landline mission upload sends them"
        return [Finding(Severity.ERROR, 0, what, why)] if plan.has_areas else []
    items = _wire_items(plan, aircraft.autopilot)
    try:
        if items:
            aircraft.autopilot.start_mission(items, aircraft.state)
    except ProcedureUnavailable as error:
        return [Finding(Severity.ERROR, 0, str(error), "the aircraft would arm and not start")]
    return []


def _wire_items(plan: Plan, autopilot: Autopilot) -> tuple[MissionItem, ...]:
    """Return the mission items for the upload; none for a plan that `check` has found to be invalid."""
    try:
        return plan.wire_items(first_seq=autopilot.first_seq)
    except PlanError:
        return ()


def _command_findings(plan: Plan, autopilot: Autopilot, options: FlyOptions) -> list[Finding]:
    """Return the commands of `options` that the aircraft cannot do with this mission aboard."""
    items = _wire_items(plan, autopilot)
    commands: dict[str, str] = {"--on-abort": options.on_leave}
    if items and autopilot.mission_end(items) is MissionEnd.HOLDING:
        commands["--at-end"] = options.at_end
    return [
        Finding(Severity.ERROR, 0, f"{option} {command} is not possible", why)
        for option, command in commands.items()
        if command != "nothing" and (why := autopilot.unavailable(command, items))
    ]


def check_battery(state: VehicleState, options: FlyOptions) -> list[Finding]:
    """Check the charge of the battery against `options.battery_percent`."""
    if state.heartbeat is None:  # no aircraft, only its type
        return []
    battery = state.battery
    if battery is None or battery.remaining_percent is None:
        return [Finding(Severity.NOTE, 0, "the battery charge is unknown", "the aircraft does not report it")]
    if battery.remaining_percent >= options.battery_percent:
        return []
    what = f"the battery is at {battery.remaining_percent} %, the minimum is {options.battery_percent} %"
    return [Finding(Severity.ERROR, 0, what, "charge it")]
