"""Guidance of ArduPilot's waypoints: S-curve legs that overlap at corners (AC_WPNav, AR_WPNav)."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

from hil.autopilot.control.setpoints import Setpoint, Track
from hil.autopilot.guidance.curve import Curve
from hil.autopilot.guidance.guidance import STEP_S, Guidance, Speeds, Via, Waypoint
from hil.autopilot.guidance.leg import ZERO, AxisLimits, Leg, Vector3
from hil.autopilot.guidance.shaping import stopping_distance
from hil.autopilot.vehicle_context import VehicleContext

INTERRUPTED_S = 3.5 * STEP_S  # without a step: something else has moved the vehicle
_SPEED_MARGIN = 0.05  # of the target's speed, for variations of a short time


@dataclass(frozen=True, slots=True)
class LegLaw:
    """Limits and gains of a vehicle's legs, SI units. `gain_per_s` are those of position, over ground and upwards."""

    limits: AxisLimits
    jerk_m_s3: float
    snap_m_s4: float
    corner_m_s2: float
    gain_per_s: tuple[float, float]
    slowest_pace: float = 0.0  # of the profile's time

    def leg(self, start: Vector3, goal: Vector3) -> Leg:
        return Leg(start, goal, self.limits, self.jerk_m_s3, self.snap_m_s4)


