"""Frames through a whole box, both ways."""

from __future__ import annotations

import random

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from firmware.core.ticks import PERIOD
from tests.support.box.rig import BOX, Rig, heartbeat, station_heartbeat


def attitude(i: int) -> m.Message:
    return m.ATTITUDE(time_boot_ms=i, roll=i / 100)


def test_frames_pass_down_and_up_unchanged() -> None:
    rig = Rig()
    down = rig.down(heartbeat(), attitude(1), m.STATUSTEXT(severity=6, text="hello"))
    up = rig.up(
        station_heartbeat(), m.COMMAND_LONG(command=400, target_system=1, target_component=1, param1=1)
    )
    rig.run(20)
    assert b"".join(f.raw for f in rig.heard(rig.laptop) if f.source != BOX) == down
    assert b"".join(f.raw for f in rig.heard(rig.radios[0])) == up


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 255, 256])
def test_chunks_of_any_size_give_the_same_frames(size: int) -> None:
    rig = Rig()
    data = b"".join(rig.aircraft.pack(attitude(i)) for i in range(30))
    for at in range(0, len(data), size):
        rig.radios[0].feed(data[at : at + size])
        rig.turn()
    assert rig.names(rig.laptop) == ["ATTITUDE"] * 30


@pytest.mark.parametrize(("setting", "passed"), [("pass", b"AT+RSSI?\r\n" * 40), ("drop", b"")])
def test_bytes_that_belong_to_no_frame_pass_or_are_dropped_by_setting(setting: str, passed: bytes) -> None:
    rig = Rig(raw_bytes=setting)
    rig.laptop.feed(b"AT+RSSI?\r\n" * 40)
    rig.run(50)
    assert bytes(rig.radios[0].sent) == passed


@pytest.mark.parametrize(("setting", "count"), [("pass", 1), ("drop", 0)])
def test_unknown_messages_pass_or_are_dropped_by_setting(setting: str, count: int) -> None:
    rig = Rig(unknown_messages=setting)
    unknown = b"\xfd" + bytes((4, 0, 0, 9, 1, 1)) + (70_000).to_bytes(3, "little") + b"\1\2\3\4\5\6"
    rig.radios[0].feed(unknown + rig.aircraft.pack(heartbeat()))
    rig.run(20)
    assert bytes(rig.laptop.sent).count(unknown) == count
    assert rig.bridge.unknown_dropped == 1 - count


def test_garbage_and_floods_do_not_stop_true_frames() -> None:
    rng = random.Random(4)
    rig = Rig()
    for i in range(200):
        rig.radios[0].feed(rng.randbytes(60) + bytes(300) + rig.aircraft.pack(attitude(i)))
        rig.laptop.feed(rng.randbytes(100))
        rig.run(20, step_ms=5)
    # Noise may, rarely, end in something that looks like the beginning of a frame that has not come yet.
    assert rig.names(rig.laptop).count("ATTITUDE") == 200
    assert rig.box.supervisor.faults == 0


def test_a_flooding_laptop_program_does_not_block_commands_on_a_slow_radio() -> None:
    rig = Rig(radios=[{"port": "memory", "baud": 57600}])
    babbler, pilot = Encoder(address(250, 1)), Encoder(address(255, 190))
    heard = []
    for i in range(300):
        rig.laptop.feed(
            b"".join(babbler.pack(m.GPS_RTCM_DATA(len=180, data=bytes(range(1, 181)))) for _ in range(4))
        )
        if i % 30 == 0:
            rig.laptop.feed(pilot.pack(m.COMMAND_LONG(command=20, target_system=1, param1=i)))
            rig.laptop.feed(pilot.pack(m.MISSION_REQUEST_LIST(target_system=1)))
        rig.run(10, step_ms=2)
        heard += rig.names(rig.radios[0])
    assert heard.count("COMMAND_LONG") == 10
    assert heard.count("MISSION_REQUEST_LIST") >= 9
    assert len(rig.radios[0].sent) <= 3.1 * 5760 + 280


