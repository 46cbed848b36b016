"""QR codes of the page's addresses in the live view: that of observers first, and only where they fit."""

from __future__ import annotations

import pytest

from controller.app.gcs.display_state import DisplayState
from controller.cli.gcs.layout import render
from controller.cli.gcs.page_codes import PageCodes
from controller.qr import half_blocks, qr_code
from controller.vehicle.state import VehicleState

OBSERVER = "https://192.168.43.20:8484/#code=x07c-93kt-hhv5"
PILOT = "https://192.168.43.20:8484/#code=4q1v-8sfz-m2nd"
KEYS = (
    "arm",
    "disarm",
    "take off",
    "mission",
    "pause",
    "resume",
    "go to",
    "speed",
    "flight mode",
    "home",
    "land",
)
STATE = DisplayState(
    "copter",
    VehicleState(),
    now_s=0.0,
    silent_s=9.0,
    keys=(*KEYS, "next aircraft", "quit", "? help", "web page"),
    last_line="disarmed: done",
)


def shown(pressed: str, width: int = 80, height: int = 24) -> str:
    codes = PageCodes([("observers", OBSERVER), ("pilots", PILOT)])
    for key in pressed:
        codes.press(key)
    return render(STATE, width, height, codes).plain


def holds_code(text: str, address: str) -> bool:
    """Whether each row of the address's code stands in the view, with a quiet zone of at least two modules."""
    rows = half_blocks(qr_code(address, error="l"), 2)
    return all(any(row in line for line in text.split("\n")) for row in rows)


def test_the_key_shows_the_code_of_observers_and_only_asked_again_that_of_pilots() -> None:
    assert not holds_code(shown(""), OBSERVER)
    first, second = shown("w"), shown("ww")
    assert "web page for observers" in first
    assert all(part in first for part in OBSERVER.split("#"))
    assert holds_code(first, OBSERVER)
    assert not holds_code(first, PILOT)
    assert "4q1v" not in first
    assert "web page for pilots" in second
    assert holds_code(second, PILOT)
    assert not holds_code(second, OBSERVER)


@pytest.mark.parametrize("pressed", ["www", "wa", "w\x1b", "w?"])
def test_the_next_key_hides_the_code(pressed: str) -> None:
    assert shown(pressed) == shown("")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (40, 26)])
def test_headline_and_keys_stay_beside_the_code(width: int, height: int) -> None:
    lines = shown("w", width, height).split("\n")
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith(" NO TELEMETRY FOR 9 s")
    assert "disarmed: done" in lines[-1]
    assert holds_code("\n".join(lines), OBSERVER)


@pytest.mark.parametrize(("width", "height"), [(80, 16), (30, 40), (20, 5)])
def test_a_window_that_is_too_small_shows_no_part_of_the_code(width: int, height: int) -> None:
    text = shown("w", width, height)
    assert "▀" not in text
    assert "▄" not in text
    assert "█" not in text
    if height > 5:
        assert "The QR code needs" in text
        assert OBSERVER in text.replace("\n", "").replace(" ", "")
