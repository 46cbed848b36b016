"""Before take-off: is the aircraft ready, is the plan sane for it and for this place."""

from __future__ import annotations

from collections.abc import Callable

from controller.app.fly_options import FlyOptions
from controller.autopilots.base import ProcedureUnavailable
from controller.errors import LinkError, SafetyRefused
from controller.missions.checks.check import Capabilities, Finding, Severity, check
from controller.missions.estimate import FlightEstimate, estimate
from controller.missions.plan import Plan
from controller.vehicle.state import VehicleState
from controller.vehicle.steps import ArmRefused
from controller.vehicle.vehicle import Vehicle

_LOOK_S = 1.0
_ASK_HOME_S = 5.0
_ASK_CHECKS_S = 15.0
_GRAVE = 4  # MAV_SEVERITY_WARNING


def reasons_not_ready(vehicle: Vehicle, since_s: float) -> tuple[str, ...]:
    """Why it would not arm: what its state says, and what it says itself (ArduPilot repeats its reasons each half minute)."""
    state = vehicle.state
    reasons = list(vehicle.autopilot.not_ready(state))
    if state.health is None:
        reasons.append("its health is not known yet")
    if not reasons:
        return ()
    told = (text.text for text in vehicle.texts_since(max(since_s, vehicle.clock.now() - 35.0), worst=_GRAVE))
    return tuple(reasons + [text for text in dict.fromkeys(told) if is_reason(text)])


def is_reason(text: str) -> bool:
    """Whether a status text gives a reason not to arm: ArduPilot's PreArm, Arm; PX4's Preflight Fail, Arming denied."""
    return text.lower().startswith(("prearm", "arm:", "preflight fail", "arming denied"))


async def wait_ready(vehicle: Vehicle, options: FlyOptions, tell: Callable[[tuple[str, ...]], None]) -> None:
    """Wait until the aircraft would arm; `tell` gets the reasons whenever they change.

    Raises ArmRefused with the reasons when it is not ready in time, and LinkError when it falls silent.
    """
    began = vehicle.clock.now()
    told: tuple[str, ...] | None = None
    asked_home = asked_checks = began
    while True:
        reasons = reasons_not_ready(vehicle, began)
        now = vehicle.clock.now()
        if reasons != told:
            told = reasons
            tell(reasons)
        if not reasons:
            return
        if vehicle.silent_s > (options.follow.give_up_s if options.follow else 60.0):
            raise LinkError(
                f"{vehicle} fell silent while it was getting ready", hint="check the link and its power"
            )
        if now - began >= options.ready_within_s:
            raise ArmRefused(reasons, f"not ready in {options.ready_within_s:g} s")
        if vehicle.state.home is None and now - asked_home >= _ASK_HOME_S:
            asked_home = now
            await vehicle.ask_home()
        if now - asked_checks >= _ASK_CHECKS_S:
            asked_checks = now
            await vehicle.ask_checks()
        await vehicle.wait(lambda state: reasons_not_ready(vehicle, began) != told, _LOOK_S)  # noqa: ARG005, B023


def refuse_if_flying(state: VehicleState) -> None:
    """Somebody has it already. Raises SafetyRefused."""
    if state.armed:
        where = "is flying" if state.in_air else "is armed"
        raise SafetyRefused(
            f"the aircraft {where} already (mode {state.mode})",
            hint="land and disarm it first, or command it with landline gcs",
        )


def check_plan(plan: Plan, vehicle: Vehicle, options: FlyOptions) -> tuple[list[Finding], FlightEstimate]:
    """What speaks against flying this plan with this aircraft here, and what it would take."""
    state = vehicle.state
    mav_type = state.beat.mav_type if state.beat else 0
    flown = estimate(plan, home=state.home)
    found = check(
        plan,
        home=state.home,
        limits=options.limits,
        capabilities=Capabilities.of_type(mav_type),
        flown=flown,
    )
    items = plan.wire_items(first_seq=vehicle.autopilot.first_seq)
    try:
        vehicle.autopilot.start_mission(items, state)
    except ProcedureUnavailable as error:
        found.append(Finding(Severity.ERROR, 0, str(error), "the aircraft would stand armed and not start"))
    found += _battery(state, options)
    return found, flown


def _battery(state: VehicleState, options: FlyOptions) -> list[Finding]:
    battery = state.battery
    if battery is None or battery.remaining_percent is None:
        return [Finding(Severity.NOTE, 0, "the battery's charge is not known", "the aircraft does not tell")]
    if battery.remaining_percent >= options.battery_percent:
        return []
    what = f"the battery has {battery.remaining_percent} %, the limit is {options.battery_percent} %"
    return [Finding(Severity.ERROR, 0, what, "charge it")]
