"""A route is flown no faster than its camera keeps up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.missions.commands import CMD
from controller.missions.patterns.camera import Camera
from controller.missions.route.camera_speed import with_camera_speed
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.route import Route, Stop

SLOW = Camera(13.2, 8.8, 8.8, 5472, 3648, name="slow", min_interval_s=2.0)
STOPS = tuple(
    Stop(lat_deg=47.0 + north, lon_deg=8.0 + east, height_m=50.0, trigger_m=trigger_m)
    for north, east, trigger_m in ((0, 0, 10.0), (0.001, 0, 0.0), (0.001, 0.001, 10.0), (0, 0.001, 0.0))
)
ROUTE = Route(pattern="survey", stops=STOPS, camera=SLOW)


def test_the_speed_is_lowered_for_the_camera_and_set_back_after_the_last_photo() -> None:
    slowed = with_camera_speed(ROUTE, 12.0)
    assert [stop.speed_m_s for stop in slowed.stops] == [5.0, None, None, 12.0]
    assert slowed.remarks == (
        "speed lowered from 12 to 5 m/s: slow takes a photo every 2 s at best, and they are 10.0 m apart",
    )
    changes = [item.param2 for item in items_of(slowed, ItemStyle()) if item.command == CMD.DO_CHANGE_SPEED]
    assert changes == [5.0, 12.0]


def test_a_camera_that_keeps_up_changes_nothing() -> None:
    assert with_camera_speed(ROUTE, 5.0) is ROUTE
    unknown = replace(ROUTE, camera=replace(SLOW, min_interval_s=None))
    assert with_camera_speed(unknown, 12.0) is unknown
    hovering = replace(ROUTE, stops=tuple(replace(one, trigger_m=0.0, photo=True) for one in STOPS))
    assert with_camera_speed(hovering, 12.0) is hovering


def test_a_long_exposure_lowers_the_speed_so_that_photos_stay_sharp() -> None:
    sharp = with_camera_speed(ROUTE, 12.0, exposure_s=0.01)
    # A pixel is 1.37 cm from 50 m; 1.37 m/s moves it in 10 ms.
    assert sharp.stops[0].speed_m_s == pytest.approx(1.3)
    assert "the ground moves by a pixel of 1.4 cm" in sharp.remarks[0]


def test_a_speed_of_the_pattern_is_lowered_too() -> None:
    fast = replace(ROUTE, stops=(replace(STOPS[0], speed_m_s=9.0), *STOPS[1:]))
    assert [stop.speed_m_s for stop in with_camera_speed(fast, 4.0).stops] == [5.0, None, None, None]


def test_an_aircraft_that_cannot_fly_so_slowly_keeps_its_speed_and_it_is_said() -> None:
    kept = with_camera_speed(ROUTE, 22.0, slowest_m_s=14.0)
    assert kept.stops == ROUTE.stops
    assert "keeps up only to 5 m/s" in kept.remarks[0]


def test_a_trigger_delay_is_said_as_a_distance() -> None:
    late = with_camera_speed(
        replace(ROUTE, camera=replace(SLOW, min_interval_s=None, trigger_delay_s=0.25)), 8.0
    )
    assert late.stops == ROUTE.stops
    assert late.remarks == ("photos are taken 2.0 m past their places: the camera's delay",)
