"""Findings of a plan that depend on the aircraft."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.plan_checks import PlanContext
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.check import check
from controller.missions.checks.findings import Severity
from controller.missions.checks.items import Limits
from controller.missions.estimate import estimate
from controller.missions.plan import Home, Plan, PlanItem
from tests.support.recorded_missions import mission_of

HOME = Home(47.4, 8.55, 430.0)
TAKEOFF = PlanItem(command=22, lat_deg=47.4, lon_deg=8.55, alt_m=30.0)
AWAY = PlanItem(command=16, lat_deg=47.402, lon_deg=8.55, alt_m=30.0)
LAND = PlanItem(command=21, lat_deg=47.4, lon_deg=8.55)
LAND_START = PlanItem(command=189, frame=2)
COPTER, PLANE, VTOL, ROVER = VehicleClass.COPTER, VehicleClass.PLANE, VehicleClass.VTOL, VehicleClass.ROVER
MAX_25 = Limits(alt_m=25.0, alt_error_m=25.0)


def found(
    autopilot: Autopilot,
    *items: PlanItem,
    params: dict[str, float] | None = None,
    limits: Limits | None = None,
    vehicle_type: int = 0,
) -> list[tuple[Severity, int, str]]:
    plan = Plan(items=items, home=HOME, vehicle_type=vehicle_type)
    context = PlanContext(plan, estimate(plan), HOME, limits or Limits(), params or {})
    return [(one.severity, one.item, f"{one.what} ({one.why})") for one in autopilot.plan_findings(context)]


@pytest.mark.parametrize(
    ("autopilot", "params", "what"),
    [
        (
            ArduPilot(COPTER),
            {"RTL_ALT": 3000},
            "climbs to 30 m above home (RTL_ALT of the aircraft; the limit is 25",
        ),
        (ArduPilot(COPTER), {"RTL_ALT_M": 30}, "climbs to 30 m above home (RTL_ALT_M"),
        (ArduPilot(PLANE), {"ALT_HOLD_RTL": 10000}, "climbs to 100 m above home (ALT_HOLD_RTL"),
        (ArduPilot(PLANE), {"RTL_ALTITUDE": 100}, "climbs to 100 m above home (RTL_ALTITUDE"),
        (ArduPilot(VTOL), {"RTL_ALTITUDE": 20, "Q_RTL_ALT": 40}, "climbs to 40 m above home (Q_RTL_ALT"),
        (PX4(PLANE), {"RTL_RETURN_ALT": 60}, "climbs to 60 m above home (RTL_RETURN_ALT"),
        (PX4(COPTER), {"RTL_RETURN_ALT": 60}, "climbs to 60 m above home (RTL_RETURN_ALT"),
    ],
)
def test_a_height_limit_counts_the_return(autopilot: Autopilot, params: dict[str, float], what: str) -> None:
    plan = (TAKEOFF, LAND_START, AWAY, LAND)
    errors = [text for severity, _, text in found(autopilot, *plan, params=params, limits=MAX_25)]
    assert any(what in text for text in errors)
    assert not any("climbs" in text for _, _, text in found(autopilot, *plan, params=params))


@pytest.mark.parametrize("params", [{"RTL_ALT": 0}, {}, {"RTL_ALT": 2400}])
def test_a_return_at_the_present_height_or_below_the_limit_is_no_finding(params: dict[str, float]) -> None:
    assert found(ArduPilot(COPTER), TAKEOFF, AWAY, params=params, limits=MAX_25) == []


def test_a_multicopter_of_px4_near_home_returns_below_the_cone() -> None:
    params = {"RTL_RETURN_ALT": 60.0, "RTL_CONE_ANG": 45.0, "RTL_DESCEND_ALT": 10.0}
    near = replace(AWAY, lat_deg=47.40018)  # 20 m from home
    assert found(PX4(COPTER), TAKEOFF, near, params=params, limits=MAX_25) == []
    assert len(found(PX4(COPTER), TAKEOFF, AWAY, params=params, limits=MAX_25)) == 1
    assert len(found(PX4(COPTER), TAKEOFF, near, params={**params, "RTL_CONE_ANG": 0}, limits=MAX_25)) == 1


def test_the_takeoff_of_a_plane_without_takeoff_item_counts_for_the_limit() -> None:
    assert found(ArduPilot(PLANE), AWAY, LAND, limits=MAX_25)[0] == (
        Severity.ERROR,
        0,
        "the takeoff in TAKEOFF mode climbs to 40 m above home (the plan has no takeoff item; the limit is 25 m)",
    )
    assert [severity for severity, _, _ in found(ArduPilot(PLANE), AWAY, LAND)] == [Severity.NOTE]


@pytest.mark.parametrize(
    ("autopilot", "vehicle_type", "severity"),
    [
        (ArduPilot(PLANE), 2, Severity.ERROR),
        (ArduPilot(COPTER), 1, Severity.ERROR),
        (ArduPilot(COPTER), 10, Severity.ERROR),
        (PX4(ROVER), 2, Severity.ERROR),
        (ArduPilot(VTOL), 2, Severity.WARNING),
        (ArduPilot(COPTER), 20, Severity.WARNING),
    ],
)
def test_a_plan_for_another_kind_of_vehicle_is_found(
    autopilot: Autopilot, vehicle_type: int, severity: Severity
) -> None:
    first = found(autopilot, TAKEOFF, AWAY, LAND, vehicle_type=vehicle_type)[0]
    assert (first[0], "the plan is for a" in first[2]) == (severity, True)


@pytest.mark.parametrize(("kind", "vehicle_type"), [(COPTER, 2), (COPTER, 13), (COPTER, 0), (PLANE, 1)])
def test_a_plan_for_this_kind_of_vehicle_is_no_finding(kind: VehicleClass, vehicle_type: int) -> None:
    assert found(ArduPilot(kind), TAKEOFF, AWAY, LAND, vehicle_type=vehicle_type) == []


def test_a_copter_of_ardupilot_takes_vtol_takeoffs_and_landings() -> None:
    plan = Plan(items=(replace(TAKEOFF, command=84), AWAY, replace(LAND, command=85)), home=HOME)
    assert check(plan, capabilities=ArduPilot(COPTER).capabilities(2)) == []
    assert [one.item for one in check(plan, capabilities=PX4(COPTER).capabilities(2))] == [1, 3]


@pytest.mark.parametrize(
    ("autopilot", "mav_type", "warns"),
    [
        (PX4(COPTER), 2, False),
        (ArduPilot(COPTER), 2, False),
        (PX4(PLANE), 1, True),
        (ArduPilot(PLANE), 1, False),
    ],
)
def test_a_missing_takeoff_is_a_warning_where_the_autopilot_needs_one(
    autopilot: Autopilot, mav_type: int, warns: bool
) -> None:
    findings = check(Plan(items=(AWAY, LAND), home=HOME), capabilities=autopilot.capabilities(mav_type))
    assert any("begin with a takeoff" in one.what for one in findings) is warns


FAR = PlanItem(command=16, lat_deg=47.404, lon_deg=8.55, alt_m=30.0)  # 445 m from the landing: 3.9 degrees
CIRCLE = replace(FAR, command=31, param2=100.0)


@pytest.mark.parametrize(
    ("items", "params", "what"),
    [
        ((TAKEOFF, FAR, AWAY), {}, ["the plan has no landing"]),
        ((TAKEOFF, FAR, AWAY), {"MIS_TKO_LAND_REQ": 0}, []),
        ((FAR, LAND), {"MIS_TKO_LAND_REQ": 4}, ["the plan has no takeoff"]),
        ((TAKEOFF, FAR, LAND), {}, []),
        ((TAKEOFF, replace(FAR, alt_m=45.0), LAND), {}, ["a landing at 5.8 degrees"]),
        ((TAKEOFF, replace(FAR, alt_m=45.0), LAND), {"FW_LND_ANG": 6.0}, []),
        ((TAKEOFF, CIRCLE, LAND), {}, []),
        ((TAKEOFF, replace(CIRCLE, param2=500.0), LAND), {}, ["inside the circle before it"]),
        ((TAKEOFF, replace(FAR, command=19), LAND), {}, ["the approach to the landing is a NAV_LOITER_TIME"]),
        ((TAKEOFF, replace(FAR, alt_m=0.0), LAND), {}, ["not above the landing"]),
        ((LAND, TAKEOFF, FAR), {}, ["begins with a landing", "not the first position"]),
        ((FAR, TAKEOFF, FAR, LAND), {}, ["not the first position"]),
        ((TAKEOFF, FAR, LAND, LAND_START), {}, ["no landing follows"]),
        ((TAKEOFF, LAND_START, LAND_START, FAR, LAND), {}, ["a second DO_LAND_START"]),
        ((replace(TAKEOFF, alt_m=10.0), FAR, LAND), {"NAV_ACC_RAD": 10.0}, ["it needs 11 m"]),
    ],
)
def test_what_px4_rejects_of_a_plane_is_found(
    items: tuple[PlanItem, ...], params: dict[str, float], what: list[str]
) -> None:
    findings = found(PX4(PLANE), *items, params=params)
    assert len(findings) == len(what)
    for (severity, _, text), expected in zip(findings, what, strict=True):
        assert severity is Severity.ERROR
        assert expected in text


def test_the_plan_that_a_real_px4_rejected_is_found_before_the_upload() -> None:
    plan = mission_of("px4_plane_without_landing_denied.tlog", first_seq=0, sender=255)
    errors = [text for severity, _, text in found(PX4(PLANE), *plan.items) if severity is Severity.ERROR]
    assert errors == ["the plan has no landing (PX4 would reject the mission; MIS_TKO_LAND_REQ is 2)"]


def test_a_delay_before_the_landing_is_a_warning_on_px4() -> None:
    delay = PlanItem(command=93, frame=2, param1=10.0, param2=math.nan)
    (warning,) = found(PX4(COPTER), TAKEOFF, AWAY, delay, LAND)
    assert warning[:2] == (Severity.WARNING, 3)
    assert found(ArduPilot(COPTER), TAKEOFF, AWAY, delay, LAND) == []


def test_commands_of_the_operator_that_cannot_be_done_are_named() -> None:
    items = Plan(items=(TAKEOFF, AWAY)).wire_items(first_seq=1)
    sequence = Plan(items=(TAKEOFF, LAND_START, AWAY, LAND)).wire_items(first_seq=1)
    assert "no DO_LAND_START" in ArduPilot(PLANE).unavailable("land", items)
    assert ArduPilot(PLANE).unavailable("land", sequence) == ""
    assert "has no mode 'land'" in ArduPilot(ROVER).unavailable("land", items)
    assert [ArduPilot(COPTER).unavailable(command, items) for command in ("hold", "return", "land")] == [
        ""
    ] * 3


def test_a_plan_made_for_a_copter_shows_on_a_plane() -> None:
    near = replace(AWAY, lat_deg=47.4023)  # 33 m from the waypoint before
    back = PlanItem(command=20, frame=2)
    texts = [text for severity, _, text in found(ArduPilot(PLANE), TAKEOFF, AWAY, near, back)]
    assert "the plan has no landing (the plane circles at the end until it is commanded to land)" in texts
    assert any(text.startswith("item 3 less than 60 m from the waypoint before") for text in texts)
    tight = found(ArduPilot(PLANE), TAKEOFF, AWAY, near, LAND, params={"WP_LOITER_RAD": -30.0})
    assert tight == []
    assert found(ArduPilot(COPTER), TAKEOFF, AWAY, near, back) == []
