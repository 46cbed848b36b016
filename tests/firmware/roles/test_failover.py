"""Merging two radios, and choosing between them."""

from __future__ import annotations

import random

from controller.wire import messages as m
from tests.firmware.rig import Rig, heartbeat, station_heartbeat


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


def test_what_one_radio_loses_the_other_brings() -> None:
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
    for _ in range(10):
        rig.down(m.RADIO_STATUS(rssi=60, noise=50, txbuf=95))
        rig.down(m.RADIO_STATUS(rssi=180, noise=50, txbuf=95), radio=1)
        rig.run(500)
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
