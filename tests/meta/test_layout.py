"""Folders stay small enough to be read at a glance."""

from __future__ import annotations

from collections import Counter
from configparser import ConfigParser
from fnmatch import fnmatch
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


def test_every_file_of_the_packages_gets_into_the_wheel() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = ["*.py", *config["options.package_data"]["*"].replace(" ", "").split(",")]
    packages = config["options.packages.find"]["include"].replace("*", "").split()
    left_out = [
        path.as_posix()
        for path in tracked_files()
        if path.parts[0] in packages
        # The web page is part of the wheel as built.
        and path.parts[:3] != ("controller", "web", "ui")
        and not (
            any(fnmatch(path.name, pattern) for pattern in patterns)
            and all((ROOT / folder / "__init__.py").is_file() for folder in path.parents if folder != Path())
        )
    ]
    assert left_out == [], "give the folder an __init__.py, or the file a pattern in setup.cfg"
