"""Supervision of the box: fault isolation between its parts, and when the watchdog is fed."""

from __future__ import annotations

from typing import Any

import pytest

from controller.wire import messages as m
from tests.support.box.rig import MemoryCard, Rig, heartbeat, station_heartbeat

PARTS = ["stop", "button", "dead-man", "fleet", "radios", "lines", "services"]
DEAD_MAN = {"silent_ms": 3000, "hold_ms": 3000, "action": "return"}


def raises(*_: Any) -> None:
    raise ValueError("broken")


def break_part(rig: Rig, name: str) -> None:
    box: Any = rig.box
    assert [part[0] for part in box._parts] == PARTS
    box._parts = [(n, raises if n == name else run, vital) for n, run, vital in box._parts]


def fed_ms(rig: Rig, ms: int) -> int:
    """Return after how many of `turns` turns of one millisecond the watchdog may be fed."""
    count = 0
    for _ in range(ms):
        rig.turn(1)
        count += rig.box.supervisor.may_feed(rig.now_ms)
    return count


def commands(rig: Rig) -> list[int]:
    return [int(f.message().command) for f in rig.heard(rig.radios[0]) if f.name == "COMMAND_LONG"]


def in_flight(*, armed: bool = True, **changes: Any) -> Rig:
    rig = Rig(dead_man=DEAD_MAN, emergency_stop={"hold_ms": 500, "action": "disarm"}, **changes)
    rig.down(heartbeat(armed=armed))
    rig.up(station_heartbeat())
    rig.run(500)
    return rig


def test_a_box_whose_ports_give_and_take_feeds_its_watchdog() -> None:
    assert fed_ms(in_flight(armed=False), 2000) == 2000


@pytest.mark.parametrize("how", ["reading", "writing"])
@pytest.mark.parametrize("port", ["laptop", "both radios"])
def test_a_direction_that_cannot_be_pumped_starves_the_watchdog(port: str, how: str) -> None:
    armed = port != "laptop"
    rig = in_flight(uplink="all", armed=armed)
    for broken in [rig.laptop] if port == "laptop" else rig.radios:
        if how == "reading":
            broken.raises = OSError("gone")
        else:
            broken.write = raises  # type: ignore[assignment]
    rig.pressed = True  # so that there is something to write at every port
    fed_ms(rig, 1000)
    for _ in range(10):
        rig.up(station_heartbeat())
        rig.down(heartbeat(armed=armed))
        assert fed_ms(rig, 1000) == 0
    assert 5 <= rig.box.supervisor.faults <= 40


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_a_failing_laptop_port_in_flight_stops_neither_box_nor_dead_man(
    how: str,
) -> None:
    rig = in_flight()
    if how == "reading":
        rig.laptop.raises = OSError("gone")
    else:
        rig.laptop.write = raises  # type: ignore[assignment]
    fed = 0
    for _ in range(10):
        rig.down(heartbeat())
        fed += fed_ms(rig, 1000)
    assert fed == 10_000
    assert 20 in commands(rig)


def test_a_face_that_raises_at_what_it_receives_starves_nothing_and_stops_no_frame() -> None:
    rig = in_flight(armed=False)
    rig.bridge.services.receive = raises  # type: ignore[method-assign]
    fed = 0
    for _ in range(3):
        rig.up(m.PARAM_REQUEST_LIST(target_system=254), m.PARAM_REQUEST_LIST(target_system=1))
        fed += fed_ms(rig, 1000)
    assert fed == 3000
    assert rig.names(rig.radios[0]).count("PARAM_REQUEST_LIST") == 3
    assert rig.box.supervisor.last_fault.startswith("services: ")


def test_ports_that_failed_once_and_then_idle_do_not_starve_the_watchdog() -> None:
    rig = Rig(dead_man={"enabled": False}, uplink="all")
    for radio in rig.radios:
        radio.write = raises  # type: ignore[assignment]
    rig.up(station_heartbeat())
    fed_ms(rig, 3100)
    assert [channel.ring.used for channel in rig.bridge.radios] == [0, 0]  # it has grown too old
    for radio in rig.radios:
        del radio.write  # type: ignore[misc]
    fed_ms(rig, 1100)
    assert fed_ms(rig, 500) == 500


def test_one_radio_of_two_that_raises_does_not_starve_it() -> None:
    rig = in_flight()
    rig.radios[0].raises = OSError("gone")
    assert fed_ms(rig, 5000) == 5000


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_raises_for_ever_does_not_stop_the_emergency_stop(part: str) -> None:
    rig = in_flight()
    if part != "stop":
        break_part(rig, part)
    rig.pressed = True
    rig.run(520, step_ms=1)
    assert commands(rig) == [400]
    rig.run(1000, step_ms=1)
    assert commands(rig) == [400, 400]


@pytest.mark.parametrize("part", [part for part in PARTS if part != "dead-man"])
def test_a_part_that_raises_for_ever_does_not_stop_the_dead_man(part: str) -> None:
    rig = in_flight()
    break_part(rig, part)
    for _ in range(10):
        rig.down(heartbeat())
        rig.run(1000)
    assert 20 in commands(rig)


@pytest.mark.parametrize("part", PARTS)
def test_only_a_vital_part_that_keeps_failing_starves_the_watchdog(part: str) -> None:
    rig = in_flight()
    break_part(rig, part)
    assert fed_ms(rig, 2900) == 2900
    fed_ms(rig, 200)
    assert fed_ms(rig, 3000) == (3000 if part == "services" else 0)
    assert part in rig.box.supervisor.last_fault


def test_a_part_that_has_failed_for_a_moment_starves_nothing() -> None:
    rig = in_flight()
    box: Any = rig.box
    parts = box._parts
    break_part(rig, "radios")
    fed_ms(rig, 2500)
    box._parts = parts
    assert fed_ms(rig, 5000) == 5000


def test_the_stop_tries_again_at_once_where_other_parts_rest() -> None:
    rig = in_flight()
    box: Any = rig.box
    parts = box._parts
    break_part(rig, "stop")
    rig.pressed = True
    rig.run(600, step_ms=1)
    assert commands(rig) == []
    box._parts = parts
    rig.turn(1)
    assert commands(rig) == [400]


def test_inputs_that_cannot_be_read_do_not_end_the_box_but_starve_the_watchdog() -> None:
    rig = in_flight()
    rig.bridge.commands.press = raises  # type: ignore[method-assign]
    rig.up(station_heartbeat())
    fed_ms(rig, 3100)
    assert fed_ms(rig, 1000) == 0
    assert "inputs" in rig.box.supervisor.last_fault


def test_a_recorder_that_raises_does_not_starve_it() -> None:
    rig = in_flight(card=MemoryCard())
    assert rig.box.recorder is not None
    rig.box.recorder.step = raises  # type: ignore[method-assign,assignment]
    assert fed_ms(rig, 6000) == 6000
    assert rig.box.is_critical()
