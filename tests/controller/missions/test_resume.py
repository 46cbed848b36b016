"""The rest of a plan that was flown in part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.geodesic import distance_m
from controller.missions.plan import Home, Plan, PlanItem
from controller.missions.resume import Rest, rest_of


def _order(command: int, *params: float) -> PlanItem:
    return PlanItem.of_params(int(command), 2, (*params, *[0.0] * (7 - len(params))))


def _at(north_deg: float, east_deg: float, alt_m: float = 50.0) -> PlanItem:
    return PlanItem(
        command=int(CMD.NAV_WAYPOINT), lat_deg=47.0 + north_deg, lon_deg=8.0 + east_deg, alt_m=alt_m
    )


ON, OFF = _order(CMD.DO_SET_CAM_TRIGG_DIST, 20.0, 0.0, 1.0), _order(CMD.DO_SET_CAM_TRIGG_DIST, 0.0)
SURVEY = Plan(
    items=(
        PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=50.0),
        _order(CMD.DO_CHANGE_SPEED, 1.0, 7.0, -1.0),
        _order(CMD.DO_MOUNT_CONTROL, -80.0),
        _at(0.0, 0.0),  # 4
        ON,
        _at(0.002, 0.0),  # 6
        OFF,
        _at(0.002, 0.001),  # 8
        ON,
        _at(0.0, 0.001),  # 10
        OFF,
        _order(CMD.NAV_RETURN_TO_LAUNCH),
    ),
    home=Home(46.999, 7.999, 400.0),
)


def _names(rest: Rest | None) -> list[str]:
    assert rest is not None
    return [item.name for item in rest.plan.items]


def test_the_rest_begins_with_the_last_photo_of_the_leg() -> None:
    photos = [(47.0 + 0.0002 * number, 8.0) for number in range(5)]
    home = (46.9995, 7.9995)
    rest = rest_of(SURVEY, 4, [*photos, home])
    assert _names(rest)[:5] == [
        "NAV_TAKEOFF",
        "DO_CHANGE_SPEED",
        "DO_MOUNT_CONTROL",
        "NAV_WAYPOINT",
        "DO_SET_CAM_TRIGG_DIST",
    ]
    assert rest is not None and rest.photo
    begin = rest.plan.items[3]
    assert distance_m(begin.lat_deg, begin.lon_deg, *photos[-1]) < 0.1
    assert rest.plan.items[4].param1 == 20.0
    assert rest.plan.items[5:] == SURVEY.items[5:]


def test_photos_of_the_way_home_or_of_another_line_do_not_count() -> None:
    rest = rest_of(SURVEY, 4, [(47.001, 8.001), (46.9995, 7.9995)])
    assert rest is not None and not rest.photo
    assert rest.plan.items[3] == SURVEY.items[3]


def test_a_line_that_ended_is_not_flown_again() -> None:
    rest = rest_of(SURVEY, 6, [(47.002, 8.0003)])
    assert rest is not None and not rest.photo
    positions = [item for item in rest.plan.items if item.name == "NAV_WAYPOINT"]
    assert positions == [SURVEY.items[7], SURVEY.items[9]]
    assert _names(rest)[:3] == ["NAV_TAKEOFF", "DO_CHANGE_SPEED", "DO_MOUNT_CONTROL"]


def test_a_photo_at_a_point_is_taken_again() -> None:
    hovering = replace(
        SURVEY,
        items=(
            SURVEY.items[0],
            _at(0.0, 0.0),
            _order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0),
            _at(0.001, 0.0),
        ),
    )
    assert _names(rest_of(hovering, 2, [(47.0, 8.0)])) == [
        "NAV_TAKEOFF",
        "NAV_WAYPOINT",
        "IMAGE_START_CAPTURE",
        "NAV_WAYPOINT",
    ]


def test_a_lower_point_is_reached_from_the_height_of_the_highest() -> None:
    high = replace(SURVEY, items=(*SURVEY.items[:7], _at(0.002, 0.001, 90.0), *SURVEY.items[8:]))
    rest = rest_of(high, 4, [(47.001, 8.0)])
    assert rest is not None
    heights = [item.alt_m for item in rest.plan.items if item.name in ("NAV_TAKEOFF", "NAV_WAYPOINT")]
    assert heights[:3] == [90.0, 90.0, 50.0]


def test_a_flight_that_reached_nothing_is_flown_again_and_a_whole_one_leaves_nothing() -> None:
    rest = rest_of(SURVEY, 1, [])
    assert rest is not None
    assert rest.plan.items == SURVEY.items
    assert rest_of(SURVEY, 10, []) is None
    assert rest_of(SURVEY, 12, []) is None


def test_what_a_relay_does_is_ordered_again_from_the_item() -> None:
    relay = _order(CMD.DO_SET_RELAY, 2.0, 1.0)
    spraying = replace(SURVEY, items=(*SURVEY.items[:4], relay, *SURVEY.items[5:]))
    rest = rest_of(spraying, 4, [])
    assert rest is not None
    assert rest.plan.items[3:5] == (SURVEY.items[3], relay)
    later = rest_of(spraying, 6, [])
    assert later is not None
    assert relay in later.plan.items


def test_a_plan_with_jumps_is_refused() -> None:
    with pytest.raises(PlanError, match="cannot resume a plan with jumps"):
        rest_of(replace(SURVEY, items=(*SURVEY.items, _order(CMD.DO_JUMP, 4.0, 2.0))), 4, [])
