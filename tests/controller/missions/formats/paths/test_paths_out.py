"""KML, GPX and GeoJSON out of a plan: read back by other code, with the heights that each of them can hold."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.commands import CMD
from controller.missions.formats import registry
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.plan import Home, Plan, PlanItem

BY_NAME: dict[str, MissionFormat] = {one.name: one for one in registry.FORMATS}
FLOWN = Plan(
    items=(
        PlanItem(command=int(CMD.NAV_TAKEOFF), param4=math.nan, alt_m=20.0),
        PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=47.3977123, lon_deg=8.5456, alt_m=20.0),
        PlanItem(command=int(CMD.DO_SET_CAM_TRIGG_DIST), frame=2, param1=12.5),
        PlanItem(command=int(CMD.NAV_LOITER_TIME), lat_deg=47.3987, lon_deg=8.55, alt_m=40.0, param1=5.0),
        PlanItem(command=int(CMD.DO_JUMP), frame=2, param1=2.0, param2=3.0),
        PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=2),
    )
)
HOME = Home(47.3977, 8.5456, 488.0)


def heights(data: bytes, element: str) -> list[str]:
    """Texts of an element of an XML document, by the standard library."""
    return [one.text or "" for one in ElementTree.fromstring(data).iter() if one.tag.endswith("}" + element)]


def test_kml_has_heights_above_sea_level_where_home_is_known() -> None:
    data = BY_NAME["kml"].write(replace(FLOWN, home=HOME))
    way, *points = heights(data, "coordinates")
    assert way == "8.5456,47.3977123,508 8.55,47.3987,528"
    assert points == way.split()
    assert set(heights(data, "altitudeMode")) == {"absolute"}


def test_kml_without_home_has_heights_above_the_ground_and_says_it() -> None:
    data = BY_NAME["kml"].write(FLOWN)
    assert set(heights(data, "altitudeMode")) == {"relativeToGround"}
    lost = [loss for loss in BY_NAME["kml"].losses(FLOWN) if loss.what.startswith("height")]
    assert [(loss.item, loss.what, loss.instead) for loss in lost] == [
        (2, "height 20 m", "the same height above the ground"),
        (4, "height 40 m", "the same height above the ground"),
    ]


def test_gpx_leaves_out_a_height_that_it_cannot_tell() -> None:
    assert heights(BY_NAME["gpx"].write(replace(FLOWN, home=HOME)), "ele") == ["508", "528"]
    assert heights(BY_NAME["gpx"].write(FLOWN), "ele") == []
    assert [loss.item for loss in BY_NAME["gpx"].losses(FLOWN) if loss.what.startswith("height")] == [2, 4]


@pytest.mark.parametrize("name", ["kml", "gpx"])
def test_what_is_no_place_is_lost_with_its_item(name: str) -> None:
    lost = {loss.item: loss for loss in BY_NAME[name].losses(replace(FLOWN, home=HOME))}
    assert sorted(lost) == [0, 1, 3, 4, 5, 6]
    assert (lost[3].what, lost[4].instead) == ("DO_SET_CAM_TRIGG_DIST", "a place of the way")


@pytest.mark.parametrize("name", ["kml", "gpx"])
def test_a_written_way_reads_back_with_the_same_places(name: str) -> None:
    plan = replace(FLOWN, home=HOME)
    back = registry.read(BY_NAME[name].write(plan), "again").items[1:-1]
    assert [(one.lat_deg, one.lon_deg, one.alt_m) for one in back] == [
        (47.3977123, 8.5456, 508.0), (47.3987, 8.55, 528.0)
    ]  # fmt: skip


def test_geojson_keeps_items_and_home_whole() -> None:
    plan = replace(FLOWN, home=HOME)
    assert list(BY_NAME["geojson"].losses(plan)) == []
    assert registry.read(BY_NAME["geojson"].write(plan), "again.geojson") == plan
    unknown = replace(plan, home=Home(47.0, 8.0, 0.0, alt_known=False))
    assert registry.read(BY_NAME["geojson"].write(unknown), "again.geojson") == unknown


def test_a_point_that_another_program_moved_counts() -> None:
    document = json.loads(BY_NAME["geojson"].write(FLOWN))
    document["features"][1]["geometry"]["coordinates"] = [8.6, 47.5]
    moved = registry.read(json.dumps(document).encode(), "moved.geojson").items[1]
    assert (moved.lat_deg, moved.lon_deg, moved.alt_m) == (47.5, 8.6, 20.0)


def test_geojson_for_other_programs_has_valid_geometries() -> None:
    from shapely.geometry import shape

    document: dict[str, Any] = json.loads(BY_NAME["geojson"].write(FLOWN))
    geometries = [one["geometry"] for one in document["features"] if one["geometry"]]
    assert [shape(one).geom_type for one in geometries] == ["Point", "Point", "LineString"]


numbers = st.floats(-1e6, 1e6, allow_nan=False) | st.just(math.nan)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(numbers, numbers, st.floats(-80, 80), st.floats(-170, 170)), min_size=1, max_size=4)
)
def test_any_items_read_back_from_geojson(values: list[tuple[float, float, float, float]]) -> None:
    items = tuple(
        PlanItem(command=int(CMD.NAV_WAYPOINT), param1=one, param4=other, lat_deg=lat, lon_deg=lon, alt_m=9.0)
        for one, other, lat, lon in values
    )
    assert registry.read(BY_NAME["geojson"].write(Plan(items=items)), "again").items == items
