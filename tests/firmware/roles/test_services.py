"""The box as a ground station sees it."""

from __future__ import annotations

import math

import pytest

from controller.wire import messages as m
from controller.wire.codec import Encoder
from controller.wire.message import Message
from controller.wire.signing import Signer
from tests.support.box.rig import BOX, STATION, UTC_US, MemoryCard, Rig, heartbeat


def asked(rig: Rig, *messages: Message, ms: int = 300) -> list[Message]:
    """What the box answers, heartbeats, texts and values aside."""
    rig.heard(rig.laptop)
    rig.up(*messages)
    rig.run(ms)
    frames = [frame for frame in rig.heard(rig.laptop) if frame.source == BOX]
    return [frame.message() for frame in frames if frame.name in ("PARAM_VALUE", "COMMAND_ACK")]


def command(number: int, param1: float = 0, param2: float = 0) -> Message:
    return m.COMMAND_LONG(
        command=number, target_system=254, target_component=191, param1=param1, param2=param2
    )


def test_it_is_an_on_board_controller_that_beats_once_a_second() -> None:
    rig = Rig()
    rig.run(10_000)
    beats = [frame.message() for frame in rig.heard(rig.laptop) if frame.name == "HEARTBEAT"]
    assert len(beats) in (10, 11)
    assert {(beat.type, beat.autopilot) for beat in beats} == {(18, 8)}
    assert rig.names(rig.radios[0]) == []


def test_its_state_is_told_in_named_values() -> None:
    rig = Rig(card=MemoryCard())
    rig.run(6000)
    values = {f.message().name_ if hasattr(f.message(), "name_") else f.message()[2] for f in rig.heard(rig.laptop)
              if f.name == "NAMED_VALUE_INT"}  # fmt: skip
    assert {"DEADMAN", "R1LOSS", "R2LOSS", "REFUSED", "RECLOST"} <= values
    assert {"LOAD", "LAPQUEUE", "MEMFREE", "CARDFREE"} <= values


def test_what_is_below_zero_is_told_as_it_is() -> None:
    rig = Rig(card=MemoryCard())
    rig.box.card_free_kb = -1
    rig.run(6000)
    said = [frame.message() for frame in rig.heard(rig.laptop) if frame.name == "NAMED_VALUE_INT"]
    assert next(value.value for value in said if value.to_dict()["name"] == "CARDFREE") == -1


def test_all_parameters_are_listed_once() -> None:
    rig = Rig()
    values = asked(rig, m.PARAM_REQUEST_LIST(target_system=254, target_component=191))
    assert [value.param_index for value in values] == list(range(values[0].param_count))
    assert {"BOX_SILENT_MS", "BOX_HOLD_MS", "BOX_ACTION", "BOX_LOCKED"} <= {
        value.param_id for value in values
    }


def test_a_list_asked_of_everybody_is_answered_and_passed_on() -> None:
    rig = Rig()
    assert len(asked(rig, m.PARAM_REQUEST_LIST(target_system=0))) >= 5
    assert rig.names(rig.radios[0]) == ["PARAM_REQUEST_LIST"]


def test_a_parameter_is_read_by_name_and_by_number() -> None:
    rig = Rig()
    by_name = asked(rig, m.PARAM_REQUEST_READ(target_system=254, param_index=-1, param_id="BOX_HOLD_MS"))
    assert [value.param_value for value in by_name] == [30_000]
    by_number = asked(rig, m.PARAM_REQUEST_READ(target_system=254, param_index=by_name[0].param_index))
    assert by_number == by_name


def test_a_parameter_is_set_and_the_box_acts_on_it() -> None:
    rig = Rig()
    (value,) = asked(
        rig, m.PARAM_SET(target_system=254, param_id="BOX_HOLD_MS", param_value=7000, param_type=9)
    )
    assert value.param_value == 7000
    assert rig.bridge.dead_man is not None
    assert rig.bridge.dead_man.hold_ms == 7000


