"""Limits and gains of a fixed-wing core that an autopilot's parameters set in flight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Angles in rad, the airspeed in m/s; the periods and gains are those of `hil.autopilot.plane.guidance.L1`."""

    min_m_s: float
    max_roll_rad: float
    min_pitch_rad: float
    max_pitch_rad: float
    l1_period_s: float
    l1_damping: float
    l1_integral: float
