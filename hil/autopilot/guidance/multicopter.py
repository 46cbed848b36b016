"""Guidance of PX4's multicopters: jerk-limited speed on three axes, slower at corners (PositionSmoothing)."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import Setpoint, Track
from hil.autopilot.guidance.guidance import STEP_S, Climb, Guidance, Speeds, Waypoint
from hil.autopilot.guidance.jerk_axis import JerkAxis, braking_speed
from hil.autopilot.guidance.leg import ZERO, Vector3
from hil.autopilot.vehicle_context import VehicleContext
from hil.frames import wrapped_pi

_INTERRUPTED_S = 3.5 * STEP_S  # without a step: something else has flown the vehicle
_TURNING_M_S, _TURNING_COSINE = 0.2, 0.98  # moving, and not towards the target
_LEAST_L1_M = 5.0
_LIFT_OFF_M_S, _LIFT_OFF_M_S2 = 0.4, 0.4  # wanted on the ground
_LIFT_OFF_LAGS = (
    (0.75, 0.7),
    (0.25, 3.0),
)  # share and time constant, s, of the climb after lift-off: measured
_YAW_GAIN_PER_S = 4.0  # close to the heading that is wanted


class MulticopterGuidance(Guidance):
    """Position setpoint of one multicopter, and the points before and after it."""

    def __init__(self) -> None:
        self._axes = tuple(JerkAxis(0.0) for _ in range(3))
        self._from, self._to, self._next = ZERO, ZERO, ZERO
        self._radius_m, self._down_m = 0.0, 0.0
        self._climb: Climb | None = None
        self._lifted_s: float | None = None
        self._wanted_up_m_s = 0.0
        self._straight_m_s = math.inf  # speed limit before the last turn
        self._yaw_rad = self._yaw_rate = 0.0
        self._stepped_s = -math.inf

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:  # noqa: ARG002
        self._start(vehicle)
        self._climb = None
        self._from, self._to = self._to, waypoint.point
        self._next = waypoint.ahead[0].point if waypoint.ahead else waypoint.point
        self._radius_m, self._down_m = waypoint.radius_m, vehicle.params["NAV_MC_ALT_RAD"]
        self.reached = False

    def begin_climb(self, vehicle: VehicleContext, climb: Climb, speeds: Speeds) -> None:  # noqa: ARG002
        self._start(vehicle)
        self._climb, self._lifted_s, self._wanted_up_m_s = climb, None, _LIFT_OFF_M_S
        self._from = self._to
        north, east = (self._axes[0].pos_m, self._axes[1].pos_m)
        self._to = self._next = (north, east, climb.point[2])
        self._radius_m, self._down_m, self.reached = math.inf, climb.accuracy_m, False

    def _start(self, vehicle: VehicleContext) -> None:
        """Take the vehicle's motion where something else has flown it."""
        if vehicle.time_s - self._stepped_s <= _INTERRUPTED_S:
            return
        est = vehicle.est
        for axis, pos_m, vel_m_s in zip(self._axes, est.pos_ned, est.vel_ned, strict=True):
            axis.pos_m, axis.vel_m_s, axis.acc_m_s2 = pos_m, vel_m_s, 0.0
            axis.plan(vel_m_s)
        self._to, self._straight_m_s = est.pos_ned, math.inf

    def rest_point(self, vehicle: VehicleContext, speeds: Speeds) -> Vector3:  # noqa: ARG002
        interrupted = vehicle.time_s - self._stepped_s > _INTERRUPTED_S
        return vehicle.est.pos_ned if interrupted else self._to

    # --- each step ---

    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        yaw_rad = self._heading(vehicle, yaw_rad)
        self._stepped_s = vehicle.time_s
        here = vehicle.est.pos_ned
        off_m = math.hypot(self._to[0] - here[0], self._to[1] - here[1])
        self.reached = off_m <= self._radius_m and abs(self._to[2] - here[2]) <= self._down_m
        if self._climb is not None and self._climb.takes_off and self._low(vehicle):
            return self._lift_off(vehicle, speeds, yaw_rad)
        self._advance(vehicle, speeds)
        north, east, down = self._axes
        return Track(
            (north.pos_m, east.pos_m, down.pos_m),
            (north.vel_m_s, east.vel_m_s, down.vel_m_s),
            (north.acc_m_s2, east.acc_m_s2, down.acc_m_s2),
            yaw_rad,
        )

    def _heading(self, vehicle: VehicleContext, wanted_rad: float | None) -> float | None:
        """Return the heading on the way to the wanted one, within the limits of yaw rate and its change."""
        if vehicle.time_s - self._stepped_s > _INTERRUPTED_S:
            self._yaw_rad, self._yaw_rate = vehicle.est.euler_rad[2], 0.0
        if wanted_rad is None:
            self._yaw_rate = 0.0
            return None
        p = vehicle.params
        most, change = math.radians(p["MPC_YAWRAUTO_MAX"]), math.radians(p["MPC_YAWRAUTO_ACC"])
        off = wrapped_pi(wanted_rad - self._yaw_rad)
        rate = math.copysign(min(most, math.sqrt(2.0 * change * abs(off)), _YAW_GAIN_PER_S * abs(off)), off)
        step = change * STEP_S
        self._yaw_rate += min(max(rate - self._yaw_rate, -step), step)
        self._yaw_rad = wrapped_pi(self._yaw_rad + STEP_S * self._yaw_rate)
        return self._yaw_rad

    def _low(self, vehicle: VehicleContext) -> bool:
        """Whether a takeoff is below the height from which it climbs at full speed."""
        return vehicle.est.landed or (vehicle.height_m < vehicle.params["MPC_LAND_ALT1"] and not self.reached)

    def _lift_off(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        """Climb slowly from the ground, without a pull to a height."""
        if vehicle.est.landed:
            self._wanted_up_m_s += _LIFT_OFF_M_S2 * STEP_S
            rate = self._wanted_up_m_s
        else:
            self._lifted_s = vehicle.time_s if self._lifted_s is None else self._lifted_s
            since_s = vehicle.time_s - self._lifted_s
            slow = min(vehicle.params["MPC_TKO_SPEED"], speeds.climb_m_s)
            rest_m = abs(self._to[2] - vehicle.est.pos_ned[2])
            stop = braking_speed(
                vehicle.params["MPC_JERK_AUTO"], vehicle.params["MPC_ACC_UP_MAX"], rest_m, 0.0
            )
            quick, late = (share * math.exp(-since_s / lag_s) for share, lag_s in _LIFT_OFF_LAGS)
            rate = min(slow * (1.0 - quick - late), stop)
        down = self._axes[2]
        down.pos_m, down.vel_m_s, down.acc_m_s2 = vehicle.est.pos_ned[2], -rate, 0.0
        return Track((self._to[0], self._to[1], down.pos_m), (0.0, 0.0, -rate), ZERO, yaw_rad)

    def _advance(self, vehicle: VehicleContext, speeds: Speeds) -> None:
        """Advance the setpoint by a step, more slowly where the aircraft cannot follow, and plan its next one."""
        p, axes = vehicle.params, self._axes
        here, goal = vehicle.est.pos_ned, self._to
        jerk, flat = max(p["MPC_JERK_AUTO"], 0.5), max(p["MPC_ACC_HOR"], 0.5)
        rises = goal[2] < axes[2].pos_m
        steep = max(p["MPC_ACC_UP_MAX"] if rises else p["MPC_ACC_DOWN_MAX"], 0.5)
        for axis, most in zip(axes, (flat, flat, steep), strict=True):
            axis.most_acc_m_s2, axis.most_jerk_m_s3 = most, jerk
        lag_n, lag_e = axes[0].pos_m - here[0], axes[1].pos_m - here[1]
        behind = lag_n * axes[0].vel_m_s + lag_e * axes[1].vel_m_s >= 0.0
        pace = 1.0 - min(math.hypot(lag_n, lag_e) / max(p["MPC_XY_ERR_MAX"], 0.1), 1.0) if behind else 1.0
        for axis in axes:
            axis.advance(pace * STEP_S)
        for axis, wanted in zip(
            axes, self._wanted(p["MPC_XY_TRAJ_P"], flat, steep, jerk, speeds), strict=True
        ):
            axis.plan(wanted)
        longest_s = max(axis.time_s for axis in axes)
        for axis in axes:
            if axis.time_s < longest_s:
                axis.stretch(longest_s)

    def _wanted(self, gain: float, flat: float, steep: float, jerk: float, speeds: Speeds) -> Vector3:
        """Return the velocity to aim for: to the target, or back to the line to it while turning."""
        north, east, down = self._axes
        goal = self._to
        to_n, to_e, to_d = goal[0] - north.pos_m, goal[1] - east.pos_m, goal[2] - down.pos_m
        far_m, now_m_s = math.hypot(to_n, to_e), math.hypot(north.vel_m_s, east.vel_m_s)
        corner = self._corner_speed(gain, flat, jerk, speeds.cruise_m_s)
        most = min(speeds.cruise_m_s, braking_speed(jerk, flat, far_m, corner))
        most_z = speeds.climb_m_s if to_d < 0.0 else speeds.descend_m_s
        most_z = min(most_z, braking_speed(jerk, steep, abs(to_d), 0.0))
        cosine = (north.vel_m_s * to_n + east.vel_m_s * to_e) / max(now_m_s * far_m, 1e-9)
        if now_m_s > _TURNING_M_S and cosine < _TURNING_COSINE and far_m > self._radius_m:
            most = min(most, self._straight_m_s)
            to_n, to_e = self._to_line()
        else:
            self._straight_m_s = most
        size = math.sqrt(to_n * to_n + to_e * to_e + to_d * to_d)
        if size < 1e-9:
            return ZERO
        speed = math.hypot(most, most_z) / size
        level = min(1.0, most / max(speed * math.hypot(to_n, to_e), 1e-9))
        climb = min(1.0, most_z / max(speed * abs(to_d), 1e-9))
        return speed * level * to_n, speed * level * to_e, speed * climb * to_d

    def _corner_speed(self, gain: float, flat: float, jerk: float, cruise_m_s: float) -> float:
        """Return the speed at the target: 0 at the last one, else by the angle of the corner and its radius."""
        ahead = (self._next[0] - self._to[0], self._next[1] - self._to[1])
        back = (self._axes[0].pos_m - self._to[0], self._axes[1].pos_m - self._to[1])
        ahead_m, back_m = math.hypot(*ahead), math.hypot(*back)
        if ahead_m < 1e-3 or ahead_m < self._radius_m or back_m < 1e-9 or not math.isfinite(self._radius_m):
            return 0.0
        cosine = (ahead[0] * back[0] + ahead[1] * back[1]) / (ahead_m * back_m)
        angle = min(math.acos(min(max(cosine, -1.0), 1.0)), math.pi - 1e-6)
        turn = math.sqrt(gain * flat * self._radius_m * math.tan(0.5 * angle))
        return min(turn, cruise_m_s, braking_speed(jerk, flat, ahead_m, 0.0))

    def _to_line(self) -> tuple[float, float]:
        """Return the way to the point of the line to the target that is the L1 distance ahead."""
        line = (self._to[0] - self._from[0], self._to[1] - self._from[1])
        size = math.hypot(*line)
        here = (self._axes[0].pos_m, self._axes[1].pos_m)
        if size < 1e-3:
            return self._to[0] - here[0], self._to[1] - here[1]
        n, e = line[0] / size, line[1] / size
        along = (here[0] - self._from[0]) * n + (here[1] - self._from[1]) * e
        off = (self._from[0] + along * n - here[0], self._from[1] + along * e - here[1])
        l1_m = max(self._radius_m, _LEAST_L1_M)
        ahead = math.sqrt(max(l1_m * l1_m - off[0] * off[0] - off[1] * off[1], 0.0))
        return off[0] + ahead * n, off[1] + ahead * e
