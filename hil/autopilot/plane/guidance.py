"""L1 guidance: lateral acceleration that follows a line or a circle.

After Park, Deyst and How, A New Nonlinear Guidance Logic for Trajectory Tracking (AIAA 2004-4900), with the period and
damping of ArduPilot's AP_L1_Control in place of a length. NED metres, m/s; positive acceleration turns right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.frames import wrapped_pi

Flat = tuple[float, float]

MIN_SPEED_M_S = 3.0
MAX_ANGLE_RAD = math.pi / 2.0
MAX_CAPTURE = math.sqrt(0.5)  # a line is joined at 45 degrees or less
BEYOND_S = 3.0
BEHIND_RAD = 0.9 * math.pi
INTEGRATES_RAD, MAX_SUM_RAD = math.radians(5.0), 0.1


@dataclass(slots=True)
class L1:
    """L1 controller: `period_s`, `damping`, `integral` are ArduPilot's NAVL1_PERIOD, _DAMPING and _XTRACK_I.

    `step_s` is the time between two calls.
    """

    period_s: float = 17.0
    damping: float = 0.75
    integral: float = 0.0
    step_s: float = 0.02
    _sum_rad: float = 0.0
    _last_rad: float = 0.0

    def length_m(self, speed_m_s: float) -> float:
        """Return the L1 distance."""
        return self.damping * self.period_s * speed_m_s / math.pi

    def to_line(self, pos: Flat, vel: Flat, start: Flat, end: Flat) -> float:
        """Return the acceleration onto and along the line: to `start` from far before it, to `end` from beyond it or
        where both points coincide."""
        speed, course = _motion(vel)
        ahead_m = self.length_m(speed)
        north, east = end[0] - start[0], end[1] - start[1]
        length = math.hypot(north, east)
        to_end = math.atan2(end[1] - pos[1], end[0] - pos[0])
        if length < 1.0:
            return self._acceleration(speed, self._decided(wrapped_pi(to_end - course)), ahead_m)
        north, east = north / length, east / length
        off_n, off_e = pos[0] - start[0], pos[1] - start[1]
        along, across = off_n * north + off_e * east, off_e * north - off_n * east
        far = math.hypot(off_n, off_e)
        if far > ahead_m and along < -MAX_CAPTURE * far:
            angle = wrapped_pi(math.atan2(-off_e, -off_n) - course)
        elif along > length + BEYOND_S * speed:
            angle = wrapped_pi(to_end - course)
        else:
            # Intersection of the L1 circle with the line; at 45 degrees to the line where it is farther away.
            inward = math.asin(min(max(across / max(ahead_m, 0.1), -MAX_CAPTURE), MAX_CAPTURE))
            if abs(inward) < INTEGRATES_RAD:
                self._sum_rad += inward * self.integral * self.step_s
                self._sum_rad = min(max(self._sum_rad, -MAX_SUM_RAD), MAX_SUM_RAD)
            angle = wrapped_pi(math.atan2(east, north) - inward - self._sum_rad - course)
        return self._acceleration(speed, self._decided(angle), ahead_m)

    def _decided(self, angle: float) -> float:
        """Return the angle with the side of the last one, where the target is straight behind."""
        if min(abs(angle), abs(self._last_rad)) > BEHIND_RAD and angle * self._last_rad < 0.0:
            return self._last_rad
        self._last_rad = angle
        return angle

    def to_heading(self, vel: Flat, course_rad: float) -> float:
        """Return the acceleration onto a course over ground."""
        speed, course = _motion(vel)
        return self._acceleration(speed, wrapped_pi(course_rad - course), self.length_m(speed))

    def to_circle(self, pos: Flat, vel: Flat, centre: Flat, radius_m: float, *, clockwise: bool) -> float:
        """Return the acceleration towards the circle, then around it."""
        speed, course = _motion(vel)
        turn = 1.0 if clockwise else -1.0
        out_n, out_e = pos[0] - centre[0], pos[1] - centre[1]
        far = max(math.hypot(out_n, out_e), 0.1)
        out_n, out_e = out_n / far, out_e / far
        inbound = wrapped_pi(math.atan2(-out_e, -out_n) - course)
        towards = self._acceleration(speed, inbound, self.length_m(speed))
        omega = 2.0 * math.pi / self.period_s
        off_m, off_m_s = far - radius_m, vel[0] * out_n + vel[1] * out_e
        along = turn * (vel[1] * out_n - vel[0] * out_e)
        # PD control of the distance, plus the centripetal acceleration.
        around = omega * omega * off_m + 2.0 * self.damping * omega * off_m_s
        if along > 0.0:
            around += along * along / max(radius_m, far)
        around *= turn
        outside = off_m > 0.0
        if outside and turn * towards < turn * around and abs(inbound) < MAX_ANGLE_RAD:
            return towards
        return around

    def _acceleration(self, speed: float, angle: float, ahead_m: float) -> float:
        angle = min(max(angle, -MAX_ANGLE_RAD), MAX_ANGLE_RAD)
        return 4.0 * self.damping**2 * speed * speed / max(ahead_m, 0.1) * math.sin(angle)


def _motion(vel: Flat) -> tuple[float, float]:
    """Return the ground speed, at least MIN_SPEED_M_S, and the course in rad."""
    speed = math.hypot(*vel)
    return max(speed, MIN_SPEED_M_S), math.atan2(vel[1], vel[0])


def circled(angle_before: float | None, pos: Flat, centre: Flat) -> tuple[float, float]:
    """Return the angle of `pos` around the centre, and its change since `angle_before` (positive clockwise)."""
    angle = math.atan2(pos[1] - centre[1], pos[0] - centre[0])
    return angle, 0.0 if angle_before is None else wrapped_pi(angle - angle_before)
