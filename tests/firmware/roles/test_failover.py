"""Two radios: duplicate removal and selection."""

from __future__ import annotations

import random

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.box.rig import BOX, Rig, heartbeat, station_heartbeat


def attitude(i: int) -> m.Message:
    return m.ATTITUDE(time_boot_ms=i)


def test_a_frame_that_came_over_both_radios_is_passed_once() -> None:
    rig = Rig()
    for i in range(50):
        raw = rig.aircraft.pack(attitude(i))
        rig.radios[i % 2].feed(raw)
        rig.turn(5)
        rig.radios[1 - i % 2].feed(raw)
        rig.turn(15)
    assert rig.names(rig.laptop) == ["ATTITUDE"] * 50
    assert rig.bridge.failover.duplicates == 50


def test_the_same_frame_twice_over_one_radio_is_two_frames() -> None:
    rig = Rig()
    raw = rig.aircraft.pack(heartbeat())
    for _ in range(5):
        rig.radios[0].feed(raw)
        rig.turn(100)
    assert rig.names(rig.laptop) == ["HEARTBEAT"] * 5


def test_frames_lost_by_one_radio_arrive_by_the_other() -> None:
    rng = random.Random(3)
    rig = Rig()
    for i in range(500):
        raw = rig.aircraft.pack(attitude(i))
        for radio in rig.radios:
            if rng.random() > 0.3:
                radio.feed(raw)
        rig.run(20)
    got = [frame.message().time_boot_ms for frame in rig.heard(rig.laptop) if frame.name == "ATTITUDE"]
    assert len(got) == len(set(got))
    assert len(got) > 500 * (1 - 0.3 * 0.3) * 0.97
    assert all(20 <= radio.loss_percent <= 40 for radio in rig.bridge.failover.radios)


def says(rig: Rig, radio: int, **values: int) -> None:
    """RADIO_STATUS as a SiK radio sends it."""
    rig.radios[radio].feed(Encoder(address(51, 68)).pack(m.RADIO_STATUS(txbuf=95, **values)))


def feed_with_loss(rig: Rig, loss: tuple[float, float], seconds: int, seed: int) -> None:
    rng = random.Random(seed)
    for i in range(seconds * 20):
        raw = rig.aircraft.pack(attitude(i))
        for radio, share in zip(rig.radios, loss, strict=True):
            if rng.random() >= share:
                radio.feed(raw)
        rig.run(50)


def test_the_up_link_moves_to_the_radio_that_is_clearly_better_for_a_while() -> None:
    rig = Rig()
    feed_with_loss(rig, (0.0, 0.0), 1, 0)
    feed_with_loss(rig, (0.4, 0.0), 2, 1)
    assert rig.bridge.failover.best == 0
    feed_with_loss(rig, (0.4, 0.0), 6, 2)
    assert rig.bridge.failover.best == 1
    rig.up(station_heartbeat())
    rig.run(20)
    assert [rig.names(port) for port in rig.radios] == [[], ["HEARTBEAT"]]


def test_two_radios_that_are_about_equal_do_not_take_turns() -> None:
    rig = Rig()
    feed_with_loss(rig, (0.05, 0.08), 60, 5)
    assert rig.bridge.failover.changes <= 1


def test_a_weak_signal_makes_a_radio_worse() -> None:
    rig = Rig()
    feed_with_loss(rig, (0.0, 0.0), 2, 1)
    for _ in range(5):
        for radio, rssi in ((0, 60), (1, 180)):
            says(rig, radio, rssi=rssi, noise=50)
        feed_with_loss(rig, (0.0, 0.0), 1, 2)
    assert rig.bridge.failover.best == 1


def test_up_over_all_radios_by_setting() -> None:
    rig = Rig(uplink="all")
    rig.down(heartbeat())
    rig.run(20)
    rig.up(station_heartbeat())
    rig.run(20)
    assert [rig.names(port) for port in rig.radios] == [["HEARTBEAT"], ["HEARTBEAT"]]


def test_down_from_the_best_radio_only_by_setting() -> None:
    rig = Rig(downlink="best")
    for i in range(20):
        rig.down(attitude(i))
        rig.down(attitude(1000 + i), radio=1)
        rig.run(50)
    times = {frame.message().time_boot_ms for frame in rig.heard(rig.laptop) if frame.name == "ATTITUDE"}
    assert times == set(range(20))


def test_a_radio_that_only_reports_its_own_status_is_dead() -> None:
    rig = Rig()
    feed_with_loss(rig, (0.0, 0.1), 5, 1)
    rig.texts()
    for i in range(20):
        says(rig, 0, rssi=200, noise=50, remrssi=200, remnoise=50)
        rig.radios[0].feed(Encoder(address(51, 68)).pack(m.HEARTBEAT(type=27, autopilot=8)))
        rig.down(attitude(i), radio=1)
        rig.run(100)
    assert [radio.alive for radio in rig.bridge.failover.radios] == [False, True]
    assert rig.bridge.failover.best == 1
    assert rig.texts() == ["radios: radio1 silent radio2 ok, best radio2"]


