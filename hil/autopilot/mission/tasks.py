"""Tasks of modes and missions. Each returns a setpoint every 20 ms until it is done."""

from __future__ import annotations

import math
from dataclasses import replace

from hil.autopilot.control.setpoints import HoldPosition, MotorsIdle, Setpoint, Velocity
from hil.autopilot.guidance.guidance import Climb, Via, Waypoint
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.vehicle_context import Place, Vector3, VehicleContext
from hil.frames import wrapped_pi

_ABOVE_M = 0.7  # near enough above a landing place


class Idle(Task):
    """Motors at idle speed, on the ground."""

    done = True

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:  # noqa: ARG002
        return MotorsIdle()


class Hold(Task):
    """Hold the position, for a time or without end."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._seconds = seconds
        self._since_s: float | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:  # noqa: ARG002
        if self._since_s is None:
            self._since_s = vehicle.time_s
        self.done = vehicle.time_s - self._since_s >= self._seconds
        return HoldPosition(vehicle.yaw_setpoint(None))


class ClimbTo(Task):
    """Climb or descend vertically to a height above home. A takeoff waits until the motors may speed up."""

    def __init__(
        self, height_m: float, *, accuracy_m: float = 0.3, takeoff: bool = False, loiters: bool = False
    ) -> None:
        self._height_m, self._loiters = height_m, loiters
        self._accuracy_m = accuracy_m
        self._takeoff = takeoff
        self._begun = False

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if self._takeoff and vehicle.est.landed and vehicle.armed_s < rules.motors_wait_s(vehicle):
            return MotorsIdle()
        guidance, speeds = rules.guidance, rules.speeds(vehicle)
        if self._takeoff:
            speeds = replace(speeds, climb_m_s=min(speeds.climb_m_s, rules.takeoff_speed(vehicle)))
        if not self._begun:
            self._begun = True
            point = vehicle.at_height(vehicle.est.pos_ned, self._height_m)
            guidance.begin_climb(
                vehicle, Climb(point, self._accuracy_m, self._takeoff, self._loiters), speeds
            )
        setpoint = guidance.step(vehicle, speeds, vehicle.yaw_setpoint(None))
        self.done = not vehicle.est.landed and guidance.reached
        return setpoint


class FlyTo(Task):
    """Fly to a waypoint; done `hold_s` after reaching it."""

    def __init__(
        self,
        target: Vector3,
        *,
        radius_m: float,
        ahead: tuple[Via, ...] = (),
        passes: bool = False,
        curved: bool = False,
        near: bool = False,
        hold_s: float = 0.0,
        yaw_rad: float | None = None,
        face_target: bool = True,
    ) -> None:
        self.target = target
        self._waypoint = Waypoint(target, radius_m, curved, ahead, passes, near)
        self._hold_s = hold_s
        self._fixed_yaw = yaw_rad
        self._face_target = face_target
        self._ahead: float | None = None
        self._begun = False
        self._arrived_s: float | None = None

    @property
    def arrived(self) -> bool:
        return self._arrived_s is not None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        guidance, speeds = rules.guidance, rules.speeds(vehicle)
        if not self._begun:
            self._begun = True
            self._ahead = vehicle.heading_to(self.target) if self._face_target else None
            guidance.begin(vehicle, self._waypoint, speeds)
        yaw = self._fixed_yaw if self._fixed_yaw is not None else self._ahead
        setpoint = guidance.step(vehicle, speeds, vehicle.yaw_setpoint(yaw))
        if self._arrived_s is None and guidance.reached:
            self._arrived_s = vehicle.time_s
        self.done = self._arrived_s is not None and vehicle.time_s - self._arrived_s >= self._hold_s
        return setpoint


class Face(Task):
    """Turn on the spot until the nose points near to a heading."""

    def __init__(self, yaw_rad: float, within_rad: float) -> None:
        self._yaw_rad, self._within_rad = yaw_rad, within_rad
        self._here: FlyTo | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if self._here is None:
            point = rules.guidance.rest_point(vehicle, rules.speeds(vehicle))
            self._here = FlyTo(point, radius_m=math.inf, yaw_rad=self._yaw_rad)
        self.done = abs(wrapped_pi(vehicle.est.euler_rad[2] - self._yaw_rad)) <= self._within_rad
        return self._here.step(vehicle, rules)


class Land(Task):
    """Land at a place, or at the present position."""

    lands = True

    def __init__(self, place: Place | None = None, *, yaw_rad: float | None = None) -> None:
        self._place = place
        self._yaw = yaw_rad
        self._approach: FlyTo | None = None
        self._above_place = place is None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if not self._above_place and self._place is not None:
            north, east, _ = vehicle.ned(self._place)
            above = (north, east, vehicle.est.pos_ned[2])
            if self._approach is None and vehicle.distance_m(above) > _ABOVE_M:
                self._approach = FlyTo(above, radius_m=_ABOVE_M, yaw_rad=self._yaw)
            if self._approach is not None:
                setpoint = self._approach.step(vehicle, rules)
                if not self._approach.done:
                    return setpoint
            self._above_place = True
        self.done = vehicle.est.landed
        return Velocity((0.0, 0.0, rules.landing_speed(vehicle)), vehicle.yaw_setpoint(self._yaw))


class Return(Task):
    """Return to home by the stack's tasks: climb, fly home, wait, descend and land."""

    def __init__(self) -> None:
        self._steps: list[Task] | None = None
        self.landing = False

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if self._steps is None:
            self._steps = rules.return_tasks(vehicle)
        while len(self._steps) > 1 and self._steps[0].done:
            del self._steps[0]
            if isinstance(self._steps[0], Land):
                self.landing = True
                rules.on_return_landing(vehicle)
        setpoint = self._steps[0].step(vehicle, rules)
        self.done = len(self._steps) == 1 and self._steps[0].done
        return setpoint


