"""Commands for the vehicle on the ground and for tests: calibration, parameter storage, reboot, failure injection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.wire.enums import MAV_CMD
from hil.autopilot.commander import Commander
from hil.autopilot.services.commands.group import CommandGroup, Handler
from hil.autopilot.services.commands.results import ACCEPTED, DENIED, UNSUPPORTED
from hil.autopilot.services.commands.vehicle_command import VehicleCommand
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext
from hil.errors import ScenarioError
from hil.faults.failure import with_injected_failure

REBOOT, REBOOT_TO_BOOTLOADER = 1.0, 3.0


class MaintenanceCommands(CommandGroup):
    """Maintenance and failure injection."""

    def __init__(
        self,
        vehicle: VehicleContext,
        commander: Commander,
        stack: AutopilotStack,
        *,
        reboot: Callable[[], None],
    ) -> None:
        super().__init__(vehicle, commander, stack)
        self._request_reboot = reboot

    def handlers(self) -> Mapping[int, Handler]:
        return {
            MAV_CMD.PREFLIGHT_CALIBRATION: self._calibrate,
            MAV_CMD.PREFLIGHT_STORAGE: lambda _: self._not_now if self._vehicle.armed else ACCEPTED,
            MAV_CMD.PREFLIGHT_REBOOT_SHUTDOWN: self._reboot,
            MAV_CMD.INJECT_FAILURE: self._inject,
        }

    def _calibrate(self, command: VehicleCommand) -> int:
        # Simulated sensors need no calibration: it succeeds at once while disarmed.
        if self._vehicle.armed:
            return self._not_now
        return ACCEPTED if any(command.params) else UNSUPPORTED

    def _reboot(self, command: VehicleCommand) -> int:
        if self._vehicle.armed:
            return self._stack.results.reboot_when_armed
        if command.params[0] not in (REBOOT, REBOOT_TO_BOOTLOADER):
            return DENIED
        self._request_reboot()
        return ACCEPTED

    def _inject(self, command: VehicleCommand) -> int:
        """Schedule the fault of INJECT_FAILURE."""
        enabling_param = self._stack.injection_param
        if enabling_param is None:
            return UNSUPPORTED
        core = self._vehicle.core
        if not self._vehicle.params[enabling_param] or not core.supports_faults:
            return DENIED
        unit, kind, instance = command.params[:3]
        after = with_injected_failure(core.faults, unit=unit, kind=kind, instance=instance, now_s=core.time_s)
        if after is None:
            return UNSUPPORTED
        try:
            core.faults = after
        except ScenarioError:
            return DENIED
        return ACCEPTED
