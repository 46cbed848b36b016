"""Runs the steps of a procedure one after the other; each step waits until telemetry confirms it.

A refusal is raised with the aircraft's status texts, which arrive shortly before or after the COMMAND_ACK.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.autopilots.procedures import (
    Arm,
    Procedure,
    ProcedureUnavailable,
    SendCommand,
    SetMode,
    SetParam,
    Step,
    WaitUntil,
)
from controller.errors import AircraftRefused, LinkError
from controller.protocol.command.client import TEMPORARILY_REJECTED, CommandRefused
from controller.vehicle.connection import Connection
from controller.vehicle.parameters import Parameters
from controller.vehicle.safety_checks import check_not_armed
from controller.wire.enums import MAV_CMD

# Heartbeats come once a second; one may be lost before the next shows the new mode or the new arming state.
HEARTBEAT_CONFIRMS_S = 5.0
# An aircraft that accepted the arming is waited for longer: left alone, it would stand armed.
ARMING_SHOWN_S = 10.0
# Status texts that explain a refusal arrive within this time before or after it.
REASON_TEXTS_S = 1.0
# ArduPilot repeats its pre-arm messages every 30 s.
PREARM_REPEAT_S = 35.0
WARNING = 4  # MAV_SEVERITY


class ArmRefused(AircraftRefused):
    """The aircraft refuses to arm; `reasons` are the status texts it sent."""

    def __init__(
        self,
        reasons: tuple[str, ...],
        result: str,
        *,
        hint: str = "correct the reasons it names, then try again",
    ) -> None:
        why = "; ".join(reasons) or f"{result}; it sent no reason"
        super().__init__(f"the aircraft refuses to arm: {why}", hint=hint)
        self.reasons = reasons


class ProcedureRunner:
    """Runs procedures on one aircraft. The caller holds the aircraft's `CommandArbiter`."""

    def __init__(self, connection: Connection, params: Parameters) -> None:
        self._connection = connection
        self._params = params

    async def run(self, procedure: Callable[[], Procedure], *, from_disarmed: bool = False) -> None:
        """Run every step of the procedure that `procedure()` returns.

        With `from_disarmed` an aircraft that is armed before our arming step is another operator's: SafetyRefused.
        Raises AircraftRefused, also where this aircraft has no such procedure, LinkError or VerificationFailed.
        """
        try:
            steps = procedure()
        except ProcedureUnavailable as error:
            raise AircraftRefused(str(error)) from None
        armed_by_us = not from_disarmed
        for step in steps:
            if not armed_by_us:
                check_not_armed(self._connection.state)
            await self.run_step(step, part=step is not steps[-1])
            armed_by_us = armed_by_us or isinstance(step, Arm)

    async def run_step(self, step: Step, *, part: bool = False) -> None:
        """Run one step; `part`: others follow. Raises AircraftRefused, LinkError or VerificationFailed."""
        match step:
            case SetMode(mode):
                await self._set_mode(mode, part=part)
            case Arm():
                await self._arm(part=part)
            case SetParam(name, value):
                await self._params.set(name, value, settle_s=0)
            case WaitUntil(what, holds, timeout_s):
                if not await self._connection.wait(holds, timeout_s):
                    raise AircraftRefused(f"the aircraft has not {what} within {timeout_s:g} s")
            case SendCommand():
                began = self._connection.clock.now()
                try:
                    await self._connection.command(step, part=part)
                except CommandRefused as refusal:
                    raise await self._with_texts(refusal, began) from None

    async def _set_mode(self, mode: str, *, part: bool) -> None:
        connection = self._connection
        if connection.state.mode == mode:
            return
        began = connection.clock.now()
        connection.commanded_mode = mode
        try:
            await connection.command(connection.autopilot.mode_request(mode), part=part)
        except CommandRefused as refusal:
            raise await self._with_texts(refusal, began, action=f"mode {mode}") from None
        if not await connection.wait(lambda state: state.mode == mode, HEARTBEAT_CONFIRMS_S):
            self._check_heartbeat_since(began, f"mode {mode}")
            raise AircraftRefused(
                f"mode {mode} was accepted, but the aircraft is in {connection.state.mode}{self._texts(began)}",
                hint="another ground station, the RC transmitter or a failsafe may have changed the mode",
            )

    async def _arm(self, *, part: bool) -> None:
        connection = self._connection
        if connection.state.armed:
            return
        began = connection.clock.now()
        connection.armed_by_us = True
        try:
            await connection.command(SendCommand(command=MAV_CMD.COMPONENT_ARM_DISARM, p1=1.0), part=part)
        except CommandRefused as refusal:
            connection.armed_by_us = False
            await self._wait_for_text(began)
            result = "TEMPORARILY_REJECTED" if refusal.result == TEMPORARILY_REJECTED else "denied"
            raise ArmRefused(self.arm_reasons(began), f"the arm command was answered {result}") from None
        if not await connection.wait(lambda state: state.armed, ARMING_SHOWN_S):
            taken_back = await self._take_arming_back()
            self._check_heartbeat_since(began, "arming", hint=taken_back)
            raise AircraftRefused(
                "the arm command was accepted, but heartbeats still show disarmed after "
                f"{ARMING_SHOWN_S:g} s{self._texts(began)}; {taken_back}",
                hint="check on the aircraft whether its motors run, and the link to it",
            )

    async def _take_arming_back(self) -> str:
        """Disarm an aircraft that accepted the arming and does not show it; return what became of it.

        The command is not forced: an autopilot refuses it in flight.
        """
        connection = self._connection
        try:
            await connection.command(SendCommand(command=MAV_CMD.COMPONENT_ARM_DISARM, p1=0.0), part=True)
        except (AircraftRefused, LinkError) as failed:
            return f"it was not disarmed again, and its motors may run: {failed}"
        connection.armed_by_us = False
        return "it was commanded to disarm again, and accepted"

    def arm_reasons(self, since_s: float) -> tuple[str, ...]:
        """Return the texts since `since_s` that give a reason not to arm, else the pre-arm texts just before.

        The failing checks of a health report belong to them, also where the report came before.
        """
        connection = self._connection
        texts = connection.texts_since(since_s, worst=WARNING) or tuple(
            text
            for text in connection.texts_since(since_s - PREARM_REPEAT_S, worst=WARNING)
            if text.text.lower().startswith(("prearm", "preflight", "arm"))
        )
        return tuple(dict.fromkeys([*(text.text for text in texts), *connection.failing_checks()]))

    def _check_heartbeat_since(
        self,
        since_s: float,
        action: str,
        *,
        hint: str = "the aircraft may have obeyed: check its mode and motors",
    ) -> None:
        """Raise LinkError when no heartbeat came: then the link failed, and the aircraft may have obeyed."""
        heartbeat = self._connection.state.heartbeat
        if heartbeat is None or heartbeat.at_s < since_s:
            raise LinkError(
                f"cannot confirm {action}: the command was accepted, but no heartbeat came since",
                hint=hint,
            )

    def _texts(self, since_s: float) -> str:
        texts = dict.fromkeys(text.text for text in self._connection.texts_since(since_s, worst=WARNING))
        return f" ({'; '.join(texts)})" if texts else ""

    async def _wait_for_text(self, since_s: float) -> None:
        await self._connection.wait(
            lambda state: bool(state.texts) and state.texts[-1].at_s > since_s, REASON_TEXTS_S
        )

    async def _with_texts(
        self, refusal: CommandRefused, began: float, *, action: str = ""
    ) -> AircraftRefused:
        """Return the refusal with the status texts that explain it."""
        if not self._connection.texts_since(began, worst=WARNING):
            await self._wait_for_text(began)
        texts = self._texts(began)
        if action:
            return AircraftRefused(
                f"{action} refused{texts or ', ' + refusal.what}", hint=None if texts else refusal.hint
            )
        return (
            AircraftRefused(f"{refusal.what}{texts}", hint=None if texts else refusal.hint)
            if texts
            else refusal
        )
