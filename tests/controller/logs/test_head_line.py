"""A head written down, checked against the record again."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import VerificationFailed
from controller.logs.head_line import check_head_line, head_line
from tests.controller.logs.test_chain import record


def test_a_head_written_down_is_found_again_whatever_its_spaces_and_capitals(tmp_path: Path) -> None:
    record(tmp_path / "flight", tmp_path / "keys")
    flight, _, digits = head_line(tmp_path / "flight").partition(" ")
    assert check_head_line(tmp_path / "flight", f"{flight} {digits}")
    assert check_head_line(tmp_path / "flight", f"{flight}  {digits.replace(' ', '').upper()}\n")


@pytest.mark.parametrize(
    "change", [lambda line: line[:-1], lambda line: line[:-1] + "g", lambda line: "x" + line]
)
def test_another_line_is_refused(tmp_path: Path, change: object) -> None:
    record(tmp_path / "flight", tmp_path / "keys")
    assert callable(change)
    with pytest.raises(VerificationFailed, match="not in this record"):
        check_head_line(tmp_path / "flight", change(head_line(tmp_path / "flight")))


def test_a_record_made_anew_with_another_key_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "a" / "flight", tmp_path / "keys")
    line = head_line(tmp_path / "a" / "flight")
    record(tmp_path / "b" / "flight", tmp_path / "others")
    with pytest.raises(VerificationFailed, match="not in this record"):
        check_head_line(tmp_path / "b" / "flight", line)


def test_a_changed_record_is_refused_before_its_heads_are_read(tmp_path: Path) -> None:
    record(tmp_path / "flight", tmp_path / "keys")
    line = head_line(tmp_path / "flight")
    frames = tmp_path / "flight" / "frames.tlog"
    frames.write_bytes(frames.read_bytes()[:-1] + b"\x00")
    with pytest.raises(VerificationFailed):
        check_head_line(tmp_path / "flight", line)
