"""Angles of one vehicle against the wanted ones, for crash checks and failure detectors."""

from __future__ import annotations

import math

from hil.autopilot.vehicle_context import VehicleContext


def lean_deg(vehicle: VehicleContext) -> float:
    """Degrees between the thrust axis and the vertical."""
    roll, pitch, _ = vehicle.est.euler_rad
    return math.degrees(math.acos(max(-1.0, min(1.0, math.cos(roll) * math.cos(pitch)))))


def attitude_error_deg(vehicle: VehicleContext) -> float:
    """Degrees between the real and the wanted thrust axis."""
    roll, pitch, _ = vehicle.est.euler_rad
    wanted_roll, wanted_pitch = vehicle.core.wanted_roll_pitch_rad
    one, other = _axis(roll, pitch), _axis(wanted_roll, wanted_pitch)
    along = sum(a * b for a, b in zip(one, other, strict=True))
    return math.degrees(math.acos(max(-1.0, min(1.0, along))))


def _axis(roll: float, pitch: float) -> tuple[float, float, float]:
    return -math.sin(pitch), math.sin(roll) * math.cos(pitch), math.cos(roll) * math.cos(pitch)