class LegGuidance(Guidance):
    """Legs of one vehicle: the one that is flown, what is left of the one before it, and the one after it."""

    def __init__(self) -> None:
        self._leg: Leg | Curve | None = None
        self._before: Leg | None = None
        self._after: Leg | None = None
        self._waypoint = Waypoint(ZERO, 0.0)
        self._pace = 1.0  # of the profile's time against the clock
        self._pos, self._vel = ZERO, ZERO
        self._stepped_s = -math.inf

    @abstractmethod
    def law(self, vehicle: VehicleContext, speeds: Speeds) -> LegLaw:
        """Return the law by the vehicle's parameters and the speeds that hold now."""

    def motion(self, vehicle: VehicleContext) -> tuple[Vector3, Vector3]:
        """Return the position and velocity that count, in NED."""
        return vehicle.est.pos_ned, vehicle.est.vel_ned

    # --- legs ---

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:
        law = self.law(vehicle, speeds)
        if not self.reached or self._interrupted(vehicle):
            self._stand(vehicle, self._stopping_point(vehicle, law))
        before, start = self._leg, self._waypoint.point
        came_through = self._waypoint.passes
        self._before = None
        if waypoint.curved:
            into = ZERO
            if came_through and before is not None:
                into = before.out if isinstance(before, Curve) else _minus(before.goal, before.start)
            self._leg = Curve(
                start, waypoint.point, into, _out(start, waypoint.point, waypoint.ahead), law.limits
            )
        else:
            leg = self._after
            if leg is None or leg.goal != waypoint.point:
                leg = law.leg(start, waypoint.point)
            if isinstance(before, Curve):
                leg.starts_at(math.hypot(*self._vel))
            else:
                self._before = before
            self._leg = leg
        self._waypoint, self.reached = waypoint, False
        self._after = None
        if waypoint.passes and waypoint.ahead:
            self._go_on(start, waypoint, law)

    def _go_on(self, start: Vector3, waypoint: Waypoint, law: LegLaw) -> None:
        """Join the leg after this one to it."""
        leg, onward = self._leg, waypoint.ahead[0]
        assert leg is not None
        if onward.curved:
            into = leg.out if isinstance(leg, Curve) else _minus(waypoint.point, start)
            out = _out(waypoint.point, onward.point, waypoint.ahead[1:])
            leg.ends_at(Curve(waypoint.point, onward.point, into, out, law.limits).start_m_s)
            return
        self._after = law.leg(waypoint.point, onward.point)
        if isinstance(leg, Curve):
            self._after.starts_at(leg.goal_m_s)
            leg.ends_at(self._after.at(0.0)[1])

    def _interrupted(self, vehicle: VehicleContext) -> bool:
        return vehicle.time_s - self._stepped_s > INTERRUPTED_S

    def _stand(self, vehicle: VehicleContext, point: Vector3) -> None:
        """Begin anew from a point at rest."""
        self._leg = self._before = self._after = None
        self._waypoint, self.reached = Waypoint(point, 0.0), True
        self._pace, self._pos, self._vel = 1.0, point, ZERO
        self._stepped_s = vehicle.time_s

    def rest_point(self, vehicle: VehicleContext, speeds: Speeds) -> Vector3:
        if self.reached and not self._interrupted(vehicle):
            return self._waypoint.point
        return self._stopping_point(vehicle, self.law(vehicle, speeds))

    def _stopping_point(self, vehicle: VehicleContext, law: LegLaw) -> Vector3:
        pos, vel = self.motion(vehicle)
        flat = math.hypot(vel[0], vel[1])
        stop_m = stopping_distance(flat, law.gain_per_s[0], law.limits.acc_m_s2)
        down_m = stopping_distance(abs(vel[2]), law.gain_per_s[1], law.limits.acc_z_m_s2)
        share = stop_m / flat if flat > 0.1 else 0.0
        return pos[0] + share * vel[0], pos[1] + share * vel[1], pos[2] + math.copysign(down_m, vel[2])

    # --- each step ---

    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        law = self.law(vehicle, speeds)
        for leg in (self._leg, self._after):
            if leg is not None:
                leg.change_speed(law.limits)
        self._stepped_s = vehicle.time_s
        leg = self._leg
        if leg is None:
            return Track(self._pos, ZERO, ZERO, yaw_rad)
        here, moves = self.motion(vehicle)
        dt = self._time_step(here, moves, law)
        if isinstance(leg, Curve):
            self._pos, self._vel = leg.advance(dt, math.hypot(*self._vel))
            acc, passed = ZERO, leg.finished
        else:
            self._pos, self._vel, acc, passed = self._along(leg, dt, law)
        to = self._waypoint
        if to.near:
            self.reached = self.reached or math.dist(here[:2], leg.goal[:2]) <= to.radius_m
        elif passed and (to.passes or math.dist(here, leg.goal) <= to.radius_m):
            self.reached = True
        return Track(self._pos, self._vel, acc, yaw_rad)

    def _along(self, leg: Leg, dt_s: float, law: LegLaw) -> tuple[Vector3, Vector3, Vector3, bool]:
        """Advance the legs; return the sum of their motions, and whether the end, or half of the turn, is passed."""
        before, after = self._before, self._after
        leg.advance(dt_s)
        motion = _added((leg.start, ZERO, ZERO), leg.vectors(leg.elapsed_s))
        if before is not None:
            before.advance(dt_s)
            way, vel, acc = before.vectors(before.elapsed_s)
            motion = _added(motion, (_beyond(way, before), vel, acc))
        passed = leg.finished
        if after is not None and (after.begun or self._turns_here(leg, after, law)):
            after.advance(dt_s)
            motion = _added(motion, after.vectors(after.elapsed_s))
            passed = passed or after.elapsed_s >= leg.left_s
        return *motion, passed

    def _time_step(self, here: Vector3, moves: Vector3, law: LegLaw) -> float:
        """Return how far the profile's time advances: less than the clock where the vehicle lags behind."""
        speed, gain, pace = math.hypot(*self._vel), law.gain_per_s[0], 1.0
        if speed > 0.0:
            rows = zip(self._vel, moves, self._pos, here, strict=True)
            kept = sum(v * (w - gain * (target - h)) for v, w, target, h in rows) / (speed * speed)
            pace = min(max(_SPEED_MARGIN + kept, law.slowest_pace), 1.0)
        self._pace += (pace - self._pace) * STEP_S * law.jerk_m_s3 / law.limits.acc_m_s2
        return self._pace * STEP_S

    def _turns_here(self, leg: Leg, after: Leg, law: LegLaw) -> bool:
        """Whether the next leg may begin now: the middle of the turn is within radius, speed and acceleration."""
        left_s = leg.left_s
        if not leg.braking or left_s > after.accelerated_s:
            return False
        way, vel, acc = leg.vectors(leg.elapsed_s + 0.5 * left_s)
        pos, vel, acc = _added((_beyond(way, leg), vel, acc), after.vectors(0.5 * left_s))
        return (
            math.hypot(*pos) < self._waypoint.radius_m
            and math.hypot(*vel) < min(leg.most_m_s, after.most_m_s)
            and math.hypot(acc[0], acc[1]) < law.corner_m_s2
            and abs(acc[2]) < law.limits.acc_z_m_s2
        )


Motion = tuple[Vector3, Vector3, Vector3]


def _added(one: Motion, other: Motion) -> Motion:
    (a, b, c), (d, e, f) = one, other
    return (
        (a[0] + d[0], a[1] + d[1], a[2] + d[2]),
        (b[0] + e[0], b[1] + e[1], b[2] + e[2]),
        (c[0] + f[0], c[1] + f[1], c[2] + f[2]),
    )


def _beyond(way: Vector3, leg: Leg) -> Vector3:
    """Return the way beyond a leg's goal of a way from its start; before the goal it points back."""
    start, goal = leg.start, leg.goal
    return way[0] + start[0] - goal[0], way[1] + start[1] - goal[1], way[2] + start[2] - goal[2]


def _minus(one: Vector3, other: Vector3) -> Vector3:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def _out(start: Vector3, goal: Vector3, ahead: tuple[Via, ...]) -> Vector3:
    """Return the derivative at a curve's end: from its start on to another curve's end, else along the next leg."""
    if not ahead:
        return ZERO
    return _minus(ahead[0].point, start if ahead[0].curved else goal)
