"""The cells of a battery, and its voltage and charge against the limits set in the aircraft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.logs.formats.base import Log
from controller.logs.formats.read import open_log
from controller.logs.review.findings import Finding, review
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.logs.logged_flights import START_US
from tests.support.logs.reviewed_logs import ROWS, TIMES, ColumnTable, copter, dataflash, px4, ulog

CASES = Path(__file__).resolve().parents[3] / "data" / "cases"


def arducopter(volts: float, lowest_v: float, **parameters: float) -> Log:
    """A copter whose battery falls from one voltage to the other, with these parameters."""
    tables = copter()
    tables["BAT"]["Volt"] = np.linspace(volts, lowest_v, ROWS)
    names = np.array([name.encode() for name in parameters], "S16")
    values = np.array(list(parameters.values()))
    tables["PARM"] = ColumnTable(TimeUS=TIMES[:1].repeat(len(names)), Name=names, Value=values)
    return dataflash(tables)


def cells(log: Log, chosen: int | None = None) -> str:
    """The cells of the first battery, and what they follow from."""
    found = next(signal.source for signal in review(log, cells=chosen).signals if signal.kind == "cell")
    return found.removeprefix("battery[0], ")


def of_kind(found: list[Finding], kind: str) -> list[tuple[float, float, str]]:
    return [(round(one.worst, 3), one.limit, one.grade) for one in found if one.kind == kind]


def test_a_six_cell_battery_far_under_its_limits_is_a_bad_finding() -> None:
    log = open_log(CASES / "six_cells.bin")
    assert cells(log) == "6 cells (MOT_BAT_VOLT_MAX)"
    found = review(log).findings
    assert of_kind(found, "battery below its failsafe voltage") == [(18.115, 21.0, "bad")]
    assert of_kind(found, "battery sag") == [(3.019, 3.6, "bad")]


@pytest.mark.parametrize(
    ("highest_v", "parameters", "expected"),
    [
        (21.4, {"MOT_BAT_VOLT_MAX": 25.2}, "6 cells (MOT_BAT_VOLT_MAX)"),
        (26.0, {"MOT_BAT_VOLT_MAX": 26.1}, "6 cells (MOT_BAT_VOLT_MAX)"),
        (48.0, {"BATT_LOW_VOLT": 43.2}, "12 cells (BATT_LOW_VOLT)"),
        (21.4, {"BATT_LOW_VOLT": 0.0, "BATT_CRT_VOLT": 20.4}, "6 cells (BATT_CRT_VOLT)"),
        (21.4, {"FS_BATT_VOLTAGE": 21.0}, "6 cells (FS_BATT_VOLTAGE)"),
        # Values of another battery, which the voltage contradicts.
        (
            16.7,
            {"MOT_BAT_VOLT_MAX": 12.6, "BATT_LOW_VOLT": 10.5},
            "4 cells (guessed from the highest voltage)",
        ),
        (16.7, {"MOT_BAT_VOLT_MAX": 50.4}, "4 cells (guessed from the highest voltage)"),
        (21.4, {"BATT2_LOW_VOLT": 21.0}, "5 cells (guessed from the highest voltage)"),
    ],
)
def test_the_aircrafts_parameters_tell_the_cells(
    highest_v: float, parameters: dict[str, float], expected: str
) -> None:
    assert cells(arducopter(highest_v, highest_v - 1, **parameters)) == expected


def test_the_user_knows_the_cells_best() -> None:
    assert cells(arducopter(21.4, 20.0, MOT_BAT_VOLT_MAX=25.2), 7) == "7 cells (--cells)"


def test_measured_cells_count_before_parameters_of_the_whole_battery() -> None:
    tables = copter()
    tables["BAT"]["Volt"] = np.full(ROWS, 21.4)
    each: dict[str, Any] = {f"V{n}": np.full(ROWS, 3566 if n <= 6 else 65535) for n in range(1, 13)}
    tables["BCL"] = ColumnTable(TimeUS=TIMES, Instance=np.zeros(ROWS), Volt=np.full(ROWS, 21400), **each)
    assert cells(dataflash(tables)) == "6 cells (measured cells)"


def test_cells_of_battery_status_are_counted_in_telemetry(tmp_path: Path) -> None:
    encoder, data = Encoder(address(1, 1)), bytearray()
    for second in range(20):
        stamp = (START_US + second * 1_000_000).to_bytes(8, "big")
        volts = (3566,) * 6 + (65535,) * 4
        for message in (
            m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=3),
            m.BATTERY_STATUS(voltages=volts, current_battery=1500, battery_remaining=50),
        ):
            data += stamp + encoder.pack(message)
    (tmp_path / "a.tlog").write_bytes(data)
    assert cells(open_log(tmp_path / "a.tlog")) == "6 cells (measured cells)"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"BATT_LOW_VOLT": 14.4, "BATT_CRT_VOLT": 14.0}, [(14.2, 14.4, "look")]),
        ({"BATT_LOW_VOLT": 14.4, "BATT_CRT_VOLT": 14.3}, [(14.2, 14.4, "bad")]),
        ({"BATT_LOW_VOLT": 0.0, "BATT_CRT_VOLT": 14.3}, [(14.2, 14.3, "bad")]),
        ({"LOW_VOLT": 14.3}, [(14.2, 14.3, "look")]),
        ({"BATT_LOW_VOLT": 14.0}, []),
        ({"BATT_LOW_VOLT": 0.0}, []),
    ],
)
def test_a_battery_below_the_aircrafts_own_failsafe_is_a_finding(
    parameters: dict[str, float], expected: list[tuple[float, float, str]]
) -> None:
    found = review(arducopter(16.4, 14.2, **parameters)).findings
    assert of_kind(found, "battery below its failsafe voltage") == expected


def test_a_charge_below_px4s_own_threshold_is_a_finding() -> None:
    tables = px4()
    tables["battery_status"] = ColumnTable(
        timestamp=TIMES, voltage_v=np.full(ROWS, 15.0), remaining=np.linspace(0.8, 0.1, ROWS)
    )
    found = review(ulog(tables, BAT_LOW_THR=0.15, BAT_CRIT_THR=0.07)).findings
    assert of_kind(found, "battery below its failsafe charge") == [(0.1, 0.15, "look")]


def test_a_battery_that_px4_says_is_not_connected_is_not_judged() -> None:
    tables = px4()
    volts, left = np.full(ROWS, 16.0), np.full(ROWS, 0.0)
    tables["battery_status"] = ColumnTable(
        timestamp=TIMES, voltage_v=volts * 0.6, remaining=left, connected=np.zeros(ROWS, np.uint8)
    )
    found = review(ulog(tables, BAT_LOW_THR=0.15, BAT_CRIT_THR=0.07))
    assert not [one for one in found.findings if one.kind.startswith("battery")]
    tables["battery_status"]["connected"][:] = 1
    found = review(ulog(tables, BAT_LOW_THR=0.15, BAT_CRIT_THR=0.07))
    assert {one.kind for one in found.findings} >= {"battery below its failsafe charge", "battery sag"}
