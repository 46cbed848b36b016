"""Attitude control by control surfaces, scaled by dynamic pressure.

Gains follow from the airframe's derivatives: angular acceleration by deflection, and damping.
Angles in rad, rates FRD in rad/s; deflections as `hil.physics.wing` counts them, commands 0..1.
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
MIN_PRESSURE_PA = 20.0  # some 6 m/s: no larger gains below
ROLL_TIME_S, PITCH_TIME_S = 0.45, 0.5
MAX_ROLL_RATE, MAX_PITCH_RATE = math.radians(75.0), math.radians(45.0)
RATE_PER_S = (6.0, 6.0, 1.5)  # closed loops of the rates
INTEGRAL_PER_S2 = (4.0, 6.0, 0.0)


@dataclass(frozen=True, slots=True)
class AttitudeSetpoint:
    """Attitude setpoint; `yaw_rate_rad_s` is that of a coordinated turn, or the steering rate on the ground."""

    roll_rad: float
    pitch_rad: float
    yaw_rate_rad_s: float


class SurfaceControl:
    """Control of one aircraft's surfaces: ailerons, elevator and rudder, or elevons."""

    def __init__(self, airframe: Airframe) -> None:
        wing = airframe.wing
        assert wing is not None
        self._inertia = airframe.params[p.INERTIA : p.INERTIA + 3].tolist()
        area, self._span, self._chord = wing[w.AREA], float(wing[w.SPAN]), float(wing[w.CHORD])
        self._lever = [area * self._span, area * self._chord, area * self._span]
        self._by_surface = [wing[w.ROLL + 3], wing[w.PITCH + 3], wing[w.YAW + 4]]
        self._damping = [wing[w.ROLL + 1], wing[w.PITCH + 2], wing[w.YAW + 2]]
        # A steady pitch rate needs lift, hence an angle of attack that the elevator must hold.
        bending = 2.0 * airframe.params[p.MASS] / (SEA_LEVEL_DENSITY * area * wing[w.LIFT + 1])
        self._wing = wing
        self._weight_n = 9.80665 * float(airframe.params[p.MASS])
        self._stiffness = (0.0, float(wing[w.PITCH + 1] * bending), 0.0)
        table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
        self._most = table[:, 0]
        # Deflections of the surfaces for aileron, elevator and rudder: rows of surfaces, columns of axes.
        self._mix = np.linalg.pinv(table[:, 1:].T)
        self._integrals = [0.0, 0.0, 0.0]

    def start(self) -> None:
        """Reset the integrators."""
        self._integrals = [0.0, 0.0, 0.0]

    def step(
        self,
        attitude: AttitudeSetpoint,
        euler_rad: Vector3,
        rates_frd: Vector3,
        airspeed_m_s: float,
        dt: float,
        *,
        integrates: bool = True,
    ) -> tuple[float, ...]:
        """Return each surface's command. `airspeed_m_s` is indicated airspeed; `integrates` is False on the ground."""
        roll, pitch, _ = euler_rad
        rolls = _limited((attitude.roll_rad - roll) / ROLL_TIME_S, MAX_ROLL_RATE)
        pitches = _limited((attitude.pitch_rad - pitch) / PITCH_TIME_S, MAX_PITCH_RATE)
        # A turn needs yaw rate and pitch rate.
        turning = attitude.yaw_rate_rad_s
        q = pitches * math.cos(roll) + turning * math.sin(roll) * math.cos(pitch)
        r = turning * math.cos(roll) * math.cos(pitch)
        rate_setpoint = (rolls, q, r)
        pressure = max(0.5 * SEA_LEVEL_DENSITY * airspeed_m_s * airspeed_m_s, MIN_PRESSURE_PA)
        speed = max(airspeed_m_s, 6.0)
        lengths = (self._span, self._chord, self._span)
        trim = self._trim_rad(pressure) if integrates else 0.0
        angles = []
        for i in range(3):
            if self._by_surface[i] == 0.0:
                angles.append(0.0)
                continue
            effectiveness = pressure * self._lever[i] * self._by_surface[i] / self._inertia[i]
            off = rate_setpoint[i] - rates_frd[i]
            against = 0.5 * self._damping[i] * lengths[i] + self._stiffness[i]
            holding = -against / speed * rate_setpoint[i] / self._by_surface[i]
            angle = (
                holding
                + (trim if i == 1 else 0.0)
                + (RATE_PER_S[i] * off + self._integrals[i]) / effectiveness
            )
            if integrates and (abs(angle) < 0.5 or angle * off * effectiveness < 0.0):
                most = 0.35 * abs(effectiveness)
                self._integrals[i] = _limited(self._integrals[i] + INTEGRAL_PER_S2[i] * off * dt, most)
            angles.append(angle)
        deflections = self._mix @ np.array(angles)
        return tuple(
            _command(float(one), float(most)) for one, most in zip(deflections, self._most, strict=True)
        )

    def _trim_rad(self, pressure: float) -> float:
        """Return the elevator trim of level flight at this dynamic pressure; the integrator corrects its error."""
        wing = self._wing
        lift = self._weight_n / (pressure * wing[w.AREA])
        alpha = min(max((lift - wing[w.LIFT]) / wing[w.LIFT + 1], -0.05), 0.2)
        return float(-(wing[w.PITCH] + wing[w.PITCH + 1] * alpha) / wing[w.PITCH + 3])

    def neutral(self) -> tuple[float, ...]:
        """Return all surfaces at neutral."""
        return (0.5,) * len(self._most)

    def manual(self, roll: float, pitch: float, yaw: float) -> tuple[float, ...]:
        """Return the surfaces' commands for stick deflections of -1..1: right, up and right."""
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
