"""Conditions under which an armed vehicle enters a flight mode."""

from __future__ import annotations

from hil.autopilot.mission.guided import Guided
from hil.autopilot.mission.navigator import Navigator
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Mode, ModeKind
from hil.autopilot.vehicle_context import CRITICAL, INFO, VehicleContext

SETPOINT_STREAM_S = 1.0  # a mode that needs a setpoint stream is entered only with a setpoint this recent
NO_MISSION_TEXT = "No valid mission available, loitering"


class ModeConditions:
    """Conditions of the modes of one vehicle; disarmed, it enters any mode."""

    def __init__(self, vehicle: VehicleContext, stack: AutopilotStack, navigator: Navigator) -> None:
        self._vehicle, self._stack, self._navigator = vehicle, stack, navigator

    def refusal(self, mode: Mode, current: Mode, guided: Guided) -> str | None:
        """Return why `mode` cannot be entered, after reporting it as the stack does; None if it can."""
        vehicle = self._vehicle
        if not vehicle.armed:
            return None
        if mode.needs_position and not vehicle.est.ready.gps_used:
            return self._reported(mode, "requires position")
        if mode.kind is ModeKind.MISSION and (refused := self._mission_refusal(mode, current)) is not None:
            return refused
        if mode.needs_setpoint_stream and guided.silent_s(vehicle) > SETPOINT_STREAM_S:
            return self._reported(mode, "no setpoints")
        return None

    def _mission_refusal(self, mode: Mode, current: Mode) -> str | None:
        vehicle, stack, navigator = self._vehicle, self._stack, self._navigator
        if not navigator.valid:
            return self._reported(mode, "no mission")
        ended = navigator.finished and not vehicle.est.landed and mode is not current
        if ended and stack.loiters_without_mission:
            vehicle.send_text(NO_MISSION_TEXT, INFO)
            return "the mission is finished"
        takes_off = not vehicle.est.landed or navigator.starts_with_takeoff()
        if not stack.may_start_mission(vehicle, takes_off=takes_off) and navigator.ending is None:
            vehicle.send_text("Auto: Missing Takeoff Cmd", CRITICAL)
            return self._reported(mode, "init failed")
        return None

    def _reported(self, mode: Mode, reason: str) -> str:
        self._stack.on_refused_mode(self._vehicle, mode, reason)
        return reason
