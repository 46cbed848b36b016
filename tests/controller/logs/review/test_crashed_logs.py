"""Crashes in on-board logs: what each format holds of them is read, also where the log ends in the fall."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controller.logs.formats.base import Log
from controller.logs.review.findings import Review, review
from tests.support.logs.reviewed_logs import ROWS, TIMES, ColumnTable, copter, dataflash, px4, ulog

# Level for 50 s, a second of tumbling, a fall of two seconds, then at rest on the back.
TUMBLES, FALLS, HITS = 500, 510, 530
AT = np.arange(ROWS)
ROLL_DEG = np.where(AT < TUMBLES, 0.0, np.where(AT < HITS, (AT - TUMBLES) * 25.0, 175.0))
SINK = np.where((AT >= FALLS) & (AT < HITS), np.minimum((AT - FALLS) * 1.0, 15.0), 0.0)
HEIGHT = 20.0 - np.minimum(np.cumsum(SINK) / 10.0, 20.0)
MESSAGE = b"Crash: Disarming: AngErr=121>30, Accel=0.4<3.0"


def rows_until(tables: dict[str, ColumnTable], rows: int, time: str) -> dict[str, ColumnTable]:
    """The log cut off at a moment."""
    end_us = TIMES[rows]
    return {
        name: ColumnTable({column: values[table[time] < end_us] for column, values in table.items()})
        for name, table in tables.items()
        if (table[time] < end_us).any()
    }


def crashed_copter(**more: ColumnTable) -> dict[str, ColumnTable]:
    zeros = np.zeros(ROWS)
    tables = copter() | {
        "POS": ColumnTable(
            TimeUS=TIMES, Lat=zeros + 47.0, Lng=zeros + 8.0, Alt=500.0 + HEIGHT, RelHomeAlt=HEIGHT
        ),
        "ATT": ColumnTable(
            TimeUS=TIMES, DesRoll=zeros, DesPitch=zeros, Roll=ROLL_DEG, Pitch=zeros, Yaw=zeros
        ),
        "XKF1": ColumnTable(TimeUS=TIMES, C=zeros.astype(np.uint8), VN=zeros, VE=zeros, VD=SINK),
    }
    return tables | more


def crashed_px4() -> dict[str, ColumnTable]:
    zeros = np.zeros(ROWS)
    half = np.radians(ROLL_DEG) / 2
    return px4() | {
        "vehicle_global_position": ColumnTable(
            timestamp=TIMES, lat=zeros + 47.0, lon=zeros + 8.0, alt=500.0 + HEIGHT
        ),
        "vehicle_local_position": ColumnTable(timestamp=TIMES, vx=zeros, vy=zeros, vz=SINK),
        "vehicle_attitude": ColumnTable(
            {"timestamp": TIMES, "q[0]": np.cos(half), "q[1]": np.sin(half), "q[2]": zeros, "q[3]": zeros}
        ),
        "vehicle_attitude_setpoint": ColumnTable(
            {"timestamp": TIMES, "q_d[0]": zeros + 1, "q_d[1]": zeros, "q_d[2]": zeros, "q_d[3]": zeros}
        ),
    }


def judged(log: Log) -> Review:
    found = review(log)
    assert found.crash is not None
    assert found.findings[0].grade == "bad"
    return found


def kinds(found: Review) -> set[str]:
    return {one.kind for one in found.findings}


@pytest.mark.parametrize("log", [dataflash(crashed_copter()), ulog(crashed_px4())], ids=["copter", "px4"])
def test_an_on_board_log_of_a_tumbling_fall_is_a_crash(log: Log) -> None:
    found = judged(log)
    assert found.crash is not None
    assert found.crash.text.startswith("impact at 15.0 m/s; upside down (roll 175°, pitch 0°)")
    assert {"crash", "attitude error", "uncontrolled descent"} <= kinds(found)


@pytest.mark.parametrize("rows", [HITS - 2, HITS - 8])
@pytest.mark.parametrize("px4_log", [False, True])
def test_a_log_that_ends_before_the_impact_is_a_crash_too(rows: int, px4_log: bool) -> None:
    tables = crashed_px4() if px4_log else crashed_copter()
    # The disarming was never written: without it the armed copter is known by its events.
    tables.pop("ARM", None)
    if not px4_log:
        tables["EV"] = ColumnTable(TimeUS=TIMES[:2], Id=np.array([15, 28]))
    cut = rows_until(tables, rows, "timestamp" if px4_log else "TimeUS")
    found = judged(ulog(cut) if px4_log else dataflash(cut))
    assert found.crash is not None
    assert found.crash.text.startswith("the record ends while it falls at ")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ERR": (12, 1)}, "the autopilot: crash check: crash"),
        ({"ERR": (12, 2)}, "the autopilot: crash check: loss of control"),
        ({"EV": 51}, "the autopilot: parachute released"),
        ({"MSG": MESSAGE}, f"the autopilot: {MESSAGE.decode()}"),
        ({"ERR": (12, 0)}, ""),
        ({"ERR": (11, 2)}, ""),
        ({"EV": 18}, ""),
    ],
)
def test_a_dataflash_log_in_which_the_autopilot_reports_a_crash(more: dict[str, Any], text: str) -> None:
    tables = copter()
    zeros = np.zeros(ROWS)
    tables["ATT"] = ColumnTable(
        TimeUS=TIMES, DesRoll=zeros, DesPitch=zeros, Roll=zeros, Pitch=zeros, Yaw=zeros
    )
    at_us = TIMES[550:551]
    for name, value in more.items():
        if name == "ERR":
            tables[name] = ColumnTable(TimeUS=at_us, Subsys=np.array([value[0]]), ECode=np.array([value[1]]))
        elif name == "EV":
            tables[name] = ColumnTable(TimeUS=at_us, Id=np.array([value]))
        else:
            tables[name] = ColumnTable(
                TimeUS=np.append(TIMES[:1], at_us), Message=np.array([b"ArduCopter V4.6.0", value])
            )
    crash = review(dataflash(tables)).crash
    assert (crash.text if crash else "") == text


@pytest.mark.parametrize(
    ("topic", "column", "text"),
    [
        ("actuator_armed", "force_failsafe", "the autopilot: flight termination"),
        ("actuator_armed", "termination", "the autopilot: flight termination"),
        ("actuator_armed", "kill", ""),
        ("failure_detector_status", "fd_roll", ""),
        ("vehicle_status", "failure_detector_status", ""),
    ],
)
def test_a_ulog_in_which_the_autopilot_reports_a_failure(topic: str, column: str, text: str) -> None:
    tables, zeros = px4(), np.zeros(ROWS)
    tables["vehicle_attitude"] = ColumnTable(
        {"timestamp": TIMES, "q[0]": zeros + 1, "q[1]": zeros, "q[2]": zeros, "q[3]": zeros}
    )
    table = tables.setdefault(topic, ColumnTable(timestamp=TIMES))
    table[column] = (AT >= 550).astype(np.uint8)
    crash = review(ulog(tables)).crash
    assert (crash.text if crash else "") == text


def test_an_on_board_log_that_ends_in_level_flight_is_no_crash_but_named() -> None:
    tables = crashed_copter()
    tables.pop("ARM")
    tables["POS"]["RelHomeAlt"] = np.minimum(AT / 10.0, 20.0)
    tables["POS"]["Alt"] = 500.0 + tables["POS"]["RelHomeAlt"]
    tables["EV"] = ColumnTable(TimeUS=TIMES[:2], Id=np.array([15, 28]))
    found = review(dataflash(rows_until(tables, TUMBLES - 50, "TimeUS")))
    assert found.crash is None
    assert [(one.kind, one.text) for one in found.findings if one.kind == "log ends in flight"] == [
        ("log ends in flight", "armed, 20 m above its beginning")
    ]


def test_a_crash_report_counts_without_attitude_and_without_an_arming_event() -> None:
    tables = copter()
    tables.pop("ARM")
    tables["ERR"] = ColumnTable(TimeUS=TIMES[550:551], Subsys=np.array([12]), ECode=np.array([1]))
    crash = review(dataflash(tables)).crash
    assert crash is not None
    assert crash.text == "the autopilot: crash check: crash"
