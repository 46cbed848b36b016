"""Conversions between MAVLink's units and Landline's (metres, seconds, radians or decimal degrees)."""

from __future__ import annotations


def deg_from_e7(value: int) -> float:
    """Convert MAVLink's degrees times 1e7 to decimal degrees."""
    return value / 1e7


def e7_from_deg(value_deg: float) -> int:
    """Convert decimal degrees to MAVLink's degrees times 1e7, rounded (half a unit is 5 mm on the ground)."""
    return round(value_deg * 1e7)
