"""Findings: for each rule one series that breaks it and one that keeps to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from controller.logs.read import read_log
from controller.logs.review.findings import RULES, judge, review
from controller.logs.review.signals import Signal, signals_of

SERIES: dict[str, tuple[list[float], list[float], float, int]] = {
    "vibration": ([5, 31, 12, 40], [5, 29, 30, 12], 40, 2),
    "vibration_px4": ([1, 5.0, 1, 1], [1, 4.9, 2, 1], 5.0, 1),
    "clipping": ([7, 7, 9, 12], [7, 7, 7, 0], 5, 2),
    "filter": ([0.2, 1.3, 0.4, 0.1], [0.2, 1.0, 0.4, 0.1], 1.3, 1),
    "satellites": ([12, 5, 4, 9], [12, 6, 9, 8], 4, 2),
    "hdop": ([0.7, 1.5, 2.5, 0.8], [0.7, 1.4, 0.9, np.nan], 2.5, 2),
}


def _signal(kind: str, values: list[float]) -> Signal:
    return Signal(kind, "X.y", np.arange(4) * 1_000_000, np.array(values, np.float64))


def test_every_rule_has_its_series() -> None:
    assert set(SERIES) == set(RULES)


@pytest.mark.parametrize("kind", SERIES)
def test_a_series_past_its_limit_is_found_with_its_worst_and_its_rows(kind: str) -> None:
    found = judge(_signal(kind, SERIES[kind][0]))
    assert found is not None
    assert (found.worst, found.rows) == SERIES[kind][2:]
    assert found.threshold_source


@pytest.mark.parametrize("kind", SERIES)
def test_a_series_at_its_limit_is_not_found(kind: str) -> None:
    assert judge(_signal(kind, SERIES[kind][1])) is None


def test_a_series_that_knows_nothing_is_not_found() -> None:
    assert judge(_signal("hdop", [np.nan] * 4)) is None
    assert judge(Signal("clipping", "X.y", np.zeros(0, np.int64), np.zeros(0))) is None


def test_each_sensor_of_an_onboard_log_is_a_signal_of_its_own() -> None:
    table = {
        "TimeUS": np.array([1, 2, 3, 4]),
        "IMU": np.array([0, 1, 0, 1]),
        "VibeX": np.array([1.0, 50.0, 2.0, 60.0]),
    }
    read: Any = SimpleNamespace(format="dataflash", log=SimpleNamespace(tables={"VIBE": table}))
    signals = signals_of(read)
    assert [(s.source, s.values.tolist()) for s in signals] == [
        ("VIBE[0].VibeX", [1.0, 2.0]),
        ("VIBE[1].VibeX", [50.0, 60.0]),
    ]


@pytest.mark.parametrize("name", ["arducopter_square.bin", "px4_square.ulg", "arduplane_vtol.tlog"])
def test_real_logs_of_every_format_are_judged(shared_data: Any, name: str) -> None:
    judged = review(read_log(shared_data / "logs" / name)).judged
    assert {"gps hdop", "gps satellites"} <= set(judged)
