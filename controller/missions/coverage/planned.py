"""Photos that the items of a plan take, with what its planner's items order of camera and nose.

It reads what `controller.missions.route.items` and other planners write: photos by distance and single ones, the pitch
of a gimbal, regions of interest, and headings. A plan that was changed or planned elsewhere is read the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.missions.assets.names import asset_of
from controller.missions.commands import AMSL_FRAMES, CMD, DESTINATIONS, TERRAIN_FRAMES
from controller.missions.plan import Plan, PlanItem
from controller.missions.route.photos import Floats, Photos, photos_of
from controller.missions.route.route import HeightAbove, Place, Route, Stop
from controller.missions.route.terrain import Terrain
from controller.wire.enums import MAV_AUTOPILOT

_ROI = frozenset((int(CMD.DO_SET_ROI_LOCATION), int(CMD.DO_SET_ROI), int(CMD.NAV_ROI)))
_GIMBAL = frozenset((int(CMD.DO_MOUNT_CONTROL), int(CMD.DO_GIMBAL_MANAGER_PITCHYAW)))
_PASSED = frozenset(
    (int(CMD.NAV_TAKEOFF), int(CMD.NAV_VTOL_TAKEOFF), int(CMD.NAV_LAND), int(CMD.NAV_VTOL_LAND))
)


@dataclass(slots=True)
class _Orders:
    """What the items so far have ordered."""

    trigger_m: float = 0.0
    pitch_deg: float | None = None
    look_at: Place | None = None
    heading_deg: float | None = None
    zero_is_north: bool = False
    """Whether a waypoint's heading of 0 is one: PX4 turns to it, and plans for ArduPilot hold 0 for none."""


def photos_of_plan(plan: Plan) -> tuple[Photos, HeightAbove]:
    """Return the photos that a plan's items take, and the zero of their heights.

    Jumps are not followed. Where items have several zeros, that of the first photo's counts for all.
    """
    orders = _Orders(zero_is_north=plan.firmware_type == MAV_AUTOPILOT.PX4)
    stops: list[Stop] = []
    above: HeightAbove | None = None
    for item in plan.items:
        if item.has_position and item.command in DESTINATIONS:
            if item.command in _PASSED:
                stops.append(_stop(item, _Orders()))
                continue
            stops.append(_stop(item, orders))
            orders.heading_deg = None
            above = above or _above(item)
        elif not _order(item, orders) and stops:
            stops[-1] = _at_stop(item, orders, stops[-1])
    if above is HeightAbove.SEA and plan.home is not None and plan.home.alt_known:
        # Heights above sea level are told above home, as the others are.
        home_m = plan.home.alt_amsl_m
        stops = [_lower(stop, home_m) for stop in stops]
        above = HeightAbove.HOME
    return photos_of(Route(pattern="plan", stops=tuple(stops))), above or HeightAbove.HOME


def photos_above_home(photos: Photos, above: HeightAbove, terrain: Terrain) -> Photos:
    """Return photos in heights above home. Raises SafetyRefused where the terrain does not cover them."""
    if above is HeightAbove.GROUND:
        ground_m, _ = terrain.above_home_m(photos.lats_deg, photos.lons_deg, "the photos")
        return replace(photos, heights_m=photos.heights_m + ground_m)
    if above is HeightAbove.SEA:
        return replace(photos, heights_m=photos.heights_m - terrain.home_m)
    return photos


def shown_ground(terrain: Terrain) -> Callable[[Floats, Floats], Floats]:
    """Return the heights above home of the ground that photos show, by latitudes and longitudes, degrees.

    They raise SafetyRefused where the terrain does not cover it.
    """
    return lambda lats_deg, lons_deg: terrain.above_home_m(lats_deg, lons_deg, "what the photos show")[0]


def _order(item: PlanItem, orders: _Orders) -> bool:
    """Keep what an item orders of nose and camera; return whether it does so."""
    if item.command in _ROI and (item.lat_deg or item.lon_deg):
        orders.look_at = Place(item.lat_deg, item.lon_deg, item.alt_m)
    elif item.command == CMD.DO_SET_ROI_NONE:
        orders.look_at = None
    elif item.command == CMD.DO_MOUNT_CONTROL or (
        item.command == CMD.DO_GIMBAL_MANAGER_PITCHYAW and math.isfinite(item.param1)
    ):
        orders.pitch_deg = item.param1
    elif item.command == CMD.CONDITION_YAW and not item.param4:
        orders.heading_deg = item.param1
    else:
        return False
    return True


def _at_stop(item: PlanItem, orders: _Orders, stop: Stop) -> Stop:
    """Return the stop with what an item after it orders there."""
    if item.command == CMD.DO_SET_CAM_TRIGG_DIST:
        orders.trigger_m = max(0.0, item.param1) if math.isfinite(item.param1) else 0.0
        return replace(stop, trigger_m=orders.trigger_m, pitch_deg=orders.pitch_deg, look_at=orders.look_at)
    single = item.command == CMD.IMAGE_START_CAPTURE and item.param3 == 1.0
    if single or item.command == CMD.DO_DIGICAM_CONTROL:
        return replace(stop, photo=True, pitch_deg=orders.pitch_deg, look_at=orders.look_at)
    return stop


def _stop(item: PlanItem, orders: _Orders) -> Stop:
    heading_deg = orders.heading_deg
    if (
        heading_deg is None
        and item.command == CMD.NAV_WAYPOINT
        and math.isfinite(item.param4)
        and (item.param4 or orders.zero_is_north)
    ):
        heading_deg = item.param4
    return Stop(
        lat_deg=item.lat_deg,
        lon_deg=item.lon_deg,
        height_m=item.alt_m,
        trigger_m=orders.trigger_m,
        heading_deg=heading_deg,
        pitch_deg=orders.pitch_deg,
        look_at=orders.look_at,
        asset=asset_of(item),
    )


def _above(item: PlanItem) -> HeightAbove:
    if item.frame in TERRAIN_FRAMES:
        return HeightAbove.GROUND
    return HeightAbove.SEA if item.frame in AMSL_FRAMES else HeightAbove.HOME


def _lower(stop: Stop, by_m: float) -> Stop:
    look_at = stop.look_at
    if look_at is not None:
        look_at = Place(look_at.lat_deg, look_at.lon_deg, look_at.height_m - by_m)
    return replace(stop, height_m=stop.height_m - by_m, look_at=look_at)
