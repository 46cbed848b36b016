"""Inspections that keep out of places, and whether their coverage knows what they look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import shapely

from controller.app.planning.coverage import coverage_of_route
from controller.app.planning.job import Battery, JobSettings, plan_job
from controller.errors import SafetyRefused
from controller.missions.assets.asset import Asset
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.strip import StripOptions, strip
from controller.missions.patterns.structure import LayerOptions, OrbitOptions, facade, orbit, structure
from controller.missions.plan import Home, Plan
from controller.missions.route.route import Route

CAMERA = Camera(
    sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, image_width_px=5472, image_height_px=3648
)
EAST_M, NORTH_M = 76_056.0, 111_178.0  # a degree at 47 degrees north, on the ellipsoid


def at(east_m: float, north_m: float) -> Position:
    return 47.0 + north_m / NORTH_M, 8.0 + east_m / EAST_M


def box(west: float, south: float, east: float, north: float) -> tuple[Position, ...]:
    return at(west, south), at(east, south), at(east, north), at(west, north)


TOWERS = [Asset("tower", str(14 + one), *at(100.0 * one, 0.0), 30.0, 14.0 + one) for one in range(4)]
LAYERS = LayerOptions(stand_off_m=10.0, bottom_m=6.0, top_m=15.0, layer_m=4.0, photo_m=6.0)
ORBIT = OrbitOptions(radius_m=25.0, heights_m=(12.0, 20.0), look_at_m=12.0, width_m=8.0)
HOME = at(30.0, -150.0)


def a_strip(keep_out: KeepOut | None) -> Route:
    return strip(TOWERS, StripOptions(stand_off_m=12.0, sag=0.05), start=HOME, keep_out=keep_out)


def a_structure(keep_out: KeepOut | None) -> Route:
    return structure(box(0, 0, 20, 12), LAYERS, start=HOME, keep_out=keep_out)


def a_facade(keep_out: KeepOut | None) -> Route:
    return facade((at(0, 0), at(40, 0)), LAYERS, start=HOME, keep_out=keep_out)


def an_orbit(keep_out: KeepOut | None) -> Route:
    return orbit(at(0, 0), ORBIT, start=HOME, keep_out=keep_out)


def nearest_m(plan: Plan, area: tuple[Position, ...]) -> float:
    places = [
        HOME,
        *((one.lat_deg, one.lon_deg) for one in plan.items if one.command == CMD.NAV_WAYPOINT),
        HOME,
    ]
    flat = [[(lon * EAST_M, lat * NORTH_M) for lat, lon in one] for one in (places, area)]
    return float(shapely.LineString(flat[0]).distance(shapely.Polygon(flat[1])))


@pytest.mark.parametrize("plan", [a_strip, a_structure, a_facade, an_orbit])
def test_the_ways_to_an_inspection_go_round_keep_outs(plan: Callable[[KeepOut | None], Route]) -> None:
    wood = box(-40, -110, 260, -70)
    free, made = plan(None), plan(KeepOut((wood,), buffer_m=10.0))
    settings = JobSettings(home=Home(*HOME, 480.0))
    assert nearest_m(plan_job(free, settings).plans[0], wood) == 0.0
    for battery in (None, Battery(minutes=8.0)):
        plans = plan_job(made, replace(settings, battery=battery)).plans
        assert min(nearest_m(one, wood) for one in plans) >= 10.0
    assert len(plans) > 1 or made.pattern != "strip"
    assert [one.position for one in made.stops if one.photo] == [
        one.position for one in free.stops if one.photo
    ]


@pytest.mark.parametrize(
    ("plan", "area"),
    [(a_strip, box(45, 10, 60, 30)), (a_structure, box(-13, 0, -8, 5)), (a_facade, box(10, -12, 15, -8))],
)
def test_a_photo_within_a_keep_out_is_refused_by_name(
    plan: Callable[[KeepOut | None], Route], area: tuple[Position, ...]
) -> None:
    with pytest.raises(SafetyRefused, match=r"the photo.* is inside a keep-out or its buffer"):
        plan(KeepOut((area,), buffer_m=3.0))


def test_a_mast_between_two_photos_is_flown_round_or_the_orbit_refused() -> None:
    angle = math.pi / 16
    mast = at(24.5 * math.sin(angle), 24.5 * math.cos(angle))
    around = an_orbit(KeepOut((box(*_around(mast, 0.2)),), buffer_m=0.5))
    free = an_orbit(None)
    assert len(around.stops) > len(free.stops)
    legs = [[(lon * EAST_M, lat * NORTH_M) for lat, lon in (one.position, two.position)] for one, two in
            pairwise(around.stops)]  # fmt: skip
    point = shapely.Point(mast[1] * EAST_M, mast[0] * NORTH_M)
    assert min(shapely.LineString(leg).distance(point) for leg in legs) > 0.6


def _around(place: Position, by_m: float) -> tuple[float, float, float, float]:
    east, north = (place[1] - 8.0) * EAST_M, (place[0] - 47.0) * NORTH_M
    return east - by_m, north - by_m, east + by_m, north + by_m


def seen(route: Route) -> dict[str, float]:
    found = coverage_of_route(replace(route, camera=CAMERA))
    assert found is not None
    return {one.name: float((one.seen.counts > 0).mean()) for one in found.surfaces}


def test_the_coverage_of_a_strip_is_that_of_towers_and_spans_from_each_side() -> None:
    both = seen(a_strip(None))
    assert list(both)[:2] == ["tower 14 right", "tower 15 right"]
    assert len(both) == 2 * (4 + 3)
    assert all(share == 1.0 for name, share in both.items() if name.startswith("tower"))
    # One photo of a span of 100 m, from 18 m beside: it shows 1.5 times 18 m of it.
    assert all(0.2 < share < 1.0 for name, share in both.items() if name.startswith("span"))
    one_side = strip(TOWERS, StripOptions(stand_off_m=12.0, sides="left"), start=HOME)
    left = seen(one_side)
    assert all(name.endswith("left") for name in left)
    assert min(left.values()) > 0.2
    blind = replace(one_side, panels=a_strip(None).panels)
    assert {share for name, share in seen(blind).items() if name.endswith("right")} == {0.0}


def test_a_line_of_more_panels_than_a_file_holds_has_no_coverage_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("controller.missions.patterns.strip.MOST_PANELS", 13)
    route = a_strip(None)
    assert not route.panels
    assert "has no coverage" in " ".join(route.remarks)


def test_the_coverage_of_an_orbit_is_that_of_the_sides_of_what_stands_there() -> None:
    found = seen(an_orbit(None))
    assert len(found) == 8
    assert min(found.values()) > 0.9
    assert list(seen(orbit(at(0, 0), replace(ORBIT, width_m=None)))) == ["ground"]
    with pytest.raises(PlanError, match="the stand-off leaves room"):
        replace(ORBIT, width_m=60.0)
    with pytest.raises(PlanError, match="invalid object of 40 m height"):
        replace(ORBIT, object_m=40.0)
