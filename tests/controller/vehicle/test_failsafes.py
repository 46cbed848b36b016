"""Failsafes named on recordings of real autopilots, by texts, and by a scripted vehicle."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.app.station import Station
from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import MissionEnd
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.link.memory import memory_pair
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.vehicle.item_progress import ItemTracker
from controller.vehicle.mission_events import mission_events
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import (
    OWN_COMMAND,
    FailsafeReported,
    FlightOutcome,
    ItemUpdate,
    ItemWaits,
    ModeChanged,
    MonitorEvent,
    MonitorLimits,
)
from controller.vehicle.monitoring.modes import ModeWatch
from controller.vehicle.state import Heartbeat, VehicleState
from controller.wire.enums import MAV_STATE
from hil.sim.clock import VirtualClock
from tests.support.data_folders import REAL
from tests.support.flights import LAND, RETURN, SQUARE, TAKEOFF, plan_of, vehicle_with, waypoint
from tests.support.real_recordings import GROUND, real_messages, replay
from tests.support.scripted.script import Script

ARDUPILOT, PX4_COPTER = ArduPilot(VehicleClass.COPTER), PX4(VehicleClass.COPTER)


def sent_items(path: Path) -> list[MissionItem]:
    """Return the items that the ground station sent, with home where it sent it."""
    found = {
        message.seq: item_from(message)
        for _, frame, message in real_messages(path)
        if message.name == "MISSION_ITEM_INT" and frame.system == GROUND and message.mission_type == 0
    }
    return [found[seq] for seq in sorted(found)]


async def monitored(path: Path) -> tuple[MissionMonitor, list[MonitorEvent]]:
    """Replay a recording to a vehicle, and monitor its mission from the moment it is flown."""
    items = sent_items(path)
    ours, theirs = memory_pair("ground", "aircraft")
    events: list[MonitorEvent] = []
    async with Station(clock=VirtualClock()) as station, asyncio.TaskGroup() as group:
        await station.add(ours)
        playing = group.create_task(replay(path, theirs))
        vehicle = await station.vehicle()
        autopilot = vehicle.autopilot
        monitor = MissionMonitor(autopilot, items[autopilot.first_seq :], MonitorLimits())
        assert await vehicle.wait(lambda now: now.armed and now.mode in autopilot.mission_modes, 1e4)
        async with mission_events(vehicle, monitor) as found:
            async for event in found:
                events.append(event)
        playing.cancel()
    return monitor, events


def of(events: list[MonitorEvent], kind: type) -> list[MonitorEvent]:
    return [event for event in events if isinstance(event, kind)]


async def test_ardupilots_battery_failsafe_is_the_reason_given() -> None:
    monitor, events = await monitored(REAL / "ardupilot_battery_failsafe.tlog")
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.ABORTED
    assert monitor.ended.why.startswith(
        "battery failsafe: the aircraft left the mission at item 2 for mode RTL"
    )
    text = "Battery 1 is low 10.20V used 164 mAh"
    assert of(events, FailsafeReported) == [FailsafeReported("battery failsafe", text)]
    assert ModeChanged("RTL", by_mission=False, cause="battery failsafe") in events
    assert monitor.findings == [f"at item 2 battery failsafe: mode RTL ({text})"]
    assert monitor.tracker.reached == [1]


async def test_px4s_battery_failsafe_in_a_mission_is_no_return_to_it() -> None:
    monitor, events = await monitored(REAL / "px4_battery_failsafe_in_mission.tlog")
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.ABORTED
    assert monitor.ended.why.startswith(
        "battery failsafe: the aircraft left the mission at item 3 for mode LAND"
    )
    changes = of(events, ModeChanged)
    modes = [(event.mode, event.cause) for event in changes if not event.by_mission]  # type: ignore[union-attr]
    assert modes == [("LOITER", "battery failsafe"), ("LAND", "battery failsafe")]
    assert not any("resumed" in finding for finding in monitor.findings)
    assert monitor.ended.left.startswith("on the ground, disarmed")


async def test_a_mode_set_by_another_ground_station_is_named_as_such() -> None:
    monitor, events = await monitored(REAL / "ardupilot_other_gcs_sets_loiter.tlog")
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.ABORTED
    assert "for mode LOITER, set from elsewhere (another ground station" in monitor.ended.why
    assert of(events, FailsafeReported) == []
    assert ModeChanged("LOITER", by_mission=False) in events
    assert not any("resumed" in finding for finding in monitor.findings)


@pytest.mark.parametrize(
    ("recording", "reason"),
    [
        ("real/exchanges/ardupilot_battery_failsafe.tlog", "battery failsafe"),
        ("real/exchanges/px4_battery_failsafe_in_mission.tlog", "battery failsafe"),
        ("reference/arducopter/fs_batt.tlog", "battery failsafe"),
        ("reference/arducopter/fs_gcs.tlog", "ground station failsafe"),
        ("reference/px4/fs_batt.tlog", "battery failsafe"),
        ("reference/px4/fs_gcs.tlog", "ground station failsafe"),
    ],
)
async def test_every_recorded_failsafe_is_named(shared_data: Path, recording: str, reason: str) -> None:
    monitor, events = await monitored(shared_data / recording)
    assert monitor.ended is not None
    assert monitor.ended.why.startswith(f"{reason}: ")
    assert {event.name for event in of(events, FailsafeReported)} == {reason}  # type: ignore[union-attr]


def test_a_failsafe_without_any_text_is_read_from_the_heartbeat() -> None:
    watch = ModeWatch(ARDUPILOT, ItemTracker(ARDUPILOT, ()), MissionEnd.LANDED)
    beat = Heartbeat(
        0.0, 2, 3, armed=True, mode="RTL", base_mode=217, custom_mode=6, status=MAV_STATE.CRITICAL
    )
    state = VehicleState(heartbeat=beat)
    assert watch.check(state, 0.0) == []
    text = "the heartbeat reports a failsafe, and no text names it"
    assert watch.check(state, 3.0) == [
        FailsafeReported("failsafe", text),
        ModeChanged("RTL", by_mission=False, cause="failsafe"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Battery 1 is critical 9.80V used 1200 mAh", "battery failsafe"),
        ("Radio Failsafe", "radio failsafe"),
        ("Radio Failsafe - Disarming", "radio failsafe"),
        ("Throttle failsafe on", "radio failsafe"),
        ("RC Long Failsafe On", "radio failsafe"),
        ("GCS Failsafe", "ground station failsafe"),
        ("EKF Failsafe: changed to LAND Mode", "EKF failsafe"),
        ("EKF variance: compass, velocity", "EKF failsafe"),
        ("Polygon fence breached", "fence breach"),
        ("Failsafe: Terrain data missing", "terrain failsafe"),
        ("Crash: Disarming: AngErr=80>30, Accel=0.1<3.0", "crash"),
        ("Potential Thrust Loss (1)", "thrust loss"),
        ("GPS Glitch", "GPS failsafe"),
        ("Parachute: Released", "parachute release"),
        ("Failsafe", "failsafe"),
        ("Radio Failsafe Cleared", None),
        ("GCS Failsafe Cleared", None),
        ("GPS Glitch cleared", None),
        ("Throttle failsafe off", None),
        ("Mission: 2 WP", None),
        ("EKF3 IMU0 is using GPS", None),
        ("Reached waypoint #2", None),
    ],
)
def test_failsafes_in_ardupilots_words(text: str, name: str | None) -> None:
    assert ARDUPILOT.failsafe_named(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Critical battery level, land now", "battery failsafe"),
        ("Manual control lost", "radio failsafe"),
        ("Connection to ground control station lost", "ground station failsafe"),
        ("Geofence violation: exceeding maximum altitude above Home", "fence breach"),
        ("No valid position estimate", "position failsafe"),
        ("Attitude failure detected", "attitude failure"),
        ("Flight termination active", "flight termination"),
        ("Quad-chute triggered due to loss of altitude during transition", "quad-chute"),
        ("Landing aborted: terrain measurement not found", "landing aborted"),
        ("Failsafe activated: switching to RTL", "failsafe"),
        ("Manual control regained after 2.3 s", None),
        ("GCS connection regained", None),
        ("Mission finished, landed", None),
        ("Takeoff detected", None),
    ],
)
def test_failsafes_in_px4s_words(text: str, name: str | None) -> None:
    assert PX4_COPTER.failsafe_named(text) == name


async def flown(
    plan_items: object, script: Script, limits: MonitorLimits, act: object = None, stack: str = "ardupilot"
) -> tuple[MissionMonitor, list[MonitorEvent]]:
    """Fly a scripted vehicle, and call `act(vehicle, scripted)` when item 3 begins."""
    script = replace(script, ready_at_s=0.0)
    async with vehicle_with(stack, script) as (vehicle, scripted):
        await vehicle.mission.upload(plan_items)  # type: ignore[arg-type]
        assert vehicle.mission.onboard is not None
        monitor = MissionMonitor(vehicle.autopilot, vehicle.mission.onboard.items, limits)
        events: list[MonitorEvent] = []
        async with mission_events(vehicle, monitor) as found:
            await vehicle.mission.start()
            async for event in found:
                events.append(event)
                if act is not None and isinstance(event, ItemUpdate) and event.number == 3:
                    await act(vehicle, scripted)  # type: ignore[operator]
                    act = None
    return monitor, events


async def test_a_mode_that_landline_commands_is_known_to_the_monitor() -> None:
    async def go_home(vehicle: object, _: object) -> None:
        await vehicle.return_home()  # type: ignore[attr-defined]

    monitor, events = await flown(SQUARE, Script(speed_m_s=5), MonitorLimits(), go_home)
    assert ModeChanged("RTL", by_mission=False, cause=OWN_COMMAND) in events
    assert not monitor.taken_over
    assert monitor.ended is not None
    assert "which Landline commanded" in monitor.ended.why


async def test_a_failsafe_without_a_mode_change_is_a_finding() -> None:
    async def lose_the_radio(_: object, scripted: object) -> None:
        await scripted._send_text("Radio Failsafe: continuing mission", 4)  # type: ignore[attr-defined]

    monitor, events = await flown(SQUARE, Script(speed_m_s=5), MonitorLimits(), lose_the_radio)
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.COMPLETED
    assert FailsafeReported("radio failsafe", "Radio Failsafe: continuing mission") in events
    assert "radio failsafe: Radio Failsafe: continuing mission" in monitor.findings


async def test_holding_over_a_landing_point_is_told_within_seconds() -> None:
    async def hold(_: object, scripted: object) -> None:
        scripted.mode = "LOITER"  # type: ignore[attr-defined]

    plan = plan_of(TAKEOFF, waypoint(60), LAND)
    monitor, events = await flown(plan, Script(), MonitorLimits(deviation_s=120), hold, "px4")
    assert ModeChanged("LOITER", by_mission=False) in events
    assert monitor.ended is not None
    assert monitor.ended.outcome is FlightOutcome.ABORTED
    assert "mode LOITER" in monitor.ended.why


async def test_an_aircraft_that_circles_an_item_is_told() -> None:
    async def circle(_: object, scripted: object) -> None:
        async def fly_in_circles() -> None:
            while True:
                for north_deg in (0.0002, -0.0002):
                    scripted.place[0] += north_deg  # type: ignore[attr-defined]
                    await asyncio.sleep(5)

        asyncio.get_running_loop().create_task(fly_in_circles())

    limits = MonitorLimits(stall_s=60, flight_s=300)
    monitor, events = await flown(
        plan_of(TAKEOFF, waypoint(60), waypoint(90), RETURN), Script(stops_at_item=3), limits, circle
    )
    waits = of(events, ItemWaits)
    assert len(waits) >= 3
    assert waits[0].text.startswith("item 3 (NAV_WAYPOINT): no nearer for 6")  # type: ignore[union-attr]
    assert any("no nearer" in finding for finding in monitor.findings)


@pytest.mark.parametrize("low", [False, True], ids=["high", "low"])
async def test_a_landing_by_failsafe_does_not_reach_the_landing_item(low: bool) -> None:
    async def land(_: object, scripted: object) -> None:
        await scripted._send_text("Battery 1 is critical 9.80V used 1200 mAh", 4)  # type: ignore[attr-defined]
        scripted.mode = "LAND"  # type: ignore[attr-defined]
        if low:  # on the ground within two seconds
            scripted.place[2] = 1.0  # type: ignore[attr-defined]

    monitor, _ = await flown(plan_of(TAKEOFF, waypoint(60), LAND), Script(), MonitorLimits(), land)
    assert monitor.ended is not None
    assert monitor.ended.why.startswith(
        "battery failsafe: the aircraft left the mission at item 3 for mode LAND"
    )
    assert 3 not in monitor.tracker.reached
