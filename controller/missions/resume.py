"""The rest of a plan that was flown in part: from its last photo, or from the last item that was reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from controller.errors import SafetyRefused
from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.geodesic import distance_m
from controller.missions.keeps_away import pattern_of
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.plan import Plan, PlanItem

# A photo farther from the leg than this was taken somewhere else, such as on the way home.
_BESIDE_M = 10.0
# Commands whose last order still applies when the aircraft comes back, by what they order.
_NOSE_AND_CAMERA = {
    int(CMD.DO_MOUNT_CONTROL): "mount",
    int(CMD.DO_GIMBAL_MANAGER_PITCHYAW): "mount",
    int(CMD.DO_SET_ROI_LOCATION): "roi",
    int(CMD.DO_SET_ROI_WPNEXT_OFFSET): "roi",
    int(CMD.DO_SET_ROI): "roi",
    int(CMD.DO_SET_ROI_NONE): "roi",
}
_NUMBERED = {
    int(CMD.DO_CHANGE_SPEED): "speed",
    int(CMD.DO_SET_RELAY): "relay",
    int(CMD.DO_SET_SERVO): "servo",
}
_AT_WORK = {
    int(CMD.DO_SET_CAM_TRIGG_DIST): "trigger",
    int(CMD.DO_SET_CAM_TRIGG_INTERVAL): "trigger",
    int(CMD.DO_SPRAYER): "sprayer",
}
_PHOTOS = frozenset({int(CMD.IMAGE_START_CAPTURE), int(CMD.DO_DIGICAM_CONTROL)})
_BEFORE_ARRIVAL = ("mount", "roi", "speed")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a plan. `item` is where it goes on, `photo` whether that is a photo within its leg."""

    plan: Plan
    item: int
    photo: bool


def rest_of(plan: Plan, reached: int, photos: Sequence[Position]) -> Rest | None:
    """Return the rest of a plan of which item `reached` (0: none) was the last reached; None where nothing is left.

    `photos` are those taken since, latitude and longitude in degrees. On a leg with photos of a distance the rest
    begins with the last of these, which is taken again; else with the item. It takes off, orders what the items
    before have ordered, and comes to the point at the plan's largest height. Raises PlanError for a plan with jumps,
    and SafetyRefused for one that keeps a stand-off.
    """
    if pattern := pattern_of(plan):
        raise SafetyRefused(
            f"cannot resume the {pattern}: the way from home to the middle of it is not proven to keep its stand-off",
            hint="plan the rest of it: --parts or --assets, or --battery-minutes for whole flights",
        )
    if any(item.command in commands.POINTS_TO_AN_ITEM for item in plan.items):
        raise PlanError("cannot resume a plan with jumps", hint="plan the rest by hand")
    places = [at for at, item in enumerate(plan.items) if item.has_position and _is_waypoint(item)]
    if not [at for at in places if at + 1 > reached]:
        return None
    begin = next((at for at in reversed(places) if at + 1 <= reached), None)
    if begin is None:
        return Rest(replace(plan, source=None), 1, photo=False)
    after = next(at for at in places if at > begin)
    orders = _orders(plan.items[:after])
    trigger = orders.get("trigger")
    on_leg = trigger is not None and trigger.param1 > 0.0
    share = _last_on_leg(plan.items[begin], plan.items[after], photos) if on_leg else None
    if share is not None:
        point, left, told = _between(plan.items[begin], plan.items[after], share), plan.items[after:], orders
        left = (*_turns(plan.items[begin + 1 : after]), *left)
    else:
        # What begins or is taken at the item may be missing: it is flown again. A way to somewhere is not.
        at = begin if _works(orders, plan.items[begin + 1 : after]) else after
        told = _orders(plan.items[:at])
        point, left = plan.items[at], plan.items[at + 1 :]
    # Without jumps no item is named by another: all are numbered anew.
    items = tuple(
        replace(item, jump_id=None) for item in (*_way_to(plan, point), *_placed(told, point), *left)
    )
    resumed = replace(plan, items=items, complex_items=(), source=None, notes=(), losses=())
    return Rest(resumed, begin + 1, photo=share is not None)


