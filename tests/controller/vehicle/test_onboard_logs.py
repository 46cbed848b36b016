"""On-board logs by name and in order: no name leads out of the folder, and no order is guessed."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.errors import UserError
from controller.protocol.logs.client import LogEntry
from controller.vehicle.onboard_logs import OnboardLog, logs_of_files, logs_of_service, newest_log

DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}
TEXT = st.text(st.sampled_from("aA0._-/\\: \0\x1b\n*é"), max_size=12)


@given(TEXT, TEXT)
@example("/APM/LOGS", "..\\..\\0")
@example("/APM/../..", "00")
@example("/APM/LOGS", "C:x")
@example("/con.x", "1_1")
@example("aux", "")
def test_a_name_from_the_aircraft_is_a_plain_file_on_every_system(folder: str, stem: str) -> None:
    name = OnboardLog(1, 0, 0, f"{folder}/{stem}.bin").name
    assert name.isascii() and name.isprintable() and name.endswith(".bin")
    assert PureWindowsPath(name).name == PurePosixPath(name).name == name
    assert name.split(".")[0].lower() not in DEVICES


DAYS = ["log/2026-05-16/09_30_12.ulg", "log/2026-05-17/06_40_00.ulg"]
SESSIONS = ["log/sess9/log001.ulg", "log/sess10/log001.ulg"]


@pytest.mark.parametrize(
    ("in_order", "newest", "known"),
    [
        (DAYS, None, True),
        (SESSIONS, None, True),
        (SESSIONS + DAYS, None, False),
        (["LOGS/1.BIN", "LOGS/2.BIN", "LOGS/10.BIN"], None, False),
        (["LOGS/3.BIN", "LOGS/10.BIN", "LOGS/1.BIN", "LOGS/2.BIN"], 2, True),
        (["LOGS/a.BIN", "LOGS/b.BIN"], None, False),
        (["LOGS/a.BIN"], None, True),
    ],
)
def test_the_newest_file_is_found_only_where_the_order_is_known(
    in_order: list[str], newest: int | None, known: bool
) -> None:
    logs = logs_of_files([(path, 1) for path in sorted(in_order)], newest)
    assert [log.path for log in logs] == in_order
    if known:
        assert newest_log(logs, "") == logs[-1]
    else:
        with pytest.raises(UserError, match=r"cannot find the newest log.*by its number"):
            newest_log(logs, "PX4 quad 1")


def test_logs_without_number_order_are_sorted_by_their_times() -> None:
    entries = [LogEntry(0, 1_779_000_002, 5), LogEntry(1, 1_779_000_001, 5)]
    assert newest_log(logs_of_service(entries, in_order=False), "").number == 0
    assert newest_log(logs_of_service(entries, in_order=True), "").number == 1
    with pytest.raises(UserError, match="cannot find the newest log"):
        newest_log(logs_of_service([*entries, LogEntry(2, 86_400, 5)], in_order=False), "")
    with pytest.raises(UserError, match="no log on board"):
        newest_log([], "")
