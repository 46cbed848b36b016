"""Taking the steps of a procedure, each until the aircraft says that it is done.

A refusal is raised with the aircraft's own words: they come as status texts, a moment before the answer or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.autopilots.base import Arm, Procedure, SendCommand, SetMode, SetParam, Step, WaitUntil
from controller.errors import AircraftRefused, LinkError
from controller.protocol.command.client import TEMPORARILY_REJECTED, CommandRefused
from controller.wire.enums import MAV_CMD

if TYPE_CHECKING:
    from controller.vehicle.vehicle import Vehicle

# Heartbeats come once a second: their word on a mode or on arming may be that late, and one may be lost.
HEARTBEAT_TELLS_S = 5.0
# Texts that explain a refusal come within a moment of it, before it or after.
TEXTS_FOLLOW_S = 1.0
WARNING = 4  # MAV_SEVERITY


class ArmRefused(AircraftRefused):
    """The aircraft will not arm; `reasons` are its own words."""

    def __init__(self, reasons: tuple[str, ...], result: str) -> None:
        why = "; ".join(reasons) or f"it answers {result} and gives no reason"
        super().__init__(f"the aircraft refuses to arm: {why}", hint="mend what it names, then try again")
        self.reasons = reasons


async def perform(vehicle: Vehicle, procedure: Procedure) -> None:
    """Take all steps. The caller holds the helm."""
    for step in procedure:
        await take(vehicle, step)


async def take(vehicle: Vehicle, step: Step) -> None:
    """One step. Raises AircraftRefused, LinkError or VerificationFailed."""
    match step:
        case SetMode(mode):
            await _set_mode(vehicle, mode)
        case Arm():
            await _arm(vehicle)
        case SetParam(name, value):
            await vehicle.params.set(name, value)
        case WaitUntil(what, holds, timeout_s):
            if not await vehicle.wait(holds, timeout_s):
                raise AircraftRefused(f"the aircraft has not {what} within {timeout_s:g} s")
        case SendCommand():
            began = vehicle.clock.now()
            try:
                await vehicle.command(step)
            except CommandRefused as refusal:
                raise await _explained(vehicle, refusal, began) from None


async def _set_mode(vehicle: Vehicle, mode: str) -> None:
    if vehicle.state.mode == mode:
        return
    began = vehicle.clock.now()
    try:
        await vehicle.command(vehicle.autopilot.mode_request(mode))
    except CommandRefused as refusal:
        raise await _explained(vehicle, refusal, began, what=f"mode {mode}") from None
    if not await vehicle.wait(lambda state: state.mode == mode, HEARTBEAT_TELLS_S):
        _check_heard(vehicle, began, f"mode {mode}")
        raise AircraftRefused(
            f"mode {mode} was accepted, but the aircraft is in {vehicle.state.mode}{_words(vehicle, began)}",
            hint="somebody else or a failsafe may have changed it",
        )


async def _arm(vehicle: Vehicle) -> None:
    if vehicle.state.armed:
        return
    began = vehicle.clock.now()
    try:
        await vehicle.command(SendCommand(command=MAV_CMD.COMPONENT_ARM_DISARM, p1=1.0))
    except CommandRefused as refusal:
        await vehicle.wait(lambda state: bool(state.texts) and state.texts[-1].at_s > began, TEXTS_FOLLOW_S)
        reasons = arm_reasons(vehicle, began)
        result = "TEMPORARILY_REJECTED" if refusal.result == TEMPORARILY_REJECTED else "no"
        raise ArmRefused(reasons, result) from None
    if not await vehicle.wait(lambda state: state.armed, HEARTBEAT_TELLS_S):
        _check_heard(vehicle, began, "arming")
        raise ArmRefused(arm_reasons(vehicle, began), "yes, but its heartbeats do not say armed,")


def _check_heard(vehicle: Vehicle, since_s: float, what: str) -> None:
    """No heartbeat says nothing about the aircraft, but of the link. Raises LinkError."""
    beat = vehicle.state.beat
    if beat is None or beat.at_s < since_s:
        raise LinkError(
            f"{what} was accepted, and no heartbeat came since",
            hint="the aircraft may have done it: look at it",
        )


def arm_reasons(vehicle: Vehicle, since_s: float) -> tuple[str, ...]:
    """What the aircraft gave as reasons since then, or in the last half minute, which is how often it repeats itself."""
    texts = vehicle.texts_since(since_s, worst=WARNING) or tuple(
        text
        for text in vehicle.texts_since(since_s - 35.0, worst=WARNING)
        if text.text.lower().startswith(("prearm", "preflight", "arm"))
    )
    return tuple(dict.fromkeys(text.text for text in texts))


def _words(vehicle: Vehicle, since_s: float) -> str:
    texts = dict.fromkeys(text.text for text in vehicle.texts_since(since_s, worst=WARNING))
    return f" ({'; '.join(texts)})" if texts else ""


async def _explained(
    vehicle: Vehicle, refusal: CommandRefused, began: float, *, what: str = ""
) -> AircraftRefused:
    """The refusal with the aircraft's own words, which come as status texts."""
    if not vehicle.texts_since(began, worst=WARNING):
        await vehicle.wait(lambda state: bool(state.texts) and state.texts[-1].at_s > began, TEXTS_FOLLOW_S)
    words = _words(vehicle, began)
    if what:
        return AircraftRefused(
            f"{what} refused{words or ', ' + refusal.what}", hint=None if words else refusal.hint
        )
    return (
        AircraftRefused(f"{refusal.what}{words}", hint=None if words else refusal.hint) if words else refusal
    )