def _works(orders: dict[str, PlanItem], here: Sequence[PlanItem]) -> bool:
    """Whether something is at work on a leg, or was ordered where it begins."""
    begun = any(item.command in _PHOTOS for item in here)
    on = any(orders[kind].param1 > 0.0 for kind in ("trigger", "sprayer") if kind in orders)
    # What a relay or servo does, and which value is off, the plan does not say.
    return begun or on or any(kind.startswith(("relay", "servo")) for kind in orders)


def _turns(items: Sequence[PlanItem]) -> list[PlanItem]:
    return [item for item in items if item.command == CMD.CONDITION_YAW]


def _is_waypoint(item: PlanItem) -> bool:
    return item.command in commands.DESTINATIONS and item.command not in (
        commands.TAKEOFFS | commands.LANDINGS
    )


def _orders(items: Sequence[PlanItem]) -> dict[str, PlanItem]:
    """Return the last order of each kind, in the order of the items."""
    found: dict[str, PlanItem] = {}
    for item in items:
        kind = _NOSE_AND_CAMERA.get(item.command) or _AT_WORK.get(item.command)
        if item.command in _NUMBERED:
            kind = f"{_NUMBERED[item.command]} {item.param1:g}"
        if kind is not None:
            found.pop(kind, None)
            found[kind] = item
    return found


def _placed(orders: dict[str, PlanItem], point: PlanItem) -> list[PlanItem]:
    """Return the point with what is ordered on the way to it before, and what is at work from it on after."""
    before = [item for kind, item in orders.items() if kind.split()[0] in _BEFORE_ARRIVAL]
    after = [item for kind, item in orders.items() if kind.split()[0] not in _BEFORE_ARRIVAL]
    return [*before, point, *after]


def _way_to(plan: Plan, point: PlanItem) -> list[PlanItem]:
    """Return take-off and, where the plan flies higher than the point, a point above it."""
    takeoff = next((item for item in plan.items if item.command in commands.TAKEOFFS), None)
    same = [item.alt_m for item in plan.items if _is_waypoint(item) and item.frame == point.frame]
    highest_m = max(same)
    items = []
    if takeoff is not None:
        relative = takeoff.frame == point.frame
        items.append(replace(takeoff, alt_m=max(takeoff.alt_m, highest_m)) if relative else takeoff)
    if highest_m > point.alt_m + 1.0:
        above = replace(point, alt_m=highest_m, param1=0.0, jump_id=None, comment="", extra="")
        items.append(replace(above, command=int(CMD.NAV_WAYPOINT), param2=0.0, param3=0.0, param4=math.nan))
    return items


def _last_on_leg(begin: PlanItem, end: PlanItem, photos: Sequence[Position]) -> float | None:
    """Return how far along a leg its last photo was taken, 0 to 1; None without one."""
    ends = [(begin.lat_deg, begin.lon_deg), (end.lat_deg, end.lon_deg)]
    length_m = distance_m(*ends[0], *ends[1])
    if length_m < 0.1:
        return None
    on_earth = LocalMap.around(ends)
    (x0, y0), (x1, y1) = (on_earth.to_map(one) for one in ends)
    along = ((x1 - x0) / length_m, (y1 - y0) / length_m)
    last = None
    for photo in photos:
        x, y = on_earth.to_map(photo)
        ahead_m = (x - x0) * along[0] + (y - y0) * along[1]
        aside_m = abs((x - x0) * along[1] - (y - y0) * along[0])
        if aside_m <= _BESIDE_M and -_BESIDE_M <= ahead_m <= length_m:
            last = max(last or 0.0, ahead_m / length_m)
    return last


def _between(begin: PlanItem, end: PlanItem, share: float) -> PlanItem:
    """Return a waypoint on the way from one item to the next."""
    lat, lon = (
        getattr(begin, name) + share * (getattr(end, name) - getattr(begin, name))
        for name in ("lat_deg", "lon_deg")
    )
    alt_m = begin.alt_m + share * (end.alt_m - begin.alt_m) if begin.frame == end.frame else end.alt_m
    return PlanItem(
        command=int(CMD.NAV_WAYPOINT),
        frame=end.frame,
        param4=end.param4,
        lat_deg=round(lat, 7),
        lon_deg=round(lon, 7),
        alt_m=round(alt_m, 3),
        extra=end.extra,
    )