class Circle(Task):
    """Circle around a centre, `turns` times (may be infinite, positive clockwise); the nose points inwards.

    Flown by velocity setpoints: along the tangent, with a correction towards the circle.
    """

    def __init__(
        self, centre: Vector3, *, radius_m: float, turns: float, speed_m_s: float | None = None
    ) -> None:
        self._centre = centre
        self._radius_m = max(radius_m, 0.5)
        self._turns = turns
        self._speed_m_s = speed_m_s
        self._to_edge: FlyTo | None = None
        self._angle: float | None = None
        self.turned_rad = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        north, east, down = vehicle.est.pos_ned
        out_n, out_e = north - self._centre[0], east - self._centre[1]
        if self._to_edge is None:
            far = math.hypot(out_n, out_e)
            # From the centre, start to the north.
            edge = (out_n / far, out_e / far) if far > 0.5 else (1.0, 0.0)
            target = (
                self._centre[0] + edge[0] * self._radius_m,
                self._centre[1] + edge[1] * self._radius_m,
                self._centre[2],
            )
            self._to_edge = FlyTo(target, radius_m=1.5)
        if not self._to_edge.done:
            return self._to_edge.step(vehicle, rules)
        angle = math.atan2(out_e, out_n)
        if self._angle is not None:
            self.turned_rad += wrapped_pi(angle - self._angle)
        self._angle = angle
        self.done = abs(self.turned_rad) >= 2.0 * math.pi * abs(self._turns)
        sense = math.copysign(1.0, self._turns)
        speeds = rules.speeds(vehicle)
        # Two thirds of the speed that the tilt limit allows on this radius.
        speed = min(self._speed_m_s or speeds.cruise_m_s, math.sqrt(1.7 * self._radius_m))
        far = max(math.hypot(out_n, out_e), 0.1)
        inward = 0.8 * (far - self._radius_m)
        sine, cosine = math.sin(angle), math.cos(angle)
        lead = speed / self._radius_m * 0.4  # the setpoint lags the command by some tenths of a second
        tangent = angle + sense * (math.pi / 2.0 + lead)
        rise = min(max(0.8 * (self._centre[2] - down), -speeds.climb_m_s), speeds.descend_m_s)
        velocity = (
            speed * math.cos(tangent) - inward * cosine,
            speed * math.sin(tangent) - inward * sine,
            rise,
        )
        return Velocity(velocity, vehicle.yaw_setpoint(wrapped_pi(angle + math.pi)))
