"""Recorded flights replayed into the vehicle state: it must agree with the list of events beside each recording."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.autopilots.base import Autopilot
from controller.autopilots.identify import firmware_version, identify, is_aircraft
from controller.autopilots.state_view import LandedState
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.vehicle.item_progress import ItemTracker
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from tests.support.reference_flights import STACKS, events, flights, messages

MISSION_MESSAGES = (
    "HEARTBEAT",
    "MISSION_COUNT",
    "MISSION_ITEM_INT",
    "MISSION_ACK",
    "MISSION_CURRENT",
    "MISSION_ITEM_REACHED",
    "GLOBAL_POSITION_INT",
)


STATE = (
    "HEARTBEAT",
    "SYS_STATUS",
    "GPS_RAW_INT",
    "EKF_STATUS_REPORT",
    "ESTIMATOR_STATUS",
    "EXTENDED_SYS_STATE",
    "HOME_POSITION",
)


def replay(
    shared_data: Path, stack: str, flight: str, names: tuple[str, ...] = STATE
) -> list[tuple[float, VehicleState, Autopilot]]:
    """The state after each of these messages from the aircraft."""
    state, autopilot, states = VehicleState(), None, []
    for at_s, frame, message in messages(shared_data, stack, flight, names):
        if frame.system == 255:
            continue
        if autopilot is None and message.name == "HEARTBEAT" and is_aircraft(message, frame.source):
            autopilot = identify(message)
        if autopilot is not None:
            state = state_after(state, message, at_s, autopilot.mode_name)
            states.append((at_s, state, autopilot))
    return states


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def changes(states: list[tuple[float, VehicleState, Autopilot]], what: str) -> list[tuple[float, object]]:
    found: list[tuple[float, object]] = []
    for at_s, state, _ in states:
        value = getattr(state, what)
        if not found or found[-1][1] != value:
            found.append((at_s, value))
    return found


def test_modes_and_arming_agree_with_the_events(shared_data: Path, stack: str) -> None:
    for flight in ("square", "rtl_far") if stack != "arduplane" else ("ap1", "circuit"):
        states = replay(shared_data, stack, flight)
        listed = events(shared_data, stack, flight)
        expected_modes = [
            (at_s, text.removeprefix("mode -> ")) for at_s, text in listed if text.startswith("mode -> ")
        ]
        found_modes = [(at_s, mode) for at_s, mode in changes(states, "mode")][1:]
        if stack == "arduplane":
            expected_modes = [memory_pair for memory_pair in expected_modes if memory_pair[1] != "MANUAL"]
            found_modes = [memory_pair for memory_pair in found_modes if memory_pair[1] != "MANUAL"]
        assert [mode for _, mode in found_modes] == [mode for _, mode in expected_modes]
        assert all(abs(one[0] - two[0]) < 1.1 for one, two in zip(found_modes, expected_modes, strict=True))
        armed = [at_s for at_s, value in changes(states, "armed") if value]
        (listed_armed,) = [at_s for at_s, text in listed if text == "ARMED"]
        assert len(armed) == 1
        assert armed[0] == pytest.approx(listed_armed, abs=0.3)


def test_the_maximum_height_agrees_with_the_table(shared_data: Path) -> None:
    table = re.findall(
        r"^\| (\w+)/(\w+)\.tlog \| \d+ \| \d+ \| ([\d.]+) ",
        (shared_data / "reference" / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for stack, flight, highest_m in table:
        if flight not in ("hover", "rtl_far", "ap1"):
            continue
        states = replay(shared_data, stack, flight, ("HEARTBEAT", "GLOBAL_POSITION_INT"))
        found_m = max(state.position.alt_rel_m for _, state, _ in states if state.armed and state.position)
        assert found_m == pytest.approx(float(highest_m), abs=0.06), (stack, flight)


def test_readiness_agrees_with_the_recording_ground_station(shared_data: Path, stack: str) -> None:
    flight = "circuit" if stack == "arduplane" else "square"
    ready_s = next(at_s for at_s, text in events(shared_data, stack, flight) if text.startswith("ready"))
    states = replay(shared_data, stack, flight)
    first_s = next(
        at_s for at_s, state, autopilot in states if state.health and not autopilot.arming_blockers(state)
    )
    armed_s = next(at_s for at_s, state, _ in states if state.armed)
    assert first_s < armed_s
    assert abs(first_s - ready_s) < 3.0
    reasons = {
        reason
        for at_s, state, autopilot in states
        if at_s < first_s
        for reason in autopilot.arming_blockers(state)
    }
    assert "home is not set" in reasons


def test_in_air_is_false_true_false_over_a_flight(shared_data: Path, stack: str) -> None:
    states = replay(shared_data, stack, "ap1" if stack == "arduplane" else "square")
    flying = [value for _, value in changes(states, "in_air") if value is not None]
    assert flying == [False, True, False]
    assert states[-1][1].landed is LandedState.ON_GROUND


def test_the_version_is_read(shared_data: Path, stack: str) -> None:
    found = {
        firmware_version(message)
        for _, _, message in messages(
            shared_data,
            stack,
            "circuit" if stack == "arduplane" else "square",
            ["AUTOPILOT_VERSION"],
        )
    }
    (version,) = found
    expected = ("1.17.0-alpha", "a70a558393") if stack == "px4" else ("4.7.0-dev", "8264a9b4")
    assert (version.version, version.revision) == expected


def tracked(shared_data: Path, stack: str, flight: str) -> list[ItemTracker]:
    """Trackers of the missions of a flight, fed as the mission monitor feeds them."""
    items: dict[int, MissionItem] = {}
    trackers: list[ItemTracker] = []
    state, autopilot, was_armed = VehicleState(), None, False
    for at_s, frame, message in messages(shared_data, stack, flight, MISSION_MESSAGES):
        if frame.system == 255:
            if message.name == "MISSION_COUNT":
                items = {}
            elif message.name == "MISSION_ITEM_INT":
                items[message.seq] = item_from(message)
            continue
        if message.name == "HEARTBEAT" and autopilot is None:
            autopilot = identify(message)
        if autopilot is None:
            continue
        if message.name == "MISSION_ACK" and items:
            sent = [items[seq] for seq in sorted(items)]
            trackers.append(ItemTracker(autopilot, sent[autopilot.first_seq :]))
        state = state_after(state, message, at_s, autopilot.mode_name)
        if trackers and was_armed and not state.armed:
            trackers[-1].landed()
        was_armed = state.armed
        if not trackers or not state.armed:
            continue
        if message.name == "MISSION_ITEM_REACHED":
            trackers[-1].item_reached(message.seq)
        elif (
            message.name == "MISSION_CURRENT"
            and state.mode in autopilot.mission_modes | autopilot.modes_set_by_mission
        ):
            trackers[-1].item_current(message.seq, state.position)
    return trackers


def test_every_item_flown_counts_as_reached(shared_data: Path) -> None:
    cut_short = {
        ("arducopter", "fs_gcs"): [1, 2],
        ("arducopter", "fs_batt"): [1, 2, 3],
        ("px4", "fs_gcs"): [1, 2],
    }
    for stack, flight in flights(shared_data):
        for tracker in tracked(shared_data, stack, flight):
            where = (stack, flight, tracker.reached)
            if flight == "mission_loiter_to_alt_noterrain":
                assert (sorted(tracker.reached), tracker.skipped, tracker.missed) == ([1, 2, 4], [3], (3,))
            elif (stack, flight) in cut_short:
                assert tracker.reached == cut_short[stack, flight], where
            elif flight == "fs_batt":
                assert tracker.missed, where
            elif flight == "circuit" and tracker.last_command == 20:
                # A plane's return never ends: the mission monitor finds out when it holds.
                assert tracker.missed == (6,)
                assert tracker.at_last
                tracker.holding()
                assert tracker.missed == ()
            else:
                assert tracker.missed == (), where
                assert tracker.skipped == [], where
