"""Ways of a mission over terrain: a ridge between two items is found, whatever the heights are above."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Geod

from controller.missions.checks.findings import Finding, Severity
from controller.missions.checks.terrain import terrain_findings
from controller.missions.commands import CMD, FRAME
from controller.missions.estimate import estimate
from controller.missions.plan import Home, Plan, PlanItem
from controller.missions.route.terrain import Terrain
from controller.wire.enums import MAV_TYPE

HOME = Home(47.0, 8.0, 500.0)
RIDGE_LON = 8.004
RELATIVE, SEA, GROUND = FRAME.GLOBAL_RELATIVE_ALT, FRAME.GLOBAL, FRAME.GLOBAL_TERRAIN_ALT


@dataclass
class Ridge:
    """Ground at 500 m with a ridge of 80 m from south to north, 150 m wide on each side."""

    cell_m: float = 5.0

    def heights_m(self, lats_deg: NDArray[np.float64], lons_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        away_m = np.abs(lons_deg - RIDGE_LON) * 111_320.0 * math.cos(math.radians(47.0)) + 0.0 * lats_deg
        return np.asarray(500.0 + 80.0 * np.clip(1.0 - away_m / 150.0, 0.0, 1.0))

    def highest_m(self, lats_deg: NDArray[np.float64], lons_deg: NDArray[np.float64]) -> float:
        return float(self.heights_m(lats_deg, lons_deg).max())


def item(command: CMD, lat_deg: float, lon_deg: float, alt_m: float, frame: FRAME = RELATIVE) -> PlanItem:
    return PlanItem(command=int(command), frame=int(frame), lat_deg=lat_deg, lon_deg=lon_deg, alt_m=alt_m)


def over_ridge(
    alt_m: float, frame: FRAME = RELATIVE, *more: PlanItem, kind: int = MAV_TYPE.QUADROTOR
) -> Plan:
    items = (
        item(CMD.NAV_TAKEOFF, 47.0, 8.0, 30.0),
        item(CMD.NAV_WAYPOINT, 47.0, 8.001, alt_m, frame),
        item(CMD.NAV_WAYPOINT, 47.0, 8.008, alt_m, frame),
        *more,
    )
    return Plan(items=items, home=HOME, vehicle_type=int(kind))


def found(plan: Plan, clearance_m: float = 20.0) -> list[Finding]:
    terrain = Terrain(ground=Ridge(), home=(47.0, 8.0), home_m=500.0, clearance_m=clearance_m)
    return terrain_findings(plan, estimate(plan), terrain)


@pytest.mark.parametrize(("alt_m", "frame"), [(90.0, RELATIVE), (590.0, SEA)])
def test_a_ridge_between_two_items_that_are_high_enough_is_found(alt_m: float, frame: FRAME) -> None:
    [low, least] = found(over_ridge(alt_m, frame))
    assert (low.severity, low.item) == (Severity.ERROR, 3)
    assert low.what.startswith("the way to it is 10.0 m above the ground at 47.00000,8.0")
    assert low.why == "the clearance is 20 m"
    assert (least.severity, least.what) == (
        Severity.NOTE,
        "at least 10.0 m above the ground, lowest on the way to item 3",
    )


def test_heights_above_ground_follow_the_ridge() -> None:
    [least] = found(over_ridge(60.0, GROUND))
    assert least.what == "at least 60.0 m above the ground, lowest on the way to item 3"


def test_a_slope_between_items_is_as_low_as_at_every_metre_of_it() -> None:
    places = ((47.0005, 8.0005, 50.0), (47.0015, 8.0035, 130.0), (47.0, 8.007, 60.0))
    plan = Plan(items=tuple(item(CMD.NAV_WAYPOINT, *one) for one in places), home=HOME)
    heights = []
    for (lat1, lon1, up1), (lat2, lon2, up2) in pairwise(places):
        geod = Geod(ellps="WGS84")
        count = int(geod.inv(lon1, lat1, lon2, lat2)[2])
        lons, lats = np.asarray(geod.npts(lon1, lat1, lon2, lat2, count, initial_idx=0, terminus_idx=0)).T
        heights.append(500.0 + np.linspace(up1, up2, count) - Ridge().heights_m(lats, lons))
    lowest_m = float(np.concatenate(heights).min())
    note = found(plan, 0.0)[-1]
    told_m = float(note.what.split()[2])
    assert lowest_m - 1.0 <= told_m <= lowest_m + 0.1


def test_a_low_return_is_a_warning_with_the_height_that_is_enough() -> None:
    home = item(CMD.NAV_RETURN_TO_LAUNCH, 0.0, 0.0, 0.0)
    [low, _] = found(over_ridge(60.0, GROUND, item(CMD.NAV_WAYPOINT, 47.0, 8.008, 40.0), home))
    assert (low.severity, low.item) == (Severity.WARNING, 5)
    assert "-40.0 m above the ground" in low.what
    assert re.search(r"let the autopilot return at 10[01] m above home or higher", low.why)


def test_a_landing_is_no_breach_and_a_slope_through_the_ridge_is_one() -> None:
    landing = item(CMD.NAV_LAND, 47.0, 8.008, 0.0)
    assert all(one.severity is Severity.NOTE for one in found(over_ridge(120.0, RELATIVE, landing)))
    before = item(CMD.NAV_WAYPOINT, 47.0, 8.0065, 30.0), item(CMD.NAV_LAND, 47.0, 8.002, 0.0)
    sloped = found(over_ridge(120.0, RELATIVE, *before, kind=MAV_TYPE.FIXED_WING))
    assert [(one.item, one.why) for one in sloped if one.severity is Severity.ERROR] == [
        (5, "it goes through the ground")
    ]


def test_a_low_take_off_and_a_low_landing_are_none_but_what_rises_below_them_is() -> None:
    """A take-off to 8 m, away from the ridge and then into it."""
    ends = item(CMD.NAV_WAYPOINT, 47.0, 8.009, 6.0), item(CMD.NAV_LAND, 47.0, 8.0095, 0.0)
    takeoff = item(CMD.NAV_TAKEOFF, 47.0, 8.0, 8.0)
    high = [item(CMD.NAV_WAYPOINT, 47.0, lon_deg, 120.0) for lon_deg in (8.001, 8.008)]
    assert [one.severity for one in found(Plan(items=(takeoff, *high, *ends), home=HOME))] == [Severity.NOTE]
    into = (takeoff, item(CMD.NAV_WAYPOINT, 47.0, RIDGE_LON, 70.0))
    first = found(Plan(items=into, home=HOME))[0]
    assert (first.severity, first.item) == (Severity.ERROR, 2)


def test_a_plan_that_goes_nowhere_has_no_ways() -> None:
    assert found(Plan(items=(item(CMD.DO_CHANGE_SPEED, 0.0, 0.0, 0.0),), home=HOME)) == []
