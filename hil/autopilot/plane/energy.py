"""Total energy control: throttle controls the sum of kinetic and potential energy, pitch their balance.

After Lambregts, Vertical Flight Path and Speed Control Autopilot Design Using Total Energy Principles (AIAA 83-2239).
Limits and time constants as in ArduPilot's TECS_ parameters. Specific energies: heights in m, rates in m/s.
"""

from __future__ import annotations

from dataclasses import dataclass

GRAVITY_M_S2 = 9.80665
ACCEL_LAG_S = 1.0  # low-pass filter of the airspeed's derivative


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLimits:
    """Speeds positive; throttle 0..1; angles in rad. `trim_throttle` flies level at cruise speed; a turn that
    doubles the load takes `turn_pitch_rad` more pitch."""

    climb_m_s: float
    sink_m_s: float
    trim_throttle: float
    min_pitch_rad: float
    max_pitch_rad: float
    turn_pitch_rad: float
    time_constant_s: float = 5.0
    damping: float = 0.5
    integral: float = 0.3


@dataclass(frozen=True, slots=True)
class EnergyDemand:
    """Pitch and throttle setpoints."""

    pitch_rad: float
    throttle: float


class EnergyControl:
    """Height and airspeed control of one aircraft. Call `start` first, then `step` at a constant rate."""

    def __init__(self, limits: EnergyLimits) -> None:
        self.limits = limits
        self._height_m = 0.0
        self._throttle_sum = self._pitch_sum = 0.0
        self._speed_m_s = 0.0
        self._accel_m_s2 = 0.0

    def start(self, height_m: float, speed_m_s: float, pitch_rad: float) -> None:
        """Reset to the present height, airspeed and pitch."""
        self._height_m, self._speed_m_s = height_m, speed_m_s
        self._throttle_sum, self._pitch_sum, self._accel_m_s2 = 0.0, pitch_rad, 0.0

    def step(
        self,
        *,
        height_m: float,
        climb_m_s: float,
        speed_m_s: float,
        height_setpoint_m: float,
        speed_setpoint_m_s: float,
        roll_factor: float,
        dt: float,
        speed_only: bool = False,
    ) -> EnergyDemand:
        """Run one cycle. Heights are positive up, speeds are airspeeds; `roll_factor` is 1 / cos(bank angle).

        `speed_only`: pitch controls the airspeed alone, for a fixed throttle (takeoff, glide).
        """
        limits = self.limits
        # The height setpoint moves at rates that the aircraft can fly.
        step_m = min(max(height_setpoint_m - self._height_m, -limits.sink_m_s * dt), limits.climb_m_s * dt)
        self._height_m += step_m
        # It stays near an aircraft that cannot follow.
        self._height_m = min(max(self._height_m, height_m - 15.0), height_m + 15.0)
        climb_setpoint = min(
            max((self._height_m - height_m) / limits.time_constant_s * 2.0 + step_m / dt, -limits.sink_m_s),
            limits.climb_m_s,
        )
        speed = max(speed_m_s, 5.0)
        blend = min(dt / ACCEL_LAG_S, 1.0)
        accel = (speed_m_s - self._speed_m_s) / dt
        self._speed_m_s = speed_m_s
        self._accel_m_s2 += blend * (min(max(accel, -8.0), 8.0) - self._accel_m_s2)
        accel_setpoint = min(max((speed_setpoint_m_s - speed_m_s) / limits.time_constant_s * 2.0, -1.5), 1.5)
        kinetic, kinetic_setpoint = (
            speed * self._accel_m_s2 / GRAVITY_M_S2,
            speed * accel_setpoint / GRAVITY_M_S2,
        )
        throttle = self._throttle(climb_m_s + kinetic, climb_setpoint + kinetic_setpoint, roll_factor, dt)
        weight = 2.0 if speed_only else 1.0
        pitch = self._pitch(
            (2.0 - weight) * climb_m_s - weight * kinetic,
            (2.0 - weight) * climb_setpoint - weight * kinetic_setpoint,
            speed,
            limits.turn_pitch_rad * (roll_factor - 1.0),
            dt,
        )
        return EnergyDemand(pitch, throttle)

    def _throttle(self, rate: float, rate_setpoint: float, roll_factor: float, dt: float) -> float:
        limits = self.limits
        # Full throttle gives the maximum climb rate, zero throttle the maximum sink rate.
        up, down = (1.0 - limits.trim_throttle) / limits.climb_m_s, limits.trim_throttle / limits.sink_m_s
        rate_setpoint += 1.0 * (roll_factor * roll_factor - 1.0)
        ahead = rate_setpoint * (up if rate_setpoint > 0.0 else down)
        off = rate_setpoint - rate
        throttle = limits.trim_throttle + ahead + limits.damping * up * off + self._throttle_sum
        if 0.0 < throttle < 1.0 or off * (throttle - 0.5) < 0.0:
            self._throttle_sum += limits.integral * up * off * dt
            self._throttle_sum = min(max(self._throttle_sum, -0.6), 0.6)
        return min(max(throttle, 0.0), 1.0)

    def _pitch(self, rate: float, rate_setpoint: float, speed: float, turning: float, dt: float) -> float:
        limits = self.limits
        off = (rate_setpoint - rate) / speed
        pitch = rate_setpoint / speed + limits.damping * off + self._pitch_sum + turning
        within = limits.min_pitch_rad < pitch < limits.max_pitch_rad
        if within or off * pitch < 0.0:
            self._pitch_sum += limits.integral * 2.0 * off * dt
            self._pitch_sum = min(max(self._pitch_sum, -0.35), 0.35)
        return min(max(pitch, limits.min_pitch_rad), limits.max_pitch_rad)
