"""Attitude by surfaces: the deflections that turn the aircraft as wanted, scaled by the air's pressure.

Gains follow from the airframe's own derivatives: what a deflection gives in angular acceleration, and what it holds against
in damping. Angles in rad, rates FRD in rad/s; deflections as `hil.physics.wing` counts them, commands 0..1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hil.airframes.load import Airframe
from hil.physics import params as p
from hil.physics import wing_params as w

Vector3 = tuple[float, float, float]

SEA_LEVEL_DENSITY = 1.225  # kg/m^3
LEAST_PRESSURE_PA = 20.0  # some 6 m/s: slower, deflections grow no more
ROLL_TIME_S, PITCH_TIME_S = 0.45, 0.5
MOST_ROLL_RATE, MOST_PITCH_RATE = math.radians(75.0), math.radians(45.0)
RATE_PER_S = (6.0, 6.0, 1.5)  # closed loops of the rates
INTEGRAL_PER_S2 = (4.0, 6.0, 0.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the attitude is to be; `yaw_rate_rad_s` is what a coordinated turn has, or what steers on the ground."""

    roll_rad: float
    pitch_rad: float
    yaw_rate_rad_s: float


class SurfaceControl:
    """One aircraft's ailerons, elevator and rudder, or what stands in for them."""

    def __init__(self, airframe: Airframe) -> None:
        wing = airframe.wing
        assert wing is not None
        self._inertia = airframe.params[p.INERTIA : p.INERTIA + 3].tolist()
        area, self._span, self._chord = wing[w.AREA], float(wing[w.SPAN]), float(wing[w.CHORD])
        self._lever = [area * self._span, area * self._chord, area * self._span]
        self._by_surface = [wing[w.ROLL + 3], wing[w.PITCH + 3], wing[w.YAW + 4]]
        self._damping = [wing[w.ROLL + 1], wing[w.PITCH + 2], wing[w.YAW + 2]]
        # A steady pitch rate bends the path, which takes lift, which takes an angle of attack that the tail holds.
        bending = 2.0 * airframe.params[p.MASS] / (SEA_LEVEL_DENSITY * area * wing[w.LIFT + 1])
        self._wing = wing
        self._weight_n = 9.80665 * float(airframe.params[p.MASS])
        self._stiffness = (0.0, float(wing[w.PITCH + 1] * bending), 0.0)
        table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
        self._most = table[:, 0]
        # Deflections of the surfaces for aileron, elevator and rudder: rows of surfaces, columns of axes.
        self._mix = np.linalg.pinv(table[:, 1:].T)
        self._sums = [0.0, 0.0, 0.0]

    def start(self) -> None:
        """Forget what was learnt of the trim."""
        self._sums = [0.0, 0.0, 0.0]

    def step(
        self,
        asked: Asked,
        euler_rad: Vector3,
        rates_frd: Vector3,
        airspeed_m_s: float,
        dt: float,
        *,
        learns: bool = True,
    ) -> tuple[float, ...]:
        """Each surface's command. `airspeed_m_s` is the indicated one; on wheels there is no trim to learn."""
        roll, pitch, _ = euler_rad
        rolls = _limited((asked.roll_rad - roll) / ROLL_TIME_S, MOST_ROLL_RATE)
        pitches = _limited((asked.pitch_rad - pitch) / PITCH_TIME_S, MOST_PITCH_RATE)
        # In a turn the nose has to come round and up.
        turning = asked.yaw_rate_rad_s
        q = pitches * math.cos(roll) + turning * math.sin(roll) * math.cos(pitch)
        r = turning * math.cos(roll) * math.cos(pitch)
        wanted = (rolls, q, r)
        pressure = max(0.5 * SEA_LEVEL_DENSITY * airspeed_m_s * airspeed_m_s, LEAST_PRESSURE_PA)
        speed = max(airspeed_m_s, 6.0)
        lengths = (self._span, self._chord, self._span)
        trim = self._trim_rad(pressure) if learns else 0.0
        angles = []
        for i in range(3):
            if self._by_surface[i] == 0.0:
                angles.append(0.0)
                continue
            worth = pressure * self._lever[i] * self._by_surface[i] / self._inertia[i]
            off = wanted[i] - rates_frd[i]
            against = 0.5 * self._damping[i] * lengths[i] + self._stiffness[i]
            holding = -against / speed * wanted[i] / self._by_surface[i]
            angle = holding + (trim if i == 1 else 0.0) + (RATE_PER_S[i] * off + self._sums[i]) / worth
            if learns and (abs(angle) < 0.5 or angle * off * worth < 0.0):
                most = 0.35 * abs(worth)
                self._sums[i] = _limited(self._sums[i] + INTEGRAL_PER_S2[i] * off * dt, most)
            angles.append(angle)
        deflections = self._mix @ np.array(angles)
        return tuple(
            _command(float(one), float(most)) for one, most in zip(deflections, self._most, strict=True)
        )

    def _trim_rad(self, pressure: float) -> float:
        """Elevator that balances level flight at this dynamic pressure; what is left of the truth is learnt."""
        wing = self._wing
        lift = self._weight_n / (pressure * wing[w.AREA])
        alpha = min(max((lift - wing[w.LIFT]) / wing[w.LIFT + 1], -0.05), 0.2)
        return float(-(wing[w.PITCH] + wing[w.PITCH + 1] * alpha) / wing[w.PITCH + 3])

    def neutral(self) -> tuple[float, ...]:
        """Every surface in the middle."""
        return (0.5,) * len(self._most)

    def steered(self, roll: float, pitch: float, yaw: float) -> tuple[float, ...]:
        """By hand: -1..1 each, right, up and right."""
        sign = [math.copysign(1.0, one) if one else 0.0 for one in self._by_surface]
        deflections = (
            self._mix @ np.array([roll * sign[0], pitch * sign[1], yaw * sign[2]]) * float(self._most.mean())
        )
        return tuple(
            _command(float(one), float(most)) for one, most in zip(deflections, self._most, strict=True)
        )


def _command(angle_rad: float, most_rad: float) -> float:
    return 0.5 + 0.5 * _limited(angle_rad / most_rad, 1.0)


def _limited(value: float, most: float) -> float:
    return min(max(value, -most), most)
