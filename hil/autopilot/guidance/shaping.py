"""Shaping of one axis as ArduPilot does it: speed from distance, acceleration from speed, within a jerk limit.

After AP_Math/control.cpp. The recorded take-offs and landings brake at half of the acceleration limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_BRAKING_SHARE = 0.5  # of the acceleration limit, and of jerk over acceleration: measured


def approach(error: float, gain_per_s: float, limit: float, dt_s: float) -> float:
    """Return the rate towards zero error: linear close in, beyond at constant deceleration `limit`."""
    linear = limit / (gain_per_s * gain_per_s)
    rate = abs(error) * gain_per_s
    if abs(error) > linear:
        rate = math.sqrt(2.0 * limit * (abs(error) - 0.5 * linear))
    return math.copysign(min(rate, abs(error) / dt_s), error)


def stopping_distance(speed_m_s: float, gain_per_s: float, limit_m_s2: float) -> float:
    """Return the distance within which `approach` stops from a speed."""
    linear_m_s = limit_m_s2 / gain_per_s
    if speed_m_s <= linear_m_s:
        return speed_m_s / gain_per_s
    return 0.5 * limit_m_s2 / (gain_per_s * gain_per_s) + speed_m_s * speed_m_s / (2.0 * limit_m_s2)


@dataclass(slots=True)
class Axis:
    """Position, speed and acceleration setpoints of one axis: m, m/s, m/s^2."""

    pos_m: float
    vel_m_s: float = 0.0
    acc_m_s2: float = 0.0

    def towards(
        self, goal_m: float, least_m_s: float, most_m_s: float, acc_m_s2: float, jerk_m_s3: float, dt_s: float
    ) -> None:
        """Advance by dt towards a point, to rest there; `least_m_s` is the negative speed limit."""
        gain = _BRAKING_SHARE * jerk_m_s3 / acc_m_s2
        wanted = approach(goal_m - self.pos_m, gain, _BRAKING_SHARE * acc_m_s2, dt_s)
        self.at_speed(min(max(wanted, least_m_s), most_m_s), acc_m_s2, jerk_m_s3, dt_s)

    def at_speed(self, wanted_m_s: float, acc_m_s2: float, jerk_m_s3: float, dt_s: float) -> None:
        """Advance by dt towards a speed."""
        wanted = approach(wanted_m_s - self.vel_m_s, jerk_m_s3 / acc_m_s2, jerk_m_s3, dt_s)
        wanted = min(max(wanted, -acc_m_s2), acc_m_s2)
        step = jerk_m_s3 * dt_s
        self.acc_m_s2 += min(max(wanted - self.acc_m_s2, -step), step)
        self.pos_m += dt_s * (self.vel_m_s + 0.5 * dt_s * self.acc_m_s2)
        self.vel_m_s += dt_s * self.acc_m_s2
