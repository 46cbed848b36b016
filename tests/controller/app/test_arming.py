"""Refusals to arm: waited for where time cures them, ended at once where it does not; never armed by surprise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.app.fly.events import ArmReadiness, FlightPhase, FlyEvent
from controller.app.fly.options import FlyOptions
from controller.app.fly.preflight import wait_ready
from controller.app.fly.procedure import FlyProcedure
from controller.app.station import Station
from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.px4 import PX4
from controller.autopilots.refusals import Cure
from controller.autopilots.vehicle_class import VehicleClass
from controller.errors import AircraftRefused, LandlineError, SafetyRefused
from controller.link.memory import memory_pair
from controller.protocol.command.server import CommandReply
from controller.vehicle.procedure_runner import ArmRefused
from controller.vehicle.state import VehicleState
from controller.wire.enums import MAV_CMD
from hil.sim.clock import VirtualClock
from tests.support.data_folders import REAL
from tests.support.flights import SQUARE, flight, station_with
from tests.support.real_recordings import replay
from tests.support.scripted.script import Script

ARM = (MAV_CMD.COMPONENT_ARM_DISARM, (1.0, 0, 0, 0, 0, 0, 0))
COPTER, MULTICOPTER = ArduPilot(VehicleClass.COPTER), PX4(VehicleClass.COPTER)


@pytest.mark.parametrize(
    "text",
    [
        "Arm: Need Position Estimate",
        "PreArm: waiting for terrain data",
        "PreArm: EKF attitude is bad",
        "PreArm: Gyros not calibrated",
        "PreArm: GPS 1: Bad fix",
        "PreArm: AHRS: waiting for home",
        "PreArm: AHRS: not using configured AHRS type",
        "PreArm: EKF3 waiting for GPS config data",
        "PreArm: GPS and AHRS differ by 12.3m",
        "PreArm: High GPS HDOP",
        "Arm: System not initialised",
    ],
)
def test_what_time_cures_on_ardupilot(text: str) -> None:
    assert COPTER.refusal_cure(text, VehicleState()) is Cure.TIME


@pytest.mark.parametrize(
    "text",
    [
        "PreArm: Q_ASSIST_SPEED is not set",
        "PreArm: Check ACRO_BAL_ROLL/PITCH",
        "PreArm: Check FS_THR_VALUE",
        "PreArm: 3D Accel calibration needed",
        "PreArm: Compass not calibrated",
        "PreArm: Compass calibrated requires reboot",
        "PreArm: Motors: Check frame class and type",
        "PreArm: RC not calibrated",
        "PreArm: Battery 1 below minimum arming voltage",
    ],
)
def test_what_time_does_not_cure_on_ardupilot(text: str) -> None:
    assert COPTER.refusal_cure(text, VehicleState()) is Cure.NEVER


@pytest.mark.parametrize(
    "text", ["PreArm: Hardware safety switch", "PreArm: RC not found", "Arm: Check mag field"]
)
def test_what_is_not_known_on_ardupilot(text: str) -> None:
    assert COPTER.refusal_cure(text, VehicleState()) is Cure.UNKNOWN


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("Preflight Fail: ekf2 missing data", Cure.TIME),
        ("Waiting for estimator to initialize", Cure.TIME),
        ("GPS fix too low", Cure.TIME),
        ("Home position not set", Cure.TIME),
        ("Height estimate not stable", Cure.TIME),
        ("Mission rejected: Landing waypoint/pattern required", Cure.NEVER),
        ("No valid mission available", Cure.NEVER),
        ("Low battery", Cure.NEVER),
        ("Compass 0 uncalibrated", Cure.NEVER),
        ("Press safety button first", Cure.UNKNOWN),
    ],
)
def test_what_time_cures_on_px4(text: str, cure: Cure) -> None:
    assert MULTICOPTER.refusal_cure(text, VehicleState()) is cure


def test_px4s_refusal_without_a_reason_is_waited_for_only_after_boot() -> None:
    text = "Arming denied: Resolve system health failures first"
    assert MULTICOPTER.refusal_cure(text, VehicleState(boot_ms=9_000)) is Cure.TIME
    estimator = {"at_s": 0.0, "flags": 1023, "good": True}
    from controller.vehicle.state import Estimator

    ready = VehicleState(boot_ms=90_000, estimator=Estimator(**estimator))  # type: ignore[arg-type]
    assert MULTICOPTER.refusal_cure(text, ready) is Cure.UNKNOWN


@pytest.mark.parametrize(
    ("stack", "text"), [("ardupilot", "Arm: Need Position Estimate"), ("px4", "GPS fix too low")]
)
async def test_a_refusal_that_time_cures_is_waited_for(stack: str, text: str) -> None:
    flown = await flight(SQUARE, stack, Script(arms_from_s=70, arm_text=text))
    assert flown.summary.outcome == "completed"
    assert 4 < flown.vehicle.commands.count(ARM) < 12
    assert (text,) in [event.reasons for event in flown.of(ArmReadiness)]


async def test_a_refusal_that_time_cures_is_waited_for_no_longer_than_asked() -> None:
    script = Script(arms_from_s=1e9, arm_text="Arm: Need Position Estimate")
    flown = await flight(SQUARE, "ardupilot", script, FlyOptions(ready_within_s=60))
    assert isinstance(flown.summary.error, ArmRefused)
    assert "--ready-within" in str(flown.summary.error)
    assert flown.events[-1].t_s < 75
    assert not flown.vehicle.armed


async def test_terrain_that_nobody_sends_is_explained() -> None:
    script = Script(arms_from_s=1e9, arm_text="Arm: waiting for terrain data")
    flown = await flight(SQUARE, "ardupilot", script, FlyOptions(ready_within_s=30))
    assert "TERRAIN_REQUEST" in str(flown.summary.error)


async def test_a_refusal_that_time_does_not_cure_ends_at_once() -> None:
    script = Script(arm_refusals=99, arm_text="Arm: Q_ASSIST_SPEED is not set")
    flown = await flight(SQUARE, "ardupilot", script)
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "Q_ASSIST_SPEED is not set" in str(flown.summary.error)
    assert "waiting does not help" in str(flown.summary.error)
    assert flown.vehicle.commands.count(ARM) == 1


async def test_an_estimator_that_has_not_reported_yet_is_not_ready() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(ready_at_s=0, estimator_from_s=12))
    reasons = [reason for event in flown.of(ArmReadiness) for reason in event.reasons]
    assert "estimator status not received yet" in reasons
    assert flown.summary.outcome == "completed"


async def test_an_aircraft_without_estimator_reports_is_flown_all_the_same() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(ready_at_s=0, estimator_from_s=1e9))
    assert flown.summary.outcome == "completed"


async def test_ctrl_c_between_two_attempts_leaves_it_disarmed() -> None:
    script = Script(ready_at_s=0, arms_from_s=40, arm_text="Arm: Need Position Estimate")
    async with station_with("ardupilot", script) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        running = asyncio.ensure_future(procedure.run(lambda _: None))
        await asyncio.sleep(20)
        assert vehicle.commands.count(ARM) > 0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        sent = vehicle.commands.count(ARM)
        await asyncio.sleep(60)
        assert vehicle.commands.count(ARM) == sent
        assert not vehicle.armed


async def test_an_aircraft_armed_by_another_while_it_waits_is_left_alone() -> None:
    script = Script(ready_at_s=0, arms_from_s=1e9, arm_text="Arm: Need Position Estimate")
    async with station_with("ardupilot", script) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        running = asyncio.ensure_future(procedure.run(lambda _: None))
        await asyncio.sleep(20)
        vehicle.armed, vehicle.mode = True, "STABILIZE"
        before = len(vehicle.commands)
        summary = await running
        assert "armed already" in str(summary.error)
        assert len(vehicle.commands) == before


async def test_an_aircraft_armed_by_another_during_the_upload_is_left_alone() -> None:
    async with station_with("ardupilot", Script(ready_at_s=0)) as (station, vehicle):
        sent: list[int] = []

        def arm(event: FlyEvent) -> None:
            if isinstance(event, FlightPhase) and event.name == "upload":
                vehicle.armed, vehicle.mode = True, "STABILIZE"
                sent.append(len(vehicle.commands))

        summary = await FlyProcedure(SQUARE, station, FlyOptions()).run(arm)
        assert isinstance(summary.error, SafetyRefused)
        assert [len(vehicle.commands)] == sent


async def test_an_aircraft_armed_by_another_just_before_our_arming_is_left_alone() -> None:
    async with station_with("ardupilot", Script(ready_at_s=0)) as (station, vehicle):
        set_mode = vehicle._set_mode

        def armed_by_another(number: int, sub: int) -> CommandReply:
            vehicle.armed = True
            return set_mode(number, sub)

        vehicle._set_mode = armed_by_another  # type: ignore[method-assign]
        summary = await FlyProcedure(SQUARE, station, FlyOptions()).run(lambda _: None)
        assert isinstance(summary.error, SafetyRefused)
        assert "another operator has armed" in str(summary.error)
        # Neither armed, nor started, nor disarmed by us.
        assert MAV_CMD.COMPONENT_ARM_DISARM not in [command for command, _ in vehicle.commands]
        assert vehicle.armed


async def test_ctrl_c_between_attempts_leaves_an_aircraft_that_another_armed() -> None:
    script = Script(ready_at_s=0, arms_from_s=1e9, arm_text="Arm: Need Position Estimate")
    async with station_with("ardupilot", script) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave="hold"))
        running = asyncio.ensure_future(procedure.run(lambda _: None))
        await asyncio.sleep(20)
        assert procedure.vehicle is not None
        vehicle.armed, before = True, len(vehicle.commands)
        assert await procedure.vehicle.wait(lambda state: state.armed, 2.0)
        assert not running.done()
        running.cancel()
        await asyncio.wait({running})
        assert (vehicle.armed, len(vehicle.commands)) == (True, before)


async def test_an_arming_that_heartbeats_show_late_is_ours() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(armed_shown_after_s=7))
    assert flown.summary.outcome == "completed"
    assert flown.vehicle.commands.count(ARM) == 1


@pytest.mark.parametrize("stack", ["ardupilot", "arduplane", "px4"])
async def test_an_accepted_arming_that_no_heartbeat_shows_is_taken_back(stack: str) -> None:
    flown = await flight(SQUARE, stack, Script(armed_shown_after_s=1e9))
    assert isinstance(flown.summary.error, AircraftRefused)
    assert "disarm" in str(flown.summary.error)
    assert flown.vehicle.commands.count(ARM) == 1
    assert not flown.vehicle.armed


async def test_an_arming_that_is_neither_shown_nor_taken_back_is_reported() -> None:
    flown = await flight(SQUARE, "ardupilot", Script(armed_shown_after_s=1e9, disarm_refused=True))
    assert "its motors may run" in str(flown.summary.error)


async def test_ctrl_c_before_heartbeats_show_our_arming_disarms_it() -> None:
    async with station_with("ardupilot", Script(armed_shown_after_s=1e9)) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions(on_leave="hold"))
        started = asyncio.Event()

        def watch(event: FlyEvent) -> None:
            if isinstance(event, FlightPhase) and event.name == "start":
                started.set()

        running = asyncio.ensure_future(procedure.run(watch))
        await started.wait()
        await asyncio.sleep(5)
        assert vehicle.armed
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not vehicle.armed
        assert "disarm" in procedure.left_how


async def waited(path: Path, **options: float) -> tuple[float, LandlineError, list[tuple[str, ...]]]:
    """Wait for readiness on a replayed recording: seconds until it ended, how, and the reasons told."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    told: list[tuple[str, ...]] = []
    async with Station(clock=clock) as station, asyncio.TaskGroup() as group:
        await station.add(ours)
        playing = group.create_task(replay(path, theirs))
        vehicle = await station.vehicle()
        began_s = clock.now()
        with pytest.raises(LandlineError) as caught:
            await wait_ready(vehicle, FlyOptions(**options), told.append)  # type: ignore[arg-type]
        playing.cancel()
    return clock.now() - began_s, caught.value, told


async def test_ardupilot_in_stabilize_without_a_position_is_not_ready() -> None:
    _, error, told = await waited(REAL / "ardupilot_needs_position_estimate.tlog", ready_within_s=5.0)
    assert isinstance(error, ArmRefused)
    assert () not in told


async def test_a_quadplane_that_never_arms_ends_with_its_words_at_once() -> None:
    took_s, error, _ = await waited(REAL / "ardupilot_quadplane_q_assist_speed.tlog")
    assert isinstance(error, ArmRefused)
    assert error.reasons == ("PreArm: Q_ASSIST_SPEED is not set",)
    assert took_s < 20