def test_a_report_of_radios_is_a_warning_only_if_one_is_silent() -> None:
    rig = Rig()
    reports = []
    for radios in (1, 2, 1):
        for i in range(20):
            for radio in range(radios):
                rig.down(attitude(i), radio=radio)
            rig.run(100)
        texts = [f.message() for f in rig.heard(rig.laptop) if f.source == BOX and f.name == "STATUSTEXT"]
        reports += [(found.severity, found.text) for found in texts if found.text.startswith("radios")]
    assert {severity for severity, text in reports if "silent" in text} == {4}
    assert {severity for severity, text in reports if "silent" not in text} == {5}


def test_what_a_radio_says_of_itself_counts_as_no_loss_of_the_aircrafts() -> None:
    rig = Rig()
    for i in range(30):
        rig.down(attitude(i))
        says(rig, 0, rssi=200, noise=50)
        rig.radios[0].feed(Encoder(address(1, 68)).pack(m.RADIO_STATUS(rssi=1, txbuf=95)))
        rig.run(100)
    assert rig.bridge.failover.radios[0].loss_percent == 0
    assert rig.bridge.failover.radios[0].frames == 30


def test_what_both_radios_say_of_themselves_is_taken_of_each() -> None:
    rig = Rig()
    raw = Encoder(address(51, 68)).pack(m.RADIO_STATUS(rssi=90, txbuf=15))
    for port in rig.radios:
        port.feed(raw)
        rig.run(20)
    assert [radio.rssi for radio in rig.bridge.failover.radios] == [90, 90]
    assert [channel.shaper.rate_percent for channel in rig.bridge.radios] == [50, 50]


def test_a_radio_received_badly_by_the_aircraft_is_rated_lower() -> None:
    for remote, best in ((60, 1), (0, 1), (255, 0), (200, 0)):
        rig = Rig()
        feed_with_loss(rig, (0.0, 0.0), 2, 1)
        says(rig, 0, rssi=200, noise=50, remrssi=200, remnoise=50)
        for i in range(6):
            says(rig, 0, rssi=200, noise=50, remrssi=remote, remnoise=50)
            feed_with_loss(rig, (0.0, 0.0), 1, i)
        assert rig.bridge.failover.best == best, remote


def test_a_radio_that_does_not_tell_how_it_is_heard_is_not_worse_for_it() -> None:
    rig = Rig()
    for i in range(8):
        says(rig, 0, rssi=200, noise=50, remrssi=0, remnoise=0)
        feed_with_loss(rig, (0.0, 0.0), 1, i)
    assert rig.bridge.failover.best == 0


def silence_noticed_ms(rig: Rig, radio: int = 0) -> int:
    last_ms = rig.now_ms
    while rig.bridge.failover.radios[radio].alive:
        rig.turn(10)
        assert rig.now_ms < last_ms + 10_000
    return rig.now_ms - last_ms


def test_a_single_radio_and_the_last_of_two_are_noticed_dead_in_a_second() -> None:
    for count in (1, 2):
        rig = Rig(radios=[{"port": "memory"}] * count)
        for i in range(50):
            for radio in range(count):
                rig.down(attitude(1000 * radio + i), radio=radio)
            rig.run(100)
        assert silence_noticed_ms(rig) <= 1010
        assert not any(radio.alive for radio in rig.bridge.failover.radios)


def test_an_aircraft_that_speaks_once_a_second_is_silent_after_three_of_its_pauses() -> None:
    rig = Rig(radios=[{"port": "memory"}])
    for _ in range(10):
        rig.down(heartbeat())
        rig.run(1000)
    assert 3000 <= silence_noticed_ms(rig) + 1000 <= 3600


def test_a_slow_aircraft_on_a_lossy_radio_causes_no_stream_of_texts() -> None:
    rng = random.Random(2)
    rig = Rig()
    for _ in range(120):
        raw = rig.aircraft.pack(heartbeat())
        for radio in rig.radios:
            if rng.random() >= 0.02:
                radio.feed(raw)
            rig.run(rng.choice((10, 20, 30, 40)))
        rig.run(960)
    assert len([text for text in rig.texts() if text.startswith("radios")]) <= 3


def test_a_radio_that_comes_and_goes_is_not_told_of_without_end() -> None:
    rig = Rig(radios=[{"port": "memory"}])
    for i in range(60):
        if i % 4 < 2:
            for j in range(10):
                rig.down(attitude(j))
                rig.run(100)
        else:
            rig.run(1000)
    assert 4 <= len([text for text in rig.texts() if text.startswith("radios")]) <= 10


def test_frames_that_differ_in_their_checksum_alone_are_two() -> None:
    rig = Rig()
    for radio, i in ((0, 1), (1, 2)):
        rig.radios[radio].feed(Encoder(address(1, 1)).pack(attitude(i)))
        rig.run(20)
    assert rig.names(rig.laptop) == ["ATTITUDE", "ATTITUDE"]
    assert rig.bridge.failover.duplicates == 0
