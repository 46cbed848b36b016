"""Speed of one axis with limited acceleration and jerk, as PX4's VelocitySmoothing plans it anew in each step."""

from __future__ import annotations

import math
from dataclasses import dataclass

_TINY = 1e-9


@dataclass(slots=True)
class JerkAxis:
    """State of one axis, SI units, and the three durations of its plan: jerk, no jerk, opposite jerk."""

    pos_m: float
    vel_m_s: float = 0.0
    acc_m_s2: float = 0.0
    most_acc_m_s2: float = 1.0
    most_jerk_m_s3: float = 1.0
    _sense: float = 0.0
    _wanted_m_s: float = 0.0
    _times_s: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def time_s(self) -> float:
        """Return the time until the planned speed is reached."""
        return sum(self._times_s)

    def plan(self, wanted_m_s: float) -> None:
        """Plan the quickest way to a speed."""
        self._wanted_m_s = wanted_m_s
        acc, jerk = self.acc_m_s2, self.most_jerk_m_s3
        # The speed that is left when the acceleration ends.
        final = self.vel_m_s + math.copysign(0.5 * acc * acc / jerk, acc)
        ahead = wanted_m_s - final
        self._sense = (
            math.copysign(1.0, ahead) if abs(ahead) > _TINY else math.copysign(1.0, acc) if acc else 0.0
        )
        if not self._sense:
            self._times_s = (0.0, 0.0, 0.0)
            return
        signed = self._sense * jerk
        gain = wanted_m_s - self.vel_m_s
        peak2 = 0.5 * acc * acc + signed * gain
        rise = max((-acc + self._sense * math.sqrt(peak2)) / signed, 0.0) if peak2 > 0.0 else 0.0
        self._finish(rise, gain, None)

    def stretch(self, time_s: float) -> None:
        """Plan the same change of speed so that it takes a longer time."""
        if not self._sense:
            return
        acc, jerk = self.acc_m_s2, self._sense * self.most_jerk_m_s3
        gain = self._wanted_m_s - self.vel_m_s
        b = jerk * time_s - acc
        under = time_s * time_s * jerk * jerk + 2.0 * time_s * acc * jerk - acc * acc - 4.0 * jerk * gain
        rise = 0.0
        if under >= 0.0:
            root = math.sqrt(under)
            for candidate in ((b - root) / (2.0 * jerk), (b + root) / (2.0 * jerk)):
                last = acc / jerk + candidate
                if candidate >= 0.0 and last >= 0.0 and candidate + last <= time_s:
                    rise = candidate
                    break
        self._finish(rise, gain, time_s)

    def _finish(self, rise_s: float, gain: float, whole_s: float | None) -> None:
        """Set the durations for a first phase: limited by the acceleration, the rest by the change of speed."""
        acc, jerk, most = self.acc_m_s2, self._sense * self.most_jerk_m_s3, self.most_acc_m_s2
        peak = acc + jerk * rise_s
        if abs(peak) > most:
            rise_s = max((math.copysign(most, peak) - acc) / jerk, 0.0)
            peak = acc + jerk * rise_s
        fall_s = max(peak / jerk, 0.0)
        if whole_s is not None:
            keep_s = whole_s - rise_s - fall_s
        elif abs(peak) > _TINY:
            ramps = rise_s * (acc + 0.5 * jerk * rise_s) + fall_s * (peak - 0.5 * jerk * fall_s)
            keep_s = (gain - ramps) / peak
        else:
            keep_s = 0.0
        self._times_s = (rise_s, max(keep_s, 0.0), fall_s)

    def advance(self, dt_s: float) -> None:
        """Advance by dt on the plan."""
        jerk = self._sense * self.most_jerk_m_s3
        left, rest = dt_s, []
        for length_s, part in zip(self._times_s, (jerk, 0.0, -jerk), strict=True):
            t = min(left, length_s)
            rest.append(length_s - t)
            self.pos_m += t * (self.vel_m_s + t * (0.5 * self.acc_m_s2 + t * part / 6.0))
            self.vel_m_s += t * (self.acc_m_s2 + 0.5 * t * part)
            self.acc_m_s2 += t * part
            left -= t
        self._times_s = (rest[0], rest[1], rest[2])
        if left > 0.0:
            self.pos_m += left * self.vel_m_s
            self.acc_m_s2 = 0.0


def braking_speed(jerk_m_s3: float, acc_m_s2: float, distance_m: float, final_m_s: float) -> float:
    """Return the speed from which the final one is reached within a distance; jerk-limited, an approximation."""
    b = 4.0 * acc_m_s2 * acc_m_s2 / jerk_m_s3
    return 0.5 * (-b + math.sqrt(b * b + 4.0 * (2.0 * acc_m_s2 * distance_m + final_m_s * final_m_s)))
