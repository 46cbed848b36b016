"""Controllers of a differential-drive rover at 50 Hz: setpoint in, two wheel commands out. No arrays, no MAVLink.

It follows the line to its target by pure pursuit of a point ahead, and pivots where the heading error is large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import (
    GoTo,
    HoldPosition,
    ManualOutputs,
    MotorsIdle,
    Setpoint,
    Track,
    Velocity,
)
from hil.frames import wrapped_pi
from hil.physics import params as p
from hil.physics import rover_params as r

Vector3 = tuple[float, float, float]

STEP_S = 0.02
STANDS_M_S = 0.08
AHEAD_S, MIN_AHEAD_M = 1.5, 1.0  # lookahead along the line
TURN_PER_S, MAX_TURN_RAD_S = 2.0, math.radians(90.0)
PIVOT_RAD = math.radians(60.0)  # ArduRover WP_PIVOT_ANGLE
ACCEL_M_S2 = 0.6  # of acceleration, and planned for stopping
ARRIVED_M = 0.25
# Of a point that moves: ArduRover's defaults of PSC_POS_P, ATC_ACCEL_MAX, ATC_TURN_MAX_G and TURN_RADIUS.
TRACK_P, TRACK_ACCEL_M_S2, SIDE_ACCEL_M_S2, TURN_RADIUS_M = 0.2, 1.0, 0.6 * 9.80665, 0.9
SLOWEST_M_S = 0.1
SPEED_P, SPEED_I, TURN_I = 0.3, 0.6, 1.0  # gains of the speed and yaw rate errors


@dataclass(frozen=True, slots=True)
class RoverState:
    """Estimated state of the rover."""

    pos_ned: Vector3
    vel_ned: Vector3
    euler_rad: Vector3
    turn_rad_s: float


class RoverCore:
    """Controllers of one rover. `wheels` are the left and right command, 0..1, 0.5 for zero; `throttle` is -1..1."""

    def __init__(self, airframe: Airframe) -> None:
        rover = airframe.rover
        assert rover is not None
        feet = airframe.params[p.FEET : p.FEET + 12].reshape(4, 3)
        self._track_m = float(feet[1, 1] - feet[0, 1])
        self._max_m_s = float(rover[r.MAX_SPEED])
        self.setpoint: Setpoint = MotorsIdle()
        self.wheels = (0.5, 0.5)
        self.throttle = 0.0
        self.stands = True
        self._start: tuple[float, float] | None = None
        self._speed_m_s = 0.0
        self._speed_sum = self._turn_sum = 0.0

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
        before = self.setpoint
        if not (
            isinstance(setpoint, GoTo) and isinstance(before, GoTo) and before.pos_ned == setpoint.pos_ned
        ):
            self._start = None
        self.setpoint = setpoint

    def step(self, state: RoverState, *, armed: bool) -> None:
        """Run one cycle: set `wheels`, `throttle` and `stands`."""
        self.stands = math.hypot(*state.vel_ned[:2]) < STANDS_M_S and self._speed_m_s < STANDS_M_S
        to = self.setpoint
        if not armed or isinstance(to, MotorsIdle):
            self._stop()
            return
        match to:
            case ManualOutputs(throttle=throttle, yaw=yaw):
                self._set_wheels(throttle * self._max_m_s, yaw * MAX_TURN_RAD_S)
                return
            case Track():
                speed, turn = self._follow_track(state, to)
                self._track_rates(state, speed, turn, TRACK_ACCEL_M_S2)
                return
            case GoTo():
                speed, turn = self._follow_line(state, to)
            case Velocity(vel_ned=commanded) if math.hypot(*commanded[:2]) > 0.05:
                off = wrapped_pi(math.atan2(commanded[1], commanded[0]) - state.euler_rad[2])
                speed = math.hypot(*commanded[:2]) * max(math.cos(off), 0.0)
                turn = self._turn_to(off)
            case Velocity(yaw_rate_rad_s=rate) if rate:
                speed, turn = 0.0, rate
            case HoldPosition(yaw_rad=yaw) | Velocity(yaw_rad=yaw) if yaw is not None:
                speed, turn = 0.0, self._turn_to(wrapped_pi(yaw - state.euler_rad[2]))
            case _:
                speed, turn = 0.0, 0.0
        self._track_rates(state, speed, turn)

    # --- guidance ---

    def _follow_line(self, state: RoverState, to: GoTo) -> tuple[float, float]:
        """Return speed and yaw rate on the line to a point."""
        here, end = state.pos_ned[:2], to.pos_ned[:2]
        if self._start is None:
            self._start = here
        start = self._start
        left_m = math.dist(here, end)
        if left_m < ARRIVED_M:
            return 0.0, 0.0
        length = max(math.dist(start, end), 0.1)
        north, east = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        done = (here[0] - start[0]) * north + (here[1] - start[1]) * east
        ahead = max(AHEAD_S * self._speed_m_s, MIN_AHEAD_M)
        aim_m = min(done + ahead, length)
        aim = (start[0] + aim_m * north, start[1] + aim_m * east)
        off = wrapped_pi(math.atan2(aim[1] - here[1], aim[0] - here[0]) - state.euler_rad[2])
        if abs(off) > PIVOT_RAD:
            return 0.0, self._turn_to(off)
        speed = min(
            to.speed_m_s, math.sqrt(2.0 * ACCEL_M_S2 * max(left_m - 0.5 * ARRIVED_M, 0.0))
        ) * math.cos(off)
        return max(speed, 0.1), self._turn_to(off)

    def _follow_track(self, state: RoverState, to: Track) -> tuple[float, float]:
        """Return speed and yaw rate towards a point that moves: fast enough to turn even where it lies aside."""
        north = to.vel_ned[0] + TRACK_P * (to.pos_ned[0] - state.pos_ned[0])
        east = to.vel_ned[1] + TRACK_P * (to.pos_ned[1] - state.pos_ned[1])
        speed = math.hypot(north, east)
        if speed < SLOWEST_M_S:
            return 0.0, 0.0
        off = wrapped_pi(math.atan2(east, north) - state.euler_rad[2])
        turning = math.sqrt(0.5 * SIDE_ACCEL_M_S2 * TURN_RADIUS_M)
        ahead = max(min(speed, turning), speed * math.cos(off))
        most = SIDE_ACCEL_M_S2 / max(ahead, SLOWEST_M_S)
        return ahead, min(max(self._turn_to(off), -most), most)

    def _turn_to(self, off_rad: float) -> float:
        return min(max(TURN_PER_S * off_rad, -MAX_TURN_RAD_S), MAX_TURN_RAD_S)

    # --- wheels ---

    def _track_rates(
        self, state: RoverState, speed: float, turn: float, acc_m_s2: float = ACCEL_M_S2
    ) -> None:
        step = acc_m_s2 * STEP_S
        self._speed_m_s += min(max(speed - self._speed_m_s, -2.0 * step), step)
        yaw = state.euler_rad[2]
        ahead = state.vel_ned[0] * math.cos(yaw) + state.vel_ned[1] * math.sin(yaw)
        error = self._speed_m_s - ahead
        if self._speed_m_s == 0.0 and turn == 0.0:
            self._speed_sum = self._turn_sum = 0.0
            error = 0.0
        self._speed_sum = min(max(self._speed_sum + SPEED_I * error * STEP_S, -0.5), 0.5)
        self._turn_sum = min(max(self._turn_sum + TURN_I * (turn - state.turn_rad_s) * STEP_S, -0.5), 0.5)
        self._set_wheels(self._speed_m_s + SPEED_P * error + self._speed_sum, turn + self._turn_sum)

    def _set_wheels(self, speed: float, turn: float) -> None:
        half = 0.5 * turn * self._track_m
        # On saturation turning has priority over speed.
        half = min(max(half, -self._max_m_s), self._max_m_s)
        room = self._max_m_s - abs(half)
        speed = min(max(speed, -room), room)
        self.throttle = speed / self._max_m_s
        # Turning right, the left wheel is faster.
        self.wheels = (
            0.5 + 0.5 * (speed + half) / self._max_m_s,
            0.5 + 0.5 * (speed - half) / self._max_m_s,
        )

    def _stop(self) -> None:
        self.wheels, self.throttle, self._speed_m_s = (0.5, 0.5), 0.0, 0.0
        self._speed_sum = self._turn_sum = 0.0
