"""The whole flight procedure against a scripted vehicle: good flights, refusals, silence, others at the controls."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from controller.app.events import Checked, FlyEvent, Item, LinkChange, Mode, Note, Phase, Waiting, Words
from controller.app.fly import Flight, fly
from controller.app.fly_options import FlyOptions
from controller.errors import (
    AircraftRefused,
    LandlineError,
    LinkError,
    SafetyRefused,
    UserError,
    VerificationFailed,
)
from controller.link.memory import memory_pair
from controller.vehicle.mission_monitor import FollowLimits
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
from tests.support.scripted_vehicle import HOME, Script, ScriptedVehicle, moved

UNDER_WAY_S = 19.0  # a scripted aircraft is on its way to item 3
QUICK = FlyOptions(follow=FollowLimits(stall_s=40, give_up_s=20, flight_s=400, deviation_s=30))


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
    assert [item.number for item in flown.of(Item) if item.reached] == [1, 2, 3, 5, 6]


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
def test_two_flights_tell_the_same(stack: str) -> None:
    one, two = run_virtual(flight(SQUARE, stack)), run_virtual(flight(SQUARE, stack))
    assert one.events == two.events


async def test_a_plan_that_ends_in_a_landing_is_flown(stack: str = "ardupilot") -> None:
    summary = (await flight(plan_of(TAKEOFF, waypoint(40), LAND), stack)).summary
    assert (summary.outcome, summary.items_reached) == ("completed", (1, 2, 3))


async def test_waiting_says_why_and_only_when_the_reasons_change() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(ready_at_s=40, prearm_text="PreArm: GPS 1: Bad fix"))
    reasons = [waiting.reasons for waiting in flown.of(Waiting)]
    assert reasons[0] != ()
    assert reasons[-1] == ()
    assert len(reasons) == len(
        [one for one, two in zip(reasons, [None, *reasons], strict=False) if one != two]
    )
    assert any("PreArm: GPS 1: Bad fix" in told for told in reasons)
    assert flown.summary.outcome == "completed"


async def test_an_aircraft_that_never_gets_ready_ends_with_its_reasons() -> None:
    script = Script(ready_at_s=1e9, prearm_text="PreArm: Compass not calibrated")
    flown = await flight(SQUARE, "ardupilot", script, FlyOptions(ready_within_s=60))
    error = flown.summary.error
    assert isinstance(error, AircraftRefused)
    assert "PreArm: Compass not calibrated" in str(error)
    assert flown.summary.outcome == "refused"
    assert flown.summary.exit_code == 4
    assert sent(flown.vehicle.commands) == []


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_refusal_to_arm_ends_with_the_aircrafts_words(stack: str) -> None:
    flown = await flight(SQUARE, stack, Script(arm_refusals=99, arm_text="Arm: Gyros inconsistent"))
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "Arm: Gyros inconsistent" in str(flown.summary.error)
    assert flown.summary.outcome == "refused"
    assert flown.vehicle.commands.count((MAV_CMD.COMPONENT_ARM_DISARM, (1.0, 0, 0, 0, 0, 0, 0))) == 3
    assert flown.summary.left.startswith("on the ground, disarmed")
    assert flown.of(Words)


async def test_arming_refused_once_is_tried_again() -> None:
    assert (await flight(SQUARE, "ardupilot", Script(arm_refusals=1))).summary.outcome == "completed"


async def test_a_start_refused_after_arming_disarms_what_was_armed() -> None:
    script = Script(mode_refused="AUTO", mode_text="Mode change to AUTO failed: init failed")
    flown = await flight(SQUARE, "ardupilot", script)
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "init failed" in str(flown.summary.error)
    assert not flown.vehicle.armed
    assert flown.summary.left.startswith("on the ground, disarmed")


@pytest.mark.parametrize(("stack", "number"), [("ardupilot", 2), ("px4", 3)])
async def test_a_refused_item_ends_before_arming_and_has_the_plans_number(stack: str, number: int) -> None:
    flown = await flight(SQUARE, stack, Script(nak_item=2))
    assert isinstance(flown.summary.error, AircraftRefused)
    assert f"refuses item {number} (NAV_WAYPOINT): UNSUPPORTED" in str(flown.summary.error)
    assert flown.summary.exit_code == 4
    assert sent(flown.vehicle.commands) == []


@pytest.mark.parametrize(("stack", "seq", "number"), [("ardupilot", 2, 2), ("px4", 2, 3)])
async def test_a_read_back_that_differs_names_item_and_field(stack: str, seq: int, number: int) -> None:
    flown = await flight(SQUARE, stack, Script(alters_items=moved(seq, z=200.0)))
    error = flown.summary.error
    assert isinstance(error, VerificationFailed)
    assert f"item {number}: z sent as 20, read back as 200" in str(error)
    assert flown.summary.exit_code == 6
    assert flown.summary.outcome == "refused"
    assert sent(flown.vehicle.commands) == []


async def test_an_item_that_is_missing_aboard_is_a_failed_verification() -> None:
    flown = await flight(SQUARE, "px4", Script(alters_items=lambda items: items[:-1]))
    assert isinstance(flown.summary.error, VerificationFailed)
    assert "6 items were sent and 5 came back" in str(flown.summary.error)


async def test_silence_in_the_middle_of_the_upload_is_a_lost_link() -> None:
    script = Script(falls_silent=lambda vehicle: any(one.name == "MISSION_COUNT" for one in vehicle.heard))
    flown = await flight(SQUARE, "ardupilot", script)
    assert isinstance(flown.summary.error, LinkError)
    assert flown.summary.outcome == "lost"
    assert flown.summary.exit_code == 3
    assert sent(flown.vehicle.commands) == []


async def test_silence_in_flight_is_a_lost_flight_with_the_last_word() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(falls_silent=lambda vehicle: vehicle.number == 3), QUICK)
    assert isinstance(flown.summary.error, LinkError)
    assert (flown.summary.outcome, flown.summary.exit_code) == ("lost", 3)
    assert flown.summary.left.startswith("last heard ")
    assert "in the air" in flown.summary.left
    assert [change.up for change in flown.of(LinkChange)] == [False]
    assert flown.summary.items_reached == (1, 2)


async def test_without_a_heartbeat_it_ends_without_a_link() -> None:
    script = Script(falls_silent=lambda _: True)
    async with station_with("ardupilot", script) as (station, _):
        events = [event async for event in fly(SQUARE, station, FlyOptions(heartbeat_within_s=10))]
    summary = events[-1]
    assert (summary.outcome, summary.exit_code) == ("lost", 3)  # type: ignore[union-attr]
    assert "no heartbeat" in str(summary.error)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stack", "mode"), [("ardupilot", "LOITER"), ("px4", "POSCTL"), ("ardupilot", "RTL")]
)
async def test_when_somebody_takes_over_nothing_more_is_commanded(stack: str, mode: str) -> None:
    flown = await flight(SQUARE, stack, Script(takes_over={3: mode}), QUICK)
    summary = flown.summary
    assert summary.outcome == "aborted"
    assert summary.exit_code == 4
    assert f"mode {mode}" in summary.why
    assert any(event.mode == mode and not event.by_mission for event in flown.of(Mode))
    assert any("nothing more is commanded" in note.text for note in flown.of(Note))
    starting = [MAV_CMD.DO_SET_MODE, MAV_CMD.COMPONENT_ARM_DISARM]
    assert sent(flown.vehicle.commands)[-2:] in (starting, [MAV_CMD.DO_SET_MODE, MAV_CMD.MISSION_START])
    assert 3 not in summary.items_reached


async def test_an_aircraft_that_is_given_back_to_its_mission_completes_it() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(takes_over={3: "LOITER"}, gives_back_after_s=8.0), QUICK)
    assert flown.summary.outcome == "completed"
    assert any("LOITER" in finding for finding in flown.summary.findings)


async def test_a_mission_that_goes_no_further_is_given_up() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(sticks_at=3), QUICK)
    assert flown.summary.outcome == "aborted"
    assert "no progress" in flown.summary.why
    assert "item 3" in flown.summary.why
    assert "in the air" in flown.summary.left


async def test_a_landing_before_the_end_is_not_a_completed_mission() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(lands_at=3), QUICK)
    assert flown.summary.outcome == "aborted"
    assert "before the end" in flown.summary.why
    assert "item 5: not reached" in flown.summary.findings


async def test_an_aircraft_that_lands_and_stays_armed_is_said_so() -> None:
    options = replace(QUICK, follow=FollowLimits(landed_armed_s=20, flight_s=400))
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
    assert any("nothing more is commanded" in finding for finding in summary.findings)
    assert flown.vehicle.armed


async def test_asked_for_a_return_at_the_end_it_returns_and_lands() -> None:
    flown = await flight(plan_of(TAKEOFF, waypoint(60)), "ardupilot", None, replace(QUICK, at_end="return"))
    assert flown.summary.outcome == "completed"
    assert not flown.vehicle.armed
    assert flown.summary.left.startswith("on the ground")


async def test_a_plane_with_a_takeoff_item_is_started_in_auto() -> None:
    plan = plan_of(TAKEOFF, waypoint(500), waypoint(500, 500), LAND)
    flown = await flight(plan, "arduplane", Script(speed_m_s=25))
    assert (flown.summary.outcome, flown.summary.items_reached) == ("completed", (1, 2, 3, 4))


async def test_a_plane_without_one_is_brought_up_in_takeoff_mode_first() -> None:
    plan = plan_of(waypoint(500, alt_m=60), waypoint(500, 500, alt_m=60), LAND)
    flown = await flight(plan, "arduplane", Script(speed_m_s=25))
    assert (flown.summary.outcome, flown.summary.items_reached) == ("completed", (1, 2, 3))
    modes = [int(params[1]) for command, params in flown.vehicle.commands if command == MAV_CMD.DO_SET_MODE]
    assert modes == [13, 10]


async def test_a_copter_plan_without_a_takeoff_is_refused_before_arming() -> None:
    flown = await flight(plan_of(waypoint(40), RETURN), "ardupilot")
    assert isinstance(flown.summary.error, SafetyRefused)
    assert "take-off" in str(flown.summary.error)
    assert flown.summary.exit_code == 5
    assert sent(flown.vehicle.commands) == []


async def test_a_plan_for_another_place_is_refused() -> None:
    away = replace(waypoint(0), lat_deg=HOME[0] + 1)
    flown = await flight(plan_of(TAKEOFF, away, RETURN), "ardupilot")
    assert flown.summary.exit_code == 5
    assert flown.of(Checked)[0].findings
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
        flight_ = Flight(SQUARE, station, FlyOptions())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(flight_.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            assert vehicle.number == 3
            before = list(vehicle.commands)
            task.cancel()
        assert vehicle.commands == before
        summary = flight_.summary()
        assert summary.outcome == "aborted"
        assert summary.left.startswith("in the air")
        assert "mode AUTO" in summary.left


@pytest.mark.parametrize(("wish", "mode"), [("return", "RTL"), ("hold", "BRAKE")])
async def test_leaving_with_a_wish_commands_it(wish: str, mode: str) -> None:
    async with station_with("ardupilot") as (station, vehicle):
        flight_ = Flight(SQUARE, station, FlyOptions(on_leave=wish))  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(flight_.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            assert vehicle.number == 3
            task.cancel()
        assert vehicle.mode == mode


async def test_one_that_was_armed_and_still_stands_is_disarmed_when_the_operator_leaves_with_a_wish() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        flight_ = Flight(SQUARE, station, FlyOptions(on_leave="return"))

        def leave_when_armed(event: FlyEvent) -> None:
            if isinstance(event, Phase) and event.name == "start":
                assert flight_.vehicle is not None
                flight_.vehicle.watch(lambda _message, _before, state: task.cancel() if state.armed else None)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(flight_.run(leave_when_armed))
        assert (vehicle.armed, vehicle.place[2]) == (False, 0.0)
        assert flight_.left_how == "disarming was asked of it, and done"


async def test_a_second_wish_to_leave_does_not_break_off_what_the_first_one_sends() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        flight_ = Flight(SQUARE, station, FlyOptions(on_leave="return"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(flight_.run(lambda _: None))
            await asyncio.sleep(UNDER_WAY_S)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
        assert vehicle.mode == "RTL"
        assert flight_.left_how == "return was asked of it, and taken"


async def test_who_stops_listening_ends_the_procedure() -> None:
    async with station_with("ardupilot") as (station, vehicle):
        events = fly(SQUARE, station)
        async for event in events:
            if isinstance(event, Item) and event.number == 2:
                break
        await events.aclose()  # type: ignore[attr-defined]
        before = list(vehicle.commands)
        await asyncio.sleep(60)
        assert vehicle.commands == before


async def test_every_end_has_a_summary_of_one_line() -> None:
    errors: list[LandlineError | None] = []
    for script in (Script(arm_refusals=99), Script(nak_item=1), Script(alters_items=moved(1, z=1.0))):
        errors.append((await flight(SQUARE, "ardupilot", script)).summary.error)
    for error in errors:
        assert error is not None
        assert "\n" not in str(error)


async def test_several_aircraft_and_none_named_is_the_users_to_say() -> None:
    async with station_with("ardupilot", Script(ready_at_s=0)) as (station, first):
        ours, theirs = memory_pair("ground", "second")
        second = ScriptedVehicle("px4", station.clock, Script(ready_at_s=0), system=2)
        async with asyncio.TaskGroup() as group:
            await station.add(ours)
            # The first is heard already; the second is given its time.
            await asyncio.sleep(1.5)
            assert [one.system for one in station.heard] == [1]
            living = group.create_task(second.run(theirs))
            with pytest.raises(UserError, match="1, 2"):
                await station.vehicle()
            chosen = await station.vehicle(2)
            await chosen.set_mode("return")
            assert (second.mode, first.mode) == ("RTL", "STABILIZE")
            living.cancel()
