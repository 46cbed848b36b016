"""Return heights of PX4, the items that it refuses, and what its mission feasibility check needs of a plan.

PX4 refuses an item at the upload. It acknowledges a mission before it checks the whole, and gives the reason of a
rejection as an event only. These findings come before the upload. They follow PX4's FeasibilityChecker (1.14 to 1.17)
and flights on PX4 1.17.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from controller.autopilot_facts.facts import PX4, StackFacts
from controller.autopilots.plan_checks import Climb, PlanContext, refused_findings, return_climb
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity, item_ranges
from controller.missions.commands import CMD
from controller.missions.estimate import alt_above_home_m
from controller.missions.geodesic import distance_m
from controller.missions.plan import PlanItem
from controller.protocol.mission.storage import px4_mission

_FACTS = StackFacts(PX4)
_RETURN_ALT = _FACTS.text("return_height")
_LANDING = _FACTS.table("landing_approach")
_TAKEOFF_MARGIN_M = _FACTS.number("takeoff_item")
_REJECTED = "PX4 would reject the mission"
# What to do about the commands that PX4 refuses and that plans often hold.
_INSTEAD: Mapping[int, str] = {
    CMD.CONDITION_YAW: "it turns by a waypoint's heading; set parameter 4 of the waypoint and remove the item",
    CMD.NAV_SPLINE_WAYPOINT: "it flies straight legs; replace the item by a NAV_WAYPOINT",
    CMD.NAV_LOITER_TURNS: "it circles for a time; replace the item by a NAV_LOITER_TIME",
    CMD.SET_CAMERA_ZOOM: "set the zoom before the flight and remove the item",
    CMD.DO_SET_SERVO: "it drives outputs with DO_SET_ACTUATOR; replace the item",
    CMD.DO_SPRAYER: "no item of its missions switches a pump; fly the plan on ArduPilot",
}
# Values of MIS_TKO_LAND_REQ.
_NEEDS_TAKEOFF, _NEEDS_LANDING, _NEEDS_BOTH, _BOTH_OR_NEITHER = 1, 2, 3, 4


def checked_params(kind: VehicleClass) -> tuple[tuple[str, ...], ...]:
    """Return the parameters that the checks use; MIS_TKO_LAND_REQ is in no parameter list until it is set."""
    names = {
        VehicleClass.COPTER: (_RETURN_ALT, "RTL_CONE_ANG", "RTL_DESCEND_ALT", "NAV_ACC_RAD"),
        VehicleClass.PLANE: (_RETURN_ALT, "NAV_ACC_RAD", "FW_LND_ANG", "MIS_TKO_LAND_REQ", "NAV_LOITER_RAD"),
        VehicleClass.VTOL: (_RETURN_ALT, "NAV_ACC_RAD", "MIS_TKO_LAND_REQ"),
    }
    return tuple((name,) for name in names.get(kind, ()))


def climbs(context: PlanContext, kind: VehicleClass) -> tuple[Climb, ...]:
    """Return the height that a return climbs to, if its parameter has been read.

    A multicopter nearer to home than the cone of RTL_CONE_ANG climbs less.
    """
    params = context.params
    alt_m = params.get(_RETURN_ALT)
    if alt_m is None or kind is VehicleClass.ROVER:
        return ()
    cone_deg = params.get("RTL_CONE_ANG", 0.0)
    if kind is VehicleClass.COPTER and 0.0 < cone_deg <= 90.0 and context.flown.legs:
        at_edge_m = context.flown.farthest_m / math.tan(math.radians(min(max(cone_deg, 1.0), 89.0)))
        alt_m = min(alt_m, max(at_edge_m, params.get("RTL_DESCEND_ALT", 30.0)))
    return (return_climb(_RETURN_ALT, round(alt_m, 1)),)


def findings(context: PlanContext, kind: VehicleClass) -> Iterator[Finding]:
    """Yield what PX4 refuses or its feasibility check would reject, and what ended flights badly on PX4."""
    items = context.plan.items
    yield from refused_findings(items, "PX4", px4_mission().taken, _INSTEAD)
    yield from _above_terrain(items)
    if not items or kind is VehicleClass.ROVER:
        return
    if items[0].command in commands.LANDINGS:
        yield Finding(Severity.ERROR, 1, "the mission begins with a landing", _REJECTED)
    yield from _takeoff(context)
    if kind in (VehicleClass.PLANE, VehicleClass.VTOL):
        yield from _land_start(items)
        yield from _required(context)
    if kind is VehicleClass.PLANE:
        yield from _approach(context)
    for number, (before, item) in enumerate(pairwise(items), start=1):
        if before.command == CMD.NAV_DELAY and item.command in commands.LANDINGS:
            yield Finding(
                Severity.WARNING,
                number,
                "NAV_DELAY directly before the landing",
                "PX4 1.17 then often descends fast, and stays armed on the ground; use a hold time at a waypoint",
            )


def _above_terrain(items: tuple[PlanItem, ...]) -> Iterator[Finding]:
    """Yield a finding of the places in a frame that PX4 refuses (`mission_frames` and `unsupported_item` of the facts).

    Other frames are refused by every autopilot, and found by the checks of single items.
    """
    storage = px4_mission()
    numbers = [
        number
        for number, item in enumerate(items, 1)
        if item.command in storage.placed
        and item.frame in commands.TERRAIN_FRAMES
        and item.frame not in storage.frames
    ]
    if numbers:
        what = f"PX4 refuses heights above the terrain in a mission: {item_ranges(numbers)}"
        yield Finding(Severity.ERROR, numbers[0], what, "give heights above home or above sea level")


def _takeoff(context: PlanContext) -> Iterator[Finding]:
    placed = False
    for number, item in enumerate(context.plan.items, start=1):
        if item.command in commands.TAKEOFFS:
            if placed:
                yield Finding(Severity.ERROR, number, "the takeoff is not the first position", _REJECTED)
            yield from _takeoff_height(context, item, number)
        placed = placed or item.command in commands.DESTINATIONS


def _takeoff_height(context: PlanContext, item: PlanItem, number: int) -> Iterator[Finding]:
    radius_m = context.params.get("NAV_ACC_RAD")
    alt_m = alt_above_home_m(item, context.home)
    if radius_m is not None and alt_m - _TAKEOFF_MARGIN_M < radius_m:
        least_m = radius_m + _TAKEOFF_MARGIN_M
        what = f"a takeoff to {alt_m:g} m; with an acceptance radius of {radius_m:g} m it needs {least_m:g} m"
        yield Finding(Severity.ERROR, number, what, f"{_REJECTED}; NAV_ACC_RAD is the radius")


def _land_start(items: tuple[PlanItem, ...]) -> Iterator[Finding]:
    starts = [number for number, item in enumerate(items, 1) if item.command == CMD.DO_LAND_START]
    landings = [number for number, item in enumerate(items, 1) if item.command in commands.LANDINGS]
    if len(starts) > 1:
        yield Finding(Severity.ERROR, starts[1], "a second DO_LAND_START", _REJECTED)
    if starts and not any(number > starts[0] for number in landings):
        yield Finding(Severity.ERROR, starts[0], "no landing follows DO_LAND_START", _REJECTED)


def _required(context: PlanContext) -> Iterator[Finding]:
    required = int(context.params.get("MIS_TKO_LAND_REQ", _FACTS.integer("takeoff_landing_required")))
    used = {item.command for item in context.plan.items}
    takes_off, lands = bool(used & commands.TAKEOFFS), bool(used & commands.LANDINGS)
    why = f"{_REJECTED}; MIS_TKO_LAND_REQ is {required}"
    if not lands and (
        required in (_NEEDS_LANDING, _NEEDS_BOTH) or (required >= _BOTH_OR_NEITHER and takes_off)
    ):
        yield Finding(Severity.ERROR, 0, "the plan has no landing", why)
    if not takes_off and (
        required in (_NEEDS_TAKEOFF, _NEEDS_BOTH) or (required >= _BOTH_OR_NEITHER and lands)
    ):
        yield Finding(Severity.ERROR, 0, "the plan has no takeoff", why)


def _approach(context: PlanContext) -> Iterator[Finding]:
    """Yield the findings of a fixed-wing landing: its approach is the item before it."""
    items = context.plan.items
    for number, (before, land) in enumerate(pairwise(items), start=2):
        if land.command != CMD.NAV_LAND or not (before.has_position and land.has_position):
            continue
        if before.command not in (CMD.NAV_WAYPOINT, CMD.NAV_LOITER_TO_ALT):
            what = f"the approach to the landing is a {before.name}, not a NAV_WAYPOINT or NAV_LOITER_TO_ALT"
            yield Finding(Severity.ERROR, number, what, _REJECTED)
            continue
        away_m = distance_m(before.lat_deg, before.lon_deg, land.lat_deg, land.lon_deg)
        if before.command == CMD.NAV_LOITER_TO_ALT:
            radius_m = abs(before.param2) if math.isfinite(before.param2) else 0.0
            if away_m <= radius_m:
                yield Finding(Severity.ERROR, number, "the landing is inside the circle before it", _REJECTED)
                continue
            away_m = math.sqrt(away_m**2 - radius_m**2)
        above_m = alt_above_home_m(before, context.home) - alt_above_home_m(land, context.home)
        if above_m <= 0.0:
            yield Finding(Severity.ERROR, number, "the approach is not above the landing", _REJECTED)
            continue
        limit_deg = context.params.get("FW_LND_ANG", _LANDING["FW_LND_ANG"])
        slope_deg = math.degrees(math.atan2(above_m, away_m))
        if slope_deg > limit_deg + _LANDING["tolerance_deg"]:
            needed_m = above_m / math.tan(math.radians(limit_deg))
            yield Finding(
                Severity.ERROR,
                number,
                f"a landing at {slope_deg:.1f} degrees, from {above_m:.0f} m above it in {away_m:.0f} m",
                f"{_REJECTED}: FW_LND_ANG is {limit_deg:g} degrees; begin the approach {needed_m:.0f} m away",
            )


def loiter_radius_m() -> float:
    """Return the default of NAV_LOITER_RAD, the radius of a plane's circles."""
    return _FACTS.number("loiter_radius")
