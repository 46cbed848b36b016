"""Fixed-wing tasks. Each returns a setpoint every 20 ms until it is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from hil.autopilot.control.setpoints import ClimbOut, Flare, FlyLine, Loiter, MotorsIdle, Setpoint
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.plane.guidance import circled
from hil.autopilot.vehicle_context import Vector3, VehicleContext

LEVEL_OFF_M = 2.0  # below the takeoff height
NEAR_HEIGHT_M = 5.0
MIN_FLARE_SINK_M_S = 0.3


class TakeOff(Task):
    """Take off along the present heading to a height above home, then circle ahead."""

    def __init__(self, height_m: float, *, pitch_rad: float) -> None:
        self._height_m, self._pitch_rad = height_m, pitch_rad
        self._course: float | None = None
        self._circle: Loiter | None = None
        self._start: Vector3 | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        speed = rules.speeds(vehicle).cruise_m_s
        if self._course is None:
            self._course = vehicle.est.euler_rad[2]
        if self._circle is not None:
            return self._circle
        if vehicle.height_m >= self._height_m - LEVEL_OFF_M and not vehicle.est.landed:
            if not self.done:
                vehicle.send_text(f"Takeoff complete at {vehicle.height_m:.2f}m")
            self.done = True
            ahead = rules.circle_radius_m(vehicle, 0.0)
            north, east, _ = vehicle.est.pos_ned
            centre = (north + ahead * math.cos(self._course), east + ahead * math.sin(self._course), 0.0)
            self._circle = Loiter(vehicle.at_height(centre, self._height_m), ahead, speed)
        return ClimbOut(self._course, self._pitch_rad, speed)


class FlyBy(Task):
    """Fly the line to a point, until within its radius or abeam of it."""

    def __init__(
        self, target: Vector3, *, start: Vector3 | None, radius_m: float, seq: int | None = None
    ) -> None:
        self.target = target
        self._start, self._radius_m, self._seq = start, radius_m, seq

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if self._start is None:
            self._start = vehicle.est.pos_ned
        target = self.target
        distance = vehicle.distance_m(target)
        passed = _beyond(vehicle.est.pos_ned, self._start, target)
        if not self.done and (distance <= self._radius_m or passed):
            self.done = True
            if self._seq is not None:
                how = "Reached" if distance <= self._radius_m else "Passed"
                vehicle.send_text(f"{how} waypoint #{self._seq} dist {distance:.0f}m")
        # Climb at once, descend linearly.
        start = self._start if self._start[2] < target[2] else (*self._start[:2], target[2])
        return FlyLine(start, target, rules.speeds(vehicle).cruise_m_s)


@dataclass(slots=True)
class LoiterUntil:
    """End of a loiter: after turns or seconds on the circle, or at its height; by default never."""

    turns: float = math.inf
    seconds: float = math.inf
    at_height: bool = False


class LoiterAround(Task):
    """Loiter around a point at its height."""

    def __init__(
        self, centre: Vector3, *, radius_m: float, clockwise: bool = True, until: LoiterUntil | None = None
    ) -> None:
        self.centre = centre
        self._radius_m, self._clockwise, self._until = radius_m, clockwise, until or LoiterUntil()
        self._since_s: float | None = None
        self._angle: float | None = None
        self.turned_rad = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        centre, until = self.centre, self._until
        near_m = vehicle.distance_m(centre) - self._radius_m
        if self._since_s is None and near_m < 0.5 * self._radius_m:
            self._since_s = vehicle.time_s
        if self._since_s is not None:
            self._angle, turned = circled(self._angle, vehicle.est.pos_ned[:2], centre[:2])
            self.turned_rad += turned
            at_height = abs(vehicle.est.pos_ned[2] - centre[2]) < NEAR_HEIGHT_M
            self.done = (
                abs(self.turned_rad) >= 2.0 * math.pi * until.turns
                or vehicle.time_s - self._since_s >= until.seconds
                or (until.at_height and at_height)
            )
        return Loiter(centre, self._radius_m, rules.speeds(vehicle).cruise_m_s, self._clockwise)


class Touchdown(Task):
    """Land: descend on the line to a point on the ground, flare, and roll to a stop."""

    lands = True

    def __init__(
        self,
        target: Vector3,
        *,
        start: Vector3 | None,
        speed_m_s: Callable[[], float],
        flare_m: float,
        flare_s: float,
    ) -> None:
        self.target = target
        self._start, self._speed_m_s = start, speed_m_s
        self._flare_m, self._flare_s = flare_m, flare_s
        self._flares = self._announced = False
        self._course = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:  # noqa: ARG002
        if self._start is None:
            self._start = vehicle.est.pos_ned
        start, target = self._start, self.target
        height = target[2] - vehicle.est.pos_ned[2]
        if not self._announced:
            self._announced = True
            run = max(math.hypot(target[0] - start[0], target[1] - start[1]), 1.0)
            slope = math.degrees(math.atan2(target[2] - start[2], run))
            vehicle.send_text(f"Landing approach start at {vehicle.height_m:.1f}m")
            vehicle.send_text(f"Landing glide slope {slope:.1f} degrees")
            self._course = math.atan2(target[1] - start[1], target[0] - start[0])
        sink = vehicle.est.vel_ned[2]
        low = height < self._flare_m or height < self._flare_s * max(sink, MIN_FLARE_SINK_M_S)
        if not self._flares and low:
            self._flares = True
            speed = math.hypot(*vehicle.est.vel_ned[:2])
            vehicle.send_text(
                f"Flare {height:.1f}m sink={sink:.2f} speed={speed:.1f} dist={vehicle.distance_m(target):.1f}"
            )
        self.done = vehicle.est.landed
        if self.done:
            return MotorsIdle()
        if self._flares:
            return Flare(self._course, target[2])
        return FlyLine(start, target, self._speed_m_s())


def _beyond(pos: Vector3, start: Vector3, end: Vector3) -> bool:
    """Return whether the position is beyond the perpendicular to the line at its end."""
    north, east = end[0] - start[0], end[1] - start[1]
    return (pos[0] - end[0]) * north + (pos[1] - end[1]) * east > 0.0 and math.hypot(north, east) > 1.0
