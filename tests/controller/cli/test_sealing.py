"""The options of a sealed run, and what is said and recorded of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.sealing import take_options
from controller.errors import UserError
from tests.support.cli import landline


def test_the_options_may_stand_anywhere_on_the_line() -> None:
    for words in (["--sealed", "logs", "ls"], ["logs", "--sealed", "ls"], ["logs", "ls", "--sealed"]):
        rest, asked = take_options(words, {})
        assert (rest, asked.seal) == (["logs", "ls"], "must")


def test_the_words_of_a_script_are_left_to_it() -> None:
    words = ["run", "a.py", "--sealed", "--", "--unsealed", "--policy", "its own"]
    rest, asked = take_options(words, {})
    assert (rest, asked.seal) == (["run", "a.py", *words[3:]], "must")


@pytest.mark.parametrize(("setting", "seal"), [("", "not"), ("0", "not"), ("1", "may"), ("must", "must")])
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


def test_a_mistake_in_the_policy_file_ends_the_command_with_its_place(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[[endpoint]]\n\nurl = "udpinn:127.0.0.1:14550"\n')
    for words in (("logs", "ls"), ("logs", "ls", "--policy", policy)):
        done = landline(*words, home=tmp_path)
        assert done.code == 2
        assert done.err.startswith(f"landline: {policy}:3: invalid policy file: 'udpinn:127.0.0.1:14550'")


def test_a_run_that_is_not_sealed_says_what_it_may_use_and_why(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('[[endpoint]]\nurl = "udpout:192.0.2.1:14550"\n')
    done = landline("params", "list", "--link", "tcp:127.0.0.1:1", "--unsealed", home=tmp_path)
    assert done.code == 3
    assert done.err.startswith(
        "may use: tcp:127.0.0.1:1, udpout:192.0.2.1:14550; nothing else; process only: --unsealed was given\n"
    )
