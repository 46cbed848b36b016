"""DJI missions read as mission items: waypoints, height modes, turns, headings, take-off and end."""

from __future__ import annotations

import math

import pytest

from controller.missions.formats.wpml.reader import read
from controller.missions.plan import Plan, PlanItem
from controller.wire.enums import MAV_CMD, MAV_FRAME
from tests.support.dji import wpml_files as dji

POI = dji.tags(waypointHeadingMode="towardPOI", waypointPoiPoint="47.0005,8.51,0")


def names(plan: Plan) -> list[str]:
    return [item.name for item in plan.items]


def lost(plan: Plan) -> list[tuple[str, str]]:
    """Return what is lost and what flies instead, without what concerns the remote control."""
    return [(one.what, one.instead) for one in plan.losses if "remote control" not in one.what]


def only(plan: Plan, name: str) -> list[PlanItem]:
    return [item for item in plan.items if item.name == name]


def test_waypoints_become_items_with_take_off_speed_and_return() -> None:
    plan = read(dji.job(dji.waypoint(0), dji.waypoint(1, speed=5), dji.waypoint(2)), "job.kmz")
    assert [(item.name, item.frame, item.params[:3], item.params[4:]) for item in plan.items] == [
        ("NAV_TAKEOFF", MAV_FRAME.GLOBAL_RELATIVE_ALT, (0.0, 0.0, 0.0), (0.0, 0.0, 30.0)),
        ("DO_CHANGE_SPEED", MAV_FRAME.MISSION, (1.0, 12.0, -1.0), (0.0, 0.0, 0.0)),
        ("NAV_WAYPOINT", MAV_FRAME.GLOBAL_RELATIVE_ALT, (1.0, 0.0, 0.0), (47.0, 8.5, 30.0)),
        ("DO_CHANGE_SPEED", MAV_FRAME.MISSION, (1.0, 8.0, -1.0), (0.0, 0.0, 0.0)),
        ("NAV_WAYPOINT", MAV_FRAME.GLOBAL_RELATIVE_ALT, (1.0, 0.0, 0.0), (47.001, 8.5, 30.0)),
        ("DO_CHANGE_SPEED", MAV_FRAME.MISSION, (1.0, 5.0, -1.0), (0.0, 0.0, 0.0)),
        ("NAV_WAYPOINT", MAV_FRAME.GLOBAL_RELATIVE_ALT, (1.0, 0.0, 0.0), (47.002, 8.5, 30.0)),
        ("NAV_RETURN_TO_LAUNCH", MAV_FRAME.MISSION, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ]
    assert lost(plan) == []
    assert str(plan.notes[0]) == (
        "heights are above the take-off place (height mode relativeToStartPoint of the file)"
    )


def test_a_low_first_waypoint_is_reached_level_and_then_straight_down() -> None:
    plan = read(dji.job(dji.waypoint(0, height=9), dji.waypoint(1, height=9)), "job.kmz")
    places = [(item.name, item.lat_deg, item.alt_m) for item in plan.items if item.name.startswith("NAV_")]
    assert places[:3] == [
        ("NAV_TAKEOFF", 0.0, 20.0),
        ("NAV_WAYPOINT", 47.0, 20.0),
        ("NAV_WAYPOINT", 47.0, 9.0),
    ]


@pytest.mark.parametrize(
    ("finish", "last"),
    [
        ("goHome", "NAV_RETURN_TO_LAUNCH"),
        ("autoLand", "NAV_LAND"),
        ("noAction", "NAV_WAYPOINT"),
        ("gotoFirstWaypoint", "NAV_WAYPOINT"),
    ],
)
def test_the_finish_action_is_the_last_item(finish: str, last: str) -> None:
    text = dji.document(
        dji.wayline(dji.waypoint(0), dji.waypoint(1)), config=dji.CONFIG | {"finishAction": finish}
    )
    end = read(dji.packed(text), "job.kmz").items[-1]
    assert end.name == last
    if last != "NAV_RETURN_TO_LAUNCH":
        assert end.lat_deg == (47.0 if finish == "gotoFirstWaypoint" else 47.001)


@pytest.mark.parametrize(
    ("turn", "damping", "straight", "hold_s", "turn_m", "loss"),
    [
        ("toPointAndStopWithDiscontinuityCurvature", 0, 1, 1.0, 0.0, False),
        ("toPointAndStopWithContinuityCurvature", 0, 0, 1.0, 0.0, True),
        ("toPointAndPassWithContinuityCurvature", 0.2, 1, 0.0, 0.2, False),
        ("toPointAndPassWithContinuityCurvature", 0, 0, 0.0, 0.0, True),
        ("coordinateTurn", 10, 1, 0.0, 10.0, False),
    ],
)
def test_a_turn_mode_is_a_hold_or_a_radius(
    turn: str, damping: float, straight: int, hold_s: float, turn_m: float, *, loss: bool
) -> None:
    points = [dji.waypoint(n, turn=turn, damping=damping, straight=straight) for n in (0, 1)]
    plan = read(dji.job(*points), "job.kmz")
    assert {item.params[:2] for item in only(plan, "NAV_WAYPOINT")} == {(hold_s, turn_m)}
    curves = [("the curve through the waypoint", "straight legs")] * 2
    assert lost(plan) == (curves if loss else [])


def test_heading_modes_turn_the_nose_or_are_told() -> None:
    fixed = dji.tags(waypointHeadingMode="fixed", waypointHeadingAngle=-90, waypointHeadingAngleEnable=1)
    smooth = dji.tags(waypointHeadingMode="smoothTransition", waypointHeadingAngle=45)
    by_hand = dji.tags(waypointHeadingMode="manually")
    points = [dji.waypoint(n, heading=one) for n, one in enumerate((fixed, smooth, by_hand, POI))]
    plan = read(dji.job(*points, dji.waypoint(4), dji.waypoint(5)), "job.kmz")
    orders = [
        item
        for item in plan.items
        if item.name in ("CONDITION_YAW", "DO_SET_ROI_NONE", "DO_SET_ROI_LOCATION")
    ]
    assert [(item.name, item.param1) for item in orders] == [
        ("CONDITION_YAW", 270.0),
        ("CONDITION_YAW", 45.0),
        ("DO_SET_ROI_LOCATION", 0.0),
        ("DO_SET_ROI_NONE", 0.0),
    ]
    assert (orders[2].lat_deg, orders[2].lon_deg) == (47.0005, 8.51)
    assert lost(plan) == [
        ("the nose turns evenly to 45°", "it turns at the begin of the leg"),
        ("the nose turned by hand", "the nose along the leg"),
        ("only the nose looks at the point of interest", "nose and camera look at it, on home's height"),
    ]


def test_heights_above_ground_keep_the_frame_of_the_terrain() -> None:
    plan = read(dji.job(dji.waypoint(0), dji.waypoint(1), mode="realTimeFollowSurface"), "job.kmz")
    assert {item.frame for item in only(plan, "NAV_WAYPOINT")} == {MAV_FRAME.GLOBAL_TERRAIN_ALT}
    assert plan.notes[0].what.startswith("heights are above ground")


def test_ellipsoid_heights_are_lowered_by_the_geoid() -> None:
    # EGM96 at N 46.8743190, E 102.4486370 is -43.626 m from the ellipsoid: NIMA's README of the geoid.
    here = {"lat": 46.874319, "lon": 102.448637}
    plan = read(
        dji.job(dji.waypoint(0, height=500, **here), dji.waypoint(1, **here), mode="WGS84"), "job.kmz"
    )
    first = only(plan, "NAV_WAYPOINT")[0]
    assert first.frame == MAV_FRAME.GLOBAL
    assert first.alt_m == pytest.approx(543.626, abs=0.15)
    assert "by the geoid EGM96, which is -43.6" in str(plan.notes)
    assert "level flight to the first waypoint at its height" in [what for what, _ in lost(plan)]


@pytest.mark.parametrize(("height", "agrees"), [(330.868, True), (327.372, False)])
def test_two_heights_of_one_place_are_compared_with_the_geoid(height: float, *, agrees: bool) -> None:
    """The two heights are those of a mission that DJI Pilot 2 saved near Shenzhen."""
    here = {"lat": 22.578, "lon": 113.938}
    flown = dji.document(dji.wayline(dji.waypoint(0, height=327.372, **here), mode="WGS84"))
    area = f"<Placemark>{dji.tags(ellipsoidHeight=327.372, height=height)}</Placemark>"
    point = dji.tag("takeOffRefPoint", "22.578693,113.938031,32.6")
    text = dji.template(area, kind="mapping3d", mode="EGM96", config=point)
    plan = read(dji.packed(flown, text), "job.kmz")
    assert only(plan, "NAV_WAYPOINT")[0].alt_m == pytest.approx(330.868, abs=0.2)
    assert plan.home is not None
    assert plan.home.alt_amsl_m == pytest.approx(36.1, abs=0.2)
    assert ("own heights differ from the geoid by +3.5 m" in str(plan.notes)) is not agrees


def test_a_template_without_waylines_is_read_by_its_global_values() -> None:
    use = dict.fromkeys(
        ("useGlobalHeight", "useGlobalSpeed", "useGlobalHeadingParam", "useGlobalTurnParam"), 1
    )
    first = (
        "<Placemark><Point><coordinates>8.5,47</coordinates></Point>"
        + dji.tags(index=0, **use)
        + "</Placemark>"
    )
    own = dji.tags(index=1, height=60, ellipsoidHeight=107, waypointSpeed=3, gimbalPitchAngle=-45)
    second = f"<Placemark><Point><coordinates>8.5,47.001</coordinates></Point>{own}</Placemark>"
    more = dji.tags(
        globalHeight=50, gimbalPitchMode="usePointSetting", globalWaypointTurnMode="coordinateTurn"
    )
    plan = read(dji.packed(template=dji.template(first + second, mode="EGM96", more=more)), "job.kmz")
    assert [(item.frame, item.alt_m) for item in only(plan, "NAV_WAYPOINT")] == [(0, 50.0), (0, 60.0)]
    assert only(plan, "DO_MOUNT_CONTROL")[0].param1 == -45.0
    assert "the waypoints are those of the template" in str(plan.notes)
    assert "heights are above mean sea level (EGM96)" in str(plan.notes)


def test_several_waylines_are_flown_one_after_the_other() -> None:
    lines = [dji.wayline(dji.waypoint(0), dji.waypoint(1), speed=9) for _ in range(3)]
    plan = read(dji.packed(dji.document(*lines)), "job.kmz")
    assert names(plan).count("NAV_WAYPOINT") == 6
    assert names(plan).count("NAV_TAKEOFF") == 1


@pytest.mark.parametrize("version", ["1.0.0", "1.0.2", "1.0.6", "1.1.9"])
def test_every_version_of_the_namespace_is_read(version: str) -> None:
    text = dji.document(dji.wayline(dji.waypoint(0), dji.waypoint(1)), version=version)
    plan = read(dji.packed(text), "job.kmz")
    assert len(plan.items) == 6
    assert ("the file is of WPML 1.1.9" in str(plan.notes)) is (version == "1.1.9")


def test_what_the_mission_says_of_the_aircraft_is_told_and_kept() -> None:
    more = (
        dji.tag("globalRTHHeight", 100)
        + dji.tag("droneInfo", dji.tags(droneEnumValue=77, droneSubEnumValue=1))
        + dji.tag("payloadInfo", dji.tags(payloadEnumValue=67, payloadPositionIndex=0))
        + dji.tag("newThing", 1)
    )
    text = dji.document(dji.wayline(dji.waypoint(0, more=dji.tag("other", 2))), more=more)
    plan = read(dji.packed(text), "job.kmz")
    assert "planned for the DJI aircraft M3T with M3T camera" in str(plan.notes)
    assert [what for what, _ in lost(plan)] == ["element other", "return height 100 m", "element newThing"]
    assert '"drone": [77, 1]' in plan.extra
    assert not any(math.isinf(value) for item in plan.items for value in item.params)
    assert MAV_CMD.NAV_WAYPOINT in {item.command for item in plan.items}
