"""The times of ULogs: in UTC or since boot, of topics that were never published, and the date without a GPS."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from controller.logs.formats.base import Log
from controller.logs.formats.read import open_log, read_bytes
from tests.support.logs.onboard_logs import UlogWriter

CASES = Path(__file__).resolve().parents[4] / "data" / "cases"
BOOT_UTC_US = 1_757_000_000_000_000
GROUND_M = 488.0


def flight(*, begin_us: int = 10_000_000, boot_utc_us: int = 0) -> UlogWriter:
    """Sixty seconds at 20 m, armed from the tenth on, while PX4 moves home up and down; without a GPS."""
    log = UlogWriter(begin_us)
    log.format("vehicle_global_position:uint64_t timestamp;double lat;double lon;float alt;")
    log.format("home_position:uint64_t timestamp;float alt;bool valid_alt;")
    log.format("vehicle_status:uint64_t timestamp;uint8_t nav_state;uint8_t arming_state;")
    log.format("battery_status:uint64_t timestamp;float voltage_v;")
    if boot_utc_us:
        log.keyed("I", "uint64_t boot_time_utc_us", struct.pack("<Q", boot_utc_us))
    topics = ("vehicle_global_position", "home_position", "vehicle_status", "battery_status")
    for number, topic in enumerate(topics):
        log.subscribe(number, topic)
    # What was published last before the log began; a battery never was.
    log.sample(2, struct.pack("<QBB", begin_us - 7_000_000, 4, 1))
    log.sample(3, struct.pack("<Qf", 0, 0.0))
    log.text(begin_us - 8_000_000, 6, "started")
    for second in range(60):
        at_us = begin_us + second * 1_000_000
        height_m = 20.0 if second >= 10 else 0.0
        log.sample(1, struct.pack("<Qf?", at_us, GROUND_M + (second % 4 if second > 10 else 0.0), True))
        log.sample(0, struct.pack("<Qddf", at_us, 47.0 + second * 1e-5, 8.0, GROUND_M + height_m))
        if second == 10:
            log.sample(2, struct.pack("<QBB", at_us, 4, 2))
    return log


def read(log: UlogWriter) -> Log:
    return read_bytes(memoryview(bytes(log.data)), Path("a.ulg"))


def test_a_log_whose_stamps_are_utc_has_its_date_and_length() -> None:
    view = open_log(CASES / "utc_clock.ulg").series()
    position, mode = view.channels["position"], view.channels["mode"]
    assert (view.clock, view.shift_us) == ("utc", 0)
    assert position.times_us[0] == 1_780_000_000_000_000
    assert np.ptp(position.times_us) == 29_500_000
    assert mode["armed"].tolist() == [False, True, True]


def test_the_boot_time_in_the_log_gives_the_date_of_one_without_gps() -> None:
    view = read(flight(boot_utc_us=BOOT_UTC_US)).series()
    assert view.clock == "utc"
    assert view.channels["position"].times_us[0] == BOOT_UTC_US + 10_000_000
    assert read(flight()).series().clock == "boot"


def test_a_sample_that_was_never_published_is_no_measurement() -> None:
    log = read(flight())
    assert log.counts["battery_status"] == 1
    assert log.rows("battery_status") == []
    assert "battery" not in log.series().channels


def test_a_sample_from_before_the_log_has_the_time_of_its_begin() -> None:
    log = read(flight())
    view = log.series()
    assert min(int(channel.times_us[0]) for channel in view.channels.values()) == 10_000_000
    assert view.channels["mode"]["armed"].tolist() == [False, True]
    assert log.texts()[0].time_us == 2_000_000


@pytest.mark.parametrize("shift_us", [0, BOOT_UTC_US])
def test_the_height_above_home_is_that_above_where_it_was_armed(shift_us: int) -> None:
    altitude = read(flight(begin_us=shift_us + 10_000_000)).series().channels["altitude"]
    assert altitude["home_m"].tolist() == [0.0] * 10 + [20.0] * 50
