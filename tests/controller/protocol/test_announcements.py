"""Texts for the operator: status texts and events of all components, each said once."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.protocol.announcements import Announcement, Announcements, BoxTexts
from controller.protocol.events.definitions import NO_EVENTS, EventTable, packed_table
from controller.protocol.ground_box import BOX, MAGIC, RECORD_HEAD
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.tlog import TlogFrames

REAL = Path(__file__).parents[2] / "data" / "real"
PX4 = packed_table("px4")
AUTOPILOT = address(1, 1)
LOW_BATTERY_ID, WARN, CRITICAL = 28993875, 4, 2
HEALTH_BEGINS, HEALTH_ENDS, NO_OFFBOARD, NO_STICKS, NO_BATTERY = (
    27825120,
    18691879,
    19865031,
    17231145,
    21826980,
)
MISSION_MODE = 4 << 16 | 4 << 24
OFFBOARD_MODE = 6 << 16


def recorded(file: str, table: EventTable = PX4) -> list[Announcement]:
    frames = list(TlogFrames((REAL / file).read_bytes()))
    aircraft = next(frame.source for _, frame in frames if frame.component == AUTOPILOT.component)
    machine = Announcements(GROUND_STATION, aircraft, table)
    found: list[Announcement] = []
    for time_us, frame in frames:
        now = time_us / 1e6
        if machine.deadline is not None and now >= machine.deadline:
            machine.tick(now)
        machine.receive(dialect.DECODERS[frame.msg_id](frame.raw), frame.source, now)
        found += machine.texts()
    machine.tick(now + 10.0)
    return found + machine.texts()


def warnings(texts: list[Announcement]) -> list[str]:
    return [text.text for text in texts if text.severity <= WARN]


def test_a_recorded_rejection_is_said_with_its_reason_and_once() -> None:
    said = recorded("px4_plane_without_landing_denied.tlog")
    denied = "Arming denied: Resolve system health failures first"
    assert warnings(said) == ["Mission rejected: Landing waypoint/pattern required", denied, denied, denied]
    assert [text.event for text in said if text.severity <= WARN][:2] == [
        "navigator_mis_land_missing",
        "commander_arm_denied_resolve_failures",
    ]


def test_recorded_warnings_of_a_failsafe_are_each_said_once() -> None:
    said = recorded("px4_battery_failsafe_in_mission.tlog")
    assert warnings(said) == [
        "No manual control input",
        "Low battery",
        "Low battery level, return advised",
        "Critical battery",
        "Critical battery level: switching to RTL in 5 seconds",
        "Dangerously low battery! System shut down failed",
        "Emergency battery level",
        "Emergency battery level: switching to Land",
        "Low battery",
    ]


def test_without_the_words_of_events_the_texts_are_shown() -> None:
    said = recorded("px4_battery_failsafe_in_mission.tlog", NO_EVENTS)
    assert "Failsafe activated: entering Hold for 5 seconds" in warnings(said)
    assert f"event {NO_STICKS}, arguments ff ff ff ff 07" in warnings(said)


def test_all_words_of_a_flight_are_said_once() -> None:
    texts = [text.text for text in recorded("px4_second_mission_starts_at_item_4.tlog")]
    assert sorted(set(texts)) == sorted(texts)
    assert "Mission finished, loitering" in texts
    assert any(text.startswith("logging: opening log file") for text in texts)


class Aircraft:
    """Announcements of an aircraft whose messages the test sends."""

    def __init__(self, table: EventTable = PX4, *, mode: int = MISSION_MODE) -> None:
        self.machine = Announcements(GROUND_STATION, AUTOPILOT, table)
        self.now, self._sequence = 0.0, 0
        self.machine.receive(m.HEARTBEAT(custom_mode=mode), AUTOPILOT, 0.0)

    def text(self, text: str, severity: int, component: int = 1, system: int = 1) -> list[Announcement]:
        message = m.STATUSTEXT(severity=severity, text=text)
        self.machine.receive(message, address(system, component), self.now)
        return self.machine.texts()

    def event(self, event_id: int, severity: int = 8, arguments: bytes = b"") -> list[Announcement]:
        self._sequence += 1
        levels = severity << 4 | severity
        message = m.EVENT(id=event_id, sequence=self._sequence, log_levels=levels, arguments=arguments)
        self.machine.receive(message, AUTOPILOT, self.now)
        return self.machine.texts()

    def mode(self, custom_mode: int) -> list[Announcement]:
        self.machine.receive(m.HEARTBEAT(custom_mode=custom_mode), AUTOPILOT, self.now)
        return self.machine.texts()

    def wait(self, seconds: float) -> list[Announcement]:
        self.now += seconds
        self.machine.tick(self.now)
        return self.machine.texts()

    def report(self, *checks: tuple[int, int, int]) -> list[str]:
        """Send a health report of checks (event, severity, modes); return the texts that it gives."""
        said = self.event(HEALTH_BEGINS)
        for event_id, severity, modes in checks:
            said += self.event(event_id, severity, modes.to_bytes(4, "little") + b"\x07")
        return [text.text for text in said + self.event(HEALTH_ENDS)]


def test_a_text_whose_event_does_not_come_is_said_after_a_moment() -> None:
    aircraft = Aircraft()
    aircraft.event(HEALTH_BEGINS)
    assert aircraft.text("Geofence violated\t", CRITICAL) == []
    assert aircraft.wait(1.0) == []
    assert aircraft.wait(1.0) == [Announcement(CRITICAL, "Geofence violated")]
    assert aircraft.machine.deadline is None


def test_a_notice_does_not_stand_for_a_warning() -> None:
    aircraft = Aircraft()
    aircraft.event(HEALTH_BEGINS)
    aircraft.text("Geofence violated\t", CRITICAL)
    assert [text.text for text in aircraft.event(21054825, 6)] == ["Takeoff detected"]
    assert [text.text for text in aircraft.wait(2.0)] == ["Geofence violated"]


def test_a_text_without_a_tab_comes_at_once() -> None:
    aircraft = Aircraft()
    aircraft.event(HEALTH_BEGINS)
    said = aircraft.text("Preflight Fail: no GPS", CRITICAL)
    assert [text.text for text in said] == ["Preflight Fail: no GPS"]


def test_of_an_aircraft_that_sends_no_events_only_the_first_text_waits() -> None:
    aircraft = Aircraft()
    assert aircraft.text("Low battery\t", CRITICAL) == []
    assert [text.text for text in aircraft.wait(1.5)] == ["Low battery"]
    assert [text.text for text in aircraft.text("Critical battery\t", CRITICAL)] == ["Critical battery"]


def test_a_text_before_the_first_event_is_said_once() -> None:
    aircraft = Aircraft()
    assert aircraft.text("Takeoff detected\t", 6) == []
    assert [text.text for text in aircraft.event(21054825, 6)] == ["Takeoff detected"]
    assert aircraft.wait(2.0) == []


def test_each_component_of_the_aircraft_is_named_and_other_systems_are_not_heard() -> None:
    aircraft = Aircraft()
    senders = [
        (said.sender, said.text)
        for component in (1, 154, 191, 100, 77)
        for said in aircraft.text(f"from {component}", WARN, component)
    ]
    assert senders == [
        ("autopilot", "from 1"),
        ("gimbal", "from 154"),
        ("companion computer", "from 191"),
        ("camera", "from 100"),
        ("user 53", "from 77"),
    ]
    assert aircraft.text("of another aircraft", CRITICAL, 1, system=2) == []


def test_a_failing_check_is_said_when_it_begins_and_again_after_it_passed() -> None:
    aircraft = Aircraft()
    every = 0xFFFFFFFF
    assert aircraft.report((NO_STICKS, WARN, every)) == ["No manual control input"]
    assert aircraft.report((NO_STICKS, WARN, every), (NO_BATTERY, CRITICAL, every)) == ["Low battery"]
    assert aircraft.report((NO_BATTERY, CRITICAL, every)) == []
    assert aircraft.report((NO_STICKS, WARN, every)) == ["No manual control input"]


def test_a_check_of_another_flight_mode_waits_for_that_mode() -> None:
    aircraft = Aircraft()
    assert aircraft.report((NO_OFFBOARD, 3, 1 << 14)) == []
    assert aircraft.machine.failing_checks(MISSION_MODE) == []
    assert [check.text for check in aircraft.machine.failing_checks()] == ["No offboard signal"]
    assert [text.text for text in aircraft.mode(OFFBOARD_MODE)] == ["No offboard signal"]
    assert aircraft.mode(MISSION_MODE) == []


def test_severities_of_old_firmware_are_mavlinks_from_its_banner_on() -> None:
    aircraft = Aircraft(NO_EVENTS)
    assert aircraft.text("PreArm: RC not calibrated", 3)[0].severity == 3  # not known yet
    assert aircraft.text("APM:Copter V3.3 (d6053245)", 1)[0].severity == 6
    assert aircraft.text("PreArm: RC not calibrated", 3)[0].severity == 4
    assert aircraft.text("Gimbal ready", 3, component=154)[0].severity == 3  # of another component
    assert Aircraft(NO_EVENTS).text("ArduCopter V4.5.7", 2)[0].severity == 2


def test_lost_events_are_said_in_number() -> None:
    aircraft = Aircraft()
    aircraft.event(HEALTH_BEGINS)
    aircraft._sequence += 3
    aircraft.event(HEALTH_ENDS)
    said = [text for _ in range(20) for text in aircraft.wait(0.5)]
    assert said == [Announcement(5, "3 events were lost on the link")]


def test_a_ground_box_is_known_by_its_address_or_its_record() -> None:
    machine = BoxTexts(BOX)
    other = address(77, 1)
    text = m.STATUSTEXT(severity=WARN, text="dead man: laptop silent")
    machine.receive(text, BOX, 0.0)
    machine.receive(text, other, 0.0)
    assert machine.texts() == [Announcement(WARN, "dead man: laptop silent", "ground box")]
    machine.receive(m.V2_EXTENSION(message_type=RECORD_HEAD, payload=MAGIC), other, 1.0)
    machine.receive(text, other, 1.1)
    assert len(machine.texts()) == 1


@pytest.mark.parametrize("payload", [b"", b"LLB", b"XXXX"])
def test_another_v2_extension_makes_no_ground_box(payload: bytes) -> None:
    machine = BoxTexts(BOX)
    machine.receive(m.V2_EXTENSION(message_type=RECORD_HEAD, payload=payload), address(77, 1), 0.0)
    machine.receive(m.STATUSTEXT(severity=WARN, text="x"), address(77, 1), 0.0)
    assert machine.texts() == []
