"""Rover tasks. Heights have no meaning for a rover."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import GoTo, HoldPosition, Setpoint
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.vehicle_context import Vector3, VehicleContext


class DriveTo(Task):
    """Drive to a point; done `hold_s` after reaching `radius_m` or passing abeam of it."""

    def __init__(
        self, target: Vector3, *, radius_m: float, hold_s: float = 0.0, seq: int | None = None
    ) -> None:
        self.target = target
        self._radius_m, self._hold_s, self._seq = radius_m, hold_s, seq
        self._start: Vector3 | None = None
        self._there_since_s: float | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        here = vehicle.est.pos_ned
        if self._start is None:
            self._start = here
        distance = vehicle.distance_m(self.target)
        if self._there_since_s is None and (distance <= self._radius_m or self._passed(here)):
            self._there_since_s = vehicle.time_s
            if self._seq is not None:
                vehicle.send_text(f"Reached waypoint #{self._seq} dist {distance:.1f}m")
        since_s = self._there_since_s
        self.done = since_s is not None and vehicle.time_s - since_s >= self._hold_s
        # The same height at each step, or the core would start a new line.
        return GoTo((*self.target[:2], self._start[2]), rules.speeds(vehicle).cruise_m_s)

    def _passed(self, here: Vector3) -> bool:
        start, end = self._start or here, self.target
        north, east = end[0] - start[0], end[1] - start[1]
        past = (here[0] - end[0]) * north + (here[1] - end[1]) * east
        return past > 0.0 and math.hypot(north, east) > 0.5


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
