"""SIM_ parameters of ArduPilot's SITL that act on this simulation."""

from __future__ import annotations

from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext
from hil.errors import ScenarioError
from hil.faults.sim_params import ParameterFaults


class ArduPilotSimParameters(SimParameters):
    """Battery voltage, GPS, and the faults of `hil.faults.sim_params`."""

    def __init__(self, vehicle: VehicleContext) -> None:
        super().__init__(vehicle)
        self._faults = ParameterFaults()

    def apply(self) -> None:
        loop, params = self.vehicle.loop, self.vehicle.params
        loop.battery_override_v = params["SIM_BATT_VOLTAGE"] or None
        loop.gps_enabled = bool(params["SIM_GPS1_ENABLE"])

    def apply_fault(self, name: str) -> None:
        loop, params = self.vehicle.loop, self.vehicle.params
        if not loop.can_break:
            return
        after = self._faults.after(loop.faults, name, lambda key: params[key], loop.time_s)
        if after is None:
            return
        try:
            loop.faults = after
        except ScenarioError as error:
            self.vehicle.send_text(f"{name}: {error}", CRITICAL)
