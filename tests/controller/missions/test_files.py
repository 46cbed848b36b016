"""Opening and saving mission files of any format."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.missions.errors import PlanError
from controller.missions.files import open_plan, save_plan
from controller.missions.formats import text_file as source_text

ROOT = Path(__file__).parents[3]


def test_the_format_is_recognized_by_content(samples: Path, tmp_path: Path) -> None:
    disguised = tmp_path / "mission.xyz"
    disguised.write_bytes((samples / "hedge.txt").read_bytes())
    assert open_plan(disguised) == open_plan(samples / "hedge.txt")


def test_a_byte_order_mark_is_skipped_and_kept(samples: Path, tmp_path: Path) -> None:
    for name in ("meadow.plan", "hedge.txt"):
        marked, copy = tmp_path / name, tmp_path / f"copy-{name}"
        marked.write_bytes(b"\xef\xbb\xbf" + (samples / name).read_bytes())
        save_plan(open_plan(marked), copy)
        assert copy.read_bytes() == marked.read_bytes()


def test_saving_leaves_no_partial_file(samples: Path, tmp_path: Path) -> None:
    save_plan(open_plan(samples / "meadow.plan"), tmp_path / "new.plan")
    assert [file.name for file in tmp_path.iterdir()] == ["new.plan"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\0" * 4096, "only zeros"),
        ("QGC WPL 110\n".encode("utf-16"), "UTF-16"),
        (b"QGC WPL 110\n# caf\xe9\n", "not UTF-8"),
        (b"QGC WPL 110\n0\0", "a zero byte"),
        (b"<?xml version='1.0'?>", "unknown format"),
        (b"\x89PNG\r\n", "this is a picture"),
    ],
)
def test_a_file_that_is_no_mission_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "bad.plan"
    file.write_bytes(content)
    with pytest.raises(PlanError, match=what) as caught:
        open_plan(file)
    assert str(caught.value.where).startswith(str(file))


def test_an_invalid_character_is_reported_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(b"QGC WPL 110\n# caf\xe9\n")
    with pytest.raises(PlanError) as caught:
        open_plan(file)
    assert caught.value.where == f"{file}:2"


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="a folder"):
        open_plan(tmp_path)
    with pytest.raises(PlanError, match="no such file"):
        open_plan(tmp_path / "none.plan")
    with pytest.raises(PlanError, match="cannot read mission file"):
        open_plan("a\0b.plan")


def test_a_file_above_the_size_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_text, "MAX_BYTES", 1024 * 1024)
    file = tmp_path / "large.plan"
    file.write_bytes(b"{" + b" " * 1024 * 1024)
    with pytest.raises(PlanError, match="larger than 1 MiB"):
        open_plan(file)


def test_an_unknown_file_name_ending_is_refused(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot choose a mission format"):
        save_plan(open_plan(samples / "meadow.plan"), tmp_path / "mission.doc")


def test_a_write_error_names_the_next_step(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot write mission file") as caught:
        save_plan(open_plan(samples / "meadow.plan"), tmp_path / "none" / "mission.plan")
    assert "check the folder" in str(caught.value)


def test_the_example_inspection_reads() -> None:
    plan = open_plan(ROOT / "examples" / "inspection.plan")
    assert plan.items[0].command == 22
    assert plan.items[-1].command == 20
    assert 10 <= len(plan.items) <= 14
