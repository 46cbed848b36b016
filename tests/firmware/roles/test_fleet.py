"""List of aircraft: which heartbeats count, and for how long."""

from __future__ import annotations

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from firmware.roles.fleet import CONTACT_S, FORGET_AFTER_S, MAX_AIRCRAFT, REPLACEABLE_AFTER_S
from tests.support.box.rig import Rig, heartbeat


def beat(rig: Rig, system: int, component: int = 1, **changes: int) -> None:
    values = {
        "type": 2,
        "autopilot": 3,
        "base_mode": 0x81,
        "system_status": 4,
        "mavlink_version": 3,
        **changes,
    }
    rig.radios[0].feed(Encoder(address(system, component)).pack(m.HEARTBEAT(**values)))
    rig.run(20)


def known(rig: Rig) -> set[tuple[int, int, int]]:
    """Return (system, component, armed) of each aircraft."""
    fleet = rig.bridge.fleet
    return {
        (fleet.systems[i], fleet.components[i], fleet.armed[i])
        for i in range(MAX_AIRCRAFT)
        if fleet.systems[i]
    }


@pytest.mark.parametrize(
    ("component", "changes"),
    [
        (1, {"autopilot": 8}),
        (191, {"type": 18, "autopilot": 0}),
        (154, {"type": 26, "autopilot": 8}),
        (190, {"type": 6, "autopilot": 3}),
    ],
    ids=["no autopilot", "companion", "gimbal", "ground station"],
)
def test_who_is_no_autopilot_is_no_aircraft(component: int, changes: dict[str, int]) -> None:
    rig = Rig()
    beat(rig, 3, component, **changes)
    assert known(rig) == set()


def test_a_heartbeat_of_the_laptops_side_makes_no_aircraft() -> None:
    rig = Rig()
    rig.laptop.feed(Encoder(address(9, 1)).pack(heartbeat()))
    rig.run(20)
    assert known(rig) == set()


@pytest.mark.parametrize("companion_first", [True, False])
def test_a_companion_on_board_changes_neither_the_address_nor_whether_it_is_armed(
    companion_first: bool,
) -> None:
    rig = Rig()
    for _ in range(3):
        if companion_first:
            beat(rig, 1, 191, type=18, autopilot=0, base_mode=0)
        beat(rig, 1)
        if not companion_first:
            beat(rig, 1, 191, type=18, autopilot=0, base_mode=0)
    assert known(rig) == {(1, 1, 1)}


def test_of_two_autopilots_on_board_the_first_component_is_the_one_that_counts() -> None:
    rig = Rig()
    beat(rig, 1, 2, base_mode=0)
    assert known(rig) == {(1, 2, 0)}
    beat(rig, 1, 1)
    beat(rig, 1, 2, base_mode=0)
    assert known(rig) == {(1, 1, 1)}


def test_an_autopilot_may_have_any_component_and_its_arming_is_followed() -> None:
    rig = Rig()
    for armed in (1, 0, 1):
        beat(rig, 4, 7, base_mode=0x81 if armed else 1)
        assert known(rig) == {(4, 7, armed)}


@pytest.mark.parametrize("base_mode", [0x81, 1])
def test_a_ninth_aircraft_that_finds_no_place_is_told_of_aloud_and_once(base_mode: int) -> None:
    rig = Rig()
    for _ in range(3):
        for system in range(1, 11):
            beat(rig, system, base_mode=base_mode)
    assert {system for system, _, _ in known(rig)} == set(range(1, 9))
    assert [text for text in rig.texts() if "no room" in text] == ["no room: the box cannot stop aircraft 9"]


def test_a_ninth_aircraft_replaces_the_disarmed_one_silent_the_longest() -> None:
    rig = Rig()
    for system in range(1, 9):
        beat(rig, system, base_mode=0x81 if system == 1 else 1)
        rig.run(1000)
    rig.run(REPLACEABLE_AFTER_S * 1000)
    beat(rig, 9)
    assert {system for system, _, _ in known(rig)} == {1, 3, 4, 5, 6, 7, 8, 9}


def test_an_aircraft_is_heard_for_seconds_and_known_for_minutes() -> None:
    rig = Rig()
    beat(rig, 1)
    fleet = rig.bridge.fleet
    rig.run((CONTACT_S - 1) * 1000)
    assert fleet.in_contact(1)
    rig.run(2000)
    assert not fleet.in_contact(1)
    rig.run((FORGET_AFTER_S - 10) * 1000, step_ms=500)
    assert fleet.any_armed()
    assert fleet.is_armed(1)
    rig.run(10_000)
    assert known(rig) == set()
    assert not fleet.any_armed()
