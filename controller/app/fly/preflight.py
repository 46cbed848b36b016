"""Checks before takeoff: whether the aircraft is ready to arm and free to take. `plan_check` checks the plan."""

from __future__ import annotations

from collections.abc import Callable

from controller.app.fly.options import FlyOptions
from controller.autopilots.refusals import Cure
from controller.errors import LinkError, SafetyRefused
from controller.logs.record.recorder import FlightRecorder
from controller.vehicle.monitoring.events import MonitorLimits
from controller.vehicle.procedure_runner import PREARM_REPEAT_S, WARNING, ArmRefused
from controller.vehicle.state import VehicleState
from controller.vehicle.vehicle import Vehicle

SETTINGS_HINT = "waiting does not help: change the setting, or repair the cause, that it names"
WAITING_HINT = "correct the reasons it names, or wait longer with --ready-within"
_POLL_S = 1.0
_REQUEST_HOME_S = 5.0
_REQUEST_CHECKS_S = 15.0
_EXPLAIN_S = 2.0  # after this time with nothing but failed checks, have the aircraft name them
_ESTIMATOR_S = 20.0  # not every aircraft reports its estimator: then the refusal to arm decides


def reasons_not_ready(vehicle: Vehicle, since_s: float) -> tuple[str, ...]:
    """Return why the aircraft would not arm: from its state, and from its status texts since `since_s`."""
    state = vehicle.state
    reasons = list(vehicle.autopilot.arming_blockers(state))
    if state.health is None:
        reasons.append("sensor health (SYS_STATUS) not received yet")
    if state.estimator is None and vehicle.clock.now() - since_s < _ESTIMATOR_S:
        reasons.append("estimator status not received yet")
    if not reasons:
        return ()
    since_s = max(since_s, vehicle.clock.now() - PREARM_REPEAT_S)
    texts = dict.fromkeys(text.text for text in vehicle.texts_since(since_s, worst=WARNING))
    return tuple(reasons + [text for text in texts if is_prearm_text(text)])


def is_prearm_text(text: str) -> bool:
    """Whether a status text gives a reason not to arm (ArduPilot: PreArm, Arm; PX4: Preflight Fail, Arming denied)."""
    return text.lower().startswith(("prearm", "arm:", "preflight fail", "arming denied"))


def never_cured(vehicle: Vehicle, since_s: float) -> tuple[str, ...]:
    """Return the aircraft's reasons against arming since `since_s` that waiting does not end."""
    texts = dict.fromkeys(text.text for text in vehicle.texts_since(since_s, worst=WARNING))
    cure = vehicle.autopilot.refusal_cure
    return tuple(text for text in texts if is_prearm_text(text) and cure(text, vehicle.state) is Cure.NEVER)


async def wait_ready(
    vehicle: Vehicle,
    options: FlyOptions,
    on_change: Callable[[tuple[str, ...]], None],
    *,
    began_s: float | None = None,
    home_suffices: bool = False,
) -> None:
    """Wait until the aircraft is ready to arm; call `on_change(reasons)` whenever the reasons change.

    With `home_suffices` it also returns as soon as home and battery are known, so that the plan can be checked.
    `began_s` is when the waiting began, if not now. Raises ArmRefused with the reasons when it is not ready in time,
    or at once when waiting does not end one of them; LinkError when telemetry stops.
    """
    since = vehicle.clock.now()  # earlier texts may be of a mission that has been replaced
    began = since if began_s is None else began_s
    reported: tuple[str, ...] | None = None
    requested_home = requested_checks = since
    explained = False
    give_up_s = (options.monitor or MonitorLimits()).give_up_s
    while True:
        reasons = reasons_not_ready(vehicle, since)
        now = vehicle.clock.now()
        if reasons != reported:
            reported = reasons
            on_change(reasons)
        if not reasons or (home_suffices and _can_be_checked(vehicle.state)):
            return
        never = never_cured(vehicle, since)
        if home_suffices:  # the mission on board is going to be replaced
            never = tuple(text for text in never if "mission" not in text.lower())
        if never:
            raise ArmRefused(never, "its checks fail", hint=SETTINGS_HINT)
        if vehicle.silent_s > give_up_s:
            raise LinkError(
                f"no telemetry from {vehicle} for {vehicle.silent_s:.0f} s, before it was ready to arm",
                hint="check the link and the power of the aircraft",
            )
        if now - began >= options.ready_within_s:
            raise ArmRefused(
                reasons, f"it was not ready within {options.ready_within_s:g} s", hint=WAITING_HINT
            )
        if vehicle.state.home is None and now - requested_home >= _REQUEST_HOME_S:
            requested_home = now
            await vehicle.request_home()
        unexplained = len(reasons) == 1 and vehicle.state.prearm_ok is not True and not explained
        if now - requested_checks >= (_EXPLAIN_S if unexplained else _REQUEST_CHECKS_S):
            requested_checks, explained = now, True
            await vehicle.request_prearm_checks()
        await vehicle.wait(lambda state: reasons_not_ready(vehicle, since) != reported, _POLL_S)  # noqa: ARG005, B023


def _can_be_checked(state: VehicleState) -> bool:
    return state.home is not None and state.health is not None and state.battery is not None


def refuse_if_flying(
    state: VehicleState,
    action: str = "start a flight",
    hint: str = "land and disarm it first, or command it with landline gcs",
) -> None:
    """Refuse `action` on an aircraft that is armed. Raises SafetyRefused."""
    if state.armed:
        where = "is flying" if state.in_air else "is armed"
        raise SafetyRefused(
            f"cannot {action}: the aircraft {where} already (mode {state.mode})",
            hint=hint,
        )


def refuse_in_mission(vehicle: Vehicle) -> None:
    """Refuse to replace the mission that the aircraft flies. Raises SafetyRefused."""
    state = vehicle.state
    if state.armed and state.mode in vehicle.autopilot.mission_modes:
        raise SafetyRefused(
            f"cannot upload a mission: the aircraft flies one (mode {state.mode}), and would turn to item 1 of the "
            "new one",
            hint="land it, or pause it with landline gcs, then upload again",
        )


def refuse_unrecorded(recorder: FlightRecorder | None) -> None:
    """Refuse to arm while the disk does not take the flight's record. Raises SafetyRefused."""
    if recorder is not None and recorder.failing:
        why = recorder.problems[-1] if recorder.problems else "the disk takes no data"
        raise SafetyRefused(
            f"cannot start a flight: it would not be recorded: {why}",
            where=str(recorder.folder),
            hint="free space on this disk, or give another folder with --out",
        )
