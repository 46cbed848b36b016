"""Conversions between the units MAVLink carries and the ones Landline uses (metres, seconds, radians or decimal degrees)."""

from __future__ import annotations

import math

DEGREES_PER_RADIAN = 180.0 / math.pi


def deg_from_e7(value: int) -> float:
    """Decimal degrees from MAVLink's degrees times 1e7."""
    return value / 1e7


def e7_from_deg(value_deg: float) -> int:
    """MAVLink's degrees times 1e7, rounded to nearest (half a unit is 5 mm on the ground)."""
    return round(value_deg * 1e7)


def wrap_360_deg(angle_deg: float) -> float:
    """The same direction in [0, 360)."""
    return angle_deg % 360.0


def wrap_pi(angle_rad: float) -> float:
    """The same direction in [-pi, pi)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
