"""`landline logs review` and `decode` on damaged logs: the damage is reported, and an empty log is not judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from tests.support.logs.logged_flights import flight_frames
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

WHOLE = {"tlog": flight_frames(seconds=8), "bin": dataflash_sample(), "ulg": ulog_sample()}
EACH = pytest.mark.parametrize("which", WHOLE)


def _ran(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[list[str], dict[str, Any]]:
    """Return the lines that a command prints, and its JSON summary."""
    assert main(["logs", *map(str, arguments)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["logs", *map(str, arguments), "--json"]) == 0
    return lines, json.loads(capsys.readouterr().out.splitlines()[-1])


@EACH
def test_damage_is_reported_for_every_format_with_its_first_offset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str
) -> None:
    path, raw = tmp_path / f"a.{which}", bytearray(WHOLE[which])
    middle, later = len(raw) // 2, len(raw) * 3 // 4
    raw[middle : middle + 100] = bytes(100)
    raw[later : later + 100] = bytes(100)
    path.write_bytes(raw[:-1])
    lines, summary = _ran(capsys, "review", path)
    assert lines[0].startswith("damaged: ")
    assert "3 places, the first at byte " in lines[0]
    assert lines[0].endswith("truncated at the end")
    assert "the readable part of this log" in lines[-1]
    assert (summary["damaged_places"], summary["cut_off"]) == (3, True)
    assert middle - 300 < summary["first_damage"] <= middle
    _, decoded = _ran(capsys, "decode", path)
    counts = ("bad_bytes", "damaged_places", "first_damage", "cut_off", "messages")
    assert [decoded[key] for key in counts] == [summary[key] for key in counts]


@EACH
def test_a_whole_log_has_no_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str) -> None:
    path = tmp_path / f"a.{which}"
    path.write_bytes(WHOLE[which])
    lines, summary = _ran(capsys, "review", path)
    assert not any(line.startswith("damaged") for line in lines)
    assert (summary["damaged_places"], summary["first_damage"], summary["cut_off"]) == (0, None, False)


def test_an_empty_log_is_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ulg"
    path.write_bytes(WHOLE["ulg"][:70])
    lines, summary = _ran(capsys, "review", path)
    assert lines[-1] == "nothing to review: this log has no messages"
    assert (summary["messages"], summary["judged"], summary["findings"]) == (0, [], 0)


def test_a_log_cut_off_at_the_end_names_the_offset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, whole = tmp_path / "a.tlog", WHOLE["tlog"]
    path.write_bytes(whole + whole[:11])
    assert main(["logs", "decode", str(path)]) == 0
    notes = capsys.readouterr().err
    assert f"truncated: the last 11 bytes, from byte {len(whole):,d} on, belong to no message" in notes
