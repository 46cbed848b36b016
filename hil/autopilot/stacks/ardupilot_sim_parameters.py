"""SIM_ parameters of ArduPilot's SITL that act on this simulation."""

from __future__ import annotations

from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext
from hil.errors import ScenarioError
from hil.faults.failure_parameters import ParameterFaults


class ArduPilotSimParameters(SimParameters):
    """Battery voltage, GPS, and the faults of `hil.faults.failure_parameters`."""

    def __init__(self, vehicle: VehicleContext) -> None:
        super().__init__(vehicle)
        self._faults = ParameterFaults()

    def apply(self) -> None:
        core, params = self.vehicle.core, self.vehicle.params
        core.battery_override_v = params["SIM_BATT_VOLTAGE"] or None
        core.gps_enabled = bool(params["SIM_GPS1_ENABLE"])

    def apply_fault(self, name: str) -> None:
        core, params = self.vehicle.core, self.vehicle.params
        if not core.supports_faults:
            return
        after = self._faults.after(core.faults, name, lambda key: params[key], core.time_s)
        if after is None:
            return
        try:
            core.faults = after
        except ScenarioError as error:
            self.vehicle.send_text(f"{name}: {error}", CRITICAL)
