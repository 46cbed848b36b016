"""What ArduRover does when the ground falls silent or the battery runs low: FS_ACTION, FS_GCS_*, BATT_FS_*.

Source: Rover's failsafe.cpp and Parameters.cpp (FS_ACTION: 0 nothing, 1 RTL, 2 hold, 3 and 4 its own way back or RTL or hold).
"""

from __future__ import annotations

from types import MappingProxyType

from hil.autopilot.failsafe.multicopter import ArduPilotFailsafe
from hil.autopilot.vehicle_context import WARNING

ACTIONS = MappingProxyType({1: "RTL", 2: "HOLD", 3: "RTL", 4: "HOLD"})


class ArduRoverFailsafe(ArduPilotFailsafe):
    """ArduRover's: back, or standing still."""

    lands_by = "HOLD"
    battery_modes = MappingProxyType({1: "RTL", 2: "HOLD", 3: "RTL", 4: "HOLD"})

    def _ground(self) -> None:
        p = self.vehicle.params
        lost = bool(p["FS_GCS_ENABLE"]) and self.ground_s is not None and self.silent_s > p["FS_GCS_TIMEOUT"]
        if lost == self._ground_lost:
            return
        self._ground_lost = lost
        if not lost:
            self.vehicle.say("GCS Failsafe Cleared", WARNING)
            return
        self.vehicle.say("GCS Failsafe", WARNING)
        # 2: a mission goes on without a ground station.
        if not (int(p["FS_GCS_ENABLE"]) == 2 and self.commander.in_mission):
            self._act(ACTIONS.get(int(p["FS_ACTION"])))

    def _position(self) -> None:
        """Without a position it stands."""
        blind = self.vehicle.armed and not self.vehicle.est.ready.gps_used
        self._blind_since_s = self._since(blind, self._blind_since_s)
        if self._lasted(self._blind_since_s, 1.0) and self.commander.mode.needs_position:
            self.vehicle.say("EKF failsafe", WARNING)
            self._act("HOLD")

    def _stands(self) -> bool:
        # Standing is no reason to disarm on the road.
        return False
