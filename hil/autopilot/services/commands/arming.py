"""Commands for arming, disarming and flight modes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from controller.wire.enums import MAV_CMD
from hil.autopilot.services.commands.group import CommandGroup, Handler
from hil.autopilot.services.commands.results import ACCEPTED, DENIED, UNSUPPORTED
from hil.autopilot.services.commands.vehicle_command import VehicleCommand
from hil.autopilot.stacks.modes import Mode

FORCE = 21196.0  # COMPONENT_ARM_DISARM param2: without checks, in the air too


class ArmingCommands(CommandGroup):
    """Arming and flight modes."""

    def handlers(self) -> Mapping[int, Handler]:
        return {
            MAV_CMD.COMPONENT_ARM_DISARM: self._arm,
            MAV_CMD.RUN_PREARM_CHECKS: self._run_checks,
            MAV_CMD.DO_FLIGHTTERMINATION: self._terminate,
            MAV_CMD.DO_SET_MODE: self._set_mode,
            MAV_CMD.DO_SET_STANDARD_MODE: self._set_standard_mode,
        }

    def _arm(self, command: VehicleCommand) -> int:
        value, force = command.params[0], command.params[1] == FORCE
        if value == 1.0:
            return self._result(self._commander.arm(force=force))
        if value == 0.0:
            result = self._commander.disarm(force=force)
            return ACCEPTED if result.ok else self._stack.results.disarm_in_air
        return self._stack.results.invalid_arm_value

    def _run_checks(self, command: VehicleCommand) -> int:  # noqa: ARG002
        self._stack.send_checks(self._vehicle, self._commander.faults())
        return self._not_now if self._vehicle.armed else ACCEPTED

    def _terminate(self, command: VehicleCommand) -> int:
        if command.params[0] > 0.5:
            self._commander.disarm(force=True, text="Flight termination")
        return ACCEPTED

    def _set_mode(self, command: VehicleCommand) -> int:
        base, main, sub = command.params[:3]
        if not math.isfinite(base) or not 0.0 <= base < 256.0:
            return DENIED
        return self.enter(self._stack.mode_of(int(base), main, sub), f"{main:g}")

    def enter(self, mode: Mode | None, requested: str) -> int:
        """Enter a mode, for the SET_MODE message too. `mode` is None where the stack has no mode `requested`."""
        if mode is None:
            self._stack.on_unknown_mode(self._vehicle, requested)
            return self._stack.results.unknown_mode
        return ACCEPTED if self._commander.change_mode(mode).ok else self._stack.results.refused_mode

    def _set_standard_mode(self, command: VehicleCommand) -> int:
        number = command.params[0]
        mode = self._stack.modes.standard(int(number)) if math.isfinite(number) else None
        return UNSUPPORTED if mode is None else self._result(self._commander.change_mode(mode))
