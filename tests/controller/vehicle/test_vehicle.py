"""Commands of a pilot: verified, refused when unsafe, never sent to the wrong aircraft."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.autopilots.identify import identify
from controller.autopilots.state_view import LandedState
from controller.errors import AircraftRefused, SafetyRefused, UserError, VerificationFailed
from controller.vehicle.command_arbiter import CommandArbiter, Superseded
from controller.vehicle.identity import IdentityMonitor
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import encode
from controller.wire.enums import MAV_CMD
from tests.support.flights import RETURN, TAKEOFF, plan_of, vehicle_with, waypoint
from tests.support.scripted.script import Script, with_item_changed
from tests.support.scripted.telemetry import HOME

PLAN = plan_of(TAKEOFF, waypoint(50), RETURN)


def commanded(scripted: object, command: int) -> list[tuple[float, ...]]:
    return [params for number, params in scripted.commands if number == command]  # type: ignore[attr-defined]


# Arming and disarming


async def test_arming_ends_when_the_heartbeats_show_armed() -> None:
    async with vehicle_with("px4") as (vehicle, scripted):
        await vehicle.arm()
        assert vehicle.state.armed
        assert scripted.armed


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_disarming_in_flight_is_refused_and_not_sent(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.arm()
        scripted.place[2] = 30.0
        await asyncio.sleep(2)
        sent = len(scripted.commands)
        with pytest.raises(SafetyRefused, match=r"cannot disarm the aircraft: it is flying at 30\.0 m"):
            await vehicle.disarm()
        assert len(scripted.commands) == sent
        assert scripted.armed


async def test_disarming_in_flight_by_force_sends_the_force_code() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        await vehicle.arm()
        scripted.place[2] = 30.0
        await asyncio.sleep(2)
        await vehicle.disarm(force=True)
        assert commanded(scripted, MAV_CMD.COMPONENT_ARM_DISARM)[-1][:2] == (0.0, 21196.0)


async def test_disarming_on_the_ground_disarms() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        await vehicle.arm()
        await vehicle.disarm()
        assert not scripted.armed
        assert commanded(scripted, MAV_CMD.COMPONENT_ARM_DISARM)[-1][:2] == (0.0, 0.0)


def armed_state(**more: object) -> VehicleState:
    heartbeat = m.HEARTBEAT(type=2, autopilot=3, base_mode=129, custom_mode=0)
    return state_after(VehicleState(**more), heartbeat, 0.0, identify(heartbeat).mode_name)  # type: ignore[arg-type]


def test_an_unknown_landed_state_is_not_taken_for_on_the_ground() -> None:
    assert armed_state().in_air is None
    assert armed_state(landed=LandedState.ON_GROUND).in_air is False
    assert armed_state(landed=LandedState.LANDING).in_air is True


# Modes


@pytest.mark.parametrize(
    ("stack", "mode", "name"),
    [
        ("ardupilot", "return", "RTL"),
        ("ardupilot", "guided", "GUIDED"),
        ("px4", "hold", "LOITER"),
        ("px4", "rtl", "RTL"),
    ],
)
async def test_a_mode_is_changed_by_purpose_or_by_name(stack: str, mode: str, name: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.set_mode(mode)
        assert scripted.mode == vehicle.state.mode == name


async def test_an_unknown_mode_is_a_user_error_that_lists_the_modes() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        with pytest.raises(UserError, match="BRAKE"):
            await vehicle.set_mode("warp")
        assert scripted.commands == []


async def test_a_mode_accepted_and_left_at_once_is_refused() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):

        async def pilot() -> None:
            await asyncio.sleep(0.01)
            scripted.mode = "STABILIZE"

        async with asyncio.TaskGroup() as group:
            group.create_task(pilot())
            with pytest.raises(AircraftRefused, match="accepted, but the aircraft is in STABILIZE"):
                await vehicle.set_mode("RTL")


async def test_goto_sends_the_position_as_integers() -> None:
    async with vehicle_with("px4") as (vehicle, scripted):
        await vehicle.goto(HOME[0] + 0.001, HOME[1], 30.0)
        sent = next(one for one in scripted.received if one.name == "COMMAND_INT")
        assert (sent.command, sent.x, sent.frame) == (192, round((HOME[0] + 0.001) * 1e7), 0)
        assert sent.z == pytest.approx(HOME[2] + 30.0)
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        await vehicle.goto(HOME[0], HOME[1], 30.0)
        sent = next(one for one in scripted.received if one.name == "COMMAND_INT")
        assert (sent.frame, sent.z) == (3, 30.0)


@pytest.mark.parametrize(
    "place", [(200.0, 8.0, 30.0), (0.0, 0.0, 30.0), (47.0, 8.0, -5.0), (47.0, 8.0, float("nan"))]
)
async def test_goto_refuses_invalid_positions(place: tuple[float, float, float]) -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        with pytest.raises(SafetyRefused):
            await vehicle.goto(*place)
        assert scripted.commands == []


# Command arbiter


async def test_an_urgent_command_cancels_the_procedure_and_those_waiting() -> None:
    arbiter, done = CommandArbiter(), []

    async def procedure(name: str) -> None:
        async with arbiter.acquire(name):
            await asyncio.sleep(100)
            done.append(name)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(_caught(procedure("first")))
        second = group.create_task(_caught(procedure("second")))
        await asyncio.sleep(1)
        async with arbiter.acquire("landing", urgent=True):
            done.append("landing")
    assert done == ["landing"]
    assert isinstance(first.result(), Superseded)
    assert isinstance(second.result(), Superseded)
    assert "first cancelled by a newer command: landing" in str(first.result())


async def _caught(work: object) -> BaseException | None:
    try:
        await work  # type: ignore[misc]
    except Superseded as error:
        return error
    return None


async def test_procedures_wait_for_each_other() -> None:
    arbiter, order = CommandArbiter(), []

    async def procedure(name: str) -> None:
        async with arbiter.acquire(name):
            order.append(name)
            await asyncio.sleep(1)
            order.append(name)

    await asyncio.gather(procedure("a"), procedure("b"))
    assert order == ["a", "a", "b", "b"]


async def test_cancelling_a_procedure_from_outside_is_still_a_cancellation() -> None:
    arbiter = CommandArbiter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), arbiter.acquire("work"):
            await asyncio.sleep(10)
    async with arbiter.acquire("next"):
        pass


# Addressing


async def test_every_command_names_its_target() -> None:
    async with vehicle_with("ardupilot", Script(ready_at_s=0)) as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        await vehicle.mission.start()
        await vehicle.return_home()
        aimed = [one for one in scripted.received if one.name not in ("HEARTBEAT", "TIMESYNC")]
        assert {(one.target_system, one.target_component) for one in aimed} == {(1, 1)}


async def test_no_command_is_sent_while_another_stack_uses_the_system_id() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        problems = []
        vehicle.watch_identity(problems.append)
        link = scripted._link
        assert link is not None
        other = m.HEARTBEAT(type=2, autopilot=12, base_mode=1, custom_mode=3 << 16)
        await link.write(encode(other, seq=0, source=scripted.address))
        await asyncio.sleep(0.5)
        assert "PX4" in problems[0].what
        assert vehicle.state.mode == "STABILIZE"
        with pytest.raises(SafetyRefused, match="cannot send commands"):
            await vehicle.arm()
        assert scripted.commands == []


async def test_messages_from_other_systems_do_not_change_the_state() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        link = scripted._link
        assert link is not None
        for source in (address(2, 1), address(1, 191)):
            await link.write(
                encode(m.HEARTBEAT(type=2, autopilot=3, base_mode=129, custom_mode=9), seq=0, source=source)
            )
        await asyncio.sleep(0.5)
        assert (vehicle.state.mode, vehicle.state.armed) == ("STABILIZE", False)
        assert vehicle.identity_problem is None


def _identity_after(*stamps: tuple[float, float]) -> list[str]:
    """Return the problems of ATTITUDE messages, each with its arrival and its time since boot, both in seconds."""
    monitor = IdentityMonitor(m.HEARTBEAT(type=2, autopilot=3))
    found = [
        monitor.receive(m.ATTITUDE(time_boot_ms=round(boot_s * 1000)), now_s) for now_s, boot_s in stamps
    ]
    return ["restarted" if one.restarted else "two" for one in found if one]


def test_alternating_boot_times_are_two_vehicles_one_jump_back_a_restart() -> None:
    late = (0.2, 99.0)
    assert _identity_after((0, 100), late, (0.5, 0.5)) == ["restarted"]
    assert _identity_after((0, 100), late, (0.5, 0.5), (1, 101)) == ["restarted", "two"]
    assert _identity_after((0, 100), (0.1, 93), (0.2, 100.2)) == ["restarted", "two"]


def test_an_aircraft_that_restarts_often_is_not_taken_for_two() -> None:
    """A battery is changed, or a parameter needs a restart: the time since boot jumps back each time."""
    assert _identity_after((0, 600), (60, 1), (300, 241), (360, 2), (700, 342), (800, 1)) == ["restarted"] * 3


@pytest.mark.parametrize("silent_s", [6.0, 30.0, 120.0, 3600.0])
def test_a_restarted_aircraft_that_was_silent_is_not_taken_for_two(silent_s: float) -> None:
    heard = [(61.0 + i, 1.0 + i) for i in range(5)]
    later = (65.0 + silent_s, 5.0 + silent_s)
    assert _identity_after((0, 600), *heard, later, (later[0] + 1, later[1] + 1)) == ["restarted"]


def test_a_restart_does_not_end_the_sign_of_another_vehicle() -> None:
    monitor = IdentityMonitor(m.HEARTBEAT(type=2, autopilot=3))
    monitor.receive(m.HEARTBEAT(type=2, autopilot=12), 0.0)
    monitor.receive(m.ATTITUDE(time_boot_ms=100_000), 1.0)
    restart = monitor.receive(m.ATTITUDE(time_boot_ms=100), 2.0)
    assert restart is not None
    assert restart.restarted
    assert monitor.problem is not None
    assert not monitor.problem.restarted


# The mission on board


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_an_uploaded_plan_is_downloaded_equal(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, _):
        await vehicle.mission.upload(PLAN)
        down = await vehicle.mission.download()
        assert [item.command for item in down.items] == [22, 16, 20]
        assert (down.items[1].lat_deg, down.items[1].alt_m) == (PLAN.items[1].lat_deg, 20.0)


@pytest.mark.parametrize("field", ["x", "y", "z", "param1", "command", "frame"])
async def test_a_mission_changed_in_transfer_fails_verification(field: str) -> None:
    change = {field: 99}
    async with vehicle_with(
        "ardupilot", Script(ready_at_s=0, changes_items=with_item_changed(2, **change))
    ) as (
        vehicle,
        _,
    ):
        with pytest.raises(VerificationFailed, match=f"item 2: {field} "):
            await vehicle.mission.upload(PLAN)
        assert vehicle.mission.onboard is None
        with pytest.raises(UserError, match="none was uploaded"):
            await vehicle.mission.start()


async def test_after_a_failed_upload_no_mission_can_be_started() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        scripted.script.refused_item = 1
        with pytest.raises(AircraftRefused):
            await vehicle.mission.upload(PLAN)
        with pytest.raises(UserError, match="none was uploaded"):
            await vehicle.mission.start()
        assert not scripted.armed


async def test_a_mission_is_cleared() -> None:
    async with vehicle_with("px4") as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        await vehicle.mission.clear()
        assert scripted.items == ()


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_progress_counts_the_items_and_ends_with_the_mission(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        await vehicle.mission.start()
        reached = [item.number async for item in vehicle.mission.progress() if item.reached]
        assert reached == [1, 2, 3]
        assert not scripted.armed


async def test_progress_raises_when_another_operator_takes_over() -> None:
    script = Script(ready_at_s=0, takeover_modes={2: "LAND"})
    async with vehicle_with("ardupilot", script) as (vehicle, _):
        await vehicle.mission.upload(PLAN)
        await vehicle.mission.start()
        with pytest.raises(AircraftRefused, match="mode LAND"):
            async for _ in vehicle.mission.progress():
                pass


# Parameters


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_parameters_are_read_written_saved_and_loaded(stack: str, tmp_path: Path) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        assert await vehicle.params.get("TEST_COUNT") == 7
        assert await vehicle.params.set("TEST_COUNT", 8) == 8
        assert scripted.params["TEST_COUNT"] == 8
        for name in ("saved.param", "saved.json"):
            file = tmp_path / name
            assert await vehicle.params.save(file) == 2
            scripted.params.set("TKOFF_ALT", 20.0)
            changed, failed = await vehicle.params.load(file)
            assert (changed, failed) == ({"TKOFF_ALT": (20.0, 50.0)}, {})


async def test_a_parameter_file_with_a_bad_line_names_it(tmp_path: Path) -> None:
    file = tmp_path / "bad.param"
    file.write_text("TKOFF_ALT,50\nTEST_COUNT,seven\n", encoding="utf-8")
    async with vehicle_with("ardupilot") as (vehicle, _):
        with pytest.raises(UserError, match=r"bad\.param:2"):
            await vehicle.params.load(file)
