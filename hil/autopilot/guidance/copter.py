"""Guidance of ArduCopter: S-curve legs that overlap at corners, as AC_WPNav flies them."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import Setpoint, Track
from hil.autopilot.guidance.curve import Curve
from hil.autopilot.guidance.guidance import STEP_S, Climb, Guidance, Speeds, Via, Waypoint
from hil.autopilot.guidance.leg import ZERO, AxisLimits, Leg, Vector3
from hil.autopilot.guidance.shaping import Axis, stopping_distance
from hil.autopilot.vehicle_context import VehicleContext

_INTERRUPTED_S = 3.5 * STEP_S  # without a step: something else has flown the vehicle
_SPEED_MARGIN = 0.05  # of the target's speed, for variations of a short time
_LEAST_RISE_S = 0.1  # of the attitude's input, for the snap
_LIFT_OFF_M_S = 0.3  # wanted while the throttle rises on the ground
_TAKEN_OFF_SHARE, _SLOW_SHARE = 0.1, 0.1  # a takeoff is over: of the climb left, of the climb speed
_CORNER_SHARE = 2.0  # of WPNAV_ACCEL, where WPNAV_ACCEL_C is 0


def axis_limits(vehicle: VehicleContext, speeds: Speeds) -> AxisLimits:
    """Return the limits of a leg by parameters and speeds."""
    p = vehicle.params
    return AxisLimits(
        speeds.cruise_m_s,
        speeds.climb_m_s,
        speeds.descend_m_s,
        max(p["WPNAV_ACCEL"], 50.0) / 100.0,
        max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0,
    )


class CopterGuidance(Guidance):
    """Legs of one copter: the one that is flown, what is left of the one before it, and the one after it."""

    def __init__(self) -> None:
        self._leg: Leg | Curve | None = None
        self._before: Leg | None = None
        self._after: Leg | None = None
        self._waypoint = Waypoint(ZERO, 0.0)
        self._pace = 1.0  # of the profile's time against the clock
        self._pos, self._vel = ZERO, ZERO
        self._stepped_s = -math.inf
        self._climb: Climb | None = None
        self._up = Axis(0.0)
        self._climbed_from_m = 0.0

    # --- legs ---

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:
        if not self.reached or vehicle.time_s - self._stepped_s > _INTERRUPTED_S:
            self._stand(vehicle, self._stopping_point(vehicle))
        limits = axis_limits(vehicle, speeds)
        before, start = self._leg, self._waypoint.point
        came_through = self._waypoint.passes
        self._climb = None
        self._before = None
        if waypoint.curved:
            into = ZERO
            if came_through and before is not None:
                into = before.out if isinstance(before, Curve) else _minus(before.goal, before.start)
            self._leg = Curve(
                start, waypoint.point, into, _out(start, waypoint.point, waypoint.ahead), limits
            )
        else:
            leg = self._after
            if leg is None or leg.goal != waypoint.point:
                leg = self._new_leg(vehicle, start, waypoint.point, limits)
            if isinstance(before, Curve):
                leg.starts_at(math.hypot(*self._vel))
            else:
                self._before = before
            self._leg = leg
        self._waypoint, self.reached = waypoint, False
        self._after = None
        if waypoint.passes and waypoint.ahead:
            self._go_on(vehicle, start, waypoint, limits)

    def _go_on(self, vehicle: VehicleContext, start: Vector3, waypoint: Waypoint, limits: AxisLimits) -> None:
        """Join the leg after this one to it."""
        leg, onward = self._leg, waypoint.ahead[0]
        assert leg is not None
        if onward.curved:
            into = leg.out if isinstance(leg, Curve) else _minus(waypoint.point, start)
            out = _out(waypoint.point, onward.point, waypoint.ahead[1:])
            leg.ends_at(Curve(waypoint.point, onward.point, into, out, limits).start_m_s)
            return
        self._after = self._new_leg(vehicle, waypoint.point, onward.point, limits)
        if isinstance(leg, Curve):
            self._after.starts_at(leg.goal_m_s)
            leg.ends_at(self._after.at(0.0)[1])

    def begin_climb(self, vehicle: VehicleContext, climb: Climb) -> None:
        north, east, down = vehicle.est.pos_ned
        if not climb.takes_off:
            north, east, _ = self._stopping_point(vehicle)
        self._stand(vehicle, (north, east, climb.point[2]))
        self._climb = climb
        self._up = Axis(-down, -vehicle.est.vel_ned[2])
        self._climbed_from_m, self.reached = -down, False

    def _stand(self, vehicle: VehicleContext, point: Vector3) -> None:
        self._leg = self._before = self._after = self._climb = None
        self._waypoint, self.reached = Waypoint(point, 0.0), True
        self._pace, self._pos, self._vel = 1.0, point, ZERO
        self._stepped_s = vehicle.time_s

    def rest_point(self, vehicle: VehicleContext) -> Vector3:
        """Return where the vehicle comes to rest if another flight begins now: the last point, or a stop from here."""
        interrupted = vehicle.time_s - self._stepped_s > _INTERRUPTED_S
        return self._waypoint.point if self.reached and not interrupted else self._stopping_point(vehicle)

    def _stopping_point(self, vehicle: VehicleContext) -> Vector3:
        p = vehicle.params
        pos, vel = vehicle.est.pos_ned, vehicle.est.vel_ned
        flat = math.hypot(vel[0], vel[1])
        stop_m = stopping_distance(flat, p["PSC_NE_POS_P"] or 1.0, max(p["WPNAV_ACCEL"], 50.0) / 100.0)
        down_m = stopping_distance(
            abs(vel[2]), p["PSC_D_POS_P"] or 1.0, max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0
        )
        share = stop_m / flat if flat > 0.1 else 0.0
        return pos[0] + share * vel[0], pos[1] + share * vel[1], pos[2] + math.copysign(down_m, vel[2])

    def _new_leg(self, vehicle: VehicleContext, start: Vector3, goal: Vector3, limits: AxisLimits) -> Leg:
        p = vehicle.params
        jerk = max(p["WPNAV_JERK"], 0.1)
        snap = 0.5 * jerk * math.pi / max(p["ATC_INPUT_TC"], _LEAST_RISE_S)
        return Leg(start, goal, limits, jerk, snap)

    # --- each step ---

    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        limits = axis_limits(vehicle, speeds)
        for leg in (self._leg, self._after):
            if leg is not None:
                leg.change_speed(limits)
        self._stepped_s = vehicle.time_s
        if self._climb is not None:
            return self._step_up(vehicle, self._climb, speeds, yaw_rad)
        leg = self._leg
        if leg is None:
            return Track(self._pos, ZERO, ZERO, yaw_rad)
        dt = self._time_step(vehicle)
        if isinstance(leg, Curve):
            self._pos, self._vel = leg.advance(dt, math.hypot(*self._vel))
            here = vehicle.est.pos_ned
            near = self._waypoint.passes or math.dist(here, leg.goal) <= self._waypoint.radius_m
            self.reached = self.reached or (leg.finished and near)
            return Track(self._pos, self._vel, ZERO, yaw_rad)
        before, after = self._before, self._after
        leg.advance(dt)
        pos, vel, acc = _added((leg.start, ZERO, ZERO), leg.vectors(leg.elapsed_s))
        if before is not None:
            before.advance(dt)
            way, more, change = before.vectors(before.elapsed_s)
            start, goal = before.start, before.goal
            left = (way[0] + start[0] - goal[0], way[1] + start[1] - goal[1], way[2] + start[2] - goal[2])
            pos, vel, acc = _added((pos, vel, acc), (left, more, change))
        passed = leg.finished
        if after is not None and (after.begun or self._turns_here(vehicle, leg, after)):
            after.advance(dt)
            pos, vel, acc = _added((pos, vel, acc), after.vectors(after.elapsed_s))
            # The middle of the turn.
            passed = passed or after.elapsed_s >= leg.left_s
        near = self._waypoint.passes or math.dist(vehicle.est.pos_ned, leg.goal) <= self._waypoint.radius_m
        self.reached = self.reached or (passed and near)
        self._pos, self._vel = pos, vel
        return Track(pos, vel, acc, yaw_rad)

    def _step_up(
        self, vehicle: VehicleContext, climb: Climb, speeds: Speeds, yaw_rad: float | None
    ) -> Setpoint:
        p, up = vehicle.params, self._up
        north, east, down = self._pos
        if climb.takes_off and vehicle.est.landed:
            # The throttle rises until the aircraft leaves the ground.
            return Track((north, east, vehicle.est.pos_ned[2]), (0.0, 0.0, -_LIFT_OFF_M_S), ZERO, yaw_rad)
        if climb.takes_off and not up.vel_m_s:
            up.pos_m, up.vel_m_s = -vehicle.est.pos_ned[2], -vehicle.est.vel_ned[2]
        acc, jerk = max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0, max(p["PSC_JERK_D"], 0.5)
        up.towards(-down, -speeds.descend_m_s, speeds.climb_m_s, acc, jerk, STEP_S)
        rest_m = abs(-down - up.pos_m)
        if climb.takes_off:
            whole_m = abs(-down - self._climbed_from_m)
            self.reached = (
                rest_m <= _TAKEN_OFF_SHARE * whole_m and up.vel_m_s < _SLOW_SHARE * speeds.climb_m_s
            )
        else:
            self.reached = abs(down - vehicle.est.pos_ned[2]) <= climb.accuracy_m
        return Track((north, east, -up.pos_m), (0.0, 0.0, -up.vel_m_s), (0.0, 0.0, -up.acc_m_s2), yaw_rad)

    def _time_step(self, vehicle: VehicleContext) -> float:
        """Return how far the profile's time advances: less than the clock where the aircraft lags behind."""
        p = vehicle.params
        speed = math.hypot(*self._vel)
        pace = 1.0
        if speed > 0.0:
            here, vel = vehicle.est.pos_ned, vehicle.est.vel_ned
            gain = p["PSC_NE_POS_P"]
            ahead = sum(
                v * (w - gain * (target - h))
                for v, w, target, h in zip(self._vel, vel, self._pos, here, strict=True)
            )
            pace = min(max(_SPEED_MARGIN + ahead / (speed * speed), 0.0), 1.0)
        lag_s = max(p["WPNAV_ACCEL"], 50.0) / 100.0 / max(p["WPNAV_JERK"], 0.1)
        self._pace += (pace - self._pace) * STEP_S / lag_s
        return self._pace * STEP_S

    def _turns_here(self, vehicle: VehicleContext, leg: Leg, after: Leg) -> bool:
        """Whether the next leg may begin now: the middle of the turn is within radius, speed and acceleration."""
        left_s = leg.left_s
        if not leg.braking or left_s > after.accelerated_s:
            return False
        way, vel, acc = leg.vectors(leg.elapsed_s + 0.5 * left_s)
        on = after.vectors(0.5 * left_s)
        start, goal = leg.start, leg.goal
        to_corner = (way[0] + start[0] - goal[0], way[1] + start[1] - goal[1], way[2] + start[2] - goal[2])
        pos, vel, acc = _added((to_corner, vel, acc), on)
        p = vehicle.params
        corner = p["WPNAV_ACCEL_C"] / 100.0 or _CORNER_SHARE * max(p["WPNAV_ACCEL"], 50.0) / 100.0
        return (
            math.hypot(*pos) < self._waypoint.radius_m
            and math.hypot(*vel) < min(leg.most_m_s, after.most_m_s)
            and math.hypot(acc[0], acc[1]) < corner
            and abs(acc[2]) < max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0
        )


Motion = tuple[Vector3, Vector3, Vector3]


def _added(one: Motion, other: Motion) -> Motion:
    (a, b, c), (d, e, f) = one, other
    return (
        (a[0] + d[0], a[1] + d[1], a[2] + d[2]),
        (b[0] + e[0], b[1] + e[1], b[2] + e[2]),
        (c[0] + f[0], c[1] + f[1], c[2] + f[2]),
    )


def _minus(one: Vector3, other: Vector3) -> Vector3:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def _out(start: Vector3, goal: Vector3, ahead: tuple[Via, ...]) -> Vector3:
    """Return the derivative at a curve's end: from its start on to another curve's end, else along the next leg."""
    if not ahead:
        return ZERO
    return _minus(ahead[0].point, start if ahead[0].curved else goal)