@pytest.mark.parametrize("value", [-1, 1e12, math.nan, math.inf])
def test_a_value_out_of_bounds_changes_nothing_and_the_old_one_is_told(value: float) -> None:
    rig = Rig()
    (answer,) = asked(
        rig, m.PARAM_SET(target_system=254, param_id="BOX_HOLD_MS", param_value=value, param_type=9)
    )
    assert answer.param_value == 30_000


def test_the_lock_is_neither_opened_nor_closed_by_a_parameter() -> None:
    key = bytes(range(32))
    rig = Rig(keys={"laptop": key.hex()}, firewall={"locked": True})
    rig.station = Encoder(STATION, signer=Signer(key, link_id=0, utc_us=lambda: UTC_US))
    for locked in (True, False):
        rig.bridge.firewall.locked = locked
        wanted = m.PARAM_SET(
            target_system=254, param_id="BOX_LOCKED", param_value=float(not locked), param_type=9
        )
        assert [answer.param_value for answer in asked(rig, wanted)] == [float(locked)]
        assert rig.bridge.firewall.locked is locked


def test_recording_stops_and_starts_by_command() -> None:
    rig = Rig(card=MemoryCard())
    assert rig.box.recorder is not None
    assert [a.result for a in asked(rig, command(2511))] == [0]
    assert rig.box.recorder.state == 0
    assert [a.result for a in asked(rig, command(2510))] == [0]
    assert rig.box.recorder.state == 1


def test_a_command_it_does_not_know_is_unsupported() -> None:
    assert [(a.command, a.result, a.target_system) for a in asked(Rig(), command(400))] == [(400, 3, 255)]


def test_a_reboot_is_asked_for_with_the_companions_parameter() -> None:
    rig = Rig()
    assert [a.result for a in asked(rig, command(246, 1, 0))] == [2]
    assert not rig.box.reboot_wanted
    assert [a.result for a in asked(rig, command(246, 0, 1))] == [0]
    assert rig.box.reboot_wanted


def test_a_lock_without_a_key_is_denied() -> None:
    assert [a.result for a in asked(Rig(), command(31010, 1))] == [2]


def test_a_command_with_a_place_on_the_map_is_answered_like_the_other() -> None:
    wanted = {"target_system": 254, "target_component": 191}
    answers = asked(Rig(), m.COMMAND_INT(command=246, **wanted), m.COMMAND_INT(command=400, **wanted))
    assert [(answer.command, answer.result) for answer in answers] == [(246, 2), (400, 3)]


def test_it_does_not_restart_while_an_aircraft_is_armed() -> None:
    rig = Rig()
    rig.down(heartbeat(armed=True))
    rig.run(50)
    assert [a.result for a in asked(rig, command(246, 0, 1))] == [2]
    assert not rig.box.reboot_wanted
    rig.down(heartbeat(armed=False))
    rig.run(50)
    assert [a.result for a in asked(rig, command(246, 0, 1))] == [0]


def values(rig: Rig) -> dict[str, int]:
    rig.heard(rig.laptop)
    rig.run(6000)
    found = [frame.message().to_dict() for frame in rig.heard(rig.laptop) if frame.name == "NAMED_VALUE_INT"]
    return {value["name"]: value["value"] for value in found}


def test_frames_that_found_no_room_and_bytes_that_are_none_are_told_of() -> None:
    rig = Rig(radios=[{"port": "memory", "baud": 1200}])
    for _ in range(100):
        rig.up(m.COMMAND_LONG(command=400, target_system=1, param1=1))
    rig.laptop.feed(b"\1" * 50)
    rig.radios[0].feed(b"\2" * 70)
    told = values(rig)
    assert (told["LAPBAD"], told["R1BAD"], told["LAPDROPS"]) == (50, 70, 0)
    assert told["R1DROPS"] > 20


def test_the_head_of_the_record_is_told_after_four_days_without_one() -> None:
    card = MemoryCard()
    rig = Rig(card=card)
    card.error = OSError("no card")
    rig.run(3000)
    rig.let_pass(days=4)
    card.error = None
    for _ in range(15):
        rig.down(heartbeat())
        rig.run(1000)
    assert "V2_EXTENSION" in rig.names(rig.laptop, own=True)
