"""Logs mapped into memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.formats.file_map import LogFileError, map_file


def test_a_file_is_mapped_byte_for_byte_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\xfd\x00log")
    (tmp_path / "empty").touch()
    assert bytes(map_file(tmp_path / "log")) == b"\xfd\x00log"
    assert bytes(map_file(tmp_path / "empty")) == b""


@pytest.mark.parametrize("name", ["missing.tlog", "."])
def test_a_file_that_cannot_be_opened_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(LogFileError, match="cannot read the log"):
        map_file(tmp_path / name)
