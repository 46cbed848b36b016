"""SIM_ parameters of PX4's simulator modules that act on this simulation."""

from __future__ import annotations

from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.vehicle_context import VehicleContext


class Px4SimParameters(SimParameters):
    """GPS and battery drain."""

    def __init__(self, vehicle: VehicleContext) -> None:
        super().__init__(vehicle)
        self._charge = 1.0

    def apply(self) -> None:
        self.vehicle.core.gps_enabled = self.vehicle.params["SIM_GPS_USED"] >= 4

    def step(self, dt_s: float) -> None:
        """SIM_BAT_DRAIN: the charge falls evenly while armed, whatever the motors take; disarmed it stays."""
        vehicle, params = self.vehicle, self.vehicle.params
        if params["SIM_BAT_DRAIN"] <= 0.0:
            vehicle.remaining_override = None
            self._charge = vehicle.sensors.battery_remaining
            return
        least = params["SIM_BAT_MIN_PCT"] / 100.0
        if vehicle.armed:
            self._charge = max(self._charge - dt_s / params["SIM_BAT_DRAIN"], min(least, self._charge))
        vehicle.remaining_override = self._charge
