"""Output of `fly`: one live line on a terminal, plain lines without one, and items reached in words."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from controller.app.fly.compose import FlightResult
from controller.app.fly.events import FlightPhase, FlySummary, StateSample
from controller.autopilots.state_view import LandedState
from controller.cli.common import Output
from controller.cli.fly import progress
from controller.cli.fly.progress import FlightDisplay, reached_text, state_line
from controller.vehicle.state import Battery, Heartbeat, Position, VehicleState

BEAT = Heartbeat(0.0, 2, 3, armed=True, mode="AUTO", base_mode=217, custom_mode=3, status=4)
STATE = VehicleState(
    heartbeat=BEAT,
    position=Position(0.0, 5000, 47.0, 8.0, 520.0, 34.92, (6.0, 5.4, 0.0), 90.0),
    battery=Battery(0.0, 15.6, 12.0, 87),
    landed=LandedState.IN_AIR,
)


def sample(**changed: Any) -> StateSample:
    fields: dict[str, Any] = {
        "flying": True,
        "item": 5,
        "items": 14,
        "distance_m": 412.4,
        "link_percent": 99.6,
    }
    return StateSample(123.4, STATE, **{**fields, **changed})


def test_one_line_has_height_speed_distance_battery_and_link() -> None:
    line = "  123.4 s  AUTO  item 5 of 14  34.9 m  8.1 m/s  412 m flown  battery 87 %  link 100 %"
    assert state_line(sample()) == line


def test_on_a_terminal_of_eighty_columns_nothing_of_the_line_is_cut() -> None:
    line = "123 s  AUTO  item 5/14  34.9 m  8.1 m/s  412 m flown  bat 87 %  link 100 %"
    assert state_line(sample(), columns=79) == line
    long = replace(sample(item=12, distance_m=3412.4), t_s=1123.4)
    assert len(state_line(long, columns=79)) < 80


def test_before_the_start_the_line_tells_whether_it_is_armed() -> None:
    assert (
        state_line(sample(flying=False))
        == "  123.4 s  AUTO  armed  34.9 m  8.1 m/s  battery 87 %  link 100 %"
    )


def test_a_silent_link_is_told_in_the_line() -> None:
    assert state_line(sample(silent_s=7.2)).endswith("battery 87 %  no telemetry for 7 s")


class Terminal(io.StringIO):
    """Standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, seconds: int, *, as_json: bool = False
) -> str:
    """Show a sample a second; return standard output."""
    clock, out = [1000.0], io.StringIO()
    monkeypatch.setattr(progress, "stopwatch_s", lambda: clock[0])
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "60")
    display = FlightDisplay(Output(as_json), seed=None)
    for second in range(seconds):
        clock[0] = 1000.0 + second
        display.show(sample(distance_m=float(second)))
    display.show(FlightPhase(200.0, "end", "the end"))
    return out.getvalue()


def test_on_a_terminal_one_line_is_rewritten_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    shown(monkeypatch, stream, 30)
    *live, last = stream.getvalue().split("\r")
    assert len(live) == 32
    assert last == "  200.0 s  the end\n"
    assert all(len(line) < 60 for line in live)
    assert "\n" not in "".join(live)


def test_without_a_terminal_a_plain_line_comes_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    shown(monkeypatch, stream, 35)
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[-3] for line in lines[:-1]] == ["10 m flown", "20 m flown", "30 m flown"]


def test_with_json_progress_is_an_event_and_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    out = shown(monkeypatch, stream, 35, as_json=True)
    found = [json.loads(line) for line in out.splitlines()]
    assert [event["distance_m"] for event in found if event["event"] == "progress"] == [10.0, 20.0, 30.0]
    assert stream.getvalue() == "  200.0 s  the end\n"


def summary(items: int, reached: tuple[int, ...], missed: tuple[int, ...]) -> FlySummary:
    numbers: dict[str, Any] = {"max_alt_m": 1.0, "distance_m": 1.0, "flight_time_s": 1.0, "frames_lost": 0}
    return FlySummary(
        t_s=1.0, outcome="completed", why="", left="", items=items, items_reached=reached, items_missed=missed,
        findings=(), **numbers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("flown", "text"),
    [
        (
            summary(14, (1, 3, 5, 9, 10, 12, 14), ()),
            "all 7 items to fly reached (the other 7 of 14 are commands)",
        ),
        (summary(3, (1, 2, 3), ()), "all 3 items to fly reached"),
        (summary(14, (1, 3), (5, 9)), "2 of 4 items reached (the other 10 of 14 are commands)"),
        (summary(6, (), ()), "no items flown"),
    ],
)
def test_items_reached_are_told_without_the_commands_of_the_plan(flown: FlySummary, text: str) -> None:
    if text == "no items flown":
        assert reached_text(flown).startswith(text)
    else:
        assert reached_text(flown) == text


def test_a_flight_that_was_refused_has_no_figures(capsys: pytest.CaptureFixture[str]) -> None:
    why = "item 1: 25 m above home (the limit is 20 m)"
    refused = replace(summary(6, (), ()), outcome="refused", why=why, findings=(why,), flight_time_s=0.0)
    recording = SimpleNamespace(tlog_sha256="", frames=1, problems=())
    FlightDisplay(Output(), seed=None).result(
        FlightResult(refused, recording, None, None, None, 1.0, "")  # type: ignore[arg-type]
    )
    assert capsys.readouterr().out.splitlines()[0] == "refused: nothing was flown"
