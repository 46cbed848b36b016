"""ArduPilot's geofence: which of its four fences the vehicle breaches, by FENCE_ENABLE, FENCE_TYPE and the limits.

Source: ArduPilot's AC_Fence (4.6). The margins, which slow a vehicle down in front of a fence, are not simulated.
"""

from __future__ import annotations

import math

from controller.geo import near_distance_m
from hil.autopilot.failsafe.fence_areas import FenceAreas
from hil.autopilot.vehicle_context import VehicleContext

MAX_ALT, CIRCLE, POLYGON, MIN_ALT = 1, 2, 4, 8  # bits of FENCE_TYPE
_NAMES = ((MAX_ALT, "Max Alt"), (CIRCLE, "Circle"), (POLYGON, "Polygon"), (MIN_ALT, "Min Alt"))
_UNION_OF_INCLUSIONS = 2  # bit of FENCE_OPTIONS


def breaches(vehicle: VehicleContext, areas: FenceAreas) -> dict[int, float]:
    """Return the breached fences: bit of FENCE_TYPE -> metres beyond the limit."""
    p = vehicle.params
    if "FENCE_ENABLE" not in p or not p["FENCE_ENABLE"] or not vehicle.est.ready.gps_used:
        return {}
    here, home = vehicle.here, vehicle.home
    union = bool(int(p["FENCE_OPTIONS"]) & _UNION_OF_INCLUSIONS)
    beyond = {
        MAX_ALT: vehicle.height_m - p["FENCE_ALT_MAX"],
        CIRCLE: near_distance_m(here.lat_deg, here.lon_deg, home.lat_deg, home.lon_deg) - p["FENCE_RADIUS"]
        if home is not None
        else -math.inf,
        POLYGON: areas.breach_m(here.lat_deg, here.lon_deg, any_inclusion=union),
    }
    return {bit: metres for bit, metres in beyond.items() if int(p["FENCE_TYPE"]) & bit and metres > 0.0}


def fence_names(bits: int) -> str:
    """Return the names of fences in ArduPilot's words: `Max Alt and Circle fences`."""
    names = [name for bit, name in _NAMES if bits & bit]
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{listed} fence{'s' if len(names) > 1 else ''}"
