"""Landing patterns of QGroundControl, planned from their parameters: the items that it uploads (LandingComplexItem)."""

from __future__ import annotations

import math

from controller.missions.commands import CMD, FRAME
from controller.missions.path import Position
from controller.missions.plan import PlanItem
from controller.missions.replan.parameters import LandingParameters
from controller.missions.route.route import HeightAbove

_NAN = math.nan


def landing_items(landing: LandingParameters) -> tuple[PlanItem, ...]:
    """Return the items of a landing: its mark, the end of photos and video, the approach, and the landing."""
    items = [_order(CMD.DO_LAND_START)]
    if landing.speed_m_s is not None:
        items.append(_order(CMD.DO_CHANGE_SPEED, 0.0, landing.speed_m_s, -1.0))
    if landing.stop_photos:
        items += [_order(CMD.DO_SET_CAM_TRIGG_DIST), _order(CMD.IMAGE_STOP_CAPTURE)]
    if landing.stop_video:
        items.append(_order(CMD.VIDEO_STOP_CAPTURE))
    above, approach, land = landing.above, landing.approach, landing.land
    if landing.radius_m:
        # Parameter 1: leave only towards the next item; 4: on the tangent of the circle.
        params = (1.0, landing.radius_m, 0.0, 1.0)
        items.append(_at(CMD.NAV_LOITER_TO_ALT, approach, landing.approach_m, above, params))
    else:
        items.append(_at(CMD.NAV_WAYPOINT, approach, landing.approach_m, above, (0.0, 0.0, 0.0, _NAN)))
    if landing.vtol:
        items.append(_at(CMD.NAV_VTOL_LAND, land, landing.land_m, above, (0.0, 0.0, 0.0, _NAN)))
    else:
        items.append(_at(CMD.NAV_LAND, land, landing.land_m, above, (0.0, 0.0, 0.0, 0.0)))
    return tuple(items)


def _order(command: int, *params: float) -> PlanItem:
    return PlanItem.of_params(int(command), int(FRAME.MISSION), (*params, *[0.0] * (7 - len(params))))


def _at(
    command: int, place: Position, height_m: float, above: HeightAbove, params: tuple[float, ...]
) -> PlanItem:
    frame = FRAME.GLOBAL_RELATIVE_ALT if above is HeightAbove.HOME else FRAME.GLOBAL
    return PlanItem.of_params(int(command), int(frame), (*params, *place, height_m))
