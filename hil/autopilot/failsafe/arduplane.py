"""What ArduPlane does when the ground falls silent or the battery runs low: FS_GCS_ENABL, FS_LONG_*, BATT_*.

Sources: ArduPlane's events.cpp and Parameters.cpp. Without a position it goes on by what the filter still believes.
"""

from __future__ import annotations

from types import MappingProxyType

from hil.autopilot.failsafe.multicopter import ArduPilotFailsafe
from hil.autopilot.stacks.modes import Behaviour
from hil.autopilot.vehicle_context import WARNING

KEEPS_ON = (Behaviour.MISSION, Behaviour.GUIDED, Behaviour.BRAKE)


class ArduPlaneFailsafe(ArduPilotFailsafe):
    """ArduPlane's: everything ends in RTL, or in what it was doing."""

    lands_by = "RTL"
    # BATT_FS_LOW_ACT: 1 RTL, 2 land by the mission's landing, which here is RTL until somebody flies it
    battery_modes = MappingProxyType({1: "RTL", 2: "RTL", 6: "RTL"})

    def _lets_land(self) -> bool:
        return True

    def _ground(self) -> None:
        p = self.vehicle.params
        lost = bool(p["FS_GCS_ENABL"]) and self.ground_s is not None and self.silent_s > p["FS_LONG_TIMEOUT"]
        if lost == self._ground_lost:
            return
        self._ground_lost = lost
        if not lost:
            self.vehicle.say("GCS Failsafe Off", WARNING)
            return
        self.vehicle.say("GCS Failsafe On", WARNING)
        # 0: a mission, a guided flight and a circle go on; all else returns.
        keeps = int(p["FS_LONG_ACTN"]) == 0 and self.commander.mode.behaviour in KEEPS_ON
        if not keeps and not self.commander.landing:
            self._act("RTL")

    def _position(self) -> None:
        """Nothing: wings have to go somewhere."""
