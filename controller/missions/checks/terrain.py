"""Check of a mission over terrain: how high its ways are above the ground, between the items too.

Model: between two items the height changes evenly with the distance flown; where the second one is above ground the
height above ground does (ArduCopter's AC_WPNav converts the start of a leg to the frame of its end). A copter climbs
and lands straight up and down; of the slopes of a fixed wing's take-off and landing only the way through the ground is
found. The ways next to a take-off and a landing may be as low as those are. A return keeps the height of the item
before it: autopilots may climb for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import NamedTuple

import numpy as np

from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD
from controller.missions.estimate import WINGED_TYPES, FlightEstimate, FlightLeg, alt_above_home_m
from controller.missions.geodesic import distance_m
from controller.missions.path import Position
from controller.missions.plan import Plan, PlanItem
from controller.missions.route.profile import Floats, Indices, Samples, sampled, with_edges
from controller.missions.route.terrain import Terrain, assumed_flat, step_m

USUAL_CLEARANCE_M = 20.0
# A raster's ground is off by more than that; a slope ends on it.
_THROUGH_M = 1.0
_ROUGH_M = 0.5


class _Height(NamedTuple):
    height_m: float
    above_ground: bool
    """Above the ground under the aircraft, else above home."""


_ON_GROUND = _Height(0.0, above_ground=True)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of a leg on which the height changes evenly from `begin` to `end`, which is reached at share 1."""

    number: int
    places: tuple[Position, ...]
    shares: tuple[float, ...]
    begin: _Height
    end: _Height
    slopes: bool = False
    returns: bool = False
    after_takeoff: bool = False
    before_landing: bool = False


@dataclass(frozen=True, slots=True)
class _Lowest:
    """The lowest place of a way; `needed_m` is the height above home that has the clearance on all of it."""

    way: _Stretch
    above_m: float
    place: Position
    needed_m: float
    begin_m: float
    end_m: float

    def least_m(self, clearance_m: float) -> float:
        """Return the height above ground that the way is to have."""
        if self.way.slopes:
            return -_THROUGH_M
        if self.way.after_takeoff:
            clearance_m = min(clearance_m, self.begin_m - _ROUGH_M)
        if self.way.before_landing:
            clearance_m = min(clearance_m, self.end_m - _ROUGH_M)
        return clearance_m


def terrain_findings(plan: Plan, flown: FlightEstimate, terrain: Terrain) -> list[Finding]:
    """Return the ways that are under the clearance, as errors, and how low the lowest one is, as a note.

    `flown` starts at the home of the terrain. Raises SafetyRefused where the terrain does not cover a way.
    """
    ways = list(_stretches(plan, flown))
    if not ways:
        return []
    found, unknown = _lowest(ways, terrain)
    level = [one for one in found if not one.way.slopes and not one.way.returns]
    clear = [one for one in level if not one.way.after_takeoff and not one.way.before_landing] or level
    worst: dict[int, _Lowest] = {}
    for one in found:
        before = worst.get(one.way.number)
        if one.above_m < one.least_m(terrain.clearance_m) and (
            before is None or one.above_m < before.above_m
        ):
            worst[one.way.number] = one
    findings = [_finding(one, terrain) for one in worst.values()]
    if clear:
        least = min(clear, key=lambda one: one.above_m)
        what = (
            f"at least {least.above_m:.1f} m above the ground, lowest on the way to item {least.way.number}"
        )
        findings.append(
            Finding(Severity.NOTE, 0, what, "by the terrain given, without take-off, landing and return")
        )
    findings += [Finding(Severity.NOTE, 0, *one.split(": ", 1)) for one in unknown]
    return findings


def _finding(low: _Lowest, terrain: Terrain) -> Finding:
    where = f"{low.above_m:.1f} m above the ground at {low.place[0]:.5f},{low.place[1]:.5f}"
    number, clearance = low.way.number, f"the clearance is {terrain.clearance_m:g} m"
    if low.way.slopes:
        return Finding(Severity.ERROR, number, f"the slope is {where}", "it goes through the ground")
    if low.way.returns:
        why = f"{clearance}: let the autopilot return at {math.ceil(low.needed_m)} m above home or higher"
        return Finding(Severity.WARNING, number, f"the straight way home is {where}", why)
    return Finding(Severity.ERROR, number, f"the way to it is {where}", clearance)


