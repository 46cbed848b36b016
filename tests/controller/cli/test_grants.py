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


def test_a_folder_with_programs_of_the_search_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"/usr/bin:{tmp_path / 'tools'}:.")
    assert starts_programs(tmp_path / "tools")
    assert starts_programs(tmp_path)
    assert not starts_programs(tmp_path / "flights")


def test_a_link_out_of_a_folder_that_an_earlier_run_could_write_to_is_refused(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "synchronised"
    for made in (data, elsewhere):
        made.mkdir()
    (data / "flights").symlink_to(elsewhere)
    grants = Grants()
    with pytest.raises(SafetyRefused, match="is or holds a link out of") as refused:
        grants.own((data, data / "flights" / "one"))
    assert str(elsewhere / "one") in str(refused.value.hint)
    assert grants.paths == [data]


def test_a_folder_in_a_granted_one_is_granted_with_it(tmp_path: Path) -> None:
    # Nothing in a folder that a run may write to is looked at again, so that no run can put a link there in time.
    grants = Grants()
    grants.own((tmp_path, tmp_path / "flights", tmp_path / "tmp"))
    assert grants.paths == [tmp_path]


def test_a_file_is_held_by_its_own_place_and_by_that_of_links_to_it(tmp_path: Path) -> None:
    grants = Grants()
    grants.own((tmp_path / "data",))
    (tmp_path / "data" / "link.toml").symlink_to(tmp_path / "policy.toml")
    (tmp_path / "link.toml").symlink_to(tmp_path / "data" / "policy.toml")
    for name, held in (
        ("data/policy.toml", True),
        ("data/link.toml", True),
        ("link.toml", True),
        ("policy.toml", False),
    ):
        assert grants.holds(tmp_path / name) is held


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
