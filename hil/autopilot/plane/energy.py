"""How fast and how high: throttle for the sum of both energies, pitch for their balance (total energy control).

After Lambregts, Vertical Flight Path and Speed Control Autopilot Design Using Total Energy Principles (AIAA 83-2239); limits
and time constants as ArduPilot's TECS_ parameters name them. Specific energies, so heights are metres and rates m/s.
"""

from __future__ import annotations

from dataclasses import dataclass

GRAVITY_M_S2 = 9.80665
ACCEL_LAG_S = 1.0  # airspeed is noisy, and its change more so


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLimits:
    """Speeds positive; throttle 0..1; angles in rad. `trim_throttle` flies level at cruise speed; a turn that
    doubles the load takes `turn_pitch_rad` more pitch."""

    climb_m_s: float
    sink_m_s: float
    trim_throttle: float
    least_pitch_rad: float
    most_pitch_rad: float
    turn_pitch_rad: float
    time_constant_s: float = 5.0
    damping: float = 0.5
    integral: float = 0.3


@dataclass(frozen=True, slots=True)
class Energy:
    """What is asked of the aircraft now."""

    pitch_rad: float
    throttle: float


class EnergyControl:
    """One aircraft's height and airspeed. `start` before it takes over, then `step` at a steady rate."""

    def __init__(self, limits: EnergyLimits) -> None:
        self.limits = limits
        self._height_m = 0.0
        self._throttle_sum = self._pitch_sum = 0.0
        self._speed_m_s = 0.0
        self._accel_m_s2 = 0.0

    def start(self, height_m: float, speed_m_s: float, pitch_rad: float) -> None:
        """Take over where the aircraft is."""
        self._height_m, self._speed_m_s = height_m, speed_m_s
        self._throttle_sum, self._pitch_sum, self._accel_m_s2 = 0.0, pitch_rad, 0.0

    def step(
        self,
        *,
        height_m: float,
        climb_m_s: float,
        speed_m_s: float,
        wanted_height_m: float,
        wanted_speed_m_s: float,
        roll_factor: float,
        dt: float,
        speed_only: bool = False,
    ) -> Energy:
        """One cycle. Heights up; speeds through the air; `roll_factor` is 1 over the cosine of the bank.

        `speed_only`: the throttle is somebody else's (a take-off, a glide), pitch keeps the speed.
        """
        limits = self.limits
        # Heights are approached at the rates the aircraft can keep.
        step_m = min(max(wanted_height_m - self._height_m, -limits.sink_m_s * dt), limits.climb_m_s * dt)
        self._height_m += step_m
        # An aircraft that cannot follow is not left behind for ever.
        self._height_m = min(max(self._height_m, height_m - 15.0), height_m + 15.0)
        wanted_climb = min(
            max((self._height_m - height_m) / limits.time_constant_s * 2.0 + step_m / dt, -limits.sink_m_s),
            limits.climb_m_s,
        )
        speed = max(speed_m_s, 5.0)
        share = min(dt / ACCEL_LAG_S, 1.0)
        accel = (speed_m_s - self._speed_m_s) / dt
        self._speed_m_s = speed_m_s
        self._accel_m_s2 += share * (min(max(accel, -8.0), 8.0) - self._accel_m_s2)
        wanted_accel = min(max((wanted_speed_m_s - speed_m_s) / limits.time_constant_s * 2.0, -1.5), 1.5)
        kinetic, wanted_kinetic = speed * self._accel_m_s2 / GRAVITY_M_S2, speed * wanted_accel / GRAVITY_M_S2
        throttle = self._throttle(climb_m_s + kinetic, wanted_climb + wanted_kinetic, roll_factor, dt)
        weight = 2.0 if speed_only else 1.0
        pitch = self._pitch(
            (2.0 - weight) * climb_m_s - weight * kinetic,
            (2.0 - weight) * wanted_climb - weight * wanted_kinetic,
            speed,
            limits.turn_pitch_rad * (roll_factor - 1.0),
            dt,
        )
        return Energy(pitch, throttle)

    def _throttle(self, rate: float, wanted_rate: float, roll_factor: float, dt: float) -> float:
        limits = self.limits
        # Full throttle is worth the largest climb, none the largest sink.
        up, down = (1.0 - limits.trim_throttle) / limits.climb_m_s, limits.trim_throttle / limits.sink_m_s
        wanted_rate += 1.0 * (roll_factor * roll_factor - 1.0)
        ahead = wanted_rate * (up if wanted_rate > 0.0 else down)
        off = wanted_rate - rate
        throttle = limits.trim_throttle + ahead + limits.damping * up * off + self._throttle_sum
        if 0.0 < throttle < 1.0 or off * (throttle - 0.5) < 0.0:
            self._throttle_sum += limits.integral * up * off * dt
            self._throttle_sum = min(max(self._throttle_sum, -0.6), 0.6)
        return min(max(throttle, 0.0), 1.0)

    def _pitch(self, rate: float, wanted_rate: float, speed: float, turning: float, dt: float) -> float:
        limits = self.limits
        off = (wanted_rate - rate) / speed
        pitch = wanted_rate / speed + limits.damping * off + self._pitch_sum + turning
        within = limits.least_pitch_rad < pitch < limits.most_pitch_rad
        if within or off * pitch < 0.0:
            self._pitch_sum += limits.integral * 2.0 * off * dt
            self._pitch_sum = min(max(self._pitch_sum, -0.35), 0.35)
        return min(max(pitch, limits.least_pitch_rad), limits.most_pitch_rad)
