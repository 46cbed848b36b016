"""Firewall: rules, lock, signatures, replay protection."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.signing import Signer, Verifier
from firmware.box import Box
from firmware.config import parse
from firmware.core.ticks import MASK
from firmware.mavlite.signing import next_key
from firmware.roles import firewall
from firmware.settings import with_changes
from tests.support.box.rig import BOX, STATION, UTC_US, MemoryPort, Rig, config, heartbeat, station_heartbeat

LAPTOP_KEY, AIRCRAFT_KEY = bytes(range(32)), bytes(range(32, 64))
KEYS = {"laptop": LAPTOP_KEY.hex(), "aircraft": AIRCRAFT_KEY.hex()}
ARM = m.COMMAND_LONG(command=400, target_system=1, target_component=1, param1=1)


def rules(*rules: dict[str, Any], default: str = "allow") -> dict[str, Any]:
    return {"firewall": {"rules": list(rules), "default": default}}


def signing_station(key: bytes = LAPTOP_KEY) -> Encoder:
    return Encoder(STATION, signer=Signer(key, link_id=0, utc_us=lambda: UTC_US))


def passed_up(rig: Rig, *messages: m.Message, sender: Encoder | None = None) -> list[str]:
    sender = sender or rig.station
    rig.laptop.feed(b"".join(sender.pack(message) for message in messages))
    rig.run(50)
    return rig.names(rig.radios[0])


def test_the_first_rule_that_fits_decides() -> None:
    allow_rtl = {"direction": "up", "allow": True, "first_message": 76, "last_message": 76, "system": 255}
    no_commands = {"direction": "up", "allow": False, "first_message": 75, "last_message": 76}
    rig = Rig(**rules(allow_rtl, no_commands))
    assert passed_up(rig, ARM, m.COMMAND_INT(target_system=1)) == ["COMMAND_LONG"]
    assert passed_up(rig, ARM, sender=Encoder(address(250, 1))) == []
    assert rig.bridge.firewall.refused_by_rule == 2


def test_the_default_decides_where_no_rule_fits() -> None:
    rig = Rig(
        **rules({"direction": "up", "allow": True, "first_message": 0, "last_message": 0}, default="refuse")
    )
    assert passed_up(rig, station_heartbeat(), ARM) == ["HEARTBEAT"]


def test_a_rule_holds_in_its_direction_only() -> None:
    rig = Rig(**rules({"direction": "down", "allow": False, "first_message": 0, "last_message": 0}))
    assert passed_up(rig, station_heartbeat()) == ["HEARTBEAT"]
    rig.down(heartbeat(), m.ATTITUDE())
    rig.run(50)
    assert rig.names(rig.laptop) == ["ATTITUDE"]


def test_a_rule_may_name_the_aircraft_that_is_addressed() -> None:
    rig = Rig(**rules({"direction": "up", "allow": False, "target": 2}))
    assert passed_up(rig, m.COMMAND_LONG(target_system=2, command=400), ARM) == ["COMMAND_LONG"]


def test_the_component_of_a_sender_may_be_named() -> None:
    rig = Rig(**rules({"direction": "up", "allow": False, "component": 7}))
    assert passed_up(rig, ARM, sender=Encoder(address(255, 7))) == []
    assert passed_up(rig, ARM) == ["COMMAND_LONG"]


def locked_rig(**firewall: Any) -> Rig:
    return Rig(keys=KEYS, firewall={"locked": True, **firewall})


def test_locked_only_signed_frames_go_up() -> None:
    rig = locked_rig()
    assert passed_up(rig, ARM) == []
    assert passed_up(rig, ARM, sender=signing_station()) == ["COMMAND_LONG"]
    assert rig.bridge.firewall.refused_unsigned == 1


def test_locked_a_forged_frame_does_not_go_up() -> None:
    rig = locked_rig()
    assert passed_up(rig, ARM, sender=signing_station(bytes(32))) == []
    raw = bytearray(signing_station().pack(ARM))
    raw[-1] ^= 1
    rig.laptop.feed(bytes(raw))
    rig.run(50)
    assert rig.names(rig.radios[0]) == []
    assert rig.bridge.firewall.refused_forged == 2


def test_locked_a_replayed_frame_does_not_go_up() -> None:
    rig = locked_rig()
    raw = signing_station().pack(ARM)
    for _ in range(3):
        rig.laptop.feed(raw)
        rig.run(50)
    assert rig.names(rig.radios[0]) == ["COMMAND_LONG"]
    assert rig.bridge.firewall.refused_replay == 2


def test_locked_an_unsigned_heartbeat_does_not_keep_the_laptop_alive() -> None:
    rig = locked_rig()
    rig.up(station_heartbeat())
    rig.run(50)
    assert rig.bridge.dead_man is not None
    assert rig.bridge.dead_man.state == 0


def test_locked_an_unsigned_command_does_not_unlock() -> None:
    rig = locked_rig()
    unlock = m.COMMAND_LONG(command=31010, target_system=254, target_component=191, param1=0)
    rig.up(unlock)
    rig.run(50)
    assert rig.bridge.firewall.locked
    rig.laptop.feed(signing_station().pack(unlock))
    rig.run(50)
    assert not rig.bridge.firewall.locked


def test_the_box_signs_for_the_laptop_with_a_key_the_laptop_does_not_have() -> None:
    rig = Rig(keys=KEYS, firewall={"sign": True})
    rig.up(station_heartbeat(), ARM)
    rig.laptop.feed(Encoder(STATION, version=1).pack(ARM))
    rig.run(50)
    frames = rig.heard(rig.radios[0])
    verifier = Verifier(AIRCRAFT_KEY)
    assert [verifier.refusal(frame) for frame in frames] == [None] * 3
    assert sorted(frame.name for frame in frames) == ["COMMAND_LONG", "COMMAND_LONG", "HEARTBEAT"]
    assert AIRCRAFT_KEY not in bytes(rig.laptop.sent)


@pytest.mark.parametrize("unix_us", [(1 << 64) - 1, (1 << 52) - 1])
def test_a_time_beyond_signature_range_is_ignored_and_commands_go_up_signed(unix_us: int) -> None:
    rig = Rig(keys=KEYS, firewall={"sign": True})
    rig.box.clock.known = False
    rig.down(m.SYSTEM_TIME(time_unix_usec=unix_us))
    rig.run(10)
    assert not rig.box.clock.known
    assert passed_up(rig, ARM) == ["COMMAND_LONG"]
    rig.down(m.SYSTEM_TIME(time_unix_usec=UTC_US))
    rig.run(10)
    assert rig.box.clock.known


def test_a_laptops_signature_is_replaced_by_the_boxes() -> None:
    rig = locked_rig(sign=True)
    rig.laptop.feed(signing_station().pack(ARM))
    rig.run(50)
    (frame,) = rig.heard(rig.radios[0])
    assert Verifier(AIRCRAFT_KEY).refusal(frame) is None
    assert Verifier(LAPTOP_KEY).refusal(frame) is not None
    assert frame.message() == ARM


def test_signing_goes_on_above_the_last_timestamp_after_a_restart_without_a_clock() -> None:
    rig = Rig(keys=KEYS, firewall={"sign": True})
    rig.up(ARM)
    rig.run(50)
    before = rig.heard(rig.radios[0])[0]
    again = Rig(keys=KEYS, firewall={"sign": True})
    again.bridge.firewall.signer.last_ticks = rig.box.signing_ticks()  # type: ignore[union-attr]
    again.box.clock.stamp[:] = bytes(8)
    again.up(ARM)
    again.run(50)
    verifier = Verifier(AIRCRAFT_KEY)
    after = Framer().feed(bytes(again.radios[0].sent))[0]
    assert [verifier.refusal(before), verifier.refusal(after)] == [None, None]


@pytest.mark.parametrize("locked", [False, True])
def test_telemetry_comes_down_whatever_the_lock(locked: bool) -> None:
    rig = Rig(keys=KEYS, firewall={"locked": locked})
    rig.down(heartbeat(), m.ATTITUDE())
    rig.run(50)
    assert rig.names(rig.laptop) == ["HEARTBEAT", "ATTITUDE"]


def test_what_is_for_the_box_does_not_go_up() -> None:
    rig = Rig()
    assert passed_up(rig, m.COMMAND_LONG(command=2510, target_system=254, target_component=191)) == []
    assert [f.name for f in rig.heard(rig.laptop) if f.source == BOX].count("COMMAND_ACK") == 1


ROTATE = m.COMMAND_LONG(command=31011, target_system=254, target_component=191, param1=1)
NEXT = next_key(LAPTOP_KEY)


def rotated(rig: Rig, sender: Encoder) -> int:
    """Return the result of the command for the next key."""
    rig.heard(rig.laptop)
    rig.laptop.feed(sender.pack(ROTATE))
    rig.run(50)
    (answer,) = [frame.message() for frame in rig.heard(rig.laptop) if frame.name == "COMMAND_ACK"]
    assert answer.command == 31011
    return int(answer.result)


def test_both_keys_count_until_the_next_one_is_used_and_then_that_alone() -> None:
    rig = locked_rig()
    old, new = signing_station(), signing_station(NEXT)
    assert passed_up(rig, ARM, sender=new) == []
    assert rotated(rig, old) == 0
    assert rotated(rig, old) == 0  # the answer was lost: the same key again
    assert rig.box.changes == {"keys.laptop_next": NEXT.hex()}
    assert passed_up(rig, ARM, sender=old) == ["COMMAND_LONG"]
    assert passed_up(rig, ARM, sender=new) == ["COMMAND_LONG"]
    assert passed_up(rig, ARM, sender=old) == []
    assert rig.box.changes == {"keys.laptop": NEXT.hex(), "keys.laptop_next": ""}


def test_a_recording_of_the_old_key_is_refused_after_the_change() -> None:
    rig = locked_rig()
    old, new = signing_station(), signing_station(NEXT)
    recorded = old.pack(ARM)
    rotated(rig, old)
    assert passed_up(rig, ARM, sender=new) == ["COMMAND_LONG"]
    rig.laptop.feed(recorded)
    rig.run(50)
    assert rig.names(rig.radios[0]) == []


def test_after_a_restart_in_between_both_keys_count_as_before() -> None:
    before = locked_rig()
    rotated(before, signing_station())
    rig = Rig(keys=KEYS | {"laptop_next": before.box.changes["keys.laptop_next"]}, firewall={"locked": True})
    assert passed_up(rig, ARM, sender=signing_station()) == ["COMMAND_LONG"]
    assert passed_up(rig, ARM, sender=signing_station(NEXT)) == ["COMMAND_LONG"]
    assert passed_up(rig, ARM, sender=signing_station()) == []


def test_the_key_is_changed_only_on_a_locked_box_with_all_aircraft_disarmed() -> None:
    rig = locked_rig()
    rig.down(heartbeat(armed=True))
    rig.run(50)
    assert rotated(rig, signing_station()) == 2
    open_box = Rig(keys=KEYS)
    assert rotated(open_box, signing_station()) == 2
    assert open_box.box.changes == {}


REFUSES_TWO = {"direction": "up", "allow": False, "target": 2}
UNKNOWN = b"\xfd" + bytes((4, 0, 0, 9, 255, 190)) + (70_000).to_bytes(3, "little") + b"\1\2\3\4\5\6"


def test_what_is_for_all_is_also_for_the_aircraft_that_a_rule_refuses() -> None:
    rig = Rig(**rules(REFUSES_TWO))
    to_all = m.COMMAND_LONG(target_system=0, command=400)
    steering = m.MANUAL_CONTROL(target=2, z=500)
    assert passed_up(rig, to_all, steering, ARM, station_heartbeat()) == ["COMMAND_LONG", "HEARTBEAT"]
    rig.laptop.feed(UNKNOWN + rig.station.pack(station_heartbeat()))
    rig.run(50)
    assert UNKNOWN not in bytes(rig.radios[0].sent)


def test_what_is_for_all_is_not_allowed_by_a_rule_for_one() -> None:
    rig = Rig(**rules({"direction": "up", "allow": True, "target": 1}, default="refuse"))
    assert passed_up(rig, m.COMMAND_LONG(target_system=0, command=400), ARM) == ["COMMAND_LONG"]
    assert passed_up(rig, station_heartbeat()) == []


def halves(rig: Rig) -> bytes:
    """Return the uplink bytes of a command that arrives in two halves, half a second apart."""
    raw = rig.station.pack(m.COMMAND_LONG(command=400, param2=21196, target_system=1, target_component=1))
    for piece in (raw[:20], raw[20:]):
        rig.laptop.feed(piece)
        rig.run(500)
    return bytes(rig.radios[0].sent)


def test_pieces_of_a_command_do_not_pass_a_lock_or_rules_whatever_the_setting() -> None:
    assert halves(Rig(raw_bytes="pass")) != b""
    locked = Rig(raw_bytes="pass", keys=KEYS)
    locked.bridge.firewall.locked = True
    assert halves(locked) == b""
    for rule, allow in ((REFUSES_TWO, True), (None, False)):
        rig = Rig(raw_bytes="pass")
        rig.bridge.firewall.rules = firewall.compile_rules([rule] if rule else [])
        rig.bridge.firewall.default_allow = allow
        assert halves(rig) == b""


def test_a_lock_by_command_stops_raw_bytes_and_persists_over_a_restart() -> None:
    rig = Rig(raw_bytes="pass", keys=KEYS)
    rig.up(m.COMMAND_LONG(command=31010, target_system=254, target_component=191, param1=1))
    rig.run(50)
    assert rig.box.changes == {"firewall.locked": True, "raw_bytes": "drop"}
    text = with_changes(json.dumps({"version": 1, "laptop": {"port": "memory"}, "radios": [{"port": "memory"}],
                                    "raw_bytes": "pass", "keys": KEYS}), rig.box.changes)  # fmt: skip
    assert parse(text)["firewall"]["locked"]
    rig.laptop.feed(signing_station().pack(
        m.COMMAND_LONG(command=31010, target_system=254, target_component=191, param1=0)))  # fmt: skip
    rig.run(50)
    assert rig.box.changes["firewall.locked"] is False


def test_a_heartbeat_that_the_rules_refuse_does_not_keep_the_laptop_alive() -> None:
    rig = Rig(**rules({"direction": "up", "allow": False, "system": 250}))
    rig.up(station_heartbeat())
    rig.run(50)
    other = Encoder(address(250, 1))
    for _ in range(10):
        rig.laptop.feed(other.pack(station_heartbeat()))
        rig.run(1000)
    assert rig.bridge.dead_man is not None
    assert rig.bridge.dead_man.state == 2
    assert rig.bridge.dead_man.station.system == 255


def test_what_was_recorded_before_the_last_note_is_refused_for_ever_after_a_restart() -> None:
    """Also for a box that signs, whose timestamps are saved with a reserve."""
    clock = [UTC_US]
    station = Encoder(STATION, signer=Signer(LAPTOP_KEY, link_id=0, utc_us=lambda: clock[0]))
    before = locked_rig(sign=True)
    recorded = station.pack(ARM)
    clock[0] += 50_000_000
    noted = station.pack(ARM)
    for raw in (recorded, noted):
        before.laptop.feed(raw)
        before.run(50)
    assert before.names(before.radios[0]) == ["COMMAND_LONG", "COMMAND_LONG"]
    settings = config(keys=KEYS, firewall={"locked": True, "sign": True})
    ports = [MemoryPort() for _ in range(3)]
    box = Box(settings, list(ports), 0, None, before.box.signing_ticks(), before.box.heard_ticks())
    for raw in (recorded, noted):
        ports[0].feed(raw)
        for now_ms in range(0, 600_000, 1000):
            box.turn(now_ms, now_ms * 1000 & MASK)
    assert (box.bridge.frames_up, box.bridge.firewall.refused_replay) == (0, 2)
    clock[0] += 1_000_000
    ports[0].feed(station.pack(ARM))
    box.turn(600_000, 0)
    assert box.bridge.frames_up == 1


def test_the_note_of_the_timestamps_used_lies_a_minute_ahead() -> None:
    rig = Rig(keys=KEYS, firewall={"sign": True})
    rig.up(ARM)
    rig.run(50)
    assert rig.bridge.firewall.signer is not None
    assert rig.box.signing_ticks() - rig.bridge.firewall.signer.last_ticks == 60 * 100_000
