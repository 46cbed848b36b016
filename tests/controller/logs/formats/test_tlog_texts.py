"""Texts of telemetry logs: whole, events in words, each said once, of all components of the aircraft."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.formats.contents import LoggedText
from controller.logs.formats.tlog.format import TlogFormat
from controller.protocol.ground_box import BOX
from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.codec import encode
from controller.wire.message import Message

REAL = Path(__file__).parents[3] / "data" / "real"
DENIED = "Arming denied: Resolve system health failures first"


def texts_of(data: bytes) -> list[LoggedText]:
    return TlogFormat().read(memoryview(data), "a.tlog").texts()


def test_a_recorded_rejection_and_the_denied_arming_are_in_the_log() -> None:
    texts = texts_of((REAL / "px4_plane_without_landing_denied.tlog").read_bytes())
    assert [(text.severity, text.text, text.event) for text in texts][:2] == [
        (3, "Mission rejected: Landing waypoint/pattern required", "navigator_mis_land_missing"),
        (2, DENIED, "commander_arm_denied_resolve_failures"),
    ]
    assert [text.text for text in texts if "denied" in text.text] == [DENIED] * 3
    assert not any("\t" in text.text for text in texts)


def test_a_warning_in_two_chunks_counts_once() -> None:
    log = TlogFormat().read(memoryview((REAL / "px4_plane_without_landing_denied.tlog").read_bytes()), "a")
    assert log.warnings == 3


def entry(message: Message, source: Address, at_s: float) -> bytes:
    return round(1.6e15 + at_s * 1e6).to_bytes(8, "big") + encode(message, seq=0, source=source)


def test_texts_of_gimbal_and_box_have_their_sender_other_aircraft_are_left_out() -> None:
    autopilot, long = address(1, 1), "x" * 50
    data = b"".join(
        [
            entry(m.HEARTBEAT(type=2, autopilot=3), autopilot, 0.0),
            entry(m.STATUSTEXT(severity=4, text="hot"), address(1, 154), 1.0),
            entry(m.STATUSTEXT(severity=2, text="dead man"), BOX, 2.0),
            entry(m.STATUSTEXT(severity=2, text="other"), address(2, 1), 3.0),
            entry(m.STATUSTEXT(severity=6, text=long, id=0), autopilot, 4.0),
            entry(m.STATUSTEXT(severity=6, text="yz", id=0, chunk_seq=1), autopilot, 4.1),
            entry(m.STATUSTEXT(severity=6, text="caf\udce9"), autopilot, 5.0),
        ]
    )
    assert [(text.sender, text.text) for text in texts_of(data)] == [
        ("gimbal", "hot"),
        ("ground box", "dead man"),
        ("autopilot", long + "yz"),
        ("autopilot", "caf\ufffd"),
    ]


def old_log(banner: str) -> bytes:
    autopilot, gimbal = address(1, 1), address(1, 154)
    said = [(1, banner), (3, "ARMING MOTORS"), (1, "Reached Command #1"), (4, "on fire"), (6, "odd")]
    data = entry(m.HEARTBEAT(type=2, autopilot=3), autopilot, 0.0)
    for at_s, (severity, text) in enumerate(said, start=1):
        data += entry(m.STATUSTEXT(severity=severity, text=text), autopilot, at_s)
    return data + entry(m.STATUSTEXT(severity=3, text="hot"), gimbal, 9.0)


@pytest.mark.parametrize(
    "banner", ["APM:Copter V3.3 (d6053245)", "ArduPlane V3.3.0", "ArduCopter V3.1.5", "APM:Copter solo-1.5.3"]
)
def test_severities_of_old_firmware_are_turned_into_those_of_mavlink(banner: str) -> None:
    log = TlogFormat().read(memoryview(old_log(banner)), "a.tlog")
    assert [(text.severity, text.text) for text in log.texts()][1:] == [
        (4, "ARMING MOTORS"),
        (6, "Reached Command #1"),
        (2, "on fire"),
        (6, "odd"),
        (3, "hot"),
    ]
    assert log.warnings == 3


@pytest.mark.parametrize("banner", ["APM:Copter V3.4 (a)", "ArduPlane V3.4.0", "ArduCopter V4.7.0-dev"])
def test_severities_of_newer_firmware_are_those_of_mavlink(banner: str) -> None:
    log = TlogFormat().read(memoryview(old_log(banner)), "a.tlog")
    assert [text.severity for text in log.texts()] == [1, 3, 1, 4, 6, 3]
    assert log.warnings == 5
