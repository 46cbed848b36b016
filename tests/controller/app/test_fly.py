"""The whole fly procedure with a scripted vehicle: completed flights, refusals, lost telemetry, other operators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.app.fly.events import (
    ArmReadiness,
    FlightPhase,
    FlyEvent,
    MissionUpdate,
    OperatorNote,
    PlanChecked,
    StatusTextReceived,
)
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import FlyProcedure, fly
from controller.errors import (
    AircraftRefused,
    LandlineError,
    LinkError,
    SafetyRefused,
    UserError,
    VerificationFailed,
)
from controller.link.memory import memory_pair
from controller.vehicle.monitoring.events import ItemUpdate, ModeChanged, MonitorLimits, TelemetryLink
from controller.wire.enums import MAV_CMD
from hil.sim.clock import run_virtual
from tests.support.flights import (
    LAND,
    LOITER,
    RETURN,
    SQUARE,
    TAKEOFF,
    flight,
    plan_of,
    station_with,
    waypoint,
)
from tests.support.scripted.script import Script, with_item_changed
from tests.support.scripted.telemetry import HOME
from tests.support.scripted.vehicle import ScriptedVehicle

UNDER_WAY_S = 19.0  # a scripted aircraft is on its way to item 3
QUICK = FlyOptions(monitor=MonitorLimits(stall_s=40, give_up_s=20, flight_s=400, deviation_s=30))


def sent(flown_commands: list[tuple[int, tuple[float, ...]]]) -> list[int]:
    """Numbers of the commands, without requests for messages and rates."""
    return [command for command, _ in flown_commands if command != MAV_CMD.RUN_PREARM_CHECKS]


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_plan_is_flown_and_its_items_counted_from_one(stack: str) -> None:
    flown = await flight(SQUARE, stack)
    summary = flown.summary
    assert (summary.outcome, summary.error) == ("completed", None)
    assert summary.items == 6
    assert summary.items_reached == (1, 2, 3, 5, 6)
    assert summary.items_missed == ()
    assert summary.left.startswith("on the ground, disarmed")
    assert summary.max_alt_m == pytest.approx(20.0, abs=0.1)
    assert summary.distance_m == pytest.approx(240.0, abs=3.0)
    assert 15 < summary.flight_time_s < 30
    assert [item.number for item in flown.of(ItemUpdate) if item.reached] == [1, 2, 3, 5, 6]


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
def test_two_flights_emit_equal_events(stack: str) -> None:
    one, two = run_virtual(flight(SQUARE, stack)), run_virtual(flight(SQUARE, stack))
    assert one.events == two.events


async def test_a_plan_that_ends_in_a_landing_is_flown(stack: str = "ardupilot") -> None:
    summary = (await flight(plan_of(TAKEOFF, waypoint(40), LAND), stack)).summary
    assert (summary.outcome, summary.items_reached) == ("completed", (1, 2, 3))


async def test_reasons_not_ready_are_reported_when_they_change() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(ready_at_s=40, prearm_text="PreArm: GPS 1: Bad fix"))
    reasons = [event.reasons for event in flown.of(ArmReadiness)]
    assert reasons[0] != ()
    assert reasons[-1] == ()
    assert len(reasons) == len(
        [one for one, two in zip(reasons, [None, *reasons], strict=False) if one != two]
    )
    assert any("PreArm: GPS 1: Bad fix" in reported for reported in reasons)
    assert flown.summary.outcome == "completed"


async def test_an_aircraft_never_ready_is_refused_with_its_reasons() -> None:
    script = Script(ready_at_s=1e9, prearm_text="PreArm: Compass not calibrated")
    flown = await flight(SQUARE, "ardupilot", script, FlyOptions(ready_within_s=60))
    error = flown.summary.error
    assert isinstance(error, AircraftRefused)
    assert "PreArm: Compass not calibrated" in str(error)
    assert flown.summary.outcome == "refused"
    assert flown.summary.exit_code == 4
    assert sent(flown.vehicle.commands) == []


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_refusal_to_arm_ends_with_the_aircrafts_status_text(stack: str) -> None:
    flown = await flight(SQUARE, stack, Script(arm_refusals=99, arm_text="Arm: Gyros inconsistent"))
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "Arm: Gyros inconsistent" in str(flown.summary.error)
    assert flown.summary.outcome == "refused"
    assert flown.vehicle.commands.count((MAV_CMD.COMPONENT_ARM_DISARM, (1.0, 0, 0, 0, 0, 0, 0))) == 3
    assert flown.summary.left.startswith("on the ground, disarmed")
    assert flown.of(StatusTextReceived)


async def test_arming_refused_once_is_tried_again() -> None:
    assert (await flight(SQUARE, "ardupilot", Script(arm_refusals=1))).summary.outcome == "completed"


async def test_a_start_refused_after_arming_disarms_the_aircraft() -> None:
    script = Script(mode_refused="AUTO", mode_text="Mode change to AUTO failed: init failed")
    flown = await flight(SQUARE, "ardupilot", script)
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "init failed" in str(flown.summary.error)
    assert not flown.vehicle.armed
    assert flown.summary.left.startswith("on the ground, disarmed")


@pytest.mark.parametrize(("stack", "number"), [("ardupilot", 2), ("px4", 3)])
async def test_a_refused_item_is_named_by_its_plan_number_before_arming(stack: str, number: int) -> None:
    flown = await flight(SQUARE, stack, Script(refused_item=2))
    assert isinstance(flown.summary.error, AircraftRefused)
    assert f"refuses item {number} (NAV_WAYPOINT): UNSUPPORTED" in str(flown.summary.error)
    assert flown.summary.exit_code == 4
    assert sent(flown.vehicle.commands) == []


@pytest.mark.parametrize(("stack", "seq", "number"), [("ardupilot", 2, 2), ("px4", 2, 3)])
async def test_a_read_back_that_differs_names_item_and_field(stack: str, seq: int, number: int) -> None:
    flown = await flight(SQUARE, stack, Script(changes_items=with_item_changed(seq, z=200.0)))
    error = flown.summary.error
    assert isinstance(error, VerificationFailed)
    assert f"item {number}: z sent as 20, read back as 200" in str(error)
    assert flown.summary.exit_code == 6
    assert flown.summary.outcome == "refused"
    assert sent(flown.vehicle.commands) == []


async def test_an_item_missing_on_board_is_a_failed_verification() -> None:
    flown = await flight(SQUARE, "px4", Script(changes_items=lambda items: items[:-1]))
    assert isinstance(flown.summary.error, VerificationFailed)
    assert "6 items were sent and 5 were read back" in str(flown.summary.error)


async def test_no_telemetry_during_the_upload_is_a_lost_link() -> None:
    script = Script(silent_when=lambda vehicle: any(one.name == "MISSION_COUNT" for one in vehicle.received))
    flown = await flight(SQUARE, "ardupilot", script)
    assert isinstance(flown.summary.error, LinkError)
    assert flown.summary.outcome == "lost"
    assert flown.summary.exit_code == 3
    assert sent(flown.vehicle.commands) == []


async def test_no_telemetry_in_flight_is_a_lost_flight_with_the_last_state() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(silent_when=lambda vehicle: vehicle.number == 3), QUICK)
    assert isinstance(flown.summary.error, LinkError)
    assert (flown.summary.outcome, flown.summary.exit_code) == ("lost", 3)
    assert flown.summary.left.startswith("in the air")
    assert "(last telemetry " in flown.summary.left
    assert [change.up for change in flown.of(TelemetryLink)] == [False]
    assert flown.summary.items_reached == (1, 2)


async def test_without_a_heartbeat_it_ends_without_a_link() -> None:
    script = Script(silent_when=lambda _: True)
    async with station_with("ardupilot", script) as (station, _):
        events = [event async for event in fly(SQUARE, station, FlyOptions(heartbeat_within_s=10))]
    summary = events[-1]
    assert (summary.outcome, summary.exit_code) == ("lost", 3)  # type: ignore[union-attr]
    assert "no heartbeat" in str(summary.error)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stack", "mode"), [("ardupilot", "LOITER"), ("px4", "POSCTL"), ("ardupilot", "RTL")]
)
async def test_after_another_operator_takes_over_no_command_is_sent(stack: str, mode: str) -> None:
    flown = await flight(SQUARE, stack, Script(takeover_modes={3: mode}), QUICK)
    summary = flown.summary
    assert summary.outcome == "aborted"
    assert summary.exit_code == 4
    assert f"mode {mode}" in summary.why
    assert any(event.mode == mode and not event.by_mission for event in flown.of(ModeChanged))
    assert any("no further command is sent" in note.text for note in flown.of(OperatorNote))
    starting = [MAV_CMD.DO_SET_MODE, MAV_CMD.COMPONENT_ARM_DISARM]
    assert sent(flown.vehicle.commands)[-2:] in (starting, [MAV_CMD.DO_SET_MODE, MAV_CMD.MISSION_START])
    assert 3 not in summary.items_reached


async def test_an_aircraft_that_resumes_its_mission_completes_it() -> None:
    flown = await flight(
        SQUARE, "ardupilot", Script(takeover_modes={3: "LOITER"}, takeover_ends_after_s=8.0), QUICK
    )
    assert flown.summary.outcome == "completed"
    assert any("LOITER" in finding for finding in flown.summary.findings)


async def test_a_mission_without_progress_is_aborted() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(stops_at_item=3), QUICK)
    assert flown.summary.outcome == "aborted"
    assert "no progress" in flown.summary.why
    assert "item 3" in flown.summary.why
    assert "in the air" in flown.summary.left


async def test_a_landing_before_the_end_is_not_a_completed_mission() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(lands_at_item=3), QUICK)
    assert flown.summary.outcome == "aborted"
    assert "before the end" in flown.summary.why
    assert "item 5: not reached" in flown.summary.findings


async def test_landing_without_disarming_is_a_finding() -> None:
    options = replace(QUICK, monitor=MonitorLimits(landed_armed_s=20, flight_s=400))
    flown = await flight(SQUARE, "ardupilot", Script(stays_armed=True), options)
    assert flown.summary.outcome == "completed"
    assert any("still armed" in finding for finding in flown.summary.findings)
    assert sent(flown.vehicle.commands)[-1] == MAV_CMD.MISSION_START


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
@pytest.mark.parametrize("last", [waypoint(60, 30), LOITER], ids=["waypoint", "loiter for ever"])
async def test_a_mission_that_ends_in_the_air_ends_with_the_aircraft_left_there(
    stack: str, last: object
) -> None:
    flown = await flight(plan_of(TAKEOFF, waypoint(60), last), stack, None, QUICK)  # type: ignore[arg-type]
    summary = flown.summary
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3)
    assert summary.left.startswith("in the air")
    assert any("no further command is sent" in finding for finding in summary.findings)
    assert flown.vehicle.armed


async def test_at_end_return_makes_the_aircraft_return_and_land() -> None:
    flown = await flight(plan_of(TAKEOFF, waypoint(60)), "ardupilot", None, replace(QUICK, at_end="return"))
    assert flown.summary.outcome == "completed"
    assert not flown.vehicle.armed
    assert flown.summary.left.startswith("on the ground")


async def test_a_plane_with_a_takeoff_item_is_started_in_auto() -> None:
    plan = plan_of(TAKEOFF, waypoint(500), waypoint(500, 500), LAND)
    flown = await flight(plan, "arduplane", Script(speed_m_s=25))
    assert (flown.summary.outcome, flown.summary.items_reached) == ("completed", (1, 2, 3, 4))


async def test_a_plane_without_a_takeoff_item_climbs_in_takeoff_mode_first() -> None:
    plan = plan_of(waypoint(500, alt_m=60), waypoint(500, 500, alt_m=60), LAND)
    flown = await flight(plan, "arduplane", Script(speed_m_s=25))
    assert (flown.summary.outcome, flown.summary.items_reached) == ("completed", (1, 2, 3))
    modes = [int(params[1]) for command, params in flown.vehicle.commands if command == MAV_CMD.DO_SET_MODE]
    assert modes == [13, 10]


async def test_a_copter_plan_without_a_takeoff_is_refused_before_arming() -> None:
    flown = await flight(plan_of(waypoint(40), RETURN), "ardupilot")
    assert isinstance(flown.summary.error, SafetyRefused)
    assert "put a takeoff item first" in str(flown.summary.error)
    assert flown.summary.exit_code == 5
    assert sent(flown.vehicle.commands) == []


async def test_a_plan_for_another_place_is_refused() -> None:
    away = replace(waypoint(0), lat_deg=HOME[0] + 1)
    flown = await flight(plan_of(TAKEOFF, away, RETURN), "ardupilot")
    assert flown.summary.exit_code == 5
    assert flown.of(PlanChecked)[0].findings
    assert sent(flown.vehicle.commands) == []


async def test_an_empty_battery_is_refused() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(battery_percent=12))
    assert isinstance(flown.summary.error, SafetyRefused)
    assert "battery" in str(flown.summary.error)


async def test_an_aircraft_that_is_armed_already_is_left_alone() -> None:
    async with station_with("ardupilot", Script(ready_at_s=0)) as (station, vehicle):
        vehicle.armed, vehicle.place[2] = True, 30.0
        events = [event async for event in fly(SQUARE, station)]
        assert isinstance(events[-1].error, SafetyRefused)  # type: ignore[union-attr]
        assert sent(vehicle.commands) == []


async def test_nothing_is_sent_when_the_operator_leaves() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(procedure.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            assert vehicle.number == 3
            before = list(vehicle.commands)
            task.cancel()
        assert vehicle.commands == before
        summary = procedure.summary()
        assert summary.outcome == "aborted"
        assert summary.left.startswith("in the air")
        assert "mode AUTO" in summary.left


@pytest.mark.parametrize(("on_leave", "mode"), [("return", "RTL"), ("hold", "BRAKE")])
async def test_on_leave_sends_its_command(on_leave: str, mode: str) -> None:
    async with station_with("ardupilot") as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave=on_leave))  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(procedure.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            assert vehicle.number == 3
            task.cancel()
        assert vehicle.mode == mode


async def test_on_leave_disarms_an_aircraft_that_is_armed_on_the_ground() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave="return"))

        def leave_when_armed(event: FlyEvent) -> None:
            if isinstance(event, FlightPhase) and event.name == "start":
                assert procedure.vehicle is not None
                procedure.vehicle.watch(
                    lambda _message, _before, state: task.cancel() if state.armed else None
                )

        async with asyncio.TaskGroup() as group:
            task = group.create_task(procedure.run(leave_when_armed))
        assert (vehicle.armed, vehicle.place[2]) == (False, 0.0)
        assert procedure.left_how == "it was commanded to disarm, and did"


async def left(script: Script, change: Callable[[ScriptedVehicle], None]) -> ScriptedVehicle:
    """Leave a flight with `on_leave` return, some seconds after `change`."""
    async with station_with("ardupilot", script) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave="return"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(procedure.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            change(vehicle)
            await asyncio.sleep(5.0)
            task.cancel()
        return vehicle


async def test_on_leave_sends_nothing_to_an_aircraft_that_another_operator_flies() -> None:
    vehicle = await left(Script(), lambda vehicle: setattr(vehicle, "mode", "LOITER"))
    assert (vehicle.mode, vehicle.armed) == ("LOITER", True)


async def test_on_leave_does_not_disarm_an_aircraft_that_another_operator_armed() -> None:
    vehicle = await left(Script(ready_at_s=1e6), lambda vehicle: setattr(vehicle, "armed", True))
    assert vehicle.armed


async def test_a_second_interrupt_does_not_cancel_the_on_leave_command() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave="return"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(procedure.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
        assert vehicle.mode == "RTL"
        assert procedure.left_how == "it was commanded to return, and accepted"


async def test_closing_the_event_iterator_ends_the_procedure() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        events = fly(SQUARE, station)
        async for event in events:
            if isinstance(event, MissionUpdate) and event.change == ItemUpdate(2, 6, reached=False):
                break
        await events.aclose()  # type: ignore[attr-defined]
        before = list(vehicle.commands)
        await asyncio.sleep(60)
        assert vehicle.commands == before


async def test_every_end_has_a_summary_of_one_line() -> None:
    errors: list[LandlineError | None] = []
    for script in (
        Script(arm_refusals=99),
        Script(refused_item=1),
        Script(changes_items=with_item_changed(1, z=1.0)),
    ):
        errors.append((await flight(SQUARE, "ardupilot", script)).summary.error)
    for error in errors:
        assert error is not None
        assert "\n" not in str(error)


async def test_several_aircraft_need_a_system_id() -> None:
    async with station_with("ardupilot", Script(ready_at_s=0)) as (station, first):
        ours, theirs = memory_pair("ground", "second")
        second = ScriptedVehicle("px4", station.clock, Script(ready_at_s=0), system=2)
        async with asyncio.TaskGroup() as group:
            await station.add(ours)
            # The first has sent a heartbeat already; the second is given its time.
            await asyncio.sleep(1.5)
            assert [one.system for one in station.discovered] == [1]
            living = group.create_task(second.run(theirs))
            with pytest.raises(UserError, match="1, 2"):
                await station.vehicle()
            chosen = await station.vehicle(2)
            await chosen.set_mode("return")
            assert (second.mode, first.mode) == ("RTL", "STABILIZE")
            living.cancel()


@pytest.mark.parametrize("clock_speed", [5.0, 0.2])
async def test_times_are_those_of_the_aircrafts_clock(clock_speed: float) -> None:
    usual = (await flight(SQUARE)).summary
    script = Script(clock_speed=clock_speed, boot_ms=2**32 - 8000)
    flown = await flight(SQUARE, "ardupilot", script)
    assert flown.summary.outcome == "completed"
    assert flown.summary.flight_time_s == pytest.approx(usual.flight_time_s * clock_speed, rel=0.05)
    assert flown.summary.t_s == pytest.approx(usual.t_s * clock_speed, rel=0.3)
    assert [event.t_s for event in flown.events] == sorted(event.t_s for event in flown.events)


async def test_limits_of_the_flight_count_the_aircrafts_seconds() -> None:
    options = FlyOptions(monitor=MonitorLimits(stall_s=40, give_up_s=20, flight_s=50))
    slow = await flight(SQUARE, "ardupilot", Script(clock_speed=0.2, speed_m_s=2.0), options)
    assert slow.summary.outcome == "completed"
    fast = await flight(SQUARE, "ardupilot", Script(clock_speed=5.0), options)
    assert "the time limit" in fast.summary.why


async def test_a_silent_link_is_not_flown() -> None:
    usual = (await flight(SQUARE, "ardupilot", Script(speed_m_s=5.0))).summary
    async with station_with("ardupilot", Script(speed_m_s=5.0)) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        running = asyncio.ensure_future(procedure.run(lambda _: None))
        await asyncio.sleep(UNDER_WAY_S)
        vehicle.silent = True
        await asyncio.sleep(30.0)
        vehicle.silent = False
        summary = await running
    assert summary.outcome == "completed"
    assert summary.flight_time_s == pytest.approx(usual.flight_time_s - 30.0, abs=1.5)


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_mission_of_which_items_were_passed_over_is_aborted(stack: str) -> None:
    async with station_with(stack, Script(speed_m_s=5.0)) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        events: list[FlyEvent] = []
        running = asyncio.ensure_future(procedure.run(events.append))
        await asyncio.sleep(UNDER_WAY_S)
        assert vehicle.number == 2
        vehicle.current += 3  # another ground station sets the current item to 5
        summary = await running
    assert (summary.outcome, summary.exit_code) == ("aborted", 4)
    assert "items 2-3 of 6 not reached" in summary.why
    starts = [one.text for one in events if isinstance(one, FlightPhase) and one.name == "start"]
    assert starts == ["arming and starting the mission at item 1 of 6"]
