"""Base class of the failsafes. Each watches one vehicle and reacts as its stack does, by the stack's parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod

from controller.wire.enums import MAV_BATTERY_CHARGE_STATE
from hil.autopilot.commander import Commander
from hil.autopilot.failsafe.fence_areas import FenceAreas
from hil.autopilot.vehicle_context import VehicleContext

BATTERY_OK = int(MAV_BATTERY_CHARGE_STATE.OK)
BATTERY_LOW = int(MAV_BATTERY_CHARGE_STATE.LOW)
BATTERY_CRITICAL = int(MAV_BATTERY_CHARGE_STATE.CRITICAL)
BATTERY_EMERGENCY = int(MAV_BATTERY_CHARGE_STATE.EMERGENCY)


class Failsafe(ABC):
    """Failsafe of one vehicle. `gcs_seen_s` is the time of the ground station's last heartbeat."""

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        self.vehicle, self.commander = vehicle, commander
        self.gcs_seen_s: float | None = None
        self.battery_state = BATTERY_OK  # MAV_BATTERY_CHARGE_STATE
        self.active = False
        self.fence = FenceAreas()

    def on_gcs_heartbeat(self, system: int) -> None:
        """Take note of a ground station's heartbeat from this system id."""
        if self._is_our_gcs(system):
            self.gcs_seen_s = self.vehicle.time_s

    def _is_our_gcs(self, system: int) -> bool:  # noqa: ARG002
        return True

    @property
    def gcs_silence_s(self) -> float:
        """Seconds since the ground station's last heartbeat; 0 before the first."""
        return 0.0 if self.gcs_seen_s is None else self.vehicle.time_s - self.gcs_seen_s

    @abstractmethod
    def step(self) -> None:
        """Check and react; called at 10 Hz."""
