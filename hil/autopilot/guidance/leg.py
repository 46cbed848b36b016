"""One straight leg flown as an S-curve: from a speed at its start to a speed at its end, within limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.autopilot.guidance.ramp import Limits, Ramp, fitting, largest, ramp

Vector3 = tuple[float, float, float]
ZERO: Vector3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class AxisLimits:
    """Limits of speed and acceleration of a vehicle, over ground, up and down; m/s and m/s^2."""

    speed_m_s: float
    climb_m_s: float
    descend_m_s: float
    acc_m_s2: float
    acc_z_m_s2: float

    def speed_along(self, direction: Vector3) -> float:
        """Return the speed limit along a unit vector in NED."""
        vertical = self.climb_m_s if direction[2] < 0.0 else self.descend_m_s
        return _along(direction, self.speed_m_s, vertical)

    def acc_along(self, direction: Vector3) -> float:
        """Return the acceleration limit along a unit vector in NED."""
        return _along(direction, self.acc_m_s2, self.acc_z_m_s2)


def _along(direction: Vector3, flat: float, vertical: float) -> float:
    level, steep = math.hypot(direction[0], direction[1]), abs(direction[2])
    return min(flat / level if level > 1e-6 else math.inf, vertical / steep if steep > 1e-6 else math.inf)


def unit(vector: Vector3) -> tuple[float, Vector3]:
    """Return a vector's length and direction; no direction has length 0."""
    size = math.hypot(*vector)
    return (size, (vector[0] / size, vector[1] / size, vector[2] / size)) if size > 1e-9 else (0.0, ZERO)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the profile: a ramp up (`sign` 1) or down (-1), or a constant speed (no ramp)."""

    start_s: float
    length_s: float
    start_m: float
    from_m_s: float
    change: Ramp | None = None
    sign: float = 1.0

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s

    def at(self, time_s: float) -> tuple[float, float, float]:
        t = time_s - self.start_s
        pos, vel, acc = self.change.at(t) if self.change is not None else ZERO
        return (
            self.start_m + self.from_m_s * t + self.sign * pos,
            self.from_m_s + self.sign * vel,
            self.sign * acc,
        )


class Leg:
    """A straight leg. `elapsed_s` is the time on its profile, which may run slower than the clock."""

    def __init__(
        self, start: Vector3, goal: Vector3, limits: AxisLimits, jerk_m_s3: float, snap_m_s4: float
    ) -> None:
        self.start, self.goal = start, goal
        self.length_m, self.direction = unit((goal[0] - start[0], goal[1] - start[1], goal[2] - start[2]))
        self.elapsed_s = 0.0
        self._from_m_s = self._to_m_s = 0.0
        self.most_m_s = limits.speed_along(self.direction) if self.length_m else 0.0
        self._limits = Limits(
            limits.acc_along(self.direction) if self.length_m else 1.0, jerk_m_s3, snap_m_s4
        )
        self._parts: list[_Part] = []
        self.accelerated_s = 0.0
        self._plan()

    # --- planning ---

    def starts_at(self, speed_m_s: float) -> None:
        """Begin with a speed; where it is too high for half of the leg, with less."""
        self._from_m_s = min(speed_m_s, self.most_m_s)
        self._plan()

    def ends_at(self, speed_m_s: float) -> None:
        """End with a speed at most."""
        self._to_m_s = min(speed_m_s, self.most_m_s)
        self._plan()

    def _plan(self) -> None:
        self._parts = []
        if not self.length_m:
            return
        half = 0.5 * self.length_m
        top = min(fitting(self.most_m_s, low, half, self._limits) for low in (self._from_m_s, self._to_m_s))
        start = min(self._from_m_s, top)
        up = ramp(top - start, self._limits, standing=start == 0.0)
        self._add(up, start)
        self.accelerated_s = self.time_s
        self._cruise_and_end(top)

    def change_speed(self, limits: AxisLimits) -> None:
        """Fly with another speed limit from now on, as far as the rest of the leg has room for the change."""
        most = limits.speed_along(self.direction) if self.length_m else 0.0
        if not self.length_m or abs(most - self.most_m_s) < 1e-6:
            return
        self.most_m_s = most
        if self.elapsed_s == 0.0:
            self._plan()
            return
        last = self._parts[-1]
        if last.change is not None and last.sign < 0.0 and self.elapsed_s >= last.start_s:
            return  # braking at the end of the leg
        self._parts = self._parts_until_change(most)
        at_s = self.time_s
        pos_m, now_m_s, _ = self._parts[-1].at(at_s)
        room_m = self.length_m - pos_m

        def distance_m(speed: float) -> float:
            turn = ramp(abs(speed - now_m_s), self._limits, standing=False)
            stop = ramp(speed - self._to_m_s, self._limits, standing=self._to_m_s == 0.0)
            changing = 0.5 * (now_m_s + speed) * turn.time_s if turn else 0.0
            return changing + (0.5 * (speed + self._to_m_s) * stop.time_s if stop else 0.0)

        speed = max(most, self._to_m_s)
        if speed > now_m_s:
            speed = largest(distance_m, now_m_s, speed, room_m)
        elif distance_m(speed) > room_m:
            speed = now_m_s
        self._add(ramp(abs(speed - now_m_s), self._limits, standing=False), now_m_s, rising=speed > now_m_s)
        self._cruise_and_end(speed)

    def _parts_until_change(self, most_m_s: float) -> list[_Part]:
        """Return the parts up to where the speed can change: a ramp that has begun ends as early as it can."""
        kept = [part for part in self._parts if part.start_s < self.elapsed_s]
        last = kept.pop()
        if last.change is None:
            return [*kept, _Part(last.start_s, self.elapsed_s - last.start_s, last.start_m, last.from_m_s)]
        change = last.change
        if last.sign > 0.0 and last.from_m_s + change.gain_m_s > most_m_s:
            change = change.cut(self.elapsed_s - last.start_s, max(most_m_s - last.from_m_s, 0.0))
        return [*kept, _Part(last.start_s, change.time_s, last.start_m, last.from_m_s, change, last.sign)]

    def _add(self, change: Ramp | None, from_m_s: float, *, rising: bool = True) -> None:
        if change is not None:
            start_m = self._parts[-1].at(self.time_s)[0] if self._parts else 0.0
            sign = 1.0 if rising else -1.0
            self._parts.append(_Part(self.time_s, change.time_s, start_m, from_m_s, change, sign))

    def _cruise_and_end(self, speed_m_s: float) -> None:
        begun_m = self._parts[-1].at(self.time_s)[0] if self._parts else 0.0
        down = ramp(speed_m_s - self._to_m_s, self._limits, standing=self._to_m_s == 0.0)
        braking_m = 0.5 * (speed_m_s + self._to_m_s) * down.time_s if down else 0.0
        cruise_m = max(self.length_m - begun_m - braking_m, 0.0)
        self._parts.append(_Part(self.time_s, cruise_m / speed_m_s, begun_m, speed_m_s))
        self._add(down, speed_m_s, rising=False)

    # --- flying ---

    @property
    def time_s(self) -> float:
        """Return the time of the whole leg."""
        return self._parts[-1].end_s if self._parts else 0.0

    @property
    def left_s(self) -> float:
        return self.time_s - self.elapsed_s

    @property
    def begun(self) -> bool:
        return self.elapsed_s > 0.0

    @property
    def finished(self) -> bool:
        return self.elapsed_s >= self.time_s

    @property
    def braking(self) -> bool:
        """Whether the leg's last change of speed has begun."""
        last = self._parts[-1] if self._parts else None
        return last is None or self.elapsed_s >= (last.start_s if last.change is not None else last.end_s)

    def advance(self, dt_s: float) -> None:
        self.elapsed_s = min(self.elapsed_s + dt_s, self.time_s)

    def at(self, time_s: float) -> tuple[float, float, float]:
        """Return the distance from the start, the speed and the acceleration along the leg."""
        for part in self._parts:
            if time_s < part.end_s:
                return part.at(time_s)
        return self.length_m, self._to_m_s if self._parts else 0.0, 0.0

    def vectors(self, time_s: float) -> tuple[Vector3, Vector3, Vector3]:
        """Return the way from the start, the velocity and the acceleration in NED."""
        pos, vel, acc = self.at(time_s)
        n, e, d = self.direction
        return (n * pos, e * pos, d * pos), (n * vel, e * vel, d * vel), (n * acc, e * acc, d * acc)
