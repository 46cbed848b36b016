"""ArduPlane's failsafes: lost ground station and low battery, by FS_GCS_ENABL, FS_LONG_*, BATT_*.

Sources: ArduPlane's events.cpp and Parameters.cpp. Without a position it flies on by dead reckoning.
"""

from __future__ import annotations

from types import MappingProxyType

from hil.autopilot.failsafe.arducopter import ArduCopterFailsafe
from hil.autopilot.stacks.modes import ModeKind
from hil.autopilot.vehicle_context import WARNING

CONTINUES = (ModeKind.MISSION, ModeKind.GUIDED, ModeKind.HOLD)


class ArduPlaneFailsafe(ArduCopterFailsafe):
    """ArduPlane returns, or continues its present flight."""

    last_resort_mode = "RTL"
    # BATT_FS_LOW_ACT: 1 RTL; 2 the mission's landing sequence, which is not flown here: RTL in its place
    battery_modes = MappingProxyType({1: "RTL", 2: "RTL", 6: "RTL"})
    # FENCE_ACTION 6 and 7 circle at the fence's return point, which is not flown here: RTL in their place
    fence_modes = MappingProxyType({1: "RTL", 6: "RTL", 7: "RTL"})
    far_outside_mode = None

    def _continues_landing(self) -> bool:
        return True

    def _check_gcs(self) -> None:
        p = self.vehicle.params
        lost = self._gcs_timed_out("FS_GCS_ENABL", "FS_LONG_TIMEOUT")
        if lost == self._gcs_lost:
            return
        self._gcs_lost = lost
        if not lost:
            self.vehicle.send_text("GCS Failsafe Off", WARNING)
            return
        self.vehicle.send_text("GCS Failsafe On", WARNING)
        # FS_LONG_ACTN 0: a mission, a guided flight and a circle continue; all others return.
        continues = int(p["FS_LONG_ACTN"]) == 0 and self.commander.mode.kind in CONTINUES
        if not continues and not self.commander.landing:
            self._react("RTL")

    def _check_position(self) -> None:
        """No reaction: a fixed wing cannot stop."""

    def _check_crash(self) -> None:
        """No reaction: its own crash detection is not emulated."""
