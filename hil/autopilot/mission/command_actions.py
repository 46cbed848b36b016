"""Actions that mission items and commands share: speeds, headings, home."""

from __future__ import annotations

import math

from controller.wire.enums import SPEED_TYPE
from hil.autopilot.vehicle_context import Place, VehicleContext
from hil.frames import wrapped_pi

HIGHEST_HOME_M = 100_000.0  # upper end of the atmosphere model, and of the height fields in messages
KEEP_SPEED, DEFAULT_SPEED = -1.0, -2.0
MAX_VERTICAL_M_S = 10.0


def change_speed(vehicle: VehicleContext, kind: float, speed_m_s: float) -> bool:
    """Carry out DO_CHANGE_SPEED; `kind` is a SPEED_TYPE. Return whether it is valid."""
    if not math.isfinite(speed_m_s) or speed_m_s <= 0.0:
        if speed_m_s == DEFAULT_SPEED:
            vehicle.speed_m_s = None
        return speed_m_s in (KEEP_SPEED, DEFAULT_SPEED)
    match kind:
        case SPEED_TYPE.AIRSPEED | SPEED_TYPE.GROUNDSPEED:
            vehicle.speed_m_s = min(speed_m_s, vehicle.max_speed_m_s)
        case SPEED_TYPE.CLIMB_SPEED:
            vehicle.climb_m_s = min(speed_m_s, MAX_VERTICAL_M_S)
        case SPEED_TYPE.DESCENT_SPEED:
            vehicle.descend_m_s = min(speed_m_s, MAX_VERTICAL_M_S)
        case _:
            return False
    return True


def yaw_target(vehicle: VehicleContext, angle_deg: float, direction: float, *, relative: bool) -> float:
    """Return the heading in rad of CONDITION_YAW."""
    if not relative:
        return float(wrapped_pi(math.radians(angle_deg)))
    sign = -1.0 if direction < 0.0 else 1.0
    return float(wrapped_pi(vehicle.est.euler_rad[2] + sign * math.radians(angle_deg)))


def set_home(vehicle: VehicleContext, *, use_current: bool, place: Place) -> bool:
    """Carry out DO_SET_HOME. Return whether it was possible."""
    if use_current:
        if not vehicle.est.ready.gps_used:
            return False
        vehicle.home = vehicle.here
        return True
    if not (place.lat_deg or place.lon_deg) or not abs(place.alt_amsl_m) <= HIGHEST_HOME_M:
        return False
    vehicle.home = place
    return True
