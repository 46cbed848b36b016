"""Valid ranges of the numbers of a mission item. A value outside them means a damaged file."""

from __future__ import annotations

import math

from controller.missions import commands
from controller.missions.commands import FRAME
from controller.missions.plan import PlanItem

#: Above any real flight, and below the values of a misplaced decimal point or a damaged byte.
MAX_ALTITUDE_M = 100_000.0
MAX_SPEED_M_S = 1000.0
_INT32 = 2**31 - 1


def invalid_value(item: PlanItem) -> tuple[int, str] | None:
    """Return the first invalid value of an item: index in `params` (-1: not a parameter) and reason.

    None if all are valid.
    """
    if not commands.is_known(item.command):
        return -1, f"command {item.command} is not a known MAVLink command"
    if not commands.is_known_frame(item.frame):
        return -1, f"frame {item.frame} is not a MAVLink coordinate frame"
    for index, value in enumerate(item.params):
        if math.isinf(value) or abs(value) > 3.4e38:
            return index, f"{value:g} does not fit a mission item"
    if commands.has_position(item.command):
        return _invalid_position(item)
    for index in (4, 5):
        if abs(item.params[index]) > _INT32:
            return index, f"{item.params[index]:g} does not fit a mission item"
    return None


def _invalid_position(item: PlanItem) -> tuple[int, str] | None:
    lat_deg, lon_deg, alt_m = item.lat_deg, item.lon_deg, item.alt_m
    nothing = math.isnan(lat_deg) and math.isnan(lon_deg)
    if not (nothing and item.command in commands.POSITION_MAY_BE_ABSENT):
        for index, value, what in ((4, lat_deg, "latitude"), (5, lon_deg, "longitude")):
            if math.isnan(value):
                return index, f"{item.name} needs a {what}"
    if math.isnan(alt_m):
        return 6, f"{item.name} needs an altitude"
    if abs(alt_m) > MAX_ALTITUDE_M:
        return 6, f"altitude {alt_m:g} m is outside of +-{MAX_ALTITUDE_M:g} m"
    if item.frame in commands.GLOBAL_FRAMES:
        return None if nothing else _invalid_global_position(lat_deg, lon_deg)
    scale = 1.0 if item.frame == FRAME.MISSION else 1e4
    for index, value in ((4, lat_deg), (5, lon_deg)):
        if abs(value) * scale > _INT32:
            return index, f"{value:g} m does not fit a mission item"
    return None


def _invalid_global_position(lat_deg: float, lon_deg: float) -> tuple[int, str] | None:
    if not -90.0 <= lat_deg <= 90.0:
        return 4, f"latitude {lat_deg:g} is not between -90 and 90"
    if not -180.0 <= lon_deg <= 180.0:
        return 5, f"longitude {lon_deg:g} is not between -180 and 180"
    return None
