"""Small orders that missions and commands have in common: speeds, headings, home."""

from __future__ import annotations

import math

from hil.autopilot.vehicle_context import Place, VehicleContext
from hil.frames import wrapped_pi

HIGHEST_M = 100_000.0  # where the air, and what messages can say, ends


def change_speed(vehicle: VehicleContext, kind: float, speed_m_s: float) -> bool:
    """DO_CHANGE_SPEED: kind 0 air, 1 ground, 2 climb, 3 descent; says whether it was understood."""
    if not math.isfinite(speed_m_s) or speed_m_s <= 0.0:
        # -1 leaves it alone, -2 goes back to the default.
        if speed_m_s == -2.0:
            vehicle.speed_m_s = None
        return speed_m_s in (-1.0, -2.0)
    match kind:
        case 0.0 | 1.0:
            vehicle.speed_m_s = min(speed_m_s, vehicle.most_speed_m_s)
        case 2.0:
            vehicle.climb_m_s = min(speed_m_s, 10.0)
        case 3.0:
            vehicle.descend_m_s = min(speed_m_s, 10.0)
        case _:
            return False
    return True


def turn_goal(vehicle: VehicleContext, angle_deg: float, direction: float, *, relative: bool) -> float:
    """The heading in rad that CONDITION_YAW means."""
    if not relative:
        return float(wrapped_pi(math.radians(angle_deg)))
    sign = -1.0 if direction < 0.0 else 1.0
    return float(wrapped_pi(vehicle.est.euler_rad[2] + sign * math.radians(angle_deg)))


def set_home(vehicle: VehicleContext, *, use_current: bool, place: Place) -> bool:
    """DO_SET_HOME; says whether it was possible."""
    if use_current:
        if not vehicle.est.ready.gps_used:
            return False
        vehicle.home = vehicle.here
        return True
    if not (place.lat_deg or place.lon_deg) or not abs(place.alt_amsl_m) <= HIGHEST_M:
        return False
    vehicle.home = place
    return True
