"""Changes of speed with a limited acceleration, jerk and snap: the parts of ArduPilot's S-curves (AP_Math/SCurve.cpp).

The jerk rises and falls as a raised cosine. A ramp has three phases: the acceleration grows, stays, and goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits along a line, SI units: acceleration, jerk and the change of jerk."""

    acc_m_s2: float
    jerk_m_s3: float
    snap_m_s4: float

    @property
    def rise_s(self) -> float:
        """Return how long the jerk rises to its limit."""
        return self.jerk_m_s3 * math.pi / (2.0 * self.snap_m_s4)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A change of speed by `gain_m_s` with the peak jerk `jerk_m_s3`, both positive, in five durations.

    The jerk rises for `rise_s`, holds for `hold_s` and falls for `rise_s`; then the acceleration holds for `keep_s`;
    then the same with a negative jerk.
    """

    gain_m_s: float
    jerk_m_s3: float
    rise_s: float
    hold_s: float
    keep_s: float

    @property
    def time_s(self) -> float:
        return 4.0 * self.rise_s + 2.0 * self.hold_s + self.keep_s

    def at(self, time_s: float) -> tuple[float, float, float]:
        """Return distance, speed and acceleration gained since the start of the ramp."""
        bump_s = 2.0 * self.rise_s + self.hold_s
        if time_s <= bump_s:
            return self._bump(time_s)
        whole = self.time_s
        pos, vel, acc = self._bump(bump_s)
        kept_s = min(time_s - bump_s, self.keep_s)
        pos += kept_s * (vel + 0.5 * kept_s * acc)
        vel += kept_s * acc
        if time_s - bump_s <= self.keep_s:
            return pos, vel, acc
        # The last phase is the first one seen from the end.
        left_s = max(whole - time_s, 0.0)
        back_m, back_m_s, back_acc = self._bump(left_s)
        return (
            0.5 * self.gain_m_s * whole - self.gain_m_s * left_s + back_m,
            self.gain_m_s - back_m_s,
            back_acc,
        )

    def cut(self, time_s: float, gain_m_s: float) -> Ramp:
        """Return the ramp that is the same up to a time and gains as near to `gain_m_s` as it still can."""
        bump_s = 2.0 * self.rise_s + self.hold_s
        least_keep_s = min(max(time_s - bump_s, 0.0), self.keep_s)
        acc = self._bump(bump_s)[2]
        keep_s = min(max(self.keep_s - (self.gain_m_s - gain_m_s) / acc, least_keep_s), self.keep_s)
        gain = self.gain_m_s - acc * (self.keep_s - keep_s)
        return Ramp(gain, self.jerk_m_s3, self.rise_s, self.hold_s, keep_s)

    def _bump(self, time_s: float) -> tuple[float, float, float]:
        """Return distance, speed and acceleration while the acceleration grows."""
        pos = vel = acc = 0.0
        half, rate = 0.5 * self.jerk_m_s3, math.pi / self.rise_s
        for part, length_s in ((1.0, self.rise_s), (0.0, self.hold_s), (-1.0, self.rise_s)):
            t = min(time_s, length_s)
            if t <= 0.0:
                continue
            time_s -= t
            if part == 0.0:
                gained = (self.jerk_m_s3 * t**3 / 6.0, half * t * t, self.jerk_m_s3 * t)
            else:
                swing, sine, cosine = part * half / rate, math.sin(rate * t), math.cos(rate * t)
                gained = (
                    half * t**3 / 6.0 + swing / rate * (sine / rate - t),
                    0.5 * half * t * t + swing / rate * (cosine - 1.0),
                    half * t - swing * sine,
                )
            pos += vel * t + 0.5 * acc * t * t + gained[0]
            vel += acc * t + gained[1]
            acc += gained[2]
        return pos, vel, acc


def ramp(gain_m_s: float, limits: Limits, *, standing: bool = True) -> Ramp | None:
    """Return the quickest change of speed within the limits, None for no change.

    From a stand a short ramp has a shorter rise of the jerk; in motion (`standing` False) it has less jerk.
    """
    if gain_m_s < 1e-6:
        return None
    acc, jerk, rise = limits.acc_m_s2, limits.jerk_m_s3, limits.rise_s
    reached = min(acc, 0.5 * jerk * (math.sqrt(rise * rise + 4.0 * gain_m_s / jerk) - rise))
    if reached >= jerk * rise:
        hold = reached / jerk - rise
        return Ramp(gain_m_s, jerk, rise, hold, max(gain_m_s / reached - hold - 2.0 * rise, 0.0))
    if standing:
        snap = limits.snap_m_s4
        rise = min(
            rise, (gain_m_s * math.pi / (4.0 * snap)) ** (1 / 3), math.sqrt(acc * math.pi / (2.0 * snap))
        )
        jerk = 2.0 * snap * rise / math.pi
    else:
        jerk = min(acc, gain_m_s / (2.0 * rise)) / rise
    reached = jerk * rise
    return Ramp(gain_m_s, jerk, rise, 0.0, max(gain_m_s / reached - 2.0 * rise, 0.0))


def fitting(wanted_m_s: float, from_m_s: float, room_m: float, limits: Limits) -> float:
    """Return the highest speed up to the wanted one that a ramp from `from_m_s` reaches within `room_m`."""

    def distance_m(speed_m_s: float) -> float:
        change = ramp(speed_m_s - from_m_s, limits, standing=from_m_s == 0.0)
        return 0.5 * (from_m_s + speed_m_s) * change.time_s if change else 0.0

    return largest(distance_m, from_m_s, wanted_m_s, room_m)


def largest(distance_m: Callable[[float], float], low: float, high: float, room_m: float) -> float:
    """Return the largest value between the two for which a growing function is within `room_m`, `low` if none is."""
    if high <= low or distance_m(high) <= room_m:
        return max(high, low)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if distance_m(middle) <= room_m else (low, middle)
    return low
