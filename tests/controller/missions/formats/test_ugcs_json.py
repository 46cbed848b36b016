"""Routes of UgCS: in the form of routes that UgCS 5.12 has exported."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from controller.missions.errors import PlanError
from controller.missions.formats import registry
from controller.missions.plan import Plan
from controller.wire.enums import MAV_CMD, MAV_FRAME

CORNERS = ((37.428, 23.134), (37.429, 23.134), (37.429, 23.135), (37.428, 23.135), (37.428, 23.134))


def point(lat_deg: float, lon_deg: float, height_m: float = 15.0, above: str = "AGL") -> dict[str, Any]:
    return {
        "latitude": math.radians(lat_deg),
        "longitude": math.radians(lon_deg),
        "altitude": height_m,
        "altitudeType": above,
    }


def segment(
    *actions: dict[str, Any], kind: str = "Waypoint", north: float = 0.0, **other: Any
) -> dict[str, Any]:
    parameters = {"speed": 3.0, "wpTurnType": "STRAIGHT", "altitudeType": "AGL", "cornerRadius": None}
    return {
        "type": kind,
        "actions": list(actions),
        "point": point(37.428 + north, 23.134, above=other.pop("above", "AGL")),
        "parameters": parameters | other,
    }


def area(**other: Any) -> dict[str, Any]:
    parameters = {
        "speed": 2.0, "wpTurnType": "STRAIGHT", "height": 30.0, "altitudeType": "AGL", "sideDistance": 20.0,
        "directionAngle": 0.0, "overshoot": None, "doubleGrid": False,
    }  # fmt: skip
    corners = [point(*corner, height_m=0.0) for corner in CORNERS]
    return {
        "type": "AreaScan",
        "actions": [],
        "polygon": {"points": corners},
        "parameters": parameters | other,
    }


def opened(*segments: dict[str, Any], **other: Any) -> Plan:
    route = {"name": "Route 3", "failsafes": {"rcLost": "GO_HOME", "gpsLost": None}, "segments": segments}
    head = {"version": {"major": 5, "minor": 12}, "payloadProfiles": [], "vehicleProfiles": []}
    return registry.read(json.dumps(head | {"route": route | other}, indent=2).encode(), "route.json")


def test_waypoints_of_a_ugcs_route_keep_place_height_and_speed() -> None:
    plan = opened(segment(), segment(north=0.001), segment(north=0.002, speed=5.0), safeAltitude=20.0)
    flown = [one for one in plan.items if one.command == MAV_CMD.NAV_WAYPOINT]
    assert np.allclose(
        [(one.lat_deg, one.lon_deg) for one in flown], [(37.428 + n, 23.134) for n in (0, 0.001, 0.002)]
    )
    assert {(one.alt_m, one.frame) for one in flown} == {(15.0, MAV_FRAME.GLOBAL_TERRAIN_ALT)}
    speeds = [one.param2 for one in plan.items if one.command == MAV_CMD.DO_CHANGE_SPEED]
    assert speeds == [3.0, 5.0]
    assert [str(one).split(" (")[0] for one in plan.losses] == [
        "emergency return altitude 20 m",
        "failsafe rcLost: GO_HOME",
    ]


@pytest.mark.parametrize("above", ["AMSL", "WGS84"])
def test_other_heights_of_ugcs_are_above_mean_sea_level(above: str) -> None:
    plan = opened(segment(above=above))
    assert plan.items[2].frame == MAV_FRAME.GLOBAL
    assert any(one.what == "heights are above mean sea level" for one in plan.notes)


def test_actions_of_a_ugcs_waypoint_are_done_in_their_order() -> None:
    plan = opened(
        segment(
            {"type": "Heading", "heading": math.radians(90), "relativeToNextWaypoint": False},
            {"type": "CameraControl", "tilt": math.radians(60), "roll": 0.0, "yaw": 0.0, "zoomLevel": None},
            {"type": "CameraTrigger", "state": "SINGLE_SHOT"},
            {"type": "Wait", "interval": 4.0},
            {"type": "CameraSeriesByTime", "interval": 2.0},
            {"type": "Panorama", "angle": 1.0},
            wpTurnType="ADAPTIVE_BANK_TURN",
        ),
        segment(north=0.001, wpTurnType="STOP_AND_TURN"),
        segment(kind="Landing"),
    )
    names = [one.name for one in plan.items]
    assert names[0] == "NAV_TAKEOFF"
    assert names[3:9] == [
        "CONDITION_YAW", "DO_MOUNT_CONTROL", "IMAGE_START_CAPTURE", "NAV_DELAY", "IMAGE_START_CAPTURE", "NAV_WAYPOINT",
    ]  # fmt: skip
    assert names[9:] == ["IMAGE_STOP_CAPTURE", "NAV_LAND"]
    assert [plan.items[at].param1 for at in (3, 4, 6)] == [90.0, -60.0, 4.0]
    assert plan.items[8].param1 > 0.0
    lost = [(one.item, one.what) for one in plan.losses]
    assert (3, "turn type ADAPTIVE_BANK_TURN") in lost
    assert (5, "the sign of the camera's tilt of 60°") in lost
    assert any(what == "action Panorama" for _, what in lost)


def test_an_area_scan_of_ugcs_is_planned_anew_with_its_spacing() -> None:
    plan = opened(area())
    flown = [one for one in plan.items if one.command == MAV_CMD.NAV_WAYPOINT]
    assert {(one.alt_m, one.frame) for one in flown} == {(30.0, MAV_FRAME.GLOBAL_TERRAIN_ALT)}
    earth = Geod(ellps="WGS84")
    lines = zip(flown[::2], flown[1::2], strict=True)
    bearings_deg = [earth.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[0] for a, b in lines]
    assert np.allclose(np.sin(np.radians(bearings_deg)), 0.0, atol=0.002)
    lons = np.unique([round(one.lon_deg, 6) for one in flown])
    assert np.allclose(np.diff(lons) * 111_320.0 * math.cos(math.radians(37.4285)), 20.0, rtol=0.01)
    assert plan.losses[0].what == "the lines of an area scan"


@pytest.mark.parametrize(
    ("segments", "named"),
    [
        ((segment(kind="Photogrammetry"),), "a segment 'Photogrammetry' has no published description"),
        ((segment(above="RELATIVE"),), "'RELATIVE' does not say what heights are above"),
        ((area(directionAngle=0.5),), "no published description says how the direction is counted"),
        ((area(sideDistance=0.0),), "the area scan cannot be planned anew: invalid pattern: lines 0 m apart"),
        ((segment(north=200.0),), "latitude: invalid field"),
        ((), "the route has no segment"),
    ],
)
def test_what_no_sample_of_ugcs_shows_is_refused(segments: tuple[dict[str, Any], ...], named: str) -> None:
    with pytest.raises(PlanError) as caught:
        opened(*segments)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value.where).startswith("route.json:")


def test_several_routes_of_a_ugcs_mission_are_refused() -> None:
    route = {"name": "A", "segments": [segment()]}
    two = json.dumps({"mission": {"routes": [route, route]}}).encode()
    with pytest.raises(PlanError, match="which route is the mission: 2 routes"):
        registry.read(two, "mission.json")
