"""Findings of the plan checks."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import SafetyRefused
from controller.missions.checks.check import Capabilities, Limits, check
from controller.missions.checks.findings import Finding, Severity, grouped, refuse_errors
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.files import open_plan
from controller.missions.plan import Home, Plan, PlanItem

HOME = Home(47.4, 8.55, 430.0)
TAKEOFF = PlanItem(command=22, lat_deg=47.4, lon_deg=8.55, alt_m=20.0)
AWAY = PlanItem(command=16, lat_deg=47.401, lon_deg=8.55, alt_m=20.0)
FARTHER = replace(AWAY, lat_deg=47.402)
RTL = PlanItem(command=20, frame=2)


def found(*items: PlanItem, home: Home | None = HOME, **more: object) -> list[tuple[str, int, str]]:
    findings = check(Plan(items=items, home=home), **more)  # type: ignore[arg-type]
    return [(str(finding.severity), finding.item, finding.what) for finding in findings]


@pytest.mark.parametrize(("vehicle_type", "name"), [(10, "a rover"), (11, "a boat")])
def test_a_rover_or_boat_needs_no_takeoff_and_cannot_do_one(vehicle_type: int, name: str) -> None:
    drives = Capabilities.of_type(vehicle_type)
    flat, deep = replace(AWAY, alt_m=0.0), replace(FARTHER, alt_m=-3.0)
    assert found(flat, deep, RTL, capabilities=drives) == []
    errors = found(TAKEOFF, flat, replace(FARTHER, command=21), capabilities=drives)
    assert [(severity, item) for severity, item, _ in errors] == [("error", 1), ("error", 3)]
    assert all(name in what for _, _, what in errors)


def test_a_sane_plan_gives_no_findings() -> None:
    assert found(TAKEOFF, AWAY, FARTHER, RTL) == []


@pytest.mark.parametrize(
    ("odd", "severity", "what"),
    [
        (replace(AWAY, alt_m=150.0), "warning", "150 m above home"),
        (replace(AWAY, alt_m=1500.0), "error", "1500 m above home"),
        (replace(AWAY, alt_m=0.0), "warning", "altitude 0"),
        (replace(AWAY, alt_m=-12.0), "warning", "12 m below home"),
        (replace(AWAY, alt_m=30.0, frame=0), "error", "30 m above sea level is 400 m below home"),
        (replace(AWAY, alt_m=420.0, frame=0), "warning", "10 m below home"),
        (replace(AWAY, frame=10), "warning", "20 m above the terrain"),
        (replace(AWAY, frame=1), "error", "NAV_WAYPOINT in frame 1"),
        (replace(AWAY, lat_deg=47.43), "warning", "the first position is 3335 m from home"),
        (replace(AWAY, lat_deg=-35.4), "error", "the first position is 9"),
        (replace(AWAY, autocontinue=False), "warning", "autocontinue is off"),
        (replace(AWAY, command=5004, param1=30.0), "error", "NAV_FENCE_CIRCLE_EXCLUSION is a fence item"),
        (replace(AWAY, command=5100), "error", "NAV_RALLY_POINT is a rally item, not a mission item"),
        (PlanItem(command=400, param1=1.0), "error", "COMPONENT_ARM_DISARM is not a mission command"),
        (PlanItem(command=178, param1=1.0, param2=80.0), "warning", "a speed of 80 m/s"),
        (PlanItem(command=178, param1=1.0, param2=-5.0), "error", "a speed of -5 m/s"),
        (PlanItem(command=178, param1=1.0, param2=0.0), "warning", "a speed of 0 m/s"),
        (PlanItem(command=178, param1=9.0, param2=5.0), "warning", "speed type 9"),
        (replace(AWAY, command=19, param1=math.nan), "error", "NAV_LOITER_TIME of nan"),
        (PlanItem(command=93, param1=7200.0), "warning", "NAV_DELAY of 7200"),
        (PlanItem(command=177, param1=2.0, param2=3.0), "error", "a jump to itself"),
        (PlanItem(command=177, param1=40.0, param2=3.0), "error", "jump to item 40"),
        (PlanItem(command=177, param1=1.0, param2=-7.0), "error", "a jump repeated -7 times"),
        (PlanItem(command=177, param1=1.0, param2=-1.0), "warning", "the mission repeats forever"),
    ],
)  # fmt: skip
def test_an_invalid_or_unusual_item_is_found(odd: PlanItem, severity: str, what: str) -> None:
    first, *_ = found(TAKEOFF, odd, FARTHER, RTL)
    assert first[:2] == (severity, 2)
    assert first[2].startswith(what)


def test_a_takeoff_must_climb() -> None:
    assert found(replace(TAKEOFF, alt_m=0.0), AWAY, RTL)[0] == ("error", 1, "a takeoff to 0 m above home")
    assert found(replace(TAKEOFF, alt_m=430.0, frame=0), AWAY, RTL)[0][0] == "error"
    assert found(replace(TAKEOFF, alt_m=1.0), AWAY, RTL) == [("warning", 1, "a takeoff to only 1 m")]


def test_a_missing_takeoff_and_landing_are_findings() -> None:
    assert found(AWAY, FARTHER) == [
        ("warning", 1, "the mission does not begin with a takeoff"),
        ("note", 2, "the mission does not end with a return or a landing"),
    ]


def test_a_repeated_position_is_a_finding_unless_the_aircraft_waits() -> None:
    assert found(TAKEOFF, AWAY, AWAY, RTL) == [("warning", 3, "same position as the item before it")]
    assert found(TAKEOFF, AWAY, replace(AWAY, param1=5.0), RTL) == []


def test_a_long_leg_is_one_finding() -> None:
    far = replace(AWAY, lat_deg=47.44)
    again = PlanItem(command=177, frame=2, param1=2.0, param2=3.0)
    assert [finding[:2] for finding in found(TAKEOFF, AWAY, far, again, RTL, limits=Limits(total_m=1e9))] == [
        ("warning", 3)
    ]
    assert found(TAKEOFF, AWAY, replace(AWAY, lat_deg=48.0), RTL)[0][:2] == ("error", 3)


def test_a_long_total_distance_is_a_finding() -> None:
    assert found(TAKEOFF, AWAY, RTL, limits=Limits(total_m=100.0))[0][:2] == ("warning", 0)


def test_unreached_destinations_are_a_finding() -> None:
    assert found(TAKEOFF, AWAY, RTL, FARTHER, AWAY) == [("note", 4, "never flown: items 4-5")]


def test_a_landing_after_do_land_start_is_not_called_never_flown() -> None:
    start, land = PlanItem(command=189, frame=2), replace(AWAY, command=21, alt_m=0.0)
    assert found(TAKEOFF, AWAY, RTL, start, FARTHER, land) == [
        ("note", 5, "flown only when the aircraft is sent to land: items 5-6")
    ]
    assert found(TAKEOFF, start, AWAY, RTL, FARTHER) == [("note", 5, "never flown: item 5")]


@pytest.mark.parametrize(
    ("item", "errors"),
    [
        (PlanItem(command=189, frame=2), []),  # as QGroundControl writes DO_LAND_START
        (PlanItem(command=189, frame=2, lat_deg=47.401, lon_deg=8.55, alt_m=15.0), []),
        (PlanItem(command=188, frame=2), []),
        (PlanItem(command=179, frame=2, param1=1.0), []),
        (PlanItem(command=179, frame=2), ["DO_SET_HOME in frame 2"]),
        (PlanItem(command=201, frame=2), []),
        (PlanItem(command=201, frame=2, param1=3.0), ["DO_SET_ROI in frame 2"]),
        (replace(AWAY, frame=2), ["NAV_WAYPOINT in frame 2"]),
        (PlanItem(command=189, frame=1), ["DO_LAND_START in frame 1"]),
    ],
)
def test_an_item_that_needs_no_place_may_be_in_the_mission_frame(item: PlanItem, errors: list[str]) -> None:
    said = found(TAKEOFF, AWAY, item, FARTHER, RTL)
    assert [what for severity, _, what in said if severity == "error"] == errors


def test_a_plan_without_destination_is_an_error() -> None:
    assert found() == [("error", 0, "the plan has no destination")]


def test_a_plan_for_another_site_is_a_finding() -> None:
    elsewhere = Home(47.41, 8.55, 430.0)
    what = check(Plan(items=(TAKEOFF, AWAY, RTL), home=HOME), home=elsewhere)[-1].what
    assert what == "the first position is 1112 m from home"
    assert "planned for a home 1112 m from the aircraft" in [
        finding.what for finding in check(Plan(items=(TAKEOFF, AWAY, RTL), home=HOME), home=elsewhere)
    ]


def test_an_altitude_that_cannot_be_checked_is_a_note() -> None:
    assert ("note", 2, "500 m above sea level") in found(
        TAKEOFF, replace(AWAY, alt_m=500.0, frame=0), RTL, home=None
    )


def test_an_unsupported_command_is_an_error() -> None:
    transition = PlanItem(command=3000, frame=2, param1=4.0)
    assert ("error", 2, "a multirotor cannot do DO_VTOL_TRANSITION") in found(
        TAKEOFF, transition, AWAY, RTL, capabilities=Capabilities.of_type(2)
    )
    assert found(TAKEOFF, transition, AWAY, RTL, capabilities=Capabilities.of_type(19)) == []


def test_an_aircraft_with_terrain_data_may_use_terrain_frames() -> None:
    assert (
        found(TAKEOFF, replace(AWAY, frame=10), RTL, capabilities=Capabilities(has_terrain_data=True)) == []
    )


def test_a_pattern_that_cannot_be_flown_is_an_error(samples: Path) -> None:
    first = check(open_plan(samples / "chimney.plan"))[0]
    assert (first.severity, first.item) == (Severity.ERROR, 2)
    assert "StructureScan" in first.what


def test_errors_refuse_the_flight_and_warnings_do_not() -> None:
    warning = Finding(Severity.WARNING, 3, "a leg of 3000 m", "check the coordinates")
    refuse_errors([warning], where="a.plan")
    errors = [Finding(Severity.ERROR, 2, "a jump to itself", "the mission would stop here")] * 3
    with pytest.raises(SafetyRefused, match=r"item 2: a jump to itself .*, and 2 more") as caught:
        refuse_errors([warning, *errors], where="a.plan")
    assert caught.value.exit_code == 5


def test_findings_with_the_same_reason_are_merged() -> None:
    alike = [Finding(Severity.WARNING, item, f"{item} m", "why") for item in (2, 4, 5, 6, 9)]
    other = Finding(Severity.NOTE, 1, "what", "why")
    assert grouped([*alike, other]) == [
        Finding(Severity.WARNING, 2, "2 m; the same for items 4-6, 9", "why"),
        other,
    ]
    assert grouped(alike[:2]) == alike[:2]


def _square(half_m: float, *, inclusion: bool = True, north_m: float = 0.0) -> FencePolygon:
    """Return a square around home, or around a point `north_m` north of it."""
    lat, lon = half_m / 111_195, half_m / 75_270
    middle = 47.4 + north_m / 111_195
    corners = ((lat, lon), (lat, -lon), (-lat, -lon), (-lat, lon))
    return FencePolygon(tuple(FencePoint(middle + a, 8.55 + b) for a, b in corners), inclusion)


def _circle(radius_m: float, *, inclusion: bool = True, north_m: float = 0.0) -> FenceCircle:
    return FenceCircle(FencePoint(47.4 + north_m / 111_195, 8.55), radius_m, inclusion)


# AWAY is 111 m north of home, FARTHER 222 m.
@pytest.mark.parametrize(
    ("areas", "wrong"),
    [
        ([_square(300)], []),
        ([_circle(300)], []),
        ([_square(150)], [("error", 3, "the position is outside of the plan's geofence")]),
        ([_circle(150)], [("error", 3, "the position is outside of the plan's geofence")]),
        ([_square(300), _circle(300)], []),
        (
            [_square(300), _circle(150)],
            [("warning", 3, "the position is outside of one inclusion area of the geofence")],
        ),
        (
            [_square(20, inclusion=False, north_m=222)],
            [("error", 3, "the position is in an exclusion area of the geofence")],
        ),
        (
            [_circle(20, inclusion=False, north_m=111)],
            [("error", 2, "the position is in an exclusion area of the geofence")],
        ),
        (
            [_square(20, inclusion=False, north_m=165)],
            [("error", 3, "the leg to it crosses an exclusion area of the geofence")],
        ),
        (
            [_circle(20, inclusion=False, north_m=165)],
            [("error", 3, "the leg to it crosses an exclusion area of the geofence")],
        ),
        (
            [_circle(150, north_m=222)],
            [
                ("error", 0, "home is outside of the plan's geofence"),
                ("error", 1, "the position is outside of the plan's geofence"),
            ],
        ),
    ],
)
def test_a_plan_that_leaves_its_fence_is_found(
    areas: list[FencePolygon | FenceCircle], wrong: list[tuple[str, int, str]]
) -> None:
    fence = Fence(
        polygons=tuple(area for area in areas if isinstance(area, FencePolygon)),
        circles=tuple(area for area in areas if isinstance(area, FenceCircle)),
    )
    plan = Plan(items=(TAKEOFF, AWAY, FARTHER), home=HOME, fence=fence)
    found = [
        (str(one.severity), one.item, one.what) for one in check(plan) if one.severity is not Severity.NOTE
    ]
    # The way back from outside is not told: the place was.
    assert found == wrong


def test_a_leg_out_of_a_concave_fence_is_found() -> None:
    dent = (
        (0.002, -0.002),
        (0.002, 0.002),
        (-0.001, 0.002),
        (-0.001, 0.0005),
        (0.0015, 0.0005),
        (0.0015, -0.0005),
    )
    corners = (*dent, (-0.001, -0.0005), (-0.001, -0.002))
    fence = Fence(polygons=(FencePolygon(tuple(FencePoint(47.4 + a, 8.55 + b) for a, b in corners)),))
    west, east = replace(AWAY, lat_deg=47.4, lon_deg=8.549), replace(AWAY, lat_deg=47.4, lon_deg=8.551)
    home = Home(47.4, 8.549, 430.0)
    plan = Plan(items=(replace(TAKEOFF, lon_deg=8.549), west, east), home=home, fence=fence)
    found = [(one.item, one.what) for one in check(plan) if one.severity is Severity.ERROR]
    assert found == [(3, "the leg to it leaves the plan's geofence")]


def test_rally_and_return_points_outside_of_the_fence_are_warnings() -> None:
    near, far = RallyPoint(47.4, 8.55, 20.0), RallyPoint(47.41, 8.55, 20.0)
    fence = Fence((), (FenceCircle(FencePoint(47.4, 8.55), 400.0),), far)
    plan = Plan(items=(TAKEOFF, AWAY, RTL), home=HOME, fence=fence, rally=(near, far))
    assert [(one.severity, one.what) for one in check(plan)] == [
        (Severity.WARNING, "rally point 2 is outside of the plan's geofence"),
        (Severity.WARNING, "the return point is outside of the plan's geofence"),
    ]


def test_rally_and_return_points_count_for_the_height_limits() -> None:
    high, amsl = RallyPoint(47.4, 8.55, 150.0), RallyPoint(47.4, 8.55, 500.0, frame=0)
    plan = Plan(items=(TAKEOFF, AWAY, RTL), home=HOME, rally=(high, amsl))
    assert [one.what for one in check(plan)] == ["rally point 1 is 150 m above home"]
    limits = Limits(alt_m=60.0, alt_error_m=60.0)
    assert [one.severity for one in check(plan, limits=limits)] == [Severity.ERROR, Severity.ERROR]