def _stretches(plan: Plan, flown: FlightEstimate) -> Iterator[_Stretch]:
    """Yield the ways of a mission in flight order, without what is flown straight up or down."""
    winged = plan.vehicle_type in WINGED_TYPES
    at: _Height | None = None  # on the ground
    ordered = [plan.items[leg.number - 1] for leg in flown.legs]
    took_off = False
    for leg, item, following in zip_longest(flown.legs, ordered, ordered[1:]):
        returns = item.command == CMD.NAV_RETURN_TO_LAUNCH
        lands = item.command in commands.LANDINGS
        goal = None if returns or lands else _goal(item, at, flown)
        slopes = winged and item.command in (CMD.NAV_TAKEOFF, CMD.NAV_LAND)
        # Straight up before the way, and straight down after it.
        begin, end = (at or _ON_GROUND, goal or _ON_GROUND) if slopes else (at or goal, goal or at)
        at = goal
        low_begin = took_off or item.command in commands.TAKEOFFS
        low_end = lands or (following is not None and following.command in commands.LANDINGS)
        took_off = item.command in commands.TAKEOFFS
        if leg.path and begin is not None and end is not None:
            shares = _shares(leg, item)
            yield _Stretch(leg.number, leg.path, shares, begin, end, slopes, returns, low_begin, low_end)


def _goal(item: PlanItem, at: _Height | None, flown: FlightEstimate) -> _Height:
    if item.alt_m == 0.0 and at is not None:
        return at
    return _Height(alt_above_home_m(item, flown.home), item.frame in commands.TERRAIN_FRAMES)


def _shares(leg: FlightLeg, item: PlanItem) -> tuple[float, ...]:
    """Return for each place of a leg how much of the way to the item is flown there; 1 on the circle round it."""
    lengths_m = [0.0, *(distance_m(*one, *two) for one, two in pairwise(leg.path))]
    flown_m = np.cumsum(lengths_m)
    goal = (item.lat_deg, item.lon_deg)
    length_m = flown_m[leg.path.index(goal)] if goal in leg.path[1:] else flown_m[-1]
    return tuple(np.minimum(1.0, flown_m / length_m).tolist() if length_m else [1.0] * len(flown_m))


def _lowest(ways: list[_Stretch], terrain: Terrain) -> tuple[list[_Lowest], list[str]]:
    """Return the lowest place of each way, and what is to be said of ground that is not known."""
    samples = sampled([place for way in ways for place in way.places], step_m(terrain))
    ground_m, unknown = terrain.above_home_m(samples.lats_deg, samples.lons_deg, "the mission")
    edges_m = with_edges(ground_m)
    shares = samples.along(np.asarray([share for way in ways for share in way.shares]))
    # Between two ways is no way: the samples of each one end at its last corner.
    ends = np.cumsum([len(way.places) for way in ways])
    firsts: Indices = samples.corners[ends - [len(way.places) for way in ways]]
    lasts: Indices = samples.corners[ends - 1]
    found = []
    for way, first, last in zip(ways, firsts.tolist(), lasts.tolist(), strict=True):
        part = slice(first, last + 1)
        above_m = _above_ground_m(way, shares[part], ground_m[part], edges_m[part])
        low = int(np.argmin(above_m))
        needed_m = float(edges_m[part].max()) + terrain.clearance_m
        ends_m = float(above_m[0]), float(above_m[-1])
        found.append(_Lowest(way, float(above_m[low]), _place(samples, first + low), needed_m, *ends_m))
    return found, assumed_flat(unknown, len(ground_m), "the mission")


def _above_ground_m(way: _Stretch, shares: Floats, ground_m: Floats, edges_m: Floats) -> Floats:
    follows = way.end.above_ground and not way.slopes
    ends_m = [
        one.height_m + (here_m if one.above_ground else 0.0) - (here_m if follows else 0.0)
        for one, here_m in ((way.begin, float(ground_m[0])), (way.end, float(ground_m[-1])))
    ]
    height_m: Floats = ends_m[0] + shares * (ends_m[1] - ends_m[0])
    return height_m if follows else height_m - edges_m


def _place(samples: Samples, at: int) -> Position:
    return float(samples.lats_deg[at]), float(samples.lons_deg[at])
