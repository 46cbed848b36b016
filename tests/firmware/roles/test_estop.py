"""Emergency stop, alone and during every other fault."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from controller.wire import messages as m
from controller.wire.codec import Encoder
from controller.wire.signing import Signer
from firmware.core.ticks import MASK
from tests.support.box.rig import STATION, UTC_US, MemoryCard, Rig, heartbeat, station_heartbeat

SLOW = [{"port": "memory", "baud": 57600}, {"port": "memory", "baud": 57600}]
KEY = bytes(32)
STOP = {"emergency_stop": {"hold_ms": 500, "action": "disarm"}}


def in_flight(**changes: object) -> Rig:
    rig = Rig(**{**STOP, "radios": SLOW, **changes})  # type: ignore[arg-type]
    if rig.bridge.firewall.locked:
        rig.station = Encoder(STATION, signer=Signer(KEY, link_id=0, utc_us=lambda: UTC_US))
    for _ in range(3):
        rig.down(heartbeat())
        rig.down(heartbeat(), radio=1)
        rig.up(station_heartbeat())
        rig.run(500)
    return rig


def stops(rig: Rig, radio: int = 0) -> list[m.Message]:
    return [
        frame.message()
        for frame in rig.heard(rig.radios[radio])
        if frame.name == "COMMAND_LONG" and (frame.message().command, frame.message().param1) == (400, 0)
    ]


def test_it_acts_only_after_it_has_been_held_without_a_break() -> None:
    rig = in_flight()
    for _ in range(20):
        rig.pressed = True
        rig.run(400)
        rig.pressed = False
        rig.run(20)
    assert stops(rig) == []
    rig.pressed = True
    rig.run(520)
    (command,) = stops(rig)
    assert (command.param1, command.param2, command.target_system) == (0, 21196, 1)


def test_it_acts_once_a_press_and_goes_over_every_radio_until_answered() -> None:
    rig = in_flight()
    rig.pressed = True
    rig.run(1700)
    assert [len(stops(rig, radio)) for radio in (0, 1)] == [3, 3]
    rig.down(heartbeat(armed=False), m.COMMAND_ACK(command=400, result=0))
    rig.run(5000)
    assert [len(stops(rig, radio)) for radio in (0, 1)] == [0, 0]
    assert rig.bridge.estop is not None
    assert rig.bridge.estop.presses == 1


def test_an_answer_of_an_aircraft_that_is_still_armed_does_not_end_the_disarming() -> None:
    """The ack may belong to an ARM command of the laptop, which has the same command number."""
    rig = in_flight()
    rig.pressed = True
    rig.run(600)
    rig.down(m.COMMAND_ACK(command=400, result=0))
    rig.run(500)
    assert len(stops(rig)) == 2
    rig.down(m.COMMAND_ACK(command=400, result=4))
    rig.run(2000)
    assert stops(rig) == []


def flood(rig: Rig) -> None:
    rig.up(*[m.FILE_TRANSFER_PROTOCOL(target_system=1, payload=b"\1" * 251)] * 20)


def garbage(rig: Rig) -> None:
    rng = random.Random(7)
    for port in rig.ports:
        port.feed(rng.randbytes(2000))


def one_radio_dead(rig: Rig) -> None:
    rig.radios[1].gone = True


def one_radio_raises(rig: Rig) -> None:
    rig.radios[1].raises = OSError("unplugged")


def both_radios_silent(rig: Rig) -> None:
    rig.run(5000)


def laptop_gone(rig: Rig) -> None:
    rig.laptop.gone = True
    rig.run(6000)


def laptop_expired(rig: Rig) -> None:
    for _ in range(20):
        rig.down(heartbeat())
        rig.run(1000)


def card_missing(rig: Rig) -> None:
    assert rig.card is not None
    rig.card.error = OSError("no card")


def card_slow(rig: Rig) -> None:
    assert rig.card is not None
    rig.card.stall_ms = 250


def card_full(rig: Rig) -> None:
    assert rig.card is not None
    rig.card.error = OSError(28, "No space left on device")


def power_of_the_card_cut(rig: Rig) -> None:
    assert rig.card is not None
    rig.card.cut_after = 700


def a_noisy_radio(rig: Rig) -> None:
    """Three frames of ten arrive with a wrong byte."""
    rng = random.Random(3)
    for _ in range(50):
        raw = bytearray(rig.aircraft.pack(m.ATTITUDE(roll=rng.random())))
        if rng.random() < 0.3:
            raw[rng.randrange(1, len(raw))] ^= rng.randrange(1, 256)
        rig.radios[0].feed(bytes(raw))
        rig.run(20)


def forged_and_repeated_commands(rig: Rig) -> None:
    """Replays to a locked box, of which only the first is forwarded."""
    raw = rig.station.pack(m.COMMAND_LONG(command=400, param1=1, target_system=1))
    for data in (raw, raw, raw[:-1] + bytes([raw[-1] ^ 1])) * 20:
        rig.laptop.feed(data)
    rig.run(200)
    firewall = rig.bridge.firewall
    assert (firewall.refused_replay, firewall.refused_forged) == (39, 20)
    assert rig.names(rig.radios[0]).count("COMMAND_LONG") == 1


def a_parameter_download(rig: Rig) -> None:
    for i in range(100):
        rig.down(m.PARAM_VALUE(param_id=f"P{i}", param_index=i, param_count=100))
        rig.up(m.PARAM_REQUEST_READ(target_system=1, param_index=i))


def the_box_itself_asked_for_everything(rig: Rig) -> None:
    rig.up(m.PARAM_REQUEST_LIST(target_system=254, target_component=191))
    rig.up(m.PARAM_SET(target_system=254, target_component=191, param_id="BOX_ACTION", param_value=9e9))


def radio_buffer_full(rig: Rig) -> None:
    rig.down(*[m.RADIO_STATUS(txbuf=1, rssi=100)] * 5)


FAULTS = [
    flood, garbage, one_radio_dead, one_radio_raises, both_radios_silent, laptop_gone, laptop_expired, card_missing,
    card_slow,
    card_full, power_of_the_card_cut, a_noisy_radio, forged_and_repeated_commands, a_parameter_download,
    the_box_itself_asked_for_everything, radio_buffer_full,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_it_reaches_the_aircraft_at_once_during(fault: Callable[[Rig], None]) -> None:
    lock = {"keys": {"laptop": KEY.hex()}, "firewall": {"locked": True}}
    dead_man = {"silent_ms": 1500, "hold_ms": 3000, "action": "return"}
    rig = in_flight(
        card=MemoryCard(), dead_man=dead_man, **(lock if fault is forged_and_repeated_commands else {})
    )
    fault(rig)
    rig.run(50)
    rig.heard(rig.radios[0])
    rig.pressed = True
    rig.run(700)
    assert len(stops(rig)) == 1


def test_it_reaches_the_aircraft_while_the_milliseconds_wrap() -> None:
    rig = Rig(start_ms=MASK - 1800, radios=SLOW, **STOP)
    for _ in range(3):
        rig.down(heartbeat())
        rig.up(station_heartbeat())
        rig.run(500)
    rig.heard(rig.radios[0])
    rig.pressed = True
    rig.run(700)
    assert rig.now_ms < 1000
    assert len(stops(rig)) == 1


def test_it_reaches_the_aircraft_through_a_locked_firewall_that_lets_nothing_up() -> None:
    key = KEY.hex()
    down = {"direction": "down", "allow": True}
    rig = in_flight(
        keys={"laptop": key, "aircraft": key},
        firewall={"locked": True, "sign": True, "default": "refuse", "rules": [down]},
    )
    rig.pressed = True
    rig.run(700)
    (frame,) = [frame for frame in rig.heard(rig.radios[0]) if frame.name == "COMMAND_LONG"]
    assert frame.signed
