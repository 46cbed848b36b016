"""Performance of a wing from its coefficients: stall speed, trimmed level flight, best glide and propeller thrust."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.physics import wing_params as wp
from hil.physics.wing import drag_coefficient, lift_coefficient, pitch_coefficient

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trim:
    """Trimmed flight: angle of attack, elevator (positive pitches down) and required thrust along the body."""

    alpha_rad: float
    elevator_rad: float
    thrust_n: float


@dataclass(frozen=True, slots=True)
class Glide:
    """Best glide: airspeed along the path and glide ratio."""

    speed_m_s: float
    ratio: float


def max_lift(wing: Row) -> tuple[float, float]:
    """Return the maximum lift coefficient of the wing and its angle of attack, rad."""
    alphas = np.linspace(0.0, 1.2, 2401)
    lifts = [lift_coefficient(alpha, wing) for alpha in alphas.tolist()]
    best = int(np.argmax(lifts))
    return lifts[best], float(alphas[best])


def stall_speed_m_s(
    wing: Row, mass_kg: float, *, density_kg_m3: float = 1.225, gravity_m_s2: float = 9.80665
) -> float:
    """Return the stall speed in level flight without thrust, m/s."""
    return math.sqrt(2.0 * mass_kg * gravity_m_s2 / (density_kg_m3 * wing[wp.AREA] * max_lift(wing)[0]))


def level_trim(
    wing: Row,
    mass_kg: float,
    speed_m_s: float,
    *,
    density_kg_m3: float = 1.225,
    gravity_m_s2: float = 9.80665,
    path_rad: float = 0.0,
) -> Trim | None:
    """Return the trim at this airspeed on a path that climbs by `path_rad`; None where it is too slow for that."""
    push = 0.5 * density_kg_m3 * speed_m_s * speed_m_s * float(wing[wp.AREA])
    weight_n = mass_kg * gravity_m_s2

    def balance(alpha: float) -> tuple[float, float, float]:
        """Return excess lift (N), elevator (rad) and thrust (N) at this angle of attack."""
        elevator = -pitch_coefficient(alpha, wing) / (float(wing[wp.PITCH + 3]) * math.cos(alpha))
        effective = elevator * math.cos(alpha)
        lift = push * (lift_coefficient(alpha, wing) + float(wing[wp.LIFT + 3]) * effective)
        drag = push * (drag_coefficient(alpha, wing) + float(wing[wp.DRAG + 4]) * effective * effective)
        thrust = float(drag + weight_n * math.sin(path_rad)) / math.cos(alpha)
        return lift + thrust * math.sin(alpha) - weight_n * math.cos(path_rad), elevator, thrust

    low, high = -0.2, max_lift(wing)[1]
    if balance(low)[0] > 0.0 or balance(high)[0] < 0.0:
        return None
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if balance(middle)[0] < 0.0 else (low, middle)
    _, elevator, thrust = balance(0.5 * (low + high))
    return Trim(0.5 * (low + high), elevator, thrust)


def best_glide(
    wing: Row, mass_kg: float, *, density_kg_m3: float = 1.225, gravity_m_s2: float = 9.80665
) -> Glide:
    """Return the best glide with neutral surfaces."""
    alphas = np.linspace(0.0, 0.5 * max_lift(wing)[1] + 0.05, 2001).tolist()
    ratios = [lift_coefficient(alpha, wing) / drag_coefficient(alpha, wing) for alpha in alphas]
    best = int(np.argmax(ratios))
    force = math.hypot(lift_coefficient(alphas[best], wing), drag_coefficient(alphas[best], wing))
    speed = math.sqrt(2.0 * mass_kg * gravity_m_s2 / (density_kg_m3 * float(wing[wp.AREA]) * force))
    return Glide(speed, ratios[best])


def motor_speed_rad_s(wing: Row, drive_v: float, speed_m_s: float, *, density_kg_m3: float = 1.225) -> float:
    """Return the speed at which motor and propeller torque are equal, rad/s (Beard and McLain, 4.3)."""
    size = density_kg_m3 * float(wing[wp.DIAMETER]) ** 5
    constant, ohm = float(wing[wp.MOTOR_V_S]), float(wing[wp.MOTOR_OHM])
    across = speed_m_s / float(wing[wp.DIAMETER])
    fit = wing[wp.TORQUE_FIT : wp.TORQUE_FIT + 3].tolist()
    a = size * fit[0] / (2.0 * math.pi) ** 2
    b = size * fit[1] * across / (2.0 * math.pi) + constant * constant / ohm
    c = size * fit[2] * across * across - constant * drive_v / ohm + constant * float(wing[wp.MOTOR_IDLE_A])
    speed: float = max((-b + math.sqrt(max(b * b - 4.0 * a * c, 0.0))) / (2.0 * a), 0.0)
    return speed


def propeller_thrust_n(wing: Row, drive_v: float, speed_m_s: float, *, density_kg_m3: float = 1.225) -> float:
    """Return the thrust in steady flight with this motor voltage, N."""
    turns_s = motor_speed_rad_s(wing, drive_v, speed_m_s, density_kg_m3=density_kg_m3) / (2.0 * math.pi)
    diameter = float(wing[wp.DIAMETER])
    across = speed_m_s / diameter
    fit = wing[wp.THRUST_FIT : wp.THRUST_FIT + 3].tolist()
    coefficient = fit[0] * turns_s * turns_s + fit[1] * turns_s * across + fit[2] * across * across
    return float(density_kg_m3 * diameter**4 * coefficient)
