"""ArduRover's failsafes: lost ground station, low battery, lost position, by FS_ACTION, FS_GCS_*, BATT_FS_*.

Source: Rover's failsafe.cpp and Parameters.cpp (FS_ACTION: 0 nothing, 1 RTL, 2 Hold, 3 SmartRTL or RTL, 4 SmartRTL or
Hold). SmartRTL is not simulated.
"""

from __future__ import annotations

from types import MappingProxyType

from hil.autopilot.failsafe.arducopter import CONTINUE_MISSION_ACTION, POSITION_LOST_S, ArduCopterFailsafe
from hil.autopilot.vehicle_context import WARNING

ACTIONS = MappingProxyType({1: "RTL", 2: "HOLD", 3: "RTL", 4: "HOLD"})


class ArduRoverFailsafe(ArduCopterFailsafe):
    """ArduRover returns or stops."""

    last_resort_mode = "HOLD"
    battery_modes = ACTIONS
    fence_modes = ACTIONS
    far_outside_mode = None

    def _check_gcs(self) -> None:
        p = self.vehicle.params
        lost = self._gcs_timed_out("FS_GCS_ENABLE", "FS_GCS_TIMEOUT")
        if lost == self._gcs_lost:
            return
        self._gcs_lost = lost
        if not lost:
            self.vehicle.send_text("GCS Failsafe Cleared", WARNING)
            return
        self.vehicle.send_text("GCS Failsafe", WARNING)
        if not (int(p["FS_GCS_ENABLE"]) == CONTINUE_MISSION_ACTION and self.commander.in_mission):
            self._react(ACTIONS.get(int(p["FS_ACTION"])))

    def _check_position(self) -> None:
        """Stop without a position."""
        lost = self.vehicle.armed and not self.vehicle.est.ready.gps_used
        self._position_lost_since_s = self._since(lost, self._position_lost_since_s)
        if self._lasted(self._position_lost_since_s, POSITION_LOST_S) and self.commander.mode.needs_position:
            self.vehicle.send_text("EKF failsafe", WARNING)
            self._react("HOLD")

    def _on_ground(self) -> bool:
        # A rover is always on the ground; that is no reason to disarm.
        return False

    def _check_crash(self) -> None:
        """No reaction: its own crash detection is not emulated."""
