"""The live view: what it shows for a state, and that no key alone commands anything."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from controller.cli.gcs_keys import ACTIONS, CONFIRM_S, Confirm
from controller.cli.gcs_view import LinkView, Picture, plain_line, render
from controller.vehicle.state import Battery, Beat, Gps, MissionStatus, Position, Text, VehicleState

FLYING = VehicleState(
    heard_at_s=10.0,
    beat=Beat(10.0, 2, 3, True, "AUTO", 209, 3, 4),
    position=Position(10.0, 1000, 47.39771, 8.54562, 512.4, 24.4, (3.0, 4.0, -0.5), 53.0),
    battery=Battery(10.0, 15.2, 14.1, 71),
    gps=Gps(10.0, 3, 14, 0.7, 47.39771, 8.54562),
    mission=MissionStatus(10.0, current=4, total=12),
    texts=(Text(9.0, 6, "Reached command #3"), Text(9.5, 2, "Battery failsafe")),
)
PICTURE = Picture(
    "ArduPilot copter 1", FLYING, 0.2, [LinkView("udpin:127.0.0.1:14550", 0.031, 42, 1800, 90)], FLYING.texts
)


def shown(picture: Picture) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    console.print(render(picture))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_view_says_where_the_aircraft_is_and_how_it_is() -> None:
    text = shown(PICTURE)
    for word in (
        "ARMED  AUTO  in the air",
        "24.4 m above home (512 m above the sea)",
        "5.0 m/s over ground, +0.5 m/s up",
        "47.397710, 8.545620",
        "item 4 of 12",
        "15.2 V  14.1 A  71 %",
        "3d fix, 14 satellites",
        "critical  Battery failsafe",
        "3.1 % lost  42 frames/s in  1.8 kB/s in  0.1 kB/s out",
    ):
        assert word in text


def test_silence_is_the_first_thing_one_sees() -> None:
    assert shown(replace(PICTURE, silent_s=12.0)).startswith(" NO WORD FROM THE AIRCRAFT FOR 12 s")
    assert plain_line(replace(PICTURE, silent_s=12.0)) == "no word from the aircraft for 12 s"
    nobody = Picture("no aircraft", VehicleState(), float("inf"), [], ())
    assert shown(nobody).startswith(" waiting for an aircraft")


def test_one_line_holds_the_most_important() -> None:
    assert plain_line(PICTURE) == "armed, AUTO, in the air, 24.4 m, 5.0 m/s, item 4, battery 71 %"


def test_a_waiting_key_asks_for_its_second_press_in_words() -> None:
    assert "return home and land?  press h again" in shown(replace(PICTURE, waiting="h"))


@pytest.mark.parametrize("key", sorted(ACTIONS))
def test_a_command_needs_its_key_twice(key: str) -> None:
    confirm = Confirm(frozenset(ACTIONS))
    assert confirm.press(key, 100.0) is None
    assert confirm.waiting(101.0) == key
    assert confirm.press(key, 101.0) == key
    assert confirm.waiting(101.0) == ""
    assert confirm.press(key, 101.5) is None  # a third press begins anew


def test_a_second_press_that_comes_too_late_confirms_nothing() -> None:
    confirm = Confirm(frozenset(ACTIONS))
    confirm.press("a", 100.0)
    assert confirm.waiting(100.1 + CONFIRM_S) == ""
    assert confirm.press("a", 100.1 + CONFIRM_S) is None


def test_another_key_in_between_forgets_the_first() -> None:
    confirm = Confirm(frozenset(ACTIONS))
    confirm.press("a", 100.0)
    assert confirm.press("h", 100.5) is None
    assert confirm.press("a", 101.0) is None
    confirm.press("x", 101.2)
    assert confirm.press("a", 101.4) is None
