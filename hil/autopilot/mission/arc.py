"""Task of an arc waypoint: a circular arc in the horizontal plane, with the height changing evenly along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.autopilot.control.setpoints import GoTo, Setpoint, Velocity
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.vehicle_context import Vector3, VehicleContext
from hil.frames import wrapped_pi

# Half of the lateral acceleration that the tilt limit allows.
_LATERAL_M_S2 = 1.7
_AHEAD_S = 0.4  # the velocity lags its setpoint by some tenths of a second


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc between two NED points, whose course turns by `turn_rad`, positive clockwise seen from above."""

    start: Vector3
    goal: Vector3
    centre: tuple[float, float]
    radius_m: float
    turn_rad: float

    @property
    def length_m(self) -> float:
        """Return the length over ground."""
        return self.radius_m * abs(self.turn_rad)

    def at(self, part: float) -> Vector3:
        """Return the point at a part of the arc, from 0 to 1."""
        north, east = self.start[0] - self.centre[0], self.start[1] - self.centre[1]
        angle = math.atan2(east, north) + part * self.turn_rad
        down = self.start[2] + part * (self.goal[2] - self.start[2])
        return (
            self.centre[0] + self.radius_m * math.cos(angle),
            self.centre[1] + self.radius_m * math.sin(angle),
            down,
        )

    def course_rad(self, part: float) -> float:
        """Return the course over ground at a part of the arc."""
        north, east, _ = self.at(part)
        outwards = math.atan2(east - self.centre[1], north - self.centre[0])
        return wrapped_pi(outwards + math.copysign(math.pi / 2.0, self.turn_rad))


def arc_between(start: Vector3, goal: Vector3, angle_deg: float) -> Arc | None:
    """Return the arc of `angle_deg` between two points, None where the angle makes a straight line."""
    half = math.radians(angle_deg) / 2.0
    north, east = goal[0] - start[0], goal[1] - start[1]
    chord_m = math.hypot(north, east)
    if not math.isfinite(half) or chord_m < 1e-3 or abs(math.sin(half)) < 1e-3:
        return None
    # To the right of the chord for a positive angle below 180 degrees, and beyond it for a larger one.
    aside = 0.5 / math.tan(half)
    centre = (start[0] + 0.5 * north - aside * east, start[1] + 0.5 * east + aside * north)
    return Arc(start, goal, centre, abs(chord_m / (2.0 * math.sin(half))), 2.0 * half)


class FlyArc(Task):
    """Fly an arc, without stopping at its end where `stop` is False. Flown by velocity setpoints."""

    def __init__(self, arc: Arc, *, radius_m: float, stop: bool) -> None:
        self.arc, self._radius_m, self._stop = arc, radius_m, stop
        self._flown = 0.0  # part of the arc, from 0 to 1
        self._before: float | None = None

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        arc, speeds, here = self.arc, rules.speeds(vehicle), vehicle.est.pos_ned
        self._follow(here)
        to_go_m = (1.0 - self._flown) * arc.length_m
        if to_go_m <= self._radius_m:
            self.done = not self._stop or math.dist(here, arc.goal) <= self._radius_m
            if self._stop:
                return GoTo(
                    arc.goal,
                    speeds.cruise_m_s,
                    speeds.climb_m_s,
                    speeds.descend_m_s,
                    vehicle.yaw_setpoint(arc.course_rad(1.0)),
                )
        speed = min(speeds.cruise_m_s, math.sqrt(_LATERAL_M_S2 * arc.radius_m))
        climb = (arc.goal[2] - arc.start[2]) / arc.length_m
        steepest = speeds.climb_m_s if climb < 0.0 else speeds.descend_m_s
        speed = min(speed, steepest / max(abs(climb), 1e-3))
        if self._stop:
            speed = min(speed, 0.8 * to_go_m + 0.5)
        point = arc.at(self._flown)
        ahead = min(self._flown + speed * _AHEAD_S / arc.length_m, 1.0)
        course = arc.course_rad(ahead)
        along = (speed * math.cos(course), speed * math.sin(course), speed * climb)
        velocity = tuple(v + 0.8 * (p - h) for v, p, h in zip(along, point, here, strict=True))
        return Velocity(
            (velocity[0], velocity[1], velocity[2]), vehicle.yaw_setpoint(arc.course_rad(self._flown))
        )

    def _follow(self, here: Vector3) -> None:
        """Note how much of the arc was flown: the angle around its centre, counted over full turns."""
        angle = math.atan2(here[1] - self.arc.centre[1], here[0] - self.arc.centre[0])
        if self._before is None:
            start = self.arc.start
            self._before = math.atan2(start[1] - self.arc.centre[1], start[0] - self.arc.centre[0])
        turned = wrapped_pi(angle - self._before) / self.arc.turn_rad
        self._before = angle
        self._flown = min(max(self._flown + turned, 0.0), 1.0)
