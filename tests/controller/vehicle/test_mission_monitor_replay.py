"""Recorded missions monitored as if they were live: each must end as the recording did, and not earlier."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.autopilots.identify import identify
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import FlightOutcome, MissionEnded, ModeChanged, MonitorLimits
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from tests.support.reference_flights import messages

MESSAGES = (
    "HEARTBEAT",
    "MISSION_COUNT",
    "MISSION_ITEM_INT",
    "MISSION_ACK",
    "MISSION_CURRENT",
    "MISSION_ITEM_REACHED",
    "GLOBAL_POSITION_INT",
    "EXTENDED_SYS_STATE",
    "HOME_POSITION",
)


def monitored(
    shared_data: Path, stack: str, flight: str
) -> list[tuple[float, MissionEnded, MissionMonitor, list[str]]]:
    """For each mission of a recording: when and how monitoring ended, and the modes that the mission did not set."""
    state, autopilot = VehicleState(), None
    items: dict[int, MissionItem] = {}
    monitor: MissionMonitor | None = None
    foreign_modes: list[str] = []
    found = []
    begun, next_tick = False, 0.0
    for at_s, frame, message in messages(shared_data, stack, flight, MESSAGES):
        if frame.system == 255:
            if message.name == "MISSION_COUNT":
                items = {}
            elif message.name == "MISSION_ITEM_INT":
                items[message.seq] = item_from(message)
            continue
        if autopilot is None:
            autopilot = identify(message) if message.name == "HEARTBEAT" else None
            continue
        state = state_after(state, message, at_s, autopilot.mode_name)
        if message.name == "MISSION_ACK" and items:
            sent = [items[seq] for seq in sorted(items)]
            monitor, begun, foreign_modes = (
                MissionMonitor(autopilot, sent[autopilot.first_seq :], MonitorLimits()),
                False,
                [],
            )
        if monitor is None or monitor.ended:
            continue
        if not begun:
            # The fly procedure begins to monitor once the aircraft flies its mission.
            if state.armed and state.mode in autopilot.mission_modes:
                monitor.begin(state, at_s)
                begun, next_tick = True, at_s + 0.5
            continue
        events = monitor.receive(message, state, at_s)
        if at_s >= next_tick:
            next_tick = at_s + 0.5
            events += monitor.tick(at_s)
        for event in events:
            if isinstance(event, ModeChanged) and not event.by_mission:
                foreign_modes.append(event.mode)
            if isinstance(event, MissionEnded):
                found.append((at_s, event, monitor, foreign_modes))
    return found


@pytest.mark.parametrize(
    ("stack", "flight", "disarmed_s"),
    [
        ("arducopter", "square", 144),
        ("arducopter", "survey", 291),
        ("arducopter", "mission", 243),
        ("arducopter", "mission_avc2013", 200),
        ("arducopter", "mission_spline", 432),
        ("arducopter", "mission_nav_delay", 178),
        ("arduplane", "ap1", 205),
        ("px4", "square", 140),
        ("px4", "survey", 336),
    ],
)
def test_a_mission_flown_to_its_end_is_completed_when_the_aircraft_disarms(
    shared_data: Path, stack: str, flight: str, disarmed_s: float
) -> None:
    ((at_s, ended, monitor, foreign_modes),) = monitored(shared_data, stack, flight)
    assert (ended.outcome, ended.why) == (
        FlightOutcome.COMPLETED,
        "the mission ended; the aircraft landed and disarmed",
    )
    assert at_s == pytest.approx(disarmed_s, abs=1.5)
    assert monitor.tracker.missed == ()
    assert foreign_modes == []
    assert ended.left.startswith("on the ground, disarmed")


@pytest.mark.parametrize(
    ("stack", "flight", "mode"),
    [
        ("arducopter", "fs_gcs", "RTL"),
        ("arducopter", "fs_batt", "RTL"),
        ("px4", "fs_batt", "RTL"),
        ("px4", "fs_gcs", "RTL"),
    ],
)
def test_a_failsafe_is_not_a_completed_mission(shared_data: Path, stack: str, flight: str, mode: str) -> None:
    ((_, ended, monitor, foreign_modes),) = monitored(shared_data, stack, flight)
    assert ended.outcome is FlightOutcome.ABORTED
    assert mode in ended.why
    assert foreign_modes[-1] == mode
    assert monitor.tracker.missed


def test_a_planes_return_ends_with_the_plane_circling_home(shared_data: Path) -> None:
    first, second = monitored(shared_data, "arduplane", "circuit")
    assert (first[1].outcome, first[1].why) == (
        FlightOutcome.COMPLETED,
        "the mission ended; the aircraft holds position",
    )
    assert 99 < first[0] < 130
    assert first[1].left.startswith("in the air at ")
    assert second[1].outcome is FlightOutcome.COMPLETED
    assert second[0] == pytest.approx(251, abs=1.5)
    assert first[2].tracker.missed == second[2].tracker.missed == ()
