"""Checks of a plan for a connected aircraft, and uploads of a fence alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.app.fly.events import FlightPhase, FlyEvent, PlanChecked
from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import check_upload
from controller.app.fly.procedure import FlyProcedure
from controller.app.mission_files import (
    check_alone,
    check_for_autopilot,
    check_lines,
    check_on_aircraft,
    verdict,
)
from controller.errors import SafetyRefused, UserError
from controller.missions.checks.findings import Severity
from controller.missions.checks.items import Limits
from controller.missions.files import open_plan
from controller.missions.plan import Plan
from tests.support.flights import (
    LAND,
    RETURN,
    SQUARE,
    TAKEOFF,
    flight,
    plan_of,
    station_with,
    vehicle_with,
    waypoint,
)
from tests.support.scripted.script import Script

CASES = Path(__file__).parents[2] / "data" / "cases"
MAX_15 = FlyOptions(limits=Limits(alt_m=15.0, alt_error_m=15.0))


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
@pytest.mark.parametrize(
    ("plan", "options"),
    [
        (SQUARE, FlyOptions()),
        (SQUARE, MAX_15),
        (plan_of(waypoint(60), RETURN), FlyOptions()),
        (plan_of(TAKEOFF, waypoint(60, alt_m=150.0), RETURN), FlyOptions(on_leave="hold")),
        (replace(SQUARE, vehicle_type=1), FlyOptions()),
    ],
    ids=["square", "too-high", "no-takeoff", "above-the-usual-limit", "for-a-plane"],
)
async def test_the_check_says_exactly_what_the_flight_says(
    stack: str, plan: Plan, options: FlyOptions
) -> None:
    async with vehicle_with(stack) as (vehicle, _):
        report = await check_on_aircraft(plan, vehicle, options, note=quiet)
    flown = await flight(plan, stack, Script(ready_at_s=0.0), options)
    (said,) = flown.of(PlanChecked)
    assert [str(one) for one in report.findings] == [str(one) for one in said.findings]
    assert isinstance(flown.summary.error, SafetyRefused) is report.has_errors


@pytest.mark.parametrize(
    ("stack", "text"),
    [("ardupilot", "PreArm: waiting for terrain data"), ("px4", "Preflight Fail: no valid mission")],
)
async def test_a_mission_on_board_that_prevents_arming_is_replaced_first(stack: str, text: str) -> None:
    stale = Script(ready_at_s=5.0, prearm_text=text, stale_mission=True)
    flown = await flight(SQUARE, stack, stale)
    assert (flown.summary.outcome, flown.summary.error) == ("completed", None)
    phases = [phase.name for phase in flown.of(FlightPhase)]
    assert phases.index("ready") < phases.index("upload") < phases.index("start")


async def test_a_battery_that_empties_while_it_waits_is_not_flown() -> None:
    async with station_with("ardupilot", Script(ready_at_s=5.0, stale_mission=True)) as (station, scripted):

        def drain(event: FlyEvent) -> None:
            if isinstance(event, FlightPhase) and event.name == "upload":
                scripted.script.battery_percent = 5

        summary = await FlyProcedure(SQUARE, station, FlyOptions()).run(drain)
    assert isinstance(summary.error, SafetyRefused)
    assert "the battery is at 5 %" in str(summary.error)
    assert not scripted.armed


async def test_an_upload_is_checked_but_not_for_the_start() -> None:
    low = Script(ready_at_s=0.0, battery_percent=5)
    async with vehicle_with("ardupilot", low) as (vehicle, _):
        found = await check_upload(plan_of(waypoint(60), RETURN), vehicle, FlyOptions())
        assert [one.severity for one in found if one.severity is Severity.ERROR] == []
        high = await check_upload(plan_of(TAKEOFF, waypoint(60, alt_m=1500.0)), vehicle, FlyOptions())
        assert high[0].severity is Severity.ERROR


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_the_mission_that_an_aircraft_flies_is_not_replaced(stack: str) -> None:
    async with vehicle_with(stack, Script(ready_at_s=0.0)) as (vehicle, _):
        await vehicle.mission.upload(SQUARE)
        await vehicle.mission.start()
        with pytest.raises(SafetyRefused, match="cannot upload a mission: the aircraft flies one"):
            await check_upload(SQUARE, vehicle, FlyOptions())
        await check_upload(open_plan(CASES / "fence_only.plan"), vehicle, FlyOptions())
        await vehicle.pause()
        await check_upload(SQUARE, vehicle, FlyOptions())


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
@pytest.mark.parametrize("name", ["mp_fence.waypoints", "fence_only.plan"])
async def test_a_fence_alone_leaves_the_mission_on_board_alone(stack: str, name: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.mission.upload(SQUARE)
        before, shown = scripted._mission.items, vehicle.mission.onboard
        fence = open_plan(CASES / name)
        uploaded = await vehicle.mission.upload(fence)
        assert (uploaded.items, uploaded.fence_items, uploaded.mission) == (
            0,
            len(fence.fence.wire_items()),
            None,
        )
        assert str(uploaded).startswith("fence of 1 polygon")
        assert scripted._mission.items == before
        assert vehicle.mission.onboard == shown
        aboard = await vehicle.mission.download()
        assert len(aboard.items) == len(SQUARE.items)
        assert [len(area.corners) for area in aboard.fence.polygons] == [4]


async def test_a_fence_alone_is_checked_and_not_flown() -> None:
    fence = open_plan(CASES / "fence_only.plan")  # for a place across the ocean
    async with vehicle_with("ardupilot") as (vehicle, _):
        report = await check_on_aircraft(fence, vehicle, FlyOptions(), note=quiet)
        assert [one.severity for one in report.findings] == [
            Severity.WARNING,
            Severity.WARNING,
            Severity.NOTE,
        ]
        assert "home is outside of the plan's geofence" in report.findings[0].what
        assert "planned for a home" in report.findings[1].what
        assert "landline mission upload sends it" in verdict(report)
    refused = (await flight(fence, "ardupilot", Script(ready_at_s=0.0))).summary.error
    assert "the plan has no mission items" in str(refused)


def test_a_check_ends_with_a_verdict() -> None:
    good = plan_of(TAKEOFF, waypoint(60), LAND)
    assert verdict(check_alone(good, FlyOptions())).startswith("no findings; checked without an aircraft")
    typed = replace(good, vehicle_type=2)
    assert verdict(check_for_autopilot(typed, "px4", FlyOptions())) == (
        "no findings; landline fly accepts this plan on PX4 copters with default parameters"
    )
    assert verdict(check_for_autopilot(typed, "ardupilot", MAX_15)) == (
        "2 errors; landline fly refuses this plan on ArduPilot copters with default parameters"
    )


def test_options_that_need_an_aircraft_are_refused_without_one() -> None:
    with pytest.raises(UserError, match="--at-end without an aircraft"):
        check_alone(SQUARE, FlyOptions(at_end="land"))
    with pytest.raises(UserError, match="no vehicle type"):
        check_for_autopilot(SQUARE, "px4", FlyOptions())
    with pytest.raises(UserError, match="unknown autopilot 'inav'"):
        check_for_autopilot(replace(SQUARE, vehicle_type=2), "inav", FlyOptions())


def test_a_plan_is_shown_as_a_table() -> None:
    plan = open_plan(Path(__file__).parents[2] / "vectors" / "missions" / "meadow.plan")
    lines = list(check_lines(check_alone(plan, FlyOptions())))
    assert lines[1] == "home 47.4000000, 8.5500000, 430.25 m AMSL"
    table = [line.split() for line in lines[2:14]]
    assert table[0] == ["command", "latitude", "longitude", "altitude", "parameters", "distance"]
    assert table[1] == ["1", "takeoff", "47.4000000", "8.5500000", "30", "m", "above", "home", "0", "m"]
    assert table[2] == ["2", "change", "speed", "ground", "speed", "6", "m/s"]
    assert table[9][5:] == ["m", "above", "home", "hold", "3", "s", "101", "m"]
    assert table[10] == ["10", "jump", "to", "item", "9,", "2", "times"]
    assert len({len(line) for line in lines[2:4]}) == 1
    assert "fence: exclusion circle of 25.5 m around 47.4015000, 8.5525000" in lines
    assert "rally point 47.3999000, 8.5495000, 25 m above home" in lines
