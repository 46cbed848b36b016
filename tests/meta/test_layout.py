"""Folders stay small enough to be read at a glance."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.support.source_tree import ROOT, tracked_files

MOST_FILES = 25


def test_no_folder_holds_more_than_twenty_five_source_files() -> None:
    counts = Counter(path.parent for path in tracked_files() if path.suffix == ".py")
    too_many = {folder.as_posix(): count for folder, count in counts.items() if count > MOST_FILES}
    assert too_many == {}, "sort these files into folders by idea"


def test_no_folder_with_code_has_the_name_of_a_file_beside_it() -> None:
    files = {path for path in tracked_files() if path.suffix == ".py"}
    folders = {parent for path in files for parent in path.parents} - {Path()}
    assert [path.as_posix() for path in files if path.with_suffix("") in folders] == []
    assert all((ROOT / path).is_file() for path in files)
