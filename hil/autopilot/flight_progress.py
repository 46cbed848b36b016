"""Progress of a flight between arming and disarming: detects and reports takeoff and landing."""

from __future__ import annotations

from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext


class FlightProgress:
    """Takeoff and landing of one vehicle. `flew`: it has been in the air since arming."""

    def __init__(self, vehicle: VehicleContext, stack: AutopilotStack) -> None:
        self._vehicle, self._texts = vehicle, stack.texts
        self.flew = False
        self._armed_at_s = 0.0
        self._landed_since_s: float | None = None
        self._landing_reported = False

    def on_armed(self) -> None:
        """Begin a flight."""
        self.flew = self._landing_reported = False
        self._armed_at_s = self._vehicle.time_s
        self._landed_since_s = None

    def on_mode_entered(self) -> None:
        """Count the time on the ground anew."""
        self._landed_since_s = None

    def update(self) -> None:
        """Report a takeoff or a landing, once each."""
        if not self._vehicle.est.landed:
            if not self.flew:
                self._report(self._texts.takeoff)
            self.flew = True
            self._landing_reported = False
            self._landed_since_s = None
            return
        if self._landed_since_s is None:
            self._landed_since_s = self._vehicle.time_s
            if self.flew and not self._landing_reported:
                self._landing_reported = True
                self._report(self._texts.landing)

    @property
    def landed_s(self) -> float:
        """Seconds on the ground since the landing or the last mode change."""
        return 0.0 if self._landed_since_s is None else self._vehicle.time_s - self._landed_since_s

    @property
    def idle_s(self) -> float:
        """Seconds armed on the ground."""
        return self._vehicle.time_s - max(self._armed_at_s, self._landed_since_s or 0.0)

    def _report(self, text: str | None) -> None:
        if text is not None:
            self._vehicle.send_text(text)
