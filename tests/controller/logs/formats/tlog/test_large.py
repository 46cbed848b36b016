"""A telemetry log too large to hold in memory gives what a small one gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from controller.logs.formats.base import Log
from controller.logs.formats.read import open_log
from controller.logs.formats.tlog import format as tlog_format
from controller.logs.formats.tlog import large
from controller.logs.report.data import read_flight
from controller.logs.report.report import render
from controller.logs.review.findings import review
from controller.wire.columns import Columns, FoundEntries
from tests.support.data_folders import CASES
from tests.support.logs.logged_flights import flight_frames

LOGS = ["flight", "damaged", "back10s", "from1970", "two_aircraft", "raw_only"]


def log_of(folder: Path, name: str) -> Path:
    path = folder / "a.tlog"
    data = bytearray(flight_frames(seconds=60, alarms=2) if name in ("flight", "damaged") else b"")
    data += b"" if data else (CASES / f"{name}.tlog").read_bytes()
    if name == "damaged":
        data[900:960] = bytes(60)
        data[5000:5003] = b"\xff\xff\xff"
        data = data[:-20]
    path.write_bytes(data)
    return path


def opened_as_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setattr(tlog_format, "LARGE_BYTES", 1)
    monkeypatch.setattr(large, "_PIECE_BYTES", 2000)
    return open_log(path)


@pytest.mark.parametrize("name", LOGS)
def test_every_message_and_time_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = log_of(tmp_path, name)
    small, big = open_log(path), opened_as_large(path, monkeypatch)
    assert isinstance(big.columns, large.LargeColumns)  # type: ignore[attr-defined]
    assert (big.messages, big.bad_bytes, big.lost) == (small.messages, small.bad_bytes, small.lost)
    assert (big.counts, big.all_aircraft, big.notes) == (small.counts, small.all_aircraft, small.notes)
    ours, theirs = (log.columns.tables for log in (big, small))  # type: ignore[attr-defined]
    for table in theirs:
        assert np.array_equal(ours[table].systems, theirs[table].systems)
        for field in theirs[table]:
            assert np.array_equal(ours[table][field], theirs[table][field]), (table, field)
        assert np.abs(ours[table].times_us - theirs[table].times_us).max() < 300_000
    if not small.problems:
        assert np.array_equal(ours["HEARTBEAT"].times_us, theirs["HEARTBEAT"].times_us)
    assert len(big.problems) == len(small.problems)


@pytest.mark.parametrize("name", LOGS)
def test_review_and_report_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = log_of(tmp_path, name)
    small = review(open_log(path))
    page = render(read_flight(path))
    big = review(opened_as_large(path, monkeypatch))
    assert big.judged == small.judged
    assert [(one.kind, one.rows, one.of) for one in big.findings] == [
        (one.kind, one.rows, one.of) for one in small.findings
    ]
    if not open_log(path).problems:
        assert render(read_flight(path)) == page


def test_a_report_finds_the_frames_once_more_after_the_log_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = 0

    def counted(source: large.LargeSource) -> Iterator[tuple[int, FoundEntries]]:
        nonlocal found
        found += 1
        yield from pieces(source)

    pieces = large.LargeSource.pieces
    opened_as_large(log_of(tmp_path, "flight"), monkeypatch)
    monkeypatch.setattr(large.LargeSource, "pieces", counted)
    data = read_flight(tmp_path / "a.tlog")
    assert data.review.judged
    assert data.series["Link"]
    assert found == 2  # the columns that are kept, and gaps and losses of the link together


def test_a_field_that_is_not_kept_is_read_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = log_of(tmp_path, "flight")
    columns: Columns = open_log(path).columns  # type: ignore[attr-defined]
    big: Columns = opened_as_large(path, monkeypatch).columns  # type: ignore[attr-defined]
    assert "heading" not in large._KEPT["VFR_HUD"]
    table, other = columns.tables["VFR_HUD"], big.tables["VFR_HUD"]
    assert np.array_equal(table["groundspeed"], other["groundspeed"])
    with pytest.raises(KeyError):
        other["nothing"]
    parts = list(big.sender_frames(1, 1))
    (whole,) = columns.sender_frames(1, 1)
    assert len(parts) > 3
    for at in (0, 1):
        assert np.array_equal(np.concatenate([part[at] for part in parts]), whole[at])
