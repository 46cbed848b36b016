"""Rover tasks. Heights have no meaning for a rover."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import HoldPosition, Setpoint
from hil.autopilot.guidance.guidance import Via
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.mission.tasks import FlyTo
from hil.autopilot.vehicle_context import Vector3, VehicleContext


class DriveTo(FlyTo):
    """Drive to a waypoint; done `hold_s` after reaching it, or after driving past it where it stops."""

    def __init__(
        self,
        target: Vector3,
        *,
        radius_m: float,
        hold_s: float = 0.0,
        seq: int | None = None,
        ahead: tuple[Via, ...] = (),
    ) -> None:
        super().__init__(
            target, radius_m=radius_m, hold_s=hold_s, ahead=ahead, passes=bool(ahead), face_target=False
        )
        self._seq = seq

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        came = self.arrived
        setpoint = super().step(vehicle, rules)
        if self.arrived and not came and self._seq is not None:
            waits = f". Loiter for {self._hold_s:.0f} seconds" if self._hold_s else ""
            vehicle.send_text(f"Reached waypoint #{self._seq}{waits}")
        return setpoint


class Stop(Task):
    """Stop, for a time or without end."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._seconds = seconds
        self._since_s: float | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:  # noqa: ARG002
        if self._since_s is None:
            self._since_s = vehicle.time_s
        self.done = vehicle.time_s - self._since_s >= self._seconds
        return HoldPosition()
