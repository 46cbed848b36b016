"""Tasks of modes and missions. Each returns a setpoint every 20 ms until it is done."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import GoTo, HoldPosition, MotorsIdle, Setpoint, Velocity
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.vehicle_context import Place, Vector3, VehicleContext
from hil.frames import wrapped_pi


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
    """Climb or descend vertically to a height above home."""

    def __init__(self, height_m: float, *, accuracy_m: float = 0.3, takeoff: bool = False) -> None:
        self._height_m = height_m
        self._accuracy_m = accuracy_m
        self._takeoff = takeoff
        self._target: Vector3 | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if self._target is None:
            self._target = vehicle.at_height(vehicle.est.pos_ned, self._height_m)
        speeds = rules.speeds(vehicle)
        climb = min(speeds.climb_m_s, rules.takeoff_speed(vehicle)) if self._takeoff else speeds.climb_m_s
        self.done = not vehicle.est.landed and abs(vehicle.height_m - self._height_m) < self._accuracy_m
        return GoTo(self._target, speeds.cruise_m_s, climb, speeds.descend_m_s, vehicle.yaw_setpoint(None))


class FlyTo(Task):
    """Fly a straight line to a point; done `hold_s` after reaching `radius_m` horizontally and vertically."""

    def __init__(
        self,
        target: Vector3,
        *,
        radius_m: float,
        hold_s: float = 0.0,
        yaw_rad: float | None = None,
        face_target: bool = True,
    ) -> None:
        self.target = target
        self._radius_m = radius_m
        self._hold_s = hold_s
        self._fixed_yaw = yaw_rad
        self._face_target = face_target
        self._ahead: float | None = None
        self._aimed = False
        self._arrived_s: float | None = None

    @property
    def arrived(self) -> bool:
        return self._arrived_s is not None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        if not self._aimed:
            self._aimed = True
            self._ahead = vehicle.heading_to(self.target) if self._face_target else None
        off_down = abs(vehicle.est.pos_ned[2] - self.target[2])
        if self._arrived_s is None and (
            vehicle.distance_m(self.target) <= self._radius_m and off_down <= max(self._radius_m, 1.0)
        ):
            self._arrived_s = vehicle.time_s
        self.done = self._arrived_s is not None and vehicle.time_s - self._arrived_s >= self._hold_s
        speeds = rules.speeds(vehicle)
        yaw = self._fixed_yaw if self._fixed_yaw is not None else self._ahead
        return GoTo(
            self.target, speeds.cruise_m_s, speeds.climb_m_s, speeds.descend_m_s, vehicle.yaw_setpoint(yaw)
        )


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
            if self._approach is None:
                north, east, _ = vehicle.ned(self._place)
                self._approach = FlyTo((north, east, vehicle.est.pos_ned[2]), radius_m=0.7, yaw_rad=self._yaw)
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


class FlyCurve(Task):
    """Fly a cubic curve from the present position to `target`, without stopping at either end.

    `into` and `out` are the derivatives at its start and end in m. Flown by velocity setpoints.
    """

    def __init__(self, target: Vector3, *, into: Vector3, out: Vector3, radius_m: float, stop: bool) -> None:
        self.target = target
        self._into, self._out = into, out
        self._radius_m = radius_m
        self._stop = stop
        self._start: Vector3 | None = None
        self._u = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        here = vehicle.est.pos_ned
        if self._start is None:
            self._start = here
        speeds = rules.speeds(vehicle)
        if self._u >= 1.0:
            self.done = math.dist(here, self.target) <= self._radius_m or not self._stop
            return GoTo(
                self.target,
                speeds.cruise_m_s,
                speeds.climb_m_s,
                speeds.descend_m_s,
                vehicle.yaw_setpoint(None),
            )
        point, slope = self._curve(self._u)
        size = max(math.hypot(*slope), 1.0)
        flat = max(math.hypot(slope[0], slope[1]) / size, 1e-3)
        steep = max(abs(slope[2]) / size, 1e-3)
        vertical = speeds.climb_m_s if slope[2] < 0.0 else speeds.descend_m_s
        speed = min(speeds.cruise_m_s / flat, vertical / steep, self._bend_speed())
        if self._stop:
            speed = min(speed, 0.8 * math.dist(here, self.target) + 0.5)
        # The setpoint on the curve waits for the aircraft.
        behind = math.dist(point, here)
        self._u += speed / size * 0.02 * min(1.0, 3.0 / max(behind, 3.0))
        velocity = tuple(speed * s / size + 0.8 * (p - h) for s, p, h in zip(slope, point, here, strict=True))
        ahead = math.atan2(slope[1], slope[0]) if math.hypot(slope[0], slope[1]) > 1.0 else None
        return Velocity((velocity[0], velocity[1], velocity[2]), vehicle.yaw_setpoint(ahead))

    def _curve(self, u: float) -> tuple[Vector3, Vector3]:
        """Return point and derivative of the cubic Hermite curve."""
        start = self._start or self.target
        u2, u3 = u * u, u * u * u
        a, b, c, d = 2 * u3 - 3 * u2 + 1, u3 - 2 * u2 + u, 3 * u2 - 2 * u3, u3 - u2
        da, db, dc, dd = 6 * u2 - 6 * u, 3 * u2 - 4 * u + 1, 6 * u - 6 * u2, 3 * u2 - 2 * u
        ends = list(zip(start, self._into, self.target, self._out, strict=True))
        point = [a * p + b * i + c * q + d * o for p, i, q, o in ends]
        slope = [da * p + db * i + dc * q + dd * o for p, i, q, o in ends]
        return (point[0], point[1], point[2]), (slope[0], slope[1], slope[2])

    def _bend_speed(self) -> float:
        """Return the speed at which the bend needs 1.7 m/s^2 of lateral acceleration."""
        _, before = self._curve(max(0.0, self._u - 0.02))
        _, after = self._curve(min(1.0, self._u + 0.02))
        turn = wrapped_pi(math.atan2(after[1], after[0]) - math.atan2(before[1], before[0]))
        length = 0.02 * (math.hypot(before[0], before[1]) + math.hypot(after[0], after[1]))
        return math.sqrt(1.7 * max(length, 0.1) / max(abs(turn), 1e-3))
