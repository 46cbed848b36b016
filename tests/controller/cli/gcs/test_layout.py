"""The live view for several states, on terminals of any size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.app.gcs.display import distance_and_bearing, fields, headline, plain_line, printable
from controller.app.gcs.display_state import DisplayState, LinkView, MissionView
from controller.cli.gcs.layout import render
from controller.missions.plan import Home
from controller.vehicle.state import (
    Battery,
    Gps,
    Heartbeat,
    Position,
    ReceivedText,
    SensorHealth,
    VehicleState,
)

FLYING = VehicleState(
    last_message_at_s=10.0,
    heartbeat=Heartbeat(10.0, 2, 3, True, "AUTO", 209, 3, 4),
    position=Position(10.0, 1000, 47.39771, 8.54562, 512.4, 24.4, (3.0, 4.0, -0.5), 53.0),
    battery=Battery(10.0, 15.2, 14.1, 71),
    gps=Gps(10.0, 3, 14, 0.7, 47.39771, 8.54562),
    home=Home(47.39681, 8.54562, 488.0),
    texts=(ReceivedText(9.0, 6, "Reached command #3"), ReceivedText(9.5, 2, "Battery failsafe")),
)
STATE = DisplayState(
    "ArduPilot copter 1",
    FLYING,
    now_s=10.2,
    silent_s=0.2,
    links=[LinkView("udpin:127.0.0.1:14550", 0.031, 42, 1800, 90)],
    mission=MissionView(12, 4, "NAV_WAYPOINT", (47.39771, 8.54695)),
    armed_for_s=192.7,
    keys=("arm", "disarm", "take off", "upload", "mission", "pause", "resume", "home", "land", "quit"),
    last_line="resume: done",
)


def shown(display_state: DisplayState, width: int = 80, height: int = 24) -> list[str]:
    return render(display_state, width, height).plain.split("\n")


def test_the_address_of_the_page_stands_in_the_view_whole() -> None:
    address = f"http://127.0.0.1:65535/#code={'x' * 24}"
    assert any(address in line for line in shown(replace(STATE, page=address), height=30))


def test_the_view_shows_position_and_health() -> None:
    text = "\n".join(shown(STATE))
    for part in (
        "ARMED  AUTO  in the air",
        "24.4 m (512 m above sea)",
        "5.0 m/s, +0.5 m/s up",
        "47.397710, 8.545620",
        "100 m S, heading 53°",
        "4 of 12  [###.......]",
        "NAV_WAYPOINT, 100 m E",
        "15.2 V  14.1 A  71 %",
        "3d fix, 14 satellites",
        "3 min 12 s",
        "critical   Battery failsafe",
        "3.1 % lost  42 frames/s in  1.8 kB/s in  0.1 kB/s out",
        "arm  disarm  take off  upload  mission  pause  resume  home  land  quit",
        "resume: done",
    ):
        assert part in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 12), (60, 16), (100, 18), (20, 5)])
def test_headline_and_keys_fit_terminals_of_any_size(width: int, height: int) -> None:
    for display_state in (STATE, replace(STATE, question="return home and land", left_s=4.0)):
        lines = shown(display_state, width, height)
        assert lines[0].startswith(" ARMED  AUTO")
        assert "resume: done" in lines[-1]
        assert all(len(line) <= width for line in lines)
        asked = " ".join(line.strip() for line in lines[-10:])
        assert ("return home and land?  y = yes" if display_state.question else "quit") in asked
        if (width, height) != (20, 5):
            assert len(lines) == height


def test_a_small_terminal_keeps_room_for_the_newest_messages() -> None:
    assert any("Battery failsafe" in line for line in shown(STATE, 60, 12))


def test_missing_telemetry_is_the_headline() -> None:
    silent = replace(STATE, silent_s=12.0)
    assert shown(silent)[0].strip() == "NO TELEMETRY FOR 12 s"
    assert plain_line(silent) == "no telemetry for 12 s"
    assert fields(silent)["heard"] is False
    no_aircraft = DisplayState("no aircraft", VehicleState(), now_s=0.0, silent_s=float("inf"))
    assert headline(no_aircraft) == "waiting for an aircraft"


def test_an_old_position_is_marked_as_old() -> None:
    assert any("24.4 m, 9 s AGO" in line for line in shown(replace(STATE, now_s=19.0)))


def test_zero_zero_without_a_fix_is_no_position() -> None:
    nowhere = replace(FLYING, position=Position(10.0, 1000, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), None))
    assert any("position   no position yet" in line for line in shown(replace(STATE, state=nowhere)))
    assert fields(replace(STATE, state=nowhere))["lat_deg"] is None


def test_unhealthy_sensors_are_named() -> None:
    gps, compass, prearm = 32, 4, 1 << 28
    everything = gps | compass | prearm
    unhealthy = replace(FLYING, health=SensorHealth(10.0, everything, everything, 0))
    assert any("unhealthy  3d mag, gps" in line for line in shown(replace(STATE, state=unhealthy)))


def test_a_link_that_is_down_is_shown_as_down() -> None:
    down = replace(STATE, links=[LinkView("serial:/dev/ttyUSB0:57600", 0.0, 0, 0, 0, up=False)])
    assert any("ttyUSB0:57600   DOWN" in line for line in shown(down))


def test_a_mission_not_downloaded_still_shows_its_item() -> None:
    unread = replace(STATE, mission=MissionView(None, 4))
    assert any("mission    item 4, not downloaded" in line for line in shown(unread))


def test_a_long_link_keeps_the_end_of_its_name() -> None:
    replay = replace(STATE, links=[LinkView("tlog:/media/stick/flights/2026/survey.tlog", 0.0, 0, 0, 0)])
    assert any(" tlog:/…ghts/2026/survey.tlog   0.0 % lost" in line for line in shown(replay))


def test_the_plain_line_holds_the_essentials() -> None:
    assert plain_line(STATE) == "armed, AUTO, in the air, 24.4 m, 5.0 m/s, item 4, battery 71 %"


def test_status_texts_cannot_control_the_terminal() -> None:
    evil = replace(FLYING, texts=(ReceivedText(9.0, 6, "\x1b[2Jgone\nand [/red] more\x9b1m"),))
    lines = shown(replace(STATE, state=evil))
    assert len(lines) == 24
    assert any("·[2Jgone·and [/red] more·1m" in line for line in lines)
    assert printable("ok\x07\r") == "ok··"


@pytest.mark.parametrize(
    ("there", "expected"), [((47.001, 8.0), "111 m N"), ((47.0, 7.9), "7583 m W"), ((47.0, 8.0), "here")]
)
def test_the_way_to_a_position_is_in_metres_and_compass_points(
    there: tuple[float, float], expected: str
) -> None:
    assert distance_and_bearing((47.0, 8.0), there) == expected
