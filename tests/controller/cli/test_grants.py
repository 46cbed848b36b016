"""Where a sealed run may write: never a folder from which programs start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from controller.cli.grants import Grants, starts_programs
from controller.errors import SafetyRefused


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "people" / "operator"
    made.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("USERPROFILE", str(made))
    return made


@pytest.mark.parametrize(
    "name", ["", "..", ".config/autostart", ".ssh", ".local/bin", ".local/share/systemd/user"]
)
def test_the_home_folder_and_autostart_folders_start_programs(home: Path, name: str) -> None:
    assert starts_programs(home / name)


@pytest.mark.parametrize("name", ["flights", "Documents/plans", ".local/share/landline", ".cache/landline"])
def test_other_folders_of_the_home_folder_start_none(home: Path, name: str) -> None:
    assert not starts_programs(home / name)


def test_landlines_own_code_and_pythons_start_programs() -> None:
    root = Path(__file__).parents[3]
    assert all(starts_programs(one) for one in (root, root / "controller" / "guard", Path(sys.prefix)))


def test_a_link_to_the_home_folder_starts_programs_too(home: Path, tmp_path: Path) -> None:
    link = tmp_path / "harmless"
    link.symlink_to(home)
    assert starts_programs(link)
    with pytest.raises(SafetyRefused, match="programs start from"):
        Grants().folder(link)


def test_a_file_in_the_home_folder_is_refused_and_not_made(home: Path) -> None:
    grants = Grants()
    with pytest.raises(SafetyRefused, match="programs start from"):
        grants.file(home / "report.html")
    assert (grants.paths, list(home.iterdir())) == ([], [])


def test_elsewhere_the_files_folder_is_granted_and_removed_if_nothing_came(tmp_path: Path) -> None:
    grants = Grants()
    grants.file(tmp_path / "new" / "deep" / "report.html")
    assert grants.paths == [tmp_path / "new" / "deep"]
    assert (tmp_path / "new" / "deep").is_dir()
    grants.clean()
    assert not (tmp_path / "new").exists()


def test_a_folder_that_was_used_stays(tmp_path: Path) -> None:
    grants = Grants()
    grants.folder(tmp_path / "new")
    (tmp_path / "new" / "flight").mkdir()
    grants.clean()
    assert (tmp_path / "new" / "flight").is_dir()
