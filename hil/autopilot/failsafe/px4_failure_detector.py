"""PX4's failure detector: attitude failures after take-off, and flight termination where it is enabled.

Source: the fact `failure_detector` of PX4.
"""

from __future__ import annotations

import math

from controller.autopilot_facts.facts import PX4, StackFacts
from hil.autopilot.commander import Commander
from hil.autopilot.vehicle_context import EMERGENCY, VehicleContext

DETECTOR = StackFacts(PX4).table("failure_detector")


class FailureDetector:
    """FD_FAIL_*, COM_LKDOWN_TKO and CBRK_FLIGHTTERM of one vehicle on rotors."""

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        self._vehicle, self._commander = vehicle, commander
        self._tilted_since_s: dict[str, float] = {}
        self._took_off_at_s: float | None = None

    def step(self) -> None:
        """Stop the motors of a vehicle that turns over; called at 10 Hz."""
        vehicle, p, now_s = self._vehicle, self._vehicle.params, self._vehicle.time_s
        if not vehicle.armed or vehicle.est.landed or not vehicle.hovers:
            self._took_off_at_s = None
            self._tilted_since_s.clear()
            return
        if self._took_off_at_s is None:
            self._took_off_at_s = now_s
        if not self._failed():
            return
        if now_s - self._took_off_at_s < p["COM_LKDOWN_TKO"]:
            self._stop_motors("Critical failure detected: lockdown")
        elif int(p["CBRK_FLIGHTTERM"]) != DETECTOR["breaker_off"]:
            self._stop_motors("Critical failure detected: terminate flight")

    def _failed(self) -> bool:
        p, now_s = self._vehicle.params, self._vehicle.time_s
        failed = False
        for axis, angle_rad in zip("RP", self._vehicle.est.euler_rad[:2], strict=True):
            limit_deg = p[f"FD_FAIL_{axis}"]
            if limit_deg <= 0.0 or abs(math.degrees(angle_rad)) <= limit_deg:
                self._tilted_since_s.pop(axis, None)
                continue
            since_s = self._tilted_since_s.setdefault(axis, now_s)
            failed = failed or now_s - since_s >= p[f"FD_FAIL_{axis}_TTRI"]
        return failed

    def _stop_motors(self, text: str) -> None:
        self._vehicle.send_text(text, EMERGENCY)
        self._commander.disarm(force=True)
