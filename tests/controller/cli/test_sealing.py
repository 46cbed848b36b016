"""The options of a sealed run, and what is said and recorded of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.seal_options import take_options
from controller.errors import UserError
from tests.support.cli import environment, landline
from tests.support.seal.sealed import skip_where_the_kernel_cannot


def test_the_options_may_stand_anywhere_on_the_line() -> None:
    for words in (["--sealed", "logs", "ls"], ["logs", "--sealed", "ls"], ["logs", "ls", "--sealed"]):
        rest, asked = take_options(words, {})
        assert (rest, asked.seal) == (["logs", "ls"], "must")


def test_the_words_of_a_script_are_left_to_it() -> None:
    words = ["run", "a.py", "--sealed", "--", "--unsealed", "--policy", "its own"]
    rest, asked = take_options(words, {})
    assert (rest, asked.seal) == (["run", "a.py", *words[3:]], "must")


@pytest.mark.parametrize(("setting", "seal"), [("", "may"), ("0", "not"), ("1", "may"), ("must", "must")])
def test_without_an_option_the_environment_decides(setting: str, seal: str) -> None:
    assert take_options(["doctor"], {"LANDLINE_SEAL": setting})[1].seal == seal
    assert take_options(["doctor", "--unsealed"], {"LANDLINE_SEAL": setting})[1].seal == "not"


def test_a_policy_file_is_named_in_both_forms() -> None:
    for words in (["--policy", "a.toml", "doctor"], ["doctor", "--policy=a.toml"]):
        rest, asked = take_options(words, {})
        assert (rest, asked.policy) == (["doctor"], Path("a.toml"))


@pytest.mark.parametrize("words", [["--sealed", "--unsealed"], ["doctor", "--policy"], ["--policy="]])
def test_options_that_contradict_or_lack_a_value_are_refused(words: list[str]) -> None:
    with pytest.raises(UserError):
        take_options(words, {})


def test_an_unknown_setting_of_the_environment_is_refused() -> None:
    with pytest.raises(UserError, match="LANDLINE_SEAL: invalid value 'yes'"):
        take_options(["doctor"], {"LANDLINE_SEAL": "yes"})


def test_a_command_that_cannot_be_sealed_is_refused_with_the_reason(tmp_path: Path) -> None:
    done = landline("box", "run", "box.json", "--sealed", home=tmp_path)
    assert done.code == 5
    assert "cannot seal the run: the box's firmware opens its ports itself" in done.err


def settings_of(home: Path) -> Path:
    """Return the folder of settings of a command with this home, made."""
    made = Path(environment(home)["LANDLINE_CONFIG"])
    made.mkdir(exist_ok=True)
    return made


def test_a_mistake_in_the_policy_file_ends_the_command_with_its_place(tmp_path: Path) -> None:
    policy = settings_of(tmp_path) / "policy.toml"
    policy.write_text('[[endpoint]]\n\nurl = "udpinn:127.0.0.1:14550"\n')
    for words in (("logs", "ls"), ("logs", "ls", "--policy", policy)):
        done = landline(*words, home=tmp_path)
        assert done.code == 2
        assert done.err.startswith(f"landline: {policy}:3: invalid policy file: 'udpinn:127.0.0.1:14550'")


def test_a_run_that_is_not_sealed_says_what_it_may_use_and_why(tmp_path: Path) -> None:
    (settings_of(tmp_path) / "policy.toml").write_text('[[endpoint]]\nurl = "udpout:192.0.2.1:14550"\n')
    done = landline("params", "list", "--link", "tcp:127.0.0.1:1", "--unsealed", home=tmp_path)
    assert done.code == 3
    assert done.err.startswith(
        "may use: tcp:127.0.0.1:1, udpout:192.0.2.1:14550; nothing else; process only: --unsealed was given\n"
    )


def test_a_sealed_run_refuses_a_policy_file_that_it_could_change(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    home = tmp_path / "home"
    home.mkdir()
    policy = home / "policy.toml"
    policy.write_text('[programs]\nallow = ["true"]\n')
    done = landline("bundle", "lock", "--policy", policy, "--sealed", home=home)
    assert done.code == 5
    assert f"cannot seal the run: it could change {policy}, which says what it may use" in done.err
    assert landline("bundle", "lock", "--policy", policy, "--unsealed", home=home).code == 0


def test_a_policy_file_in_the_data_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("made by an earlier run")
    assert landline("bundle", "lock", home=tmp_path).code == 0


def test_links_in_place_of_temporary_folders_are_not_followed(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    home, other = tmp_path / "home", tmp_path / "other"
    (home / "tmp").mkdir(parents=True)
    (other / "9999999").mkdir(parents=True)
    (home / "tmp" / "9999998").symlink_to(other)
    assert landline("bundle", "lock", "--sealed", home=home).code == 0
    assert not (home / "tmp" / "9999998").is_symlink()
    (home / "tmp").rmdir()
    (home / "tmp").symlink_to(other)
    done = landline("bundle", "lock", "--sealed", home=home)
    assert done.code == 5
    assert "is or holds a link out of" in done.err
    assert (other / "9999999").is_dir()
