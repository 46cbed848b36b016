"""Routes: their photos, and the items that fly them."""

from __future__ import annotations

import math

import pytest

from controller.missions.commands import CMD, FRAME
from controller.missions.geodesic import distance_m
from controller.missions.plan import PlanItem
from controller.missions.route.items import ItemStyle, Pump, items_of
from controller.missions.route.photos import photos_of
from controller.missions.route.route import HeightAbove, Place, Route, Stop

NORTH_100_M = 47.0 + 100.0 / 111_166.0


def _line(**orders: object) -> Route:
    begin = Stop(lat_deg=47.0, lon_deg=8.0, height_m=50.0, **orders)  # type: ignore[arg-type]
    end = Stop(lat_deg=NORTH_100_M, lon_deg=8.0, height_m=60.0)
    return Route(pattern="line", stops=(begin, end))


def _names(items: tuple[PlanItem, ...]) -> list[str]:
    return [item.name for item in items]


def test_photos_lie_a_trigger_distance_apart_from_the_begin_of_a_line() -> None:
    photos = photos_of(_line(trigger_m=30.0, asset="tower 14"))
    assert len(photos) == 4
    assert photos.heights_m == pytest.approx([50.0, 53.0, 56.0, 59.0], abs=0.01)
    assert photos.headings_deg == pytest.approx([0.0] * 4, abs=1e-6)
    assert photos.pitches_deg == pytest.approx([-90.0] * 4)
    assert photos.assets == ("tower 14",) * 4
    apart_m = distance_m(photos.lats_deg[0], 8.0, photos.lats_deg[1], 8.0)
    assert apart_m == pytest.approx(30.0, abs=0.01)


def test_a_line_with_a_corner_keeps_its_photo_distance_over_the_corner() -> None:
    begin, end = _line(trigger_m=30.0).stops
    corner = Stop(lat_deg=NORTH_100_M, lon_deg=8.0, height_m=50.0, trigger_m=30.0)
    east = Stop(lat_deg=NORTH_100_M, lon_deg=8.0 + 100.0 / 76_000.0, height_m=50.0)
    photos = photos_of(Route(pattern="line", stops=(begin, corner, east)))
    # 200 m of way in all: photos at 0, 30, ... 180 m.
    assert len(photos) == 7
    past_corner_m = distance_m(NORTH_100_M, 8.0, photos.lats_deg[4], photos.lons_deg[4])
    assert past_corner_m == pytest.approx(20.0, abs=0.3)
    assert end.trigger_m == 0.0


def test_a_route_without_photos_or_stops_has_none() -> None:
    assert len(photos_of(_line())) == 0
    assert len(photos_of(Route(pattern="none", stops=()))) == 0


def test_a_camera_that_looks_at_a_place_has_its_direction() -> None:
    there = Place(47.0, 8.0 + 50.0 / 76_057.0, 0.0)
    photos = photos_of(_line(photo=True, look_at=there))
    assert photos.headings_deg == pytest.approx([90.0], abs=0.1)
    assert photos.pitches_deg == pytest.approx([-45.0], abs=0.5)


def test_a_line_of_photos_is_switched_on_at_its_begin_and_off_at_its_end() -> None:
    items = items_of(_line(trigger_m=30.0), ItemStyle())
    assert _names(items) == ["NAV_WAYPOINT", "DO_SET_CAM_TRIGG_DIST", "NAV_WAYPOINT", "DO_SET_CAM_TRIGG_DIST"]
    assert [item.param1 for item in items if item.command == CMD.DO_SET_CAM_TRIGG_DIST] == [30.0, 0.0]


def test_each_autopilot_turns_the_nose_in_its_own_way() -> None:
    route = _line(heading_deg=-90.0, photo=True)
    ardupilot = items_of(route, ItemStyle(autopilot="ardupilot"))
    assert _names(ardupilot)[:3] == ["CONDITION_YAW", "NAV_WAYPOINT", "IMAGE_START_CAPTURE"]
    assert ardupilot[0].param1 == 270.0
    px4 = items_of(route, ItemStyle(autopilot="px4"))
    assert _names(px4)[:2] == ["NAV_WAYPOINT", "IMAGE_START_CAPTURE"]
    assert px4[0].param4 == 270.0
    assert math.isnan(px4[2].param4)


def test_a_place_looked_at_is_let_go_at_the_end() -> None:
    items = items_of(_line(look_at=Place(47.0, 8.1, 5.0), pitch_deg=-30.0), ItemStyle())
    assert _names(items) == [
        "DO_SET_ROI_LOCATION", "DO_MOUNT_CONTROL", "NAV_WAYPOINT", "DO_SET_ROI_NONE", "NAV_WAYPOINT",
    ]  # fmt: skip
    assert items[1].params == (-30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0)


@pytest.mark.parametrize(
    ("pump", "on", "off"),
    [
        (Pump("sprayer"), ("DO_SPRAYER", 1.0, 0.0), ("DO_SPRAYER", 0.0, 0.0)),
        (Pump("relay", 2), ("DO_SET_RELAY", 2.0, 1.0), ("DO_SET_RELAY", 2.0, 0.0)),
        (Pump("servo", 9), ("DO_SET_SERVO", 9.0, 1900.0), ("DO_SET_SERVO", 9.0, 1100.0)),
    ],
)
def test_a_pump_left_on_is_switched_off_at_the_end(
    pump: Pump, on: tuple[str, float, float], off: tuple[str, float, float]
) -> None:
    items = items_of(_line(pump=True), ItemStyle(pump=pump))
    switched = [(item.name, item.param1, item.param2) for item in items if item.command != CMD.NAV_WAYPOINT]
    assert switched == [on, off]


@pytest.mark.parametrize(
    ("above", "frame"),
    [
        (HeightAbove.HOME, FRAME.GLOBAL_RELATIVE_ALT),
        (HeightAbove.GROUND, FRAME.GLOBAL_TERRAIN_ALT),
        (HeightAbove.SEA, FRAME.GLOBAL),
    ],
)
def test_heights_keep_their_zero(above: HeightAbove, frame: int) -> None:
    items = items_of(Route(pattern="line", stops=_line().stops, above=above), ItemStyle())
    assert {item.frame for item in items} == {frame}