def test_a_dead_radio_is_noticed_in_a_second_and_does_not_block_the_other() -> None:
    rig = Rig()
    for i in range(20):
        rig.down(attitude(i))
        rig.down(attitude(i + 1000), radio=1)
        rig.run(100)
    rig.heard(rig.laptop)
    rig.radios[0].gone = True
    last = rig.now_ms
    noticed = None
    for i in range(20):
        rig.down(attitude(i), radio=1)
        rig.up(station_heartbeat())
        rig.run(100)
        if noticed is None and any("radio1 silent" in text for text in rig.texts()):
            noticed = rig.now_ms - last
    assert noticed is not None
    assert noticed <= 1200
    assert rig.names(rig.radios[1]).count("HEARTBEAT") >= 10
    rig.radios[0].gone = False
    rig.down(attitude(1))
    rig.run(100)
    assert rig.bridge.failover.radios[0].alive


def test_both_radios_dead_and_back() -> None:
    rig = Rig()
    rig.down(heartbeat())
    rig.down(heartbeat(), radio=1)
    rig.run(5000)
    assert any("radio1 silent radio2 silent" in text for text in rig.texts())
    rig.up(station_heartbeat())
    rig.run(20)
    # Nobody knows which one still gets through: both are tried.
    assert [rig.names(port) for port in rig.radios] == [["HEARTBEAT"], ["HEARTBEAT"]]
    rig.down(heartbeat(), radio=1)
    rig.run(20)
    assert rig.bridge.failover.best == 1
    rig.up(station_heartbeat())
    rig.run(20)
    assert [rig.names(port) for port in rig.radios] == [[], ["HEARTBEAT"]]


def test_a_port_that_raises_rests_for_a_second_and_the_others_go_on() -> None:
    rig = Rig()
    rig.radios[0].raises = OSError("unplugged")
    for i in range(10):
        rig.down(attitude(i), radio=1)
        rig.run(50)
    assert rig.names(rig.laptop) == ["ATTITUDE"] * 10
    assert "radio1" in rig.box.supervisor.last_fault
    assert rig.box.supervisor.faults == 1
    rig.radios[0].raises = None
    rig.down(heartbeat())
    rig.run(1000)
    assert "HEARTBEAT" in rig.names(rig.laptop)


def test_a_stalled_laptop_loses_old_telemetry_and_nothing_else_stops() -> None:
    rig = Rig()
    rig.laptop.gone = True
    for i in range(300):
        rig.down(attitude(i))
        rig.run(10)
    rig.laptop.gone = False
    rig.run(100)
    times = [frame.message().time_boot_ms for frame in rig.heard(rig.laptop) if frame.name == "ATTITUDE"]
    assert times[-1] == 299
    assert len(times) < 120


def test_everything_goes_on_across_the_wrap_of_the_milliseconds() -> None:
    rig = Rig(start_ms=PERIOD - 3000, radios=[{"port": "memory", "baud": 57600}])
    for i in range(60):
        rig.down(attitude(i))
        rig.up(station_heartbeat())
        rig.run(100)
    assert rig.names(rig.laptop).count("ATTITUDE") == 60
    assert rig.names(rig.radios[0]).count("HEARTBEAT") == 60
    assert rig.bridge.dead_man is not None
    assert rig.bridge.dead_man.state == 1
    assert not any("silent" in text for text in rig.texts())


def test_a_long_text_of_the_box_arrives_whole() -> None:
    rig = Rig()
    long = "aircraft did not answer: " + ", ".join(str(number) for number in range(1, 30))
    for text in (long, "x" * 50, "short"):
        rig.bridge.send_text(2, text)
    rig.run(20)
    said = rig.texts()
    assert [text for text in said if not text.startswith("radios")] == [long, "x" * 50, "short"]
