"""Findings: for each limit a series past it and one within it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controller.logs.formats.read import open_log
from controller.logs.review.evidence import Measurement, Signal
from controller.logs.review.findings import compare_measurement, compare_signal, review
from controller.logs.review.limits import LIMITS
from tests.support.logs.reviewed_logs import ColumnTable, dataflash

SERIES: dict[str, tuple[list[float], list[float], float, int]] = {
    "vibration": ([5, 31, 12, 40], [5, 29, 30, 12], 40, 2),
    "vibration_px4": ([1, 5.0, 1, 1], [1, 4.9, 2, 1], 5.0, 1),
    "clipping": ([7, 7, 9, 12], [7, 7, 7, 0], 5, 2),
    "filter": ([0.2, 1.3, 0.4, 0.1], [0.2, 1.0, 0.4, 0.1], 1.3, 1),
    "satellites": ([12, 5, 4, 9], [12, 6, 9, 8], 4, 2),
    "hdop": ([0.7, 1.5, 2.5, 0.8], [0.7, 1.4, 0.9, np.nan], 2.5, 2),
    "eph": ([0.9, 3.1, 1, 1], [0.9, 3.0, 1, 1], 3.1, 1),
    "epv": ([0.9, 5.1, 6, 1], [0.9, 5.0, 1, 1], 6, 2),
    "pdop": ([1.3, 2.6, 1, 1], [1.3, 2.5, 1, 1], 2.6, 1),
    "mag_low": ([530, 180, 170, 530], [530, 185, 200, 530], 170, 2),
    "mag_high": ([530, 880, 900, 530], [530, 875, 500, 530], 900, 2),
    "mag_expected": ([10, 201, 20, 10], [10, 200, 20, 10], 201, 1),
    "mag_apart": ([0, 91, 170, 0], [0, 90, 30, 0], 170, 2),
    "cell": ([4.1, 3.5, 3.55, 3.9], [4.1, 3.6, 3.9, 3.9], 3.5, 2),
    "failsafe_voltage": ([11, 10.4, 9, 11], [11, 10.5, 12, 11], 9, 2),
    "failsafe_charge": ([0.9, 0.5, 0.14, 0.06], [0.9, 0.5, 0.15, 0.15], 0.06, 2),
    "vcc_low": ([5, 4.5, 5, 5], [5, 4.6, 5, 5], 4.5, 1),
    "loss": ([0, 6, 31, 0], [0, 5, 0.4, 0], 31, 2),
    "estimate_off": ([0, 26, 120, 3], [0, 25, 20, 3], 120, 2),
    "cross_track": ([0, 11, 2, 0], [0, 10, 2, 0], 11, 1),
}
NUMBERS = {
    "mag_throttle": (31, 30),
    "resistance": (19, 18),
    "vcc_swing": (0.16, 0.15),
    "motors": (76, 75),
    "silence": (5.1, 5.0),
    "attitude_error": (31, 30),
    "touch_down": (2.1, 2.0),
}


def _signal(kind: str, values: list[float]) -> Signal:
    return Signal(kind, "X.y", np.arange(4) * 1_000_000, np.array(values, np.float64))


def test_every_rule_has_its_series() -> None:
    assert set(SERIES) | set(NUMBERS) == set(LIMITS)


@pytest.mark.parametrize("kind", SERIES)
def test_a_series_past_its_limit_is_found_with_its_worst_and_its_rows(kind: str) -> None:
    found = compare_signal(_signal(kind, SERIES[kind][0]))
    assert found is not None
    assert (found.worst, found.rows) == SERIES[kind][2:]
    assert found.threshold_source


@pytest.mark.parametrize("kind", SERIES)
def test_a_series_at_its_limit_is_not_found(kind: str) -> None:
    assert compare_signal(_signal(kind, SERIES[kind][1])) is None


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_is_found_past_its_limit_and_not_at_it(kind: str) -> None:
    past, at = NUMBERS[kind]
    found = compare_measurement(Measurement(kind, "X", past, 1, 2, 10, "words"))
    assert found is not None
    assert (found.worst, found.limit, found.text) == (past, at, "words")
    assert compare_measurement(Measurement(kind, "X", at, 1, 2, 10)) is None


def test_a_value_past_the_second_limit_is_bad() -> None:
    for kind, rule in LIMITS.items():
        if rule.bad is not None and not rule.counts:
            past = rule.bad * (1.01 if rule.worse == "above" else 0.99)
            found = compare_measurement(Measurement(kind, "X", past, 1, 2, 10))
            mild = compare_measurement(Measurement(kind, "X", (rule.limit + rule.bad) / 2, 1, 2, 10))
            assert found is not None
            assert mild is not None
            assert (found.grade, mild.grade) == ("bad", "look")


def test_a_signal_may_bring_a_wider_limit_of_its_own() -> None:
    values = np.array([0.0, 80.0])
    assert compare_signal(Signal("cross_track", "X", np.arange(2), values, 90.0)) is None
    assert compare_signal(Signal("cross_track", "X", np.arange(2), values)) is not None


def test_a_series_without_values_gives_no_finding() -> None:
    assert compare_signal(_signal("hdop", [np.nan] * 4)) is None
    assert compare_signal(Signal("clipping", "X.y", np.zeros(0, np.int64), np.zeros(0))) is None


def test_each_sensor_of_an_onboard_log_is_a_signal_of_its_own() -> None:
    table = ColumnTable(
        TimeUS=np.array([1, 2, 3, 4]),
        IMU=np.array([0, 1, 0, 1]),
        VibeX=np.array([1.0, 50.0, 2.0, 60.0]),
    )
    log = dataflash({"VIBE": table})
    signals = log.health(log.series()).limited_columns()
    assert [(s.source, s.values.tolist()) for s in signals] == [
        ("VIBE[0].VibeX", [1.0, 2.0]),
        ("VIBE[1].VibeX", [50.0, 60.0]),
    ]


@pytest.mark.parametrize("name", ["arducopter_square.bin", "px4_square.ulg", "arduplane_vtol.tlog"])
def test_real_logs_of_every_format_are_judged(shared_data: Any, name: str) -> None:
    found = review(open_log(shared_data / "logs" / name))
    quality = "gps pdop" if name.endswith(".ulg") else "gps hdop"
    assert {quality, "gps satellites", "compass strength", "clipping"} <= set(found.judged)
    # Simulated flights without a fault; the recorder of the telemetry log lost some frames.
    assert [one.kind for one in found.findings] == ["frames lost"] * name.endswith(".tlog")


@pytest.mark.parametrize("name", ["sample.ulg", "sample_appended_multiple.ulg"])
def test_real_logs_without_a_flight_are_never_armed(shared_data: Any, name: str) -> None:
    found = review(open_log(shared_data / "logs" / name))
    assert (found.never_armed, found.findings) == (True, [])
