"""One curved leg as ArduPilot's spline waypoints fly it (AP_Math/SplineCurve.cpp): a cubic between two points.

Speed follows from half of the acceleration limits, across the curve and along it.
"""

from __future__ import annotations

import math

from hil.autopilot.guidance.leg import ZERO, AxisLimits, Vector3, unit

_SHARE = 0.5  # of the acceleration limits, across the curve and along it
_LONGEST_ENDS = 4.0  # vectors of both ends together, in lengths of the straight line


class Curve:
    """A cubic from `start` with the derivative `into` to `goal` with the derivative `out`, metres in NED."""

    def __init__(
        self, start: Vector3, goal: Vector3, into: Vector3, out: Vector3, limits: AxisLimits
    ) -> None:
        self.start, self.goal, self.out = start, goal, out
        self._limits = limits
        self._u = 0.0
        ends = math.hypot(*into) + math.hypot(*out)
        scale = min(1.0, _LONGEST_ENDS * math.dist(start, goal) / ends) if ends > 0.0 else 1.0
        a = [scale * v for v in into]
        b = [scale * v for v in out]
        rows = list(zip(start, a, goal, b, strict=True))
        self._square = [-3.0 * s - 2.0 * i + 3.0 * g - o for s, i, g, o in rows]
        self._cube = [2.0 * s + i - 2.0 * g + o for s, i, g, o in rows]
        self._slope = a
        self.goal_m_s = self._speed_at(1.0) if math.hypot(*out) > 0.0 else 0.0
        self.start_m_s = self._speed_at(0.0) if math.hypot(*into) > 0.0 else 0.0

    @property
    def finished(self) -> bool:
        return self._u >= 1.0

    def change_speed(self, limits: AxisLimits) -> None:
        """Fly with other limits from now on."""
        self._limits = limits

    def ends_at(self, speed_m_s: float) -> None:
        """End with a speed at most."""
        self.goal_m_s = min(self.goal_m_s, speed_m_s)

    def _at(self, u: float) -> tuple[Vector3, Vector3, Vector3]:
        """Return point, first and second derivative."""
        rows = list(zip(self.start, self._slope, self._square, self._cube, strict=True))
        p = [c0 + u * (c1 + u * (c2 + u * c3)) for c0, c1, c2, c3 in rows]
        d = [c1 + u * (2.0 * c2 + 3.0 * u * c3) for _, c1, c2, c3 in rows]
        dd = [2.0 * c2 + 6.0 * u * c3 for _, _, c2, c3 in rows]
        return (p[0], p[1], p[2]), (d[0], d[1], d[2]), (dd[0], dd[1], dd[2])

    def _speed_at(self, u: float) -> float:
        """Return the highest speed at a place of the curve: by its direction, and by its bend."""
        _, slope, bend = self._at(u)
        size, direction = unit(slope)
        if not size:
            size, direction = unit(bend)
            return self._limits.speed_along(direction) if size else 0.0
        most = self._limits.speed_along(direction)
        along = sum(b * d for b, d in zip(bend, direction, strict=True))
        across, aside = unit(
            (bend[0] - along * direction[0], bend[1] - along * direction[1], bend[2] - along * direction[2])
        )
        if across > 1e-9:
            lateral = _SHARE * self._limits.acc_along(aside)
            most = min(most, size * math.sqrt(lateral / across))
        return most

    def advance(self, dt_s: float, speed_m_s: float) -> tuple[Vector3, Vector3]:
        """Advance by dt from a speed; return position and velocity in NED."""
        point, slope, bend = self._at(self._u)
        size, direction = unit(slope)
        if not size:
            _, direction = unit(bend)
            curve = math.hypot(*bend)
            ahead = math.sqrt(2.0 * max(speed_m_s * dt_s, 1e-4) / curve) if curve > 0.0 else 1.0
        else:
            ahead = 0.0
        gain = _SHARE * self._limits.acc_along(direction) if math.hypot(*direction) else 1.0
        left_m = math.dist(point, self.goal)
        allowed = math.sqrt(2.0 * gain * left_m + self.goal_m_s * self.goal_m_s)
        wanted = min(self._speed_at(self._u), allowed)
        speed = min(max(wanted, speed_m_s - gain * dt_s), speed_m_s + gain * dt_s)
        self._u += ahead if not size else speed * dt_s / size
        if left_m < 1e-6:
            self._u = 1.0
        point, slope, bend = self._at(min(self._u, 1.0))
        size, direction = unit(slope)
        if not size:
            direction = unit(bend)[1]
        return point, (direction[0] * speed, direction[1] * speed, direction[2] * speed) if speed else ZERO
