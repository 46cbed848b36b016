"""The task of guided flight: setpoints that the ground sends."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import GoTo, HoldPosition, Setpoint, Velocity
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.vehicle_context import Vector3, VehicleContext


class Guided(Task):
    """Fly setpoints from the ground: a position, a velocity (while it is renewed), a heading or a yaw rate."""

    def __init__(self) -> None:
        self._point: Vector3 | None = None
        self._velocity: Vector3 | None = None
        self._yaw: float | None = None
        self._rate: float | None = None
        self._received_s = -math.inf
        self._fresh = False

    @property
    def point(self) -> Vector3 | None:
        """The position setpoint in NED, or None."""
        return self._point

    @property
    def velocity(self) -> Vector3 | None:
        """The velocity setpoint in NED, or None."""
        return self._velocity

    def silent_s(self, vehicle: VehicleContext) -> float:
        """Return the seconds since the last setpoint."""
        return vehicle.time_s - self._received_s

    def go(
        self,
        vehicle: VehicleContext,
        point: Vector3,
        *,
        yaw_rad: float | None = None,
        rate: float | None = None,
    ) -> None:
        """Go to a point in NED."""
        self._point, self._velocity = point, None
        self._set_yaw(yaw_rad, rate)
        self._received_s, self._fresh = vehicle.time_s, True

    def fly(
        self,
        vehicle: VehicleContext,
        velocity: Vector3,
        *,
        yaw_rad: float | None = None,
        rate: float | None = None,
    ) -> None:
        """Fly with this velocity in NED."""
        self._point, self._velocity = None, velocity
        self._set_yaw(yaw_rad, rate)
        self._received_s, self._fresh = vehicle.time_s, True

    def turn(
        self, vehicle: VehicleContext, *, yaw_rad: float | None = None, rate: float | None = None
    ) -> None:
        """Turn, and keep the position or velocity setpoint."""
        self._set_yaw(yaw_rad, rate)
        self._received_s, self._fresh = vehicle.time_s, True

    def _set_yaw(self, yaw_rad: float | None, rate: float | None) -> None:
        self._yaw, self._rate = yaw_rad, rate

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        speeds = rules.speeds(vehicle)
        if self._velocity is not None:
            if self.silent_s(vehicle) > rules.velocity_timeout_s(vehicle):
                self._velocity = (0.0, 0.0, 0.0)
            if self._fresh and self._yaw is None and self._rate is None and rules.guided_yaw_follows_course:
                north, east, _ = self._velocity
                self._yaw = math.atan2(east, north) if math.hypot(north, east) > 0.5 else None
            self._fresh = False
            return Velocity(self._velocity, vehicle.yaw_setpoint(self._yaw), self._rate)
        if self._point is not None:
            if self._fresh and self._yaw is None and rules.guided_yaw_follows_course:
                self._yaw = vehicle.heading_to(self._point)
            self._fresh = False
            return GoTo(
                self._point,
                speeds.cruise_m_s,
                speeds.climb_m_s,
                speeds.descend_m_s,
                vehicle.yaw_setpoint(self._yaw),
            )
        return HoldPosition(vehicle.yaw_setpoint(self._yaw))
