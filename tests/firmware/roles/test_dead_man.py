"""Dead-man: one test for each of its promises."""

from __future__ import annotations

import random

import pytest

from controller.wire import messages as m
from controller.wire.frame import Frame
from tests.support.box.rig import AIRCRAFT, STATION, Rig, heartbeat, station_heartbeat

HOLD = {"silent_ms": 3000, "hold_ms": 10_000}


def rig_with(action: str = "return", **changes: object) -> Rig:
    return Rig(dead_man={**HOLD, "action": action}, **changes)


def fly(rig: Rig, seconds: int, *, laptop: bool, armed: bool = True, accept: int | None = 0) -> list[Frame]:
    """Run seconds with an aircraft that acknowledges with `accept` (None: never); return the frames it receives."""
    heard = []
    for _ in range(seconds * 10):
        if rig.now_ms // 100 % 10 == 0:
            rig.down(heartbeat(armed=armed))
            rig.down(heartbeat(armed=armed), radio=1)
            if laptop:
                rig.up(station_heartbeat())
        rig.run(100)
        frames = [frame for port in rig.radios for frame in rig.heard(port)]
        heard += frames
        for frame in frames:
            if frame.name == "COMMAND_LONG" and accept is not None:
                rig.down(m.COMMAND_ACK(command=frame.message().command, result=accept, target_system=255))
    return heard


def commands(frames: list[Frame]) -> list[tuple[int, int]]:
    return [(f.message().command, f.message().target_system) for f in frames if f.name == "COMMAND_LONG"]


def test_before_the_laptops_first_heartbeat_nothing_is_sent_in_its_name() -> None:
    assert fly(rig_with(), 60, laptop=False) == []


def test_only_the_heartbeat_of_a_ground_station_counts() -> None:
    rig, rng = rig_with(), random.Random(1)
    fly(rig, 3, laptop=True)
    for _ in range(40):
        rig.up(m.PARAM_REQUEST_LIST(target_system=1), m.HEARTBEAT(type=18, autopilot=8))
        rig.laptop.feed(rng.randbytes(50))
        rig.run(100)
    assert rig.bridge.dead_man is not None
    assert rig.bridge.dead_man.state == 2


def test_while_it_holds_the_heartbeat_goes_on_once_a_second_with_its_sequence() -> None:
    rig = rig_with()
    before = fly(rig, 5, laptop=True)
    held = fly(rig, 12, laptop=False)
    beats = [frame for frame in held if frame.name == "HEARTBEAT"]
    one_radio = beats[::2]  # over both radios
    assert 8 <= len(one_radio) <= 10
    assert {frame.source for frame in beats} == {STATION}
    assert {frame.message().type for frame in beats} == {6}
    last = max(frame.seq for frame in before)
    assert sorted({frame.seq for frame in beats}) == list(range(last + 1, last + 1 + len(one_radio)))


@pytest.mark.parametrize(("action", "command"), [("return", 20), ("land", 21)])
def test_when_the_hold_time_ends_the_action_is_commanded_exactly_once(action: str, command: int) -> None:
    rig = rig_with(action, radios=[{"port": "memory"}])
    rig.radios.append(rig.radios[0])
    fly(rig, 5, laptop=True)
    assert commands(fly(rig, 12, laptop=False)) == []
    assert commands(fly(rig, 120, laptop=False)) == [(command, AIRCRAFT.system)]


def test_the_action_goes_over_every_radio_that_may_get_through() -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    assert commands(fly(rig, 14, laptop=False)) == [(20, 1), (20, 1)]


def test_an_unacknowledged_command_is_repeated_and_then_reported() -> None:
    rig = rig_with("land", radios=[{"port": "memory"}])
    rig.radios.append(rig.radios[0])
    fly(rig, 5, laptop=True)
    frames = fly(rig, 60, laptop=False, accept=None)
    sent = [frame.message() for frame in frames if frame.name == "COMMAND_LONG"]
    assert [message.confirmation for message in sent] == list(range(len(sent)))
    assert len(sent) == 11
    assert any("did not answer: 1" in text for text in rig.texts())


def test_with_the_action_none_nothing_is_commanded_and_the_heartbeat_stops() -> None:
    rig = rig_with("none")
    fly(rig, 5, laptop=True)
    fly(rig, 14, laptop=False)
    assert fly(rig, 60, laptop=False) == []
    assert any("no action" in text for text in rig.texts())


def test_with_no_aircraft_armed_nothing_is_commanded() -> None:
    rig = rig_with("land")
    fly(rig, 5, laptop=True, armed=False)
    assert commands(fly(rig, 60, laptop=False, armed=False)) == []
    assert "no action" in rig.texts()


@pytest.mark.parametrize(("accept", "goes_on"), [(0, True), (5, True), (4, False), (None, False)])
def test_after_the_action_the_heartbeat_goes_on_only_if_it_was_accepted(
    accept: int | None, goes_on: bool
) -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    fly(rig, 25, laptop=False, accept=accept)
    later = fly(rig, 20, laptop=False, accept=accept)
    assert ([frame.name for frame in later].count("HEARTBEAT") > 15) == goes_on


def test_the_heartbeat_stops_when_the_commanded_aircraft_have_landed() -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    fly(rig, 20, laptop=False)
    fly(rig, 2, laptop=False, armed=False)
    assert fly(rig, 10, laptop=False, armed=False) == []
    assert rig.bridge.dead_man is not None
    fly(rig, 5, laptop=True)
    rig.bridge.dead_man.action = 0  # set to "none" meanwhile
    fly(rig, 15, laptop=False)
    assert fly(rig, 10, laptop=False) == []
    assert rig.bridge.dead_man.fleet_command.accepted == 0


def test_the_laptops_return_ends_it_and_makes_it_ready_again() -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    fly(rig, 8, laptop=False)
    assert commands(fly(rig, 30, laptop=True)) == []
    first = set(commands(fly(rig, 30, laptop=False)))
    fly(rig, 5, laptop=True)
    second = set(commands(fly(rig, 30, laptop=False)))
    assert first == second == {(20, 1)}


def test_every_change_of_state_is_reported() -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    fly(rig, 20, laptop=False)
    fly(rig, 2, laptop=True)
    texts = [text for text in rig.texts() if not text.startswith("radios")]
    assert texts == [
        "laptop is here",
        "laptop silent: keeping its heartbeat",
        "laptop silent: hold time over",
        "commanded 1 aircraft",
        "laptop is back",
        "return to 1: 1 accepted, 0 refused, 0 silent",
    ]


def test_the_laptop_killed_and_restarted_in_flight_leaves_the_mission_going_on() -> None:
    rig = rig_with("return")
    fly(rig, 5, laptop=True)
    rig.laptop.gone = True
    held = fly(rig, 8, laptop=False)
    rig.laptop.gone = False
    back = fly(rig, 10, laptop=True)
    assert commands(held + back) == []
    gaps = [frame for frame in held + back if frame.name == "HEARTBEAT"]
    assert len(gaps) >= 14


def test_each_armed_aircraft_is_commanded() -> None:
    from controller.wire.address import address
    from controller.wire.codec import Encoder

    rig = rig_with("land", radios=[{"port": "memory"}])
    others = [Encoder(address(system, 1)) for system in (2, 3)]
    for i in range(40):
        rig.down(heartbeat())
        rig.radios[0].feed(others[0].pack(heartbeat()) + others[1].pack(heartbeat(armed=False)))
        if i < 5:
            rig.up(station_heartbeat())
        rig.run(1000)
    assert set(commands(rig.heard(rig.radios[0]))) == {(21, 1), (21, 2)}
